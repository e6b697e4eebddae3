// Files of conf/receivers/, how a scenario names them, and what seasons with them come to.
#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "mta/simulate/receiver_kind.h"
#include "tests/unit/mta/simulate/played.h"

namespace mta::simulate {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string mail_to_google = "[[arrivals]]\nper_day = 10\nto = { google = 1 }\n[[receiver]]\nprovider = \"google\"\n";

std::string kind_file(const std::string& toml) {
  const auto path = std::filesystem::path(testing::TempDir()) / "my-kind.toml";
  std::ofstream(path) << toml;
  return path.string();
}

std::vector<std::string> faults_of_kind(const std::string& toml) {
  std::vector<std::string> lines;
  try {
    read_receiver_kind(kind_file(toml));
  } catch (const conf::ConfigError& error) {
    for (const auto& problem : error.problems) lines.push_back(problem.text);
  }
  return lines;
}

TEST(ReceiverKinds, AllThatAreShippedLoadAndSayWhatTheyAssume) {
  EXPECT_THAT(shipped_receiver_kinds(), ElementsAre("friendly", "google-like", "microsoft-like", "small-site", "yahoo-like"));
  for (const auto& name : shipped_receiver_kinds()) {
    const std::string path = WARMUPD_SOURCE_DIR "/conf/receivers/" + name + ".toml";
    EXPECT_EQ(read_receiver_kind(path).name, name);
    std::ifstream file(path);
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    EXPECT_THAT(text, HasSubstr("# What is assumed here, and why:")) << name;
  }
}

TEST(ReceiverKinds, AScenarioNamesAShippedKindOrAFileOfItsOwn) {
  EXPECT_THAT(problems_of(mail_to_google + "kind = \"google-like\"\nlist = \"dirty\"\n"), IsEmpty());
  const Read read = read_scenario_text(mail_to_google + "kind = \"yahoo-like\"\n", "s.toml", "h");
  ASSERT_TRUE(read.scenario.receivers.front().kind.has_value());
  EXPECT_EQ(read.scenario.receivers.front().list.name, "ordinary");
  const auto own = kind_file("[replies]\nno_such_user = { verdict = \"unknown_user\", text = \"550 5.1.1 no\" }\n");
  EXPECT_THAT(problems_of(mail_to_google + "kind = \"" + own + "\"\n"), IsEmpty());
}

TEST(ReceiverKinds, AMistakeIsNamedWithWhatIsThere) {
  EXPECT_THAT(problems_of(mail_to_google + "kind = \"gogle-like\"\n"),
              ElementsAre("s.toml:6: receiver.kind: there is no kind of receiver \"gogle-like\", did you mean \"google-like\"?"));
  EXPECT_THAT(problems_of(mail_to_google + "kind = \"google-like\"\nlist = \"filthy\"\n"),
              ElementsAre(HasSubstr("receiver.list: expected")));
  EXPECT_THAT(problems_of(mail_to_google + "kind = \"google-like\"\nstranger = 5\n"),
              ElementsAre(HasSubstr("unknown key \"stranger\"")));
  EXPECT_THAT(problems_of(mail_to_google + "kind = \"nowhere/none.toml\"\n"),
              ElementsAre(HasSubstr("cannot read the kind of receiver")));
}

TEST(ReceiverKinds, AFileThatRefusesNeedsTheWords) {
  EXPECT_THAT(
      faults_of_kind("[quota]\nweek = 3\nstranger = 5\n"),
      testing::UnorderedElementsAre(HasSubstr("replies.over_quota is missing"), HasSubstr("replies.no_such_user is missing")));
  EXPECT_THAT(faults_of_kind("[replies]\nno_such_user = { verdict = \"unknwn\", text = \"550 no\" }\n"),
              ElementsAre(HasSubstr("replies.no_such_user.verdict: expected a verdict")));
  EXPECT_THAT(faults_of_kind("[replies]\nno_such_user = { verdict = \"unknown_user\", text = \"no\" }\n"),
              testing::Contains(HasSubstr("replies.no_such_user.text: expected a reply like")));
}

std::string season_of(const std::string& plan, const std::string& kind, const std::string& quality) {
  return fmt::format(
      "days = 60\n[[arrivals]]\nfrom_domain = \"example.com\"\nper_day = 52000\nto = {{ google = 1 }}\n"
      "[[receiver]]\nprovider = \"google\"\nkind = \"{}\"\nlist = \"{}\"\n"
      "[[config.source]]\nname = \"ip-1\"\naddress = \"192.0.2.1\"\nplan = \"tried\"\n"
      "[[config.pool]]\nname = \"default\"\nsources = [\"ip-1\"]\n[[config.plan]]\nname = \"tried\"\ntarget = 50000\nmax = "
      "50000\n{}",
      kind, quality, plan);
}

std::string published(const std::string& preset) { return "preset = \"" + preset + "\"\nadvance = \"calendar\"\n"; }

std::size_t day_of(const SimulationReport& report, Recipients delivered) {
  const auto found =
      std::find_if(report.days.begin(), report.days.end(), [&](const DayReport& day) { return day.all.delivered >= delivered; });
  return found == report.days.end() ? 0 : static_cast<std::size_t>(found - report.days.begin()) + 1;
}

TEST(ReceiverKinds, PublishedSchedulesGetThroughAtAFriendlyReceiver) {
  for (const auto& [preset, days] : {std::pair("sendgrid", 16U), {"sparkpost", 10U}, {"ses", 46U}}) {
    SCOPED_TRACE(preset);
    const SimulationReport report = played(season_of(published(preset), "friendly", "clean"));
    expect_nothing_lost(report);
    expect_no_cap_exceeded(report);
    EXPECT_EQ(report.total.rate_limited, 0U);
    const std::size_t day = day_of(report, 45'000);
    EXPECT_GT(day, 0U);
    EXPECT_LE(day, days);
  }
}

TEST(ReceiverKinds, TheDefaultPlanGetsThroughEverywhereWithACleanList) {
  for (const char* kind : {"google-like", "microsoft-like", "yahoo-like", "friendly"}) {
    SCOPED_TRACE(kind);
    const SimulationReport report = played(season_of("", kind, "clean"));
    EXPECT_EQ(report.total.blocked, 0U);
    EXPECT_LE(day_of(report, 45'000), 40U);
    EXPECT_GT(day_of(report, 45'000), 0U);
  }
}

TEST(ReceiverKinds, AScheduleThatJumpsIsTakenForJunkAndBlockedWhereItIsNotFriendly) {
  const SimulationReport report = played(season_of(published("sparkpost"), "microsoft-like", "clean"));
  EXPECT_GT(report.total.blocked, 0U);
  EXPECT_GT(2 * report.total.junk, report.total.delivered);
  EXPECT_GE(report.stops.at("google"), 47h);
}

TEST(ReceiverKinds, ASeasonWithThemIsTheSameForTheSameSeed) {
  const auto scenario = season_of(published("sparkpost"), "google-like", "ordinary");
  EXPECT_EQ(fingerprint(played(scenario)), fingerprint(played(scenario)));
}

// The published figures: on the second day 23,685 messages, about 800 (3.4 %) delivered.
TEST(ReceiverKinds, TheIncidentAtTheGoogleLikeReceiverIsWithinAPoint) {
  Read read = read_scenario(WARMUPD_SOURCE_DIR "/conf/scenarios/school-no-warmup.toml", "mta1.example.com");
  auto& receiver = read.scenario.receivers.front();
  receiver.kind = read_receiver_kind(WARMUPD_SOURCE_DIR "/conf/receivers/google-like.toml");
  receiver.list = list_qualities().front();
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const SimulationReport report = play(read.config->config, read.scenario, seed);
    EXPECT_NEAR(static_cast<double>(report.days.at(1).all.delivered) / 23'685, 0.0338, 0.01) << seed;
  }
}

}  // namespace
}  // namespace mta::simulate
