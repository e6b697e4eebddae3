// What a provider with a memory takes, refuses, forgives and files as junk: the shipped kinds, one sentence each.
#include "mta/simulate/receiver_memory.h"

#include <gtest/gtest.h>

#include <cmath>

namespace mta::simulate {
namespace {

using namespace std::chrono_literals;
using warmup::Verdict;

class ARememberingReceiver : public testing::Test {
 protected:
  void kind(const std::string& name) { kind_ = read_receiver_kind(WARMUPD_SOURCE_DIR "/conf/receivers/" + name + ".toml"); }
  void list(std::size_t quality) { list_ = list_qualities().at(quality); }
  ReceiverMemory& memory() {
    if (!memory_) memory_ = std::make_unique<ReceiverMemory>(kind_, list_, start, seed);
    return *memory_;
  }
  // How many are delivered of so many at once.
  Recipients offer(Recipients n, const std::string& source = "ip-1") {
    said = memory().answer({source, "any", n, greylisted_at, now, domain});
    Recipients delivered = 0;
    for (const auto& each : said) {
      delivered += each.verdict == Verdict::delivered ? each.recipients : 0;
      junk += each.junk;
    }
    return delivered;
  }
  // Spread over the hours of a day, which passes.
  Recipients offer_a_day(double volume, const std::string& source = "ip-1") {
    Recipients delivered = 0;
    for (int hour = 0; hour < 24; ++hour, now += 1h) delivered += offer(static_cast<Recipients>(volume / 24), source);
    return delivered;
  }
  bool heard(Verdict verdict) const {
    return std::any_of(said.begin(), said.end(), [&](const SimulatedReply& each) { return each.verdict == verdict; });
  }

  const Instant start{std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)};
  Instant now = start;
  std::string domain;
  std::uint64_t seed = 1;
  Recipients junk = 0;
  std::optional<Instant> greylisted_at;
  std::vector<SimulatedReply> said;

 private:
  ReceiverKind kind_;
  ListQuality list_;  // nobody is gone, nothing is complained about
  std::unique_ptr<ReceiverMemory> memory_;
};

constexpr std::size_t dirty = 2;

TEST_F(ARememberingReceiver, GoogleLikeTakesAStrangersQuotaAndSays4728Beyond) {
  kind("google-like");
  EXPECT_EQ(offer_a_day(2400), 1000U);
  EXPECT_TRUE(heard(Verdict::rate_limited));
  EXPECT_NE(said.front().text.find("4.7.28"), std::string_view::npos);
}

TEST_F(ARememberingReceiver, GoogleLikeTakesNoMoreThanAQuarterWithinAnHour) {
  kind("google-like");
  EXPECT_EQ(offer(900), 250U);
  now += 30min;
  EXPECT_EQ(offer(900), 0U);
}

TEST_F(ARememberingReceiver, GoogleLikeFollowsAVolumeThatGrowsByAFifthButNotOneThatDoubles) {
  kind("google-like");
  double volume = 480;
  for (int day = 0; day < 20; ++day, volume *= 1.2) EXPECT_GE(offer_a_day(volume), std::floor(volume / 24) * 24) << day;
  Recipients refused = 0;
  for (int day = 0; day < 5; ++day, volume *= 2) refused += static_cast<Recipients>(volume) - offer_a_day(volume);
  EXPECT_GT(refused, 10'000U);
}

TEST_F(ARememberingReceiver, GoogleLikeHoldsAKnockWithinTenMinutesAgainstUs) {
  kind("google-like");
  offer(900);
  now += 1h;
  offer(900);
  for (int knock = 0; knock < 100; ++knock, now += 5min) EXPECT_EQ(offer(1), 0U) << "every knock begins the ten minutes anew";
  now += 10min;
  EXPECT_GT(offer(10), 0U);
  now = start + 24h;
  EXPECT_LT(offer_a_day(2400), 900U);
}

TEST_F(ARememberingReceiver, GoogleLikeCountsTheDomainOverAllAddresses) {
  kind("google-like");
  domain = "news.example.com";
  Recipients taken = 0;
  for (int source = 0; source < 6; ++source) {
    for (int quarter = 0; quarter < 4; ++quarter) taken += offer(250, "ip-" + std::to_string(source)), now += 61min;
  }
  EXPECT_EQ(taken, 4000U);
  EXPECT_NE(said.back().text.find("DKIM domain"), std::string_view::npos);
}

TEST_F(ARememberingReceiver, GoogleLikeRecoversWithinWeeks) {
  kind("google-like");
  list(dirty);
  double volume = 480;
  for (int day = 0; day < 25; ++day, volume *= 1.1) offer_a_day(volume);
  now += 24h * 7;
  const Recipients soon = offer_a_day(960);
  now += 24h * 40;
  EXPECT_GE(offer_a_day(960), soon);
  EXPECT_GT(offer_a_day(960), 800U);
}

TEST_F(ARememberingReceiver, ADirtyListLowersWhatGoogleLikeTakes) {
  kind("google-like");
  list(dirty);
  Recipients last = 0;
  for (int day = 0; day < 40; ++day) last = offer_a_day(960);
  EXPECT_LT(last, 700U);
}

TEST_F(ARememberingReceiver, MicrosoftLikeTakesAStrangersMailHalfOfItAsJunkAndLessAndLess) {
  kind("microsoft-like");
  EXPECT_EQ(offer_a_day(480), 480U);
  EXPECT_NEAR(static_cast<double>(junk), 240, 60);
  for (int day = 0; day < 20; ++day) offer_a_day(480);
  junk = 0;
  EXPECT_EQ(offer_a_day(480), 480U);
  EXPECT_LT(junk, 30U);
}

TEST_F(ARememberingReceiver, MicrosoftLikeBlocksForDaysAfterAJump) {
  kind("microsoft-like");
  EXPECT_LE(offer_a_day(3000), 1250U);
  EXPECT_TRUE(heard(Verdict::delisting));
  EXPECT_TRUE(said.front().permanent);
  EXPECT_NE(said.front().text.find("S3140"), std::string_view::npos);
  EXPECT_EQ(offer(1), 0U);
  now = start + 48h + 12h;
  EXPECT_EQ(offer(1), 1U);
}

TEST_F(ARememberingReceiver, YahooLikePutsOffForHoursAndForLongerTheNextTime) {
  kind("yahoo-like");
  EXPECT_EQ(offer(501), 500U);
  EXPECT_NE(said.back().text.find("[TSS04]"), std::string_view::npos);
  now += 119min;
  EXPECT_EQ(offer(1), 0U);
  now = start + 24h;
  EXPECT_EQ(offer(2000), 500U);
  now += 3h;
  EXPECT_EQ(offer(1), 0U) << "four hours now";
}

TEST_F(ARememberingReceiver, YahooLikePutsOffForHoursAfterADayOfComplaints) {
  kind("yahoo-like");
  list(dirty);
  for (int day = 0; day < 8; ++day) offer_a_day(480);
  EXPECT_EQ(offer(1), 0U) << "the morning after";
  now += 6h;
  offer(20);
  EXPECT_TRUE(heard(Verdict::delivered));
}

TEST_F(ARememberingReceiver, SmallSiteGreylistsStrangersAndRemembersNoVolume) {
  kind("small-site");
  EXPECT_EQ(offer(10), 0U);
  EXPECT_TRUE(heard(Verdict::greylisted));
  EXPECT_EQ(said.front().delay, Duration(5min));
  greylisted_at = now;
  now += 5min;
  EXPECT_GT(offer(1100), 1080U);
  greylisted_at.reset();
  EXPECT_GT(offer(4000), 3900U) << "known by now";
  offer(4000);
  EXPECT_TRUE(heard(Verdict::connection_limit));
}

TEST_F(ARememberingReceiver, AListThatIsDirtyNamesThoseWhoAreGone) {
  kind("small-site");
  list(dirty);
  greylisted_at = now - 1h;
  EXPECT_NEAR(static_cast<double>(offer(5000)), 4600, 100);
  EXPECT_TRUE(heard(Verdict::unknown_user));
}

TEST_F(ARememberingReceiver, TheSameSeedGivesTheSameAnswers) {
  kind("microsoft-like");
  list(dirty);
  std::vector<Recipients> first, again;
  for (int day = 0; day < 5; ++day) first.push_back(offer_a_day(480));
  ReceiverMemory other(read_receiver_kind(WARMUPD_SOURCE_DIR "/conf/receivers/microsoft-like.toml"), list_qualities().at(dirty),
                       start, seed);
  for (now = start; now < start + 120h;) {
    Recipients of_day = 0;
    for (int hour = 0; hour < 24; ++hour, now += 1h)
      for (const auto& each : other.answer({"ip-1", "any", 20, {}, now}))
        of_day += each.verdict == Verdict::delivered ? each.recipients : 0;
    again.push_back(of_day);
  }
  EXPECT_EQ(first, again);
}

}  // namespace
}  // namespace mta::simulate
