// A receiver as a scenario assumes it: what it accepts, when it has enough, how it forgives.
#include "mta/simulate/models.h"

#include <gtest/gtest.h>

#include <cmath>

namespace mta::simulate {
namespace {

using namespace std::chrono_literals;

class AReceiver : public testing::Test {
 protected:
  AReceiver() {
    manners.provider = "google";
    manners.stranger = 240;
    manners.accepts = 3;
  }
  Models& model() {
    if (!model_) model_ = std::make_unique<Models>(std::vector<ReceiverModel>{manners}, closed, start, 1);
    return *model_;
  }
  Recipients offer(Recipients n, const std::string& source = "ip-1") {
    said = model().answer({source, "google", n, greylisted_at, now});
    Recipients delivered = 0;
    for (const auto& each : said) delivered += each.verdict == warmup::Verdict::delivered ? each.recipients : 0;
    return delivered;
  }
  bool said_verdict(warmup::Verdict verdict) const {
    return std::any_of(said.begin(), said.end(), [&](const SimulatedReply& each) { return each.verdict == verdict; });
  }

  const Instant start{std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)};
  Instant now = start;
  ReceiverModel manners;
  std::vector<Models::Closed> closed;
  std::optional<Instant> greylisted_at;
  std::vector<SimulatedReply> said;

 private:
  std::unique_ptr<Models> model_;
};

TEST_F(AReceiver, TakesSoMuchFromAStrangerADayAndSays421Beyond) {
  manners.surge = 0;
  EXPECT_EQ(offer(200), 200U);
  EXPECT_EQ(offer(200), 40U);
  EXPECT_TRUE(said_verdict(warmup::Verdict::rate_limited));
  EXPECT_EQ(offer(200), 0U);
  now += 24h;
  EXPECT_EQ(offer(1), 1U);
}

TEST_F(AReceiver, JudgesEachAddressByItself) {
  manners.surge = 0;
  EXPECT_EQ(offer(300, "ip-1"), 240U);
  EXPECT_EQ(offer(300, "ip-2"), 240U);
}

TEST_F(AReceiver, GetsUsedToAVolumeThatGrowsSlowly) {
  manners.surge = 0;
  manners.accepts = 4;
  double volume = 100;
  for (int day = 0; day < 30; ++day, now += 24h, volume *= 1.2)
    EXPECT_EQ(offer(static_cast<Recipients>(volume)), static_cast<Recipients>(volume)) << day;
}

TEST_F(AReceiver, DoesNotFollowAVolumeThatDoubles) {
  manners.surge = 0;
  double volume = 200;
  Recipients refused = 0;
  for (int day = 0; day < 8; ++day, now += 24h, volume *= 2)
    refused += static_cast<Recipients>(volume) - offer(static_cast<Recipients>(volume));
  EXPECT_GT(refused, 1000U);
}

TEST_F(AReceiver, BlocksASurgeForADayAndTrustsLessAfterwards) {
  EXPECT_EQ(offer(240), 200U);  // 20 hours' share within an hour
  EXPECT_TRUE(said_verdict(warmup::Verdict::reputation_block));
  now += 23h;
  EXPECT_EQ(offer(1), 0U);
  now += 2h;
  manners.surge = 0;
  EXPECT_EQ(offer(90), 90U);
  now += 2h;
  EXPECT_EQ(offer(90), 38U);  // half of what a stranger may, and some of that forgiven
}

TEST_F(AReceiver, ForgivesSlowly) {
  offer(240);
  now += 24h * 60;
  EXPECT_EQ(offer(190), 190U);
}

TEST_F(AReceiver, GreylistsStrangersUntilTheyAreKnown) {
  manners.greylist = 5min;
  manners.known = 10;
  EXPECT_EQ(offer(10), 0U);
  EXPECT_EQ(said.front().verdict, warmup::Verdict::greylisted);
  EXPECT_EQ(said.front().delay, Duration(5min));
  greylisted_at = now;
  now += 4min;
  EXPECT_EQ(offer(10), 0U);
  EXPECT_EQ(said.front().delay, Duration(1min));
  now += 1min;
  EXPECT_EQ(offer(10), 10U);
  greylisted_at.reset();
  EXPECT_EQ(offer(5), 5U);  // known now
}

TEST_F(AReceiver, DoesNotAnswerDuringAnOutage) {
  closed.push_back({"google", start, start + 1h});
  EXPECT_EQ(offer(10), 0U);
  EXPECT_EQ(said.front().verdict, warmup::Verdict::connection_failed);
  now += 1h;
  EXPECT_EQ(offer(10), 10U);
}

TEST_F(AReceiver, NamesWhoIsUnknownOrPutOff) {
  manners.accepts = 0;
  manners.unknown_users = 0.2;
  manners.temporary = 0.1;
  EXPECT_NEAR(static_cast<double>(offer(100'000)), 72'000, 1000);
  EXPECT_TRUE(said_verdict(warmup::Verdict::unknown_user));
  EXPECT_TRUE(said_verdict(warmup::Verdict::temporary));
}

TEST(Models, WhoIsNotDescribedAcceptsEverything) {
  Models models({}, {}, Instant{}, 1);
  EXPECT_EQ(models.answer({"ip-1", "google", 1'000'000, {}, Instant{}}).front().recipients, 1'000'000U);
}

TEST(Models, AnyStandsForAllOthersButSmarthosts) {
  ReceiverModel any;
  any.provider = "any";
  any.stranger = 0;
  any.surge = 0;
  Models models({any}, {}, Instant{}, 1);
  EXPECT_EQ(models.answer({"ip-1", "yahoo", 10, {}, Instant{}}).front().verdict, warmup::Verdict::rate_limited);
  EXPECT_EQ(models.answer({"relay", "*", 10, {}, Instant{}}).front().verdict, warmup::Verdict::delivered);
}

}  // namespace
}  // namespace mta::simulate
