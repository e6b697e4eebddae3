// Every page fits the terminal that it is drawn for, and nothing is lost in a pipe.
#include <algorithm>
#include <sstream>

#include "desk_of_the_operator.h"
#include "mta/ctl/fields.h"
#include "mta/ctl/lane_page.h"
#include "mta/ctl/queue_page.h"
#include "mta/ctl/status_page.h"

namespace mta::ctl {
namespace {

using testing::HasSubstr;
using testing::Not;

Look terminal(std::size_t width, bool utf8 = true) { return {.utf8 = utf8, .colour = false, .width = width, .cuts = true}; }
const Look pipe{.utf8 = true, .colour = false, .width = 100, .cuts = false};
const std::string wordy =
    "421 4.7.28 Our system has detected an unusual rate of unsolicited mail originating from your IP address, see the end of it";

// A busy lane with long names and large numbers.
std::string lane(const std::string& provider, const std::string& state, bool overall) {
  return R"({"source":"frankfurt-ip-1","provider":")" + provider + R"(","overall":)" + (overall ? "true" : "false") +
         R"(,"plan":"default","state":")" + state +
         R"(","pin":"paused","brake":"cooling","stage":27,"growth":1.29,"cap":50000,"curve_cap":60000,"sent":12345,"delivered":12000,"left":37655,
   "waiting":1234567,"next_permit":"2026-11-21T20:35:00Z","eta":"2028-03-01T00:00:00Z","enforced":true,
   "today":{"attempts":45,"delivered":390,"greylisted":1,"rate_limited":7,"unknown_user":1},"day_started":"2026-11-21T00:00:00Z",
   "day_ends":"2026-11-22T00:00:00Z","reason":"cooling for 4h","evidence":[{"at":"2026-11-21T08:00:00Z","text":")" +
         wordy +
         R"("}],"history":[{"day":"2026-11-20","stage":26,"growth":1.29,"cap":1234567,"sent":1234567,"delivered":1234567}],
   "changes":[{"time":"2026-11-21T08:00:00Z","change":"stepped_back","stage":26,"cap":50000,"reason":")" +
         wordy + R"(","evidence":[")" + wordy + R"("]}]})";
}

std::string status() {
  return R"({"now":"2026-11-21T09:00:00Z","hostname":"mta1.sending.a-rather-long-name.example.com","rehearsal":true,"time_scale":4320,
   "deliver_to":"127.50.122.3:52633","accepting":true,"queue":{"messages":1234567,"recipients":2345678,"unrouted":12345,
   "returning":123,"oldest_seconds":472000},"queues":[{"pool":"frankfurt-all","provider":"other:mail.a-school.example.co.uk",
   "class":"transactional","waiting":1234567,"oldest_seconds":472000,"next_permit":"2026-11-21T20:35:00Z",
   "eta":"2028-03-01T00:00:00Z","reason":"reserve of other classes of frankfurt-ip-1 to other:mail.a-school.example.co.uk"}],
   "lanes":[)" +
         lane("google", "cooling", false) + "," + lane("other:mail.a-school.example.co.uk", "paused", false) + "," +
         lane("(all)", "warming", true) + "]}";
}

std::string queue() {
  return R"({"now":"2026-11-21T09:00:00Z","next_cursor":"0A1B2C3D4E5F6","messages":[{"id":"0A1B2C3D4E5F6","accepted":
   "2026-11-16T09:00:00Z","sender":"newsletter-of-the-school@sending.example.com","class":"transactional","recipients":[{
   "id":"0A1B2C3D4E5F6/12","recipient":"office-of-the-headmaster@a-school.example.co.uk","state":"held",
   "provider":"other:mail.a-school.example.co.uk","attempts":123,"next_try":"2026-11-21T20:35:00Z","held_by":"pace",
   "last":{"verdict":"rate_limited","code":421,"enhanced":"4.7.28","text":")" +
         wordy + R"(","at":"2026-11-21T08:00:00Z","mx":"mx.example.co.uk","source":"frankfurt-ip-1"}}]}]})";
}

std::vector<std::string> pages(const Look& look) {
  const json::object of_lane{{"now", "2026-11-21T09:00:00Z"}, {"lane", object_of(lane("google", "cooling", false))}};
  return {draw_status(object_of(status()), {}, look), draw_lane_history(of_lane, look), draw_queue(object_of(queue()), look)};
}

TEST(Pages, FitATerminalOf80ColumnsAndEveryOther) {
  for (const std::size_t width : {60U, 72U, 80U, 90U, 100U, 132U}) {
    for (const bool utf8 : {true, false}) {
      for (const auto& page : pages(terminal(width, utf8))) EXPECT_TRUE(fits(page, width)) << width << "\n" << page;
    }
  }
}

TEST(Pages, On80ColumnsStatusKeepsItsColumns) {
  const std::string page = draw_status(object_of(status()), {}, terminal(80));
  for (const char* head : {"SOURCE", "PROVIDER", "STATE", "STAGE", "TODAY", "WAITING", "NEXT", "ETA", "DEF%", "BNC%"})
    EXPECT_THAT(page, HasSubstr(head));
  EXPECT_THAT(page, Not(HasSubstr("not shown")));
  EXPECT_THAT(page, Not(HasSubstr("×"))) << "the growth of a lane goes first";
  EXPECT_THAT(draw_status(object_of(status()), {}, terminal(132)), HasSubstr("27 ×1.29"));
}

TEST(Pages, InAPipeNothingIsCut) {
  for (const auto& page : pages(pipe)) EXPECT_THAT(page, Not(HasSubstr("…"))) << page;
  const std::string page = draw_queue(object_of(queue()), pipe);
  std::istringstream lines(page);
  std::string head, row;
  std::getline(lines, head);
  std::getline(lines, row);
  EXPECT_THAT(row, testing::AllOf(HasSubstr("office-of-the-headmaster@a-school.example.co.uk"), HasSubstr("see the end of it")));
}

TEST(Pages, WithoutUtf8AreAsciiAndHaveNoQuestionMarks) {
  for (const auto& page : pages(terminal(100, false))) {
    EXPECT_TRUE(std::all_of(page.begin(), page.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) << page;
    EXPECT_THAT(page, Not(HasSubstr("?"))) << page;
  }
}

class Piped : public DeskOfTheOperator {};

TEST_F(Piped, TheQueueComesWholeWhateverTheUsualLimitIs) {
  look.cuts = false;
  const std::string one =
      R"("now":"2026-11-21T09:00:00Z","messages":[{"sender":"a@b.example","recipients":[{"id":"X/0","recipient":")";
  answers.push_back({200, "application/json", "{" + one + R"(first@example.com"}]}],"next_cursor":"0A1B2C3D4E5F6"})"});
  answers.push_back({200, "application/json", "{" + one + R"(last@example.com"}]}],"next_cursor":null})"});
  EXPECT_EQ(run({"queue"}), 0);
  EXPECT_THAT(out,
              testing::AllOf(HasSubstr("first@example.com"), HasSubstr("last@example.com"), Not(HasSubstr("there is more"))));
  EXPECT_EQ(out.find("PROVIDER"), out.rfind("PROVIDER")) << "one heading";
  EXPECT_EQ(questions.size(), 2U);
}

TEST_F(Piped, ADocumentMayAskForTheColumnsOfATerminal) {
  look.cuts = false;
  answers.push_back({200, "application/json", status()});
  EXPECT_EQ(run({"--columns", "80", "status"}), 0);
  EXPECT_TRUE(mta::ctl::fits(out, 80)) << out;
}

TEST_F(Piped, HelpIsAsciiWithoutUtf8) {
  look.utf8 = false;
  for (const auto& words : std::vector<std::vector<std::string>>{{"--help"}, {"queue", "--help"}, {"lane", "pause", "--help"}}) {
    run(words);
    EXPECT_TRUE(std::all_of(out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; })) << out;
  }
}

}  // namespace
}  // namespace mta::ctl
