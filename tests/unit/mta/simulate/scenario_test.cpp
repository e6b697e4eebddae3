// What an author of a scenario reads after a mistake, to the letter.
#include "tests/unit/mta/simulate/played.h"

namespace mta::simulate {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string mail = "[[arrivals]]\nper_day = 10\nto = { google = 1 }\n";
const std::string config = "[[config.source]]\nname = \"ip-1\"\n";

TEST(Scenario, TheLeastThatLoads) {
  EXPECT_THAT(problems_of(mail), IsEmpty());
  EXPECT_THAT(problems_of(mail + config), IsEmpty());
  EXPECT_FALSE(read_scenario_text(mail, "s.toml", "h").config.has_value());
}

TEST(Scenario, AMisspeltKeyNamesTheNearest) {
  EXPECT_THAT(problems_of("dyas = 3\n" + mail), ElementsAre("s.toml:1: unknown key \"dyas\", did you mean \"days\"?"));
  EXPECT_THAT(problems_of(mail + "[[receiver]]\nprovider = \"google\"\nacepts = 3\n"),
              ElementsAre("s.toml:6: unknown key \"acepts\" in [receiver], did you mean \"accepts\"?"));
  EXPECT_THAT(problems_of(mail + "[[recievers]]\nprovider = \"google\"\n"),
              ElementsAre("s.toml:4: unknown key \"recievers\", did you mean \"receiver\"?"));
}

TEST(Scenario, WrongValuesSayWhatWasExpectedAndFound) {
  EXPECT_THAT(problems_of("days = 0\n" + mail), ElementsAre("s.toml:1: days: expected a whole number from 1 to 3660, found 0"));
  EXPECT_THAT(problems_of("start = \"9 January\"\n" + mail),
              ElementsAre("s.toml:1: start: expected a date like \"2026-01-31\", found \"9 January\""));
  EXPECT_THAT(problems_of("start = \"2026-02-30\"\n" + mail),
              ElementsAre("s.toml:1: start: expected a date like \"2026-01-31\", found \"2026-02-30\""));
  EXPECT_THAT(problems_of("step = \"2h\"\n" + mail), ElementsAre("s.toml:1: step: expected at most \"1h\", found \"2h\""));
  EXPECT_THAT(problems_of("[[burst]]\nrecipients = 5\nat = \"9 o'clock\"\nto = { google = 1 }\n"),
              ElementsAre("s.toml:3: burst.at: expected a time of day like \"09:00\", found \"9 o'clock\""));
  EXPECT_THAT(problems_of("days = 5\n[[burst]]\nrecipients = 5\nday = 6\nto = { google = 1 }\n"),
              ElementsAre("s.toml:4: burst.day: expected a whole number from 1 to 5, found 6"));
}

TEST(Scenario, SharesMustAddUp) {
  EXPECT_THAT(problems_of("[[arrivals]]\nper_day = 10\nto = { google = 0.5, yahoo = 0.4 }\n"),
              ElementsAre("s.toml:3: arrivals.to: the shares must add up to 1, they are 0.9"));
  EXPECT_THAT(problems_of("[[arrivals]]\nper_day = 10\n"),
              ElementsAre("s.toml:1: arrivals.to is missing, for example to = { google = 0.6, \"example.org\" = 0.4 }"));
  EXPECT_THAT(problems_of("[[arrivals]]\nper_day = 10\nto = { google = \"most\" }\n"),
              testing::Contains("s.toml:3: arrivals.to.google: expected a number from 0 to 1, found \"most\""));
}

TEST(Scenario, VolumesAreGivenOnce) {
  EXPECT_THAT(problems_of("[[arrivals]]\nto = { google = 1 }\n"),
              ElementsAre("s.toml:1: arrivals.per_day: give either per_day or each_day"));
  EXPECT_THAT(problems_of("[[arrivals]]\nto = { google = 1 }\nper_day = 1\neach_day = [1, 2]\n"),
              ElementsAre("s.toml:4: arrivals.each_day: give either per_day or each_day"));
  EXPECT_THAT(problems_of("[[arrivals]]\nto = { google = 1 }\nper_day = 1\nhours = [1, 2]\n"),
              ElementsAre("s.toml:4: arrivals.hours: expected 24 weights, one an hour, found 2"));
  EXPECT_THAT(problems_of("days = 3\n"), ElementsAre("s.toml:1: arrivals: no mail comes; write an [[arrivals]] or a [[burst]]"));
}

TEST(Scenario, OneReceiverIsDescribedOnce) {
  EXPECT_THAT(problems_of(mail + "[[receiver]]\nprovider = \"google\"\n[[receiver]]\nprovider = \"google\"\n"),
              ElementsAre("s.toml:7: receiver.provider: google is described already, at s.toml:4"));
}

TEST(Scenario, MistakesOfItsConfigurationHaveItsLines) {
  EXPECT_THAT(problems_of(mail + config + "plan = \"defualt\"\n"),
              ElementsAre("s.toml:6: source.plan: there is no plan \"defualt\", did you mean \"default\"?"));
  EXPECT_THAT(problems_of(mail + "[config]\n[[config.plan]]\nname = \"default\"\ngrowht = 2\n" + config),
              ElementsAre("s.toml:7: unknown key \"growht\" in [plan], did you mean \"growth\"?"));
  EXPECT_THAT(problems_of("config = 3\n" + mail), ElementsAre("s.toml:1: config: expected text in quotes, found 3"));
  EXPECT_THAT(problems_of("config = \"nowhere.toml\"\n" + mail),
              ElementsAre(HasSubstr("nowhere.toml: cannot read the configuration: No such file")));
}

TEST(Scenario, NamesThatTheConfigurationDoesNotKnowAreSaid) {
  EXPECT_THAT(problems_of("[[arrivals]]\nper_day = 10\nclass = \"bluk\"\nto = { google = 1 }\n" + config),
              ElementsAre("s.toml:1: arrivals.class: the configuration has no \"bluk\", did you mean \"bulk\"?"));
  EXPECT_THAT(problems_of("[[arrivals]]\nper_day = 10\nto = { gogle = 1 }\n" + config),
              ElementsAre("s.toml:1: arrivals.to: the configuration has no \"gogle\", did you mean \"google\"?"));
  EXPECT_THAT(problems_of(mail + "[[receiver]]\nprovider = \"yaho\"\n" + config),
              ElementsAre("s.toml:4: receiver.provider: the configuration has no \"yaho\", did you mean \"yahoo\"?"));
  EXPECT_THAT(problems_of(mail + "[[operator]]\ndoes = \"pause\"\nsource = \"ip-2\"\nprovider = \"google\"\n" + config),
              ElementsAre("s.toml:4: operator.source: the configuration has no \"ip-2\", did you mean \"ip-1\"?"));
}

TEST(Scenario, TheOperatorsOwnConfigurationTakesThePlaceOfTheScenarios) {
  EXPECT_NO_THROW(read_scenario_text(mail + "[config]\nnonsense = 1\n", "s.toml", "h", false));
  EXPECT_THROW(read_scenario_text(mail + "[config]\nnonsense = 1\n", "s.toml", "h", true), conf::ConfigError);
}

TEST(Scenario, AMissingFileIsNamed) {
  try {
    read_scenario("/nonexistent/s.toml", "h");
    FAIL();
  } catch (const conf::ConfigError& error) {
    EXPECT_EQ(error.problems.front().line(), "/nonexistent/s.toml: cannot read the scenario: No such file or directory");
  }
}

}  // namespace
}  // namespace mta::simulate
