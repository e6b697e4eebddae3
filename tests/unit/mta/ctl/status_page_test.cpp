// `warmupctl status` drawn from the JSON of mta/control/JSON.md, with and without plans.
#include "mta/ctl/status_page.h"

#include <algorithm>

#include "desk_of_the_operator.h"
#include "mta/ctl/fields.h"

namespace mta::ctl {
namespace {

using testing::HasSubstr;
using testing::Not;

const Look utf8{.utf8 = true, .colour = false, .width = 100};

// mta/control/JSON.md "status", with the days filled in.
const std::string warming = R"({"now":"2026-11-21T09:00:00.000Z","rehearsal":false,
 "queue":{"messages":12,"recipients":14,"unrouted":0,"oldest_seconds":3600},
 "queues":[{"pool":"default","provider":"google","class":"bulk","waiting":1234,"oldest_seconds":3600,
   "next_permit":"2026-11-21T09:04:10Z","eta":"2026-11-28T14:00:00Z"}],
 "lanes":[{"source":"ip-1","provider":"google","plan":"default","state":"warming","phase":"warming","brake":"none","pin":null,
   "stage":3,"cap":172,"sent":40,"delivered":39,"reserved":2,"pending":1,"left":129,"day_started":"2026-11-21T00:00:00Z",
   "day_ends":"2026-11-22T00:00:00Z","waiting":1234,"next_permit":"2026-11-21T09:04:10Z","eta":"2026-11-28T14:00:00Z",
   "today":{"attempts":45,"delivered":39,"greylisted":1,"rate_limited":0,"unknown_user":1,"reputation_block":0},
   "reason":"","evidence":[],"history":[{"day":"2026-11-20","stage":2,"cap":144,"sent":144,"delivered":140}]}]})";

const std::string without_plan =
    R"({"now":"2026-11-21T09:00:00.000Z","hostname":"mta1.example.com","rehearsal":false,"accepting":true,
 "not_accepting":null,"queue":{"messages":0,"recipients":0,"unrouted":0,"returning":0,"oldest_seconds":null},"queues":[],
 "more_queues":false,"lanes":[{"source":"ip-1","provider":"google","plan":null,"state":"warm","stage":null,"cap":null,"sent":1172,
 "delivered":1172,"left":null,"waiting":0,"next_permit":null,"eta":null,"connections":2,"today":{"attempts":1172,"delivered":1172},
 "reason":"","evidence":[],"history":[]}]})";

std::string lane(const std::string& provider, const std::string& state, int waiting, const std::string& reason = "") {
  return R"({"source":"ip-1","provider":")" + provider + R"(","state":")" + state + R"(","waiting":)" + std::to_string(waiting) +
         R"(,"sent":1,"cap":100,"reason":")" + reason + R"("})";
}
std::string with_lanes(const std::string& lanes) { return R"({"now":"2026-11-21T09:00:00Z","lanes":[)" + lanes + "]}"; }

std::string draw(const std::string& text, const StatusRequest& wish = {}, const Look& look = utf8) {
  return draw_status(object_of(text), wish, look);
}

TEST(StatusPage, AWarmingLaneShowsItsBarItsNextPermitAndItsForecast) {
  const std::string page = draw(warming);
  EXPECT_THAT(page, HasSubstr("12 messages for 14 recipients, oldest 1h\n"));
  EXPECT_THAT(page, HasSubstr("ip-1    google    warming      3  █▌░░░░░░ 40/172    1,234  in 4m  28 Nov  2.4%  2.4%"));
  EXPECT_TRUE(fits(page, 100));
}

TEST(StatusPage, ALaneWithoutAPlanSaysSoAndDashesWhatDoesNotApply) {
  const std::string page = draw(without_plan);
  EXPECT_THAT(page, HasSubstr("accepting mail"));
  EXPECT_THAT(page, HasSubstr("queue  empty"));
  EXPECT_THAT(page, HasSubstr("ip-1    google    warm       –  1,172 sent, no cap        0     –    –    0%    0%\n"));
}

TEST(StatusPage, WaitingLinesStandBeneathTheLanes) {
  EXPECT_THAT(draw(warming), HasSubstr("default  google    bulk     1,234      1h  in 4m  28 Nov"));
}

TEST(StatusPage, BulkMailThatLacksWhatProvidersAskForStandsInTheHead) {
  const std::string lacks = R"({"now":"2026-11-21T09:00:00Z","lanes":[],"lint":[{"domain":"a.test","messages":3,)"
                            R"("reason":"Feedback-ID is missing: add one"}]})";
  EXPECT_THAT(draw(lacks),
              HasSubstr("bulk   3 messages lacked what mailbox providers ask of bulk mail, from a.test: Feedback-ID is"));
}

TEST(StatusPage, TroubleComesFirstThenTheBusiest) {
  const std::string page =
      draw(with_lanes(lane("quiet", "warm", 1) + "," + lane("busy", "warm", 9) + "," + lane("bad", "paused", 0)));
  EXPECT_LT(page.find("bad"), page.find("busy"));
  EXPECT_LT(page.find("busy"), page.find("quiet"));
}

TEST(StatusPage, ALongReasonStandsBeneathItsLaneAndFits) {
  const std::string reason =
      "paused 4 h: 550 5.7.1 our system has detected that this message is likely unsolicited mail; the lane opens at 13:00";
  const std::string page = draw(with_lanes(lane("google", "paused", 5, reason)));
  EXPECT_THAT(page, HasSubstr("└ paused 4 h: 550 5.7.1"));
  EXPECT_TRUE(fits(page, 100));
}

TEST(StatusPage, NotAcceptingIsSaidWithItsReason) {
  EXPECT_THAT(draw(R"({"accepting":false,"not_accepting":"no space left"})"), HasSubstr("NOT ACCEPTING MAIL: no space left"));
}

TEST(StatusPage, AProviderNamedShowsOnlyItsLanesAndTheHistoryOfTheOneThatIsLeft) {
  const std::string page = draw(warming, {.provider = "google", .source = "", .all = false});
  EXPECT_THAT(page, HasSubstr("2026-11-20      2   144  144        140  █████████████████████████████████\n"));
  EXPECT_THAT(draw(with_lanes(""), {.provider = "yahoo", .source = "", .all = false}), HasSubstr("no such lane"));
}

TEST(StatusPage, ManyLanesAreCutToTheMostTellingOnes) {
  std::string lanes;
  for (int i = 0; i < 50; ++i) lanes += (i == 0 ? "" : ",") + lane("other:host" + std::to_string(i), "warm", 100 - i);
  EXPECT_THAT(draw(with_lanes(lanes)), HasSubstr("… 20 quieter lanes (--all)"));
  EXPECT_THAT(draw(with_lanes(lanes), {.provider = "", .source = "", .all = true}), Not(HasSubstr("quieter")));
}

TEST(StatusPage, AnAsciiTerminalGetsNothingElse) {
  const std::string page = draw(warming, {}, {.utf8 = false, .colour = false, .width = 100});
  EXPECT_TRUE(std::all_of(page.begin(), page.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) << page;
  EXPECT_THAT(page, HasSubstr("#-...... 40/172"));
}

TEST(StatusPage, ADaemonOfAnotherVersionIsDrawnWithDashes) {
  const std::string page = draw(R"({"lanes":[{"source":7,"state":"thawing","cap":"many","today":[]}, 3],"queues":{}})");
  EXPECT_THAT(page, HasSubstr("–"));
}

}  // namespace
}  // namespace mta::ctl
