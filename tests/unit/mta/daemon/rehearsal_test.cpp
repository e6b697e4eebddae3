// A spool is a rehearsal's from its first start on, or never.
#include "mta/daemon/rehearsal.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>

#include "conf/load.h"

namespace mta {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr Instant monday{std::chrono::sys_days{std::chrono::year{2026} / 1 / 5} + 9h + 7ms};

class RehearsalSpool : public testing::Test {
 protected:
  RehearsalSpool() {
    std::string name = testing::TempDir() + "rehearsal-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no directory");
    directory_ = name;
    config.file = "warmupd.toml";
    config.spool = directory_ + "/spool";
  }
  ~RehearsalSpool() override { std::filesystem::remove_all(directory_); }

  void rehearses(double scale) {
    config.rehearsal.deliver_to = "127.0.0.1:2526";
    config.rehearsal.time_scale = scale;
    config.rehearsal.where = {"warmupd.toml", 12};
  }
  void is_production() { config.rehearsal = {}; }

  std::optional<Rehearsal> start(Instant wall = monday) {
    const auto store = queue::Store::open(config.spool);
    return enter_rehearsal(*store, config, wall);
  }
  std::string refusal() {
    try {
      start();
    } catch (const conf::ConfigError& error) {
      return error.what();
    }
    return "started";
  }
  void uses(queue::Family family) {
    const auto store = queue::Store::open(config.spool);
    queue::Batch batch;
    batch.put(family, "x", "y");
    store->write(batch);
  }

  conf::Config config;
  std::string directory_;
};

TEST_F(RehearsalSpool, TimeGoesOnFromTheFirstStart) {
  rehearses(1440.5);
  EXPECT_EQ(start()->epoch, monday);
  const auto again = start(monday + 3h);
  EXPECT_EQ(again->epoch, monday);
  EXPECT_EQ(again->scale, 1440.5);
}

TEST_F(RehearsalSpool, ProductionWritesNothingAndStaysProduction) {
  EXPECT_FALSE(start());
  EXPECT_FALSE(start());
}

TEST_F(RehearsalSpool, AnotherScaleIsRefusedAtItsLine) {
  rehearses(1440);
  start();
  config.rehearsal.time_scale = 60;
  EXPECT_THAT(refusal(), HasSubstr("warmupd.toml:12: rehearsal.time_scale: the spool " + config.spool +
                                   " is rehearsed with time_scale = 1440, not 60"));
  config.rehearsal.time_scale = 1440;
  EXPECT_EQ(refusal(), "started");
}

TEST_F(RehearsalSpool, AnotherSinkIsTheSameRehearsal) {
  rehearses(60);
  start();
  config.rehearsal.deliver_to = "127.0.0.1:2527";
  EXPECT_EQ(refusal(), "started");
}

TEST_F(RehearsalSpool, ProductionDoesNotGoOnWhereARehearsalEnded) {
  rehearses(1);
  start();
  is_production();
  EXPECT_THAT(refusal(), HasSubstr("warmupd.toml: rehearsal: the spool " + config.spool + " belongs to a rehearsal"));
}

class InRealUse : public RehearsalSpool, public testing::WithParamInterface<queue::Family> {};

TEST_P(InRealUse, ASpoolBecomesNoRehearsals) {
  start();
  uses(GetParam());
  rehearses(60);
  EXPECT_THAT(refusal(), HasSubstr("has been in real use"));
  is_production();
  EXPECT_EQ(refusal(), "started");
}

INSTANTIATE_TEST_SUITE_P(ByItsRows, InRealUse,
                         testing::Values(queue::Family::message, queue::Family::lane, queue::Family::event));

TEST_F(RehearsalSpool, TheBannerSaysWhereMailGoesAndHowFastTimeRuns) {
  rehearses(1440);
  EXPECT_EQ(
      rehearsal_banner(config),
      "REHEARSAL, not for production: every delivery goes to 127.0.0.1:2526; time runs 1440 times faster, a day takes 60.0 s");
  rehearses(1);
  EXPECT_EQ(rehearsal_banner(config), "REHEARSAL, not for production: every delivery goes to 127.0.0.1:2526");
  config.rehearsal = {"", 2};
  EXPECT_THAT(rehearsal_banner(config), HasSubstr("FOR REAL"));
}

}  // namespace
}  // namespace mta
