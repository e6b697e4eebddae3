#include "tests/unit/mta/simulate/played.h"

#include <fmt/format.h>

namespace mta::simulate {

namespace {

const std::string one_source =
    "\n[[config.source]]\nname = \"ip-1\"\naddress = \"192.0.2.1\"\nplan = \"default\"\n"
    "[[config.pool]]\nname = \"default\"\nsources = [\"ip-1\"]\n";

std::string lines_of(const conf::ConfigError& error) {
  std::string text;
  for (const auto& problem : error.problems) text += problem.line() + "\n";
  return text;
}

void expect_balance(const std::string& what, const Counts& counts) {
  EXPECT_EQ(counts.arrived, counts.delivered + counts.bounced + counts.expired + counts.overflowed + counts.waiting) << what;
}

SimulationReport play_read(const Read& read, Receiver* receiver) {
  for (const auto& problem : misfits(read.scenario, read.config->config)) ADD_FAILURE() << problem.line();
  return play(read.config->config, read.scenario, read.scenario.seed, receiver);
}

}  // namespace

Read scenario_of(const std::string& scenario) {
  const bool own = scenario.find("[config.") != std::string::npos || scenario.find("[[config.") != std::string::npos;
  try {
    return read_scenario_text(scenario + (own ? "" : one_source), "scenario.toml", "mta1.example.com");
  } catch (const conf::ConfigError& error) {
    ADD_FAILURE() << lines_of(error);
    throw;
  }
}

SimulationReport played(const std::string& scenario, Receiver* receiver) { return play_read(scenario_of(scenario), receiver); }

SimulationReport played_file(const std::string& path) {
  try {
    return play_read(read_scenario(std::string(WARMUPD_SOURCE_DIR "/") + path, "mta1.example.com"), nullptr);
  } catch (const conf::ConfigError& error) {
    ADD_FAILURE() << lines_of(error);
    throw;
  }
}

std::vector<std::string> problems_of(const std::string& scenario) {
  std::vector<std::string> lines;
  try {
    const Read read = read_scenario_text(scenario, "s.toml", "mta1.example.com");
    if (read.config) {
      for (const auto& problem : misfits(read.scenario, read.config->config)) lines.push_back(problem.line());
    }
  } catch (const conf::ConfigError& error) {
    for (const auto& problem : error.problems) lines.push_back(problem.line());
  }
  return lines;
}

std::vector<Recipients> delivered_by_day(const SimulationReport& report) {
  std::vector<Recipients> days;
  for (const auto& day : report.days) days.push_back(day.all.delivered);
  return days;
}

void expect_nothing_lost(const SimulationReport& report) {
  expect_balance("in all", report.total);
  for (const auto& [name, counts] : report.providers) expect_balance(name, counts);
  for (const auto& [name, of_class] : report.classes) expect_balance(name, of_class.counts);
  Counts days;
  for (const auto& day : report.days) days += day.all;
  days.waiting = report.days.empty() ? 0 : report.days.back().all.waiting;
  expect_balance("over the days", days);
}

void expect_no_cap_exceeded(const SimulationReport& report) {
  for (const auto& lane : report.lanes) {
    if (!lane.enforced) continue;
    for (const auto& day : lane.days)
      EXPECT_LE(day.sent, day.cap.value_or(day.sent)) << lane.source << " " << lane.provider << " on " << day.date;
  }
}

std::string fingerprint(const SimulationReport& report) {
  std::string text = fmt::format("{}\n", report.attempts);
  for (const auto& day : report.days) {
    for (const auto& [name, c] : day.providers) {
      text += fmt::format("{} {} {} {} {} {} {} {} {} {} {}\n", day.date, name, c.arrived, c.sent, c.delivered, c.overflowed,
                          c.bounced, c.expired, c.deferred(), c.blocked, c.waiting);
    }
  }
  for (const auto& lane : report.lanes) text += fmt::format("{} {} {} {}\n", lane.source, lane.provider, lane.state, lane.stage);
  for (const auto& notice : report.notices)
    text += fmt::format("{} {} {} {} {}\n", notice.at.time_since_epoch().count(), notice.source, notice.provider, notice.change,
                        notice.reason);
  return text;
}

}  // namespace mta::simulate
