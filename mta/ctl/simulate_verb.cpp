// warmupctl simulate SCENARIO.toml [--seed N]
#include <fmt/format.h>
#include <sysexits.h>

#include <CLI/CLI.hpp>

#include "mta/ctl/season_page.h"
#include "mta/ctl/unknown.h"
#include "mta/ctl/verbs.h"
#include "mta/simulate/simulation.h"

namespace mta::ctl {
namespace {

struct SimulateRequest {
  std::string scenario;
  std::uint64_t seed = 0;
};

// The configuration of --config, else the one that the scenario brings, else the host's.
conf::Config config_for(Session& session, simulate::Read& read) {
  if (session.globals.config_given || !read.config) return session.config();
  if (!session.globals.json)
    for (const auto& warning : read.config->warnings) session.warn("warning: " + warning.line());
  return std::move(read.config->config);
}

void simulate(Session& session, const SimulateRequest& request, bool own_seed) {
  expect_file(request.scenario);
  simulate::Read read;
  try {
    read = simulate::read_scenario(request.scenario, session.outside().hostname, !session.globals.config_given);
  } catch (const conf::ConfigError& error) {
    throw wrong_configuration(error.problems);
  }
  const conf::Config config = config_for(session, read);
  if (const auto problems = simulate::misfits(read.scenario, config); !problems.empty()) throw wrong_configuration(problems);
  const auto report = simulate::play(config, read.scenario, own_seed ? request.seed : read.scenario.seed);
  if (session.globals.json)
    session.print(season_json(report));
  else
    session.out() << draw_season(report, session.look());
}

}  // namespace

void add_simulate(CLI::App& app, Session& session) {
  auto request = std::make_shared<SimulateRequest>();
  auto* verb =
      app.add_subcommand("simulate", "play a scenario with this configuration: what would go, wait, be refused, day by day");
  verb->add_option("scenario", request->scenario, "file that says what mail comes and how receivers behave")->required();
  verb->footer(fmt::format(
      "Scenarios to begin with are in conf/scenarios/ of the documentation. A scenario's [[receiver]] names a kind of\n"
      "receiver, kind = \"{}\",\nor describes one.",
      fmt::join(simulate::shipped_receiver_kinds(), "\", \"")));
  auto* seed = verb->add_option("--seed", request->seed, "number that decides what is left to chance (default: the scenario's)")
                   ->check(CLI::Validator(
                       [](const std::string& text) {
                         return text.starts_with('-') ? "expected a whole number from 0 on, found " + text : std::string();
                       },
                       ""));
  verb->callback([&session, request, seed] { simulate(session, *request, seed->count() > 0); });
}

}  // namespace mta::ctl
