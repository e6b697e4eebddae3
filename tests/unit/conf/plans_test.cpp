#include "tests/unit/conf/workshop.h"

namespace conf {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Plans : public Workshop {
 protected:
  std::vector<std::string> of(const std::string& keys) const { return problems("[[plan]]\nname = \"slow\"\n" + keys + least); }
  warmup::PlanOptions plan(const std::string& keys) const {
    return load("[[plan]]\nname = \"slow\"\n" + keys + least).config.plans.at(1);
  }
};

TEST_F(Plans, TheDefaultIsAlwaysTheFirst) {
  const auto config = load("[[plan]]\nname = \"slow\"\n[[plan]]\nname = \"default\"\nstart = 20\n" + least).config;
  ASSERT_EQ(config.plans.size(), 2U);
  EXPECT_EQ(config.plans[0].name, "default");
  EXPECT_EQ(config.plans[0].start, 20U);
  EXPECT_EQ(config.plans[1].start, 100U);
}

TEST_F(Plans, ACurveGrows) {
  EXPECT_THAT(of("start = 0\n"),
              ElementsAre("warmupd.toml:3: plan.start: expected a whole number from 1 to 1000000000000, found 0"));
  EXPECT_THAT(of("growth = 1.0\n"), ElementsAre("warmupd.toml:3: plan.growth: expected a number above 1, found 1"));
  EXPECT_THAT(of("start = 200\ntarget = 199\n"),
              ElementsAre("warmupd.toml:4: plan.target: target (199) must not be below the first day's cap (200)"));
  EXPECT_THAT(of("start = 60000\n"),
              ElementsAre("warmupd.toml:3: plan.start: target (50000) must not be below the first day's cap (60000)"));
  EXPECT_THAT(of("start = 1\ngrowth = 1.01\ntarget = 1\n"), IsEmpty());
  EXPECT_THAT(of("max = 49999\n"), ElementsAre("warmupd.toml:3: plan.max: max (49999) must not be below target (50000)"));
  EXPECT_THAT(of("target = 60000\nmax = 50000\n"),
              ElementsAre("warmupd.toml:4: plan.max: max (50000) must not be below target (60000)"));
  EXPECT_THAT(of("max = 50000\n"), IsEmpty());
}

TEST_F(Plans, ATableAscendsAndEndsAtItsTarget) {
  EXPECT_EQ(plan("table = [50, 100, 100, 500]\n").target, 500U);
  EXPECT_EQ(plan("table = [50, 100, 100, 500]\n").start, 50U);
  EXPECT_EQ(plan("table = [50, 100]\ntarget = 80\n").target, 80U);
  EXPECT_THAT(of("table = [50, 40]\n"), ElementsAre("warmupd.toml:3: plan.table: each cap must be at least the one before it"));
  EXPECT_THAT(of("table = [0, 1]\n"),
              ElementsAre("warmupd.toml:3: plan.table: expected a whole number from 1 to 1000000000000, found 0"));
  EXPECT_THAT(of("table = [50, \"x\"]\n"),
              ElementsAre("warmupd.toml:3: plan.table: expected a whole number from 1 to 1000000000000, found \"x\""));
}

TEST_F(Plans, HaveOneFormOfCurve) {
  EXPECT_THAT(of("table = [5]\nstart = 5\n"),
              ElementsAre("warmupd.toml:3: plan.table: replaces start and growth; give one or the other"));
  EXPECT_THAT(of("preset = \"ses\"\ngrowth = 2\n"),
              ElementsAre("warmupd.toml:3: plan.preset: replaces start and growth; give one or the other"));
  EXPECT_THAT(of("preset = \"ses\"\ntable = [5]\n"),
              ElementsAre("warmupd.toml:3: plan.preset: replaces table; give one or the other"));
  EXPECT_THAT(
      of("preset = \"mailgun\"\n"),
      ElementsAre("warmupd.toml:3: plan.preset: expected \"\", \"sendgrid\", \"sparkpost\" or \"ses\", found \"mailgun\""));
}

TEST_F(Plans, ACurveThatLearnsHasBoundsThatFitItsGrowth) {
  EXPECT_TRUE(plan("growth_max = 1.3\n").learns());
  EXPECT_FALSE(plan("growth_max = 1.2\n").learns());
  EXPECT_FALSE(plan("growth_min = 1.05\n").learns());
  EXPECT_THAT(of("growth = 1.05\n"), IsEmpty()) << "growth_min is of a curve that learns";
  EXPECT_THAT(of("growth_max = 1.1\n"),
              ElementsAre("warmupd.toml:3: plan.growth_max: growth_max (1.1) must not be below growth (1.2)"));
  EXPECT_THAT(of("growth_max = 1.4\n[plan.providers.google]\ngrowth = 1.5\n"),
              ElementsAre("warmupd.toml:5: plan.providers.google.growth: growth_max (1.4) must not be below growth (1.5)"));
  EXPECT_THAT(
      of("growth_max = 1.3\ngrowth_min = 1.25\n"),
      ElementsAre("warmupd.toml:4: plan.growth_min: growth (1.2) must not be below growth_min (1.25) of a curve that learns"));
  EXPECT_THAT(
      of("growth_max = 1.3\ngrowth = 1.05\n"),
      ElementsAre("warmupd.toml:4: plan.growth: growth (1.05) must not be below growth_min (1.1) of a curve that learns"));
  EXPECT_THAT(of("growth_min = 1\n"), ElementsAre("warmupd.toml:3: plan.growth_min: expected a number above 1, found 1"));
  EXPECT_THAT(of("growth_max = 1\n"), ElementsAre("warmupd.toml:3: plan.growth_max: expected a number above 1, found 1"));
}

TEST_F(Plans, ATableOrAPresetDoesNotLearn) {
  const std::string words = "only a curve of start and growth can learn; a table or a preset has its caps already";
  EXPECT_THAT(of("table = [50, 100]\ngrowth_max = 1.3\n"), ElementsAre("warmupd.toml:4: plan.growth_max: " + words));
  EXPECT_THAT(of("preset = \"ses\"\ngrowth_max = 1.3\n"), ElementsAre("warmupd.toml:4: plan.growth_max: " + words));
  const auto inherited =
      plan("growth_max = 1.3\n[plan.providers.google]\ntable = [50, 100]\n[plan.providers.yahoo]\nstart = 50\n");
  EXPECT_FALSE(inherited.providers.at("google").learns()) << "a table replaces the curve with what it learns";
  EXPECT_TRUE(inherited.providers.at("yahoo").learns());
}

TEST_F(Plans, APresetBringsItsEnds) {
  EXPECT_EQ(plan("preset = \"ses\"\n").start, 50U);
  EXPECT_EQ(plan("preset = \"ses\"\n").target, 50'000U);
  EXPECT_EQ(plan("preset = \"sparkpost\"\n").target, 10'000'000U);
  EXPECT_EQ(plan("preset = \"sendgrid\"\n").start, 480U);
}

TEST_F(Plans, APresetOnALaneIsWarnedOf) {
  const std::string plans =
      "[[plan]]\nname = \"total\"\npreset = \"ses\"\n[[plan]]\nname = \"own\"\n[plan.providers.google]\n"
      "preset = \"sparkpost\"\n[[listener]]\naddress = \"127.0.0.1:0\"\n";
  const std::string source = "[[source]]\nname = \"a\"\naddress = \"192.0.2.9\"\n";
  EXPECT_THAT(warnings(plans + source + "plan = \"default\"\noverall = \"total\"\n"), IsEmpty());
  EXPECT_THAT(
      warnings(plans + source + "plan = \"total\"\n"),
      ElementsAre("warmupd.toml:10: source \"a\": plan \"total\" is the preset \"ses\", which counts mail to all providers; "
                  "it is meant for overall"));
  EXPECT_THAT(
      warnings(plans + source + "plan = \"own\"\n"),
      ElementsAre("warmupd.toml:10: source \"a\": plan \"own.google\" is the preset \"sparkpost\", which counts mail to all "
                  "providers; it is meant for overall"));
}

TEST_F(Plans, ATimeZoneExists) {
  EXPECT_THAT(of("timezone = \"Europe/Belrin\"\n"),
              ElementsAre("warmupd.toml:3: plan.timezone: expected a time zone like \"Europe/Berlin\", found \"Europe/Belrin\", "
                          "did you mean \"Europe/Berlin\"?"));
  EXPECT_THAT(of("timezone = \"../passwd\"\n"), testing::SizeIs(1));
  EXPECT_THAT(of("day_start = \"24:00\"\n"),
              ElementsAre("warmupd.toml:3: plan.day_start: expected a time of day like \"00:00\", found \"24:00\""));
}

TEST_F(Plans, SurgeIsOffOrAtLeastOne) {
  EXPECT_THAT(of("surge = 0.5\n"), ElementsAre("warmupd.toml:3: plan.surge: expected 0 (off) or a number from 1, found 0.5"));
}

TEST_F(Plans, ProvidersInheritWhatTheyDoNotChange) {
  const auto slow =
      plan("hourly = 0.5\ntable = [10, 20]\n[plan.providers.google]\nstart = 5\n[plan.providers.outlook]\nuse = 0.9\n");
  const auto& google = slow.providers.at("google");
  EXPECT_EQ(google.start, 5U);
  EXPECT_TRUE(google.table.empty());
  EXPECT_EQ(google.target, 50'000U);
  EXPECT_DOUBLE_EQ(google.hourly, 0.5);
  EXPECT_THAT(slow.providers.at("outlook").table, ElementsAre(10U, 20U));
  EXPECT_DOUBLE_EQ(slow.providers.at("outlook").use, 0.9);
}

TEST_F(Plans, ProvidersExist) {
  EXPECT_THAT(of("[plan.providers.gogle]\nstart = 5\n"),
              ElementsAre("warmupd.toml:3: plan.providers: there is no provider \"gogle\", did you mean \"google\"?"));
  EXPECT_THAT(of("[plan.providers.gmail]\nstart = 5\n"),
              ElementsAre("warmupd.toml:3: plan.providers: there is no provider \"gmail\", did you mean \"google\"?"));
  EXPECT_THAT(of("[plan.providers.microsoft]\nstart = 5\n"),
              ElementsAre("warmupd.toml:3: plan.providers: there is no provider \"microsoft\", did you mean \"office365\"?"));
  EXPECT_THAT(of("[plan.providers.xyzzy]\nstart = 5\n"), ElementsAre(testing::HasSubstr("; the nearest known name is \"")));
  EXPECT_THAT(of("[plan.providers.\"other:example.org\"]\nstart = 5\n"), IsEmpty());
  EXPECT_THAT(of("[plan.providers]\ngoogle = 5\n"),
              ElementsAre("warmupd.toml:4: plan.providers.google: expected a table [plan.providers.google], found 5"));
}

TEST_F(Plans, AHoldAboveTheStepBackDrawsAWarning) {
  EXPECT_THAT(
      warnings("[[plan]]\nname = \"default\"\nhold_deferrals = 0.3\n" + least),
      ElementsAre(
          "warmupd.toml:3: plan.hold_deferrals: hold_deferrals (0.3) is above step_back_deferrals (0.2), so it never holds"));
}

TEST_F(Plans, NamesAreUnique) {
  EXPECT_THAT(of("[[plan]]\nname = \"slow\"\n"),
              ElementsAre("warmupd.toml:4: plan.name: \"slow\" is taken already, at warmupd.toml:1"));
}

class Classes : public Workshop {};

TEST_F(Classes, ReserveAtMostTheWhole) {
  EXPECT_THAT(problems("[[class]]\nname = \"bulk\"\nreserve = 0.7\n" + least), IsEmpty());
  EXPECT_THAT(problems("[[class]]\nname = \"bulk\"\nreserve = 0.8\n" + least),
              ElementsAre("warmupd.toml:3: class.reserve: the reserves of all classes together must not exceed 1, they are 1.1"));
}

TEST_F(Classes, NamesAreUniqueAndNotAuto) {
  EXPECT_THAT(problems("[[class]]\nname = \"bulk\"\n[[class]]\nname = \"bulk\"\n" + least),
              ElementsAre("warmupd.toml:4: class.name: \"bulk\" is taken already, at warmupd.toml:1"));
  EXPECT_THAT(problems("[[class]]\nname = \"auto\"\n" + least),
              ElementsAre("warmupd.toml:2: class.name: \"auto\" stands for the choice by headers; take another name"));
}

// The two sides of overflow belong together; one alone does nothing, which is easily overlooked.
TEST_F(Classes, OverflowNeedsAPoolThatHasOneAndAClassThatTakesIt) {
  const std::string relay = "[[source]]\nname = \"relay\"\nsmarthost = \"r.example.net:25\"\n";
  const std::string pool = "[[pool]]\nname = \"default\"\nsources = [\"ip-1\"]\noverflow = \"relay\"\n" + relay;
  const std::string wish = "[[class]]\nname = \"transactional\"\nwhen_full = \"overflow\"\n";
  EXPECT_THAT(warnings(wish + pool + least), IsEmpty());
  EXPECT_THAT(warnings(wish + least),
              ElementsAre("warmupd.toml:3: class.when_full: no pool has an overflow, so this mail waits"));
  EXPECT_THAT(warnings("[[class]]\nname = \"bulk\"\non_max_wait = \"overflow\"\n" + least),
              ElementsAre("warmupd.toml:3: class.on_max_wait: no pool has an overflow, so this mail waits"));
  EXPECT_THAT(warnings(pool + least),
              ElementsAre("warmupd.toml:1: pool \"default\": no class uses the overflow; say when_full = \"overflow\" or "
                          "on_max_wait = \"overflow\" where mail may take it"));
}

class Rehearsing : public Workshop {};

TEST_F(Rehearsing, WithRealServersDrawsAWarning) {
  const std::string words = "time runs faster and mail goes out for real; in a rehearsal set deliver_to as well";
  EXPECT_THAT(warnings("[rehearsal]\ntime_scale = 60\n" + least), ElementsAre("warmupd.toml:2: rehearsal.time_scale: " + words));
  EXPECT_THAT(warnings("[rehearsal]\ndeliver_to = \"127.0.0.1:2526\"\ntime_scale = 60\n" + least), IsEmpty());
  EXPECT_THAT(problems("[rehearsal]\ntime_scale = 0\n" + least),
              ElementsAre("warmupd.toml:2: rehearsal.time_scale: expected a number from 1 to 100000, found 0"));
}

class Retry : public Workshop {};

TEST_F(Retry, FitsTogether) {
  EXPECT_THAT(problems("[retry]\nfirst = \"5h\"\n" + least),
              ElementsAre("warmupd.toml:2: retry.first: first (\"5h\") must not be above longest (\"4h\")"));
  EXPECT_THAT(problems("[retry]\nwarn_after = \"6d\"\n" + least),
              ElementsAre("warmupd.toml:2: retry.warn_after: warn_after (\"6d\") must be below lifetime (\"5d\")"));
}

}  // namespace
}  // namespace conf
