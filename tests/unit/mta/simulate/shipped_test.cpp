// The scenarios of conf/scenarios/ run, and what their comments say comes true.
#include <filesystem>

#include "tests/unit/mta/simulate/played.h"

namespace mta::simulate {
namespace {

using namespace std::chrono_literals;

std::vector<std::string> shipped() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(WARMUPD_SOURCE_DIR "/conf/scenarios"))
    files.push_back("conf/scenarios/" + entry.path().filename().string());
  std::sort(files.begin(), files.end());
  return files;
}

double share(Recipients some, Recipients all) { return static_cast<double>(some) / static_cast<double>(all); }

TEST(ShippedScenarios, AllRunAndLoseNothingAndExceedNoCap) {
  const auto files = shipped();
  EXPECT_EQ(files.size(), 5U);
  for (const auto& file : files) {
    SCOPED_TRACE(file);
    const SimulationReport report = played_file(file);
    expect_nothing_lost(report);
    expect_no_cap_exceeded(report);
    EXPECT_GT(report.total.arrived, 0U);
  }
}

TEST(ShippedScenarios, WithoutAWarmUpTheSecondDayCollapsesAsItDid) {
  const SimulationReport report = played_file("conf/scenarios/school-no-warmup.toml");
  const DayReport& second = report.days.at(1);
  EXPECT_EQ(second.date, "2024-01-10");
  EXPECT_EQ(second.all.arrived, 23'685U);
  EXPECT_GT(share(second.all.delivered, 23'685), 0.02);
  EXPECT_LT(share(second.all.delivered, 23'685), 0.05);
  EXPECT_GT(report.total.blocked, 0U);
  EXPECT_GT(report.classes.at("transactional").waits.longest(), 10h);
  EXPECT_LT(share(report.total.delivered, report.total.arrived), 0.1);
}

TEST(ShippedScenarios, FourKindsOfReceiversLetAWarmUpThroughAndHideNoJunk) {
  const SimulationReport report = played_file("conf/scenarios/four-receivers.toml");
  EXPECT_EQ(report.total.blocked, 0U);
  EXPECT_EQ(report.total.waiting, 0U);
  EXPECT_EQ(report.providers.size(), 4U);
  const Counts &google = report.providers.at("google"), &outlook = report.providers.at("outlook");
  EXPECT_GT(share(outlook.junk, outlook.delivered), share(google.junk, google.delivered));
  EXPECT_GT(report.days.front().providers.at("outlook").junk, report.days.front().providers.at("outlook").delivered / 3);
}

TEST(ShippedScenarios, WithoutAWarmUpItCollapsesWhateverTheSeed) {
  const Read read = read_scenario(WARMUPD_SOURCE_DIR "/conf/scenarios/school-no-warmup.toml", "mta1.example.com");
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    const SimulationReport report = play(read.config->config, read.scenario, seed);
    EXPECT_LT(share(report.days.at(1).all.delivered, 23'685), 0.05) << "seed " << seed;
  }
}

TEST(ShippedScenarios, WarmedUpFor30DaysEverythingGoesOnItsDay) {
  const SimulationReport report = played_file("conf/scenarios/school-warmed-30-days.toml");
  const auto rush =
      std::find_if(report.days.begin(), report.days.end(), [](const DayReport& day) { return day.date == "2024-01-10"; });
  ASSERT_NE(rush, report.days.end());
  EXPECT_EQ(rush->all.arrived, 23'685U);
  EXPECT_EQ(rush->all.sent, 23'685U);
  EXPECT_GE(rush->cap, 23'685U);
  EXPECT_EQ(report.total.rate_limited + report.total.blocked, 0U);
  EXPECT_EQ(report.total.waiting, 0U);
  EXPECT_LE(report.classes.at("transactional").waits.longest(), 10min);
}

TEST(ShippedScenarios, BegunOnTheDayTheRelayCarriesWhatTheAddressMayNot) {
  const SimulationReport report = played_file("conf/scenarios/school-day-of.toml");
  const Counts& total = report.total;
  EXPECT_EQ(total.waiting + total.expired, 0U);
  EXPECT_EQ(total.rate_limited + total.blocked, 0U);
  EXPECT_GT(share(total.overflowed, total.arrived), 0.9);
  EXPECT_LE(report.classes.at("transactional").waits.longest(), 30min);
  const std::vector<Recipients> curve{100, 120, 144, 172, 207, 248, 298, 358, 429, 515, 619, 743, 891};
  for (std::size_t day = 0; day < curve.size(); ++day)
    EXPECT_EQ(report.days.at(day).all.sent, curve[day]) << report.days[day].date;
}

TEST(ShippedScenarios, AWeeklyNewsletterWarmsUpAndInTheEndGoesOutOnItsTuesday) {
  const SimulationReport report = played_file("conf/scenarios/newsletter-weekly.toml");
  EXPECT_GT(report.days.at(1).all.waiting, 25'000U);  // the first issue trickles out …
  EXPECT_FALSE(report.changes.contains("decayed"));   // … and the weeks between cost no stage
  for (const char* tuesday : {"2026-04-14", "2026-04-21", "2026-04-28", "2026-05-05"}) {
    const auto day =
        std::find_if(report.days.begin(), report.days.end(), [&](const DayReport& each) { return each.date == tuesday; });
    ASSERT_NE(day, report.days.end());
    EXPECT_GE(day->all.arrived, 30'000U);
    EXPECT_EQ(day->all.waiting, 0U) << tuesday;
  }
}

// tests/bench/season.toml is measured by hand; here it must only run at all, shortened.
TEST(ShippedScenarios, TheBenchmarkOf45DaysRunsForThree) {
  Read read = read_scenario(WARMUPD_SOURCE_DIR "/tests/bench/season.toml", "mta1.example.com");
  read.scenario.days = 3;
  read.scenario.outages.clear();
  for (auto& arrivals : read.scenario.arrivals) arrivals.until = 3;
  const SimulationReport report = play(read.config->config, read.scenario, 1);
  EXPECT_EQ(report.lanes.size(), 20U * 8U);
  EXPECT_GT(report.total.arrived, 500'000U);
  expect_nothing_lost(report);
  expect_no_cap_exceeded(report);
}

}  // namespace
}  // namespace mta::simulate
