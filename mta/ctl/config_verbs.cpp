// warmupctl reload, config check [FILE]
#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "mta/ctl/fields.h"
#include "mta/ctl/unknown.h"
#include "mta/ctl/verbs.h"
#include "mta/deliver/verdict.h"

namespace mta::ctl {
namespace {

void reload(Session& session) {
  const json::object answer = session.ask("POST", "/api/v1/reload");
  if (session.globals.json) {
    session.print(answer);
    return;
  }
  session.out() << "reloaded\n";
  for (const auto& line : list_of(answer, "said"))
    if (line.is_string()) session.out() << shown(line.as_string(), session.look()) << "\n";
}

struct Checked {
  std::string summary;
  std::vector<conf::Problem> problems, warnings;
};

Checked check(const std::string& path, const std::string& hostname) {
  try {
    const conf::Loaded loaded = conf::load_file(path, hostname);
    const Judge judge(loaded.config.responses);
    static_cast<void>(judge);
    const auto count = [](std::size_t number, const char* noun) {
      return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
    };
    const auto& config = loaded.config;
    return {count(config.listeners.size(), "listener") + ", " + count(config.sources.size(), "source") + ", " +
                count(config.pools.size(), "pool") + ", " + count(config.dkim_keys.size(), "DKIM key") + ", " +
                count(config.users.size(), "user"),
            {},
            loaded.warnings};
  } catch (const conf::ConfigError& error) {
    return {"", error.problems, {}};
  }
}

void config_check(Session& session, const std::string& path) {
  const Checked checked = check(path, session.outside().hostname);
  const bool good = checked.problems.empty();
  if (session.globals.json) {
    session.print(json::object{{"file", path},
                               {"ok", good},
                               {"problems", problems_json(checked.problems)},
                               {"warnings", problems_json(checked.warnings)}});
  } else {
    const Look& look = session.look();
    for (const auto& problem : checked.problems)
      session.out() << look.paint("error", Ink::alarm) << ": " << problem.line() << "\n";
    for (const auto& warning : checked.warnings)
      session.out() << look.paint("warning", Ink::warning) << ": " << warning.line() << "\n";
    if (good)
      session.out() << path << ": " << look.paint("ok", Ink::good) << " (" << checked.summary << ")\n";
    else
      session.out() << path << ": " << checked.problems.size() << (checked.problems.size() == 1 ? " error\n" : " errors\n");
  }
  if (!good) throw Exit(check_failed, "");
}

}  // namespace

void add_reload(CLI::App& app, Session& session) {
  app.add_subcommand("reload", "read the configuration again; a bad one changes nothing")->callback([&session] {
    reload(session);
  });
}

void add_config(CLI::App& app, Session& session) {
  auto* config = app.add_subcommand("config", "the configuration file");
  config->require_subcommand(1);
  auto path = std::make_shared<std::string>();
  auto* verb = config->add_subcommand("check", "everything that is wrong with it, with file and line; exit 1 if anything is");
  verb->add_option("file", *path, "the file to check (default: the one of --config)");
  verb->callback([&session, path] {
    const std::string file = path->empty() ? session.globals.config : *path;
    expect_file(file);
    config_check(session, file);
  });
}

}  // namespace mta::ctl
