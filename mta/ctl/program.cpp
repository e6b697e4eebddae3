#include "mta/ctl/program.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "conf/nearest.h"
#include "mta/ctl/verbs.h"

namespace mta::ctl {
namespace {

void add_globals(CLI::App& app, Session& session) {
  app.fallthrough();  // global options may follow the verb; the verbs inherit this
  app.require_subcommand(1);
  app.set_version_flag("--version", "warmupctl " WARMUPD_VERSION);
  app.add_option("--socket", session.globals.socket, "control socket (default: the configuration's, /run/warmupd/control.sock)");
  app.add_option("--config", session.globals.config, "configuration file")
      ->each([&session](const std::string&) { session.globals.config_given = true; })
      ->capture_default_str();
  app.add_flag("--json", session.globals.json, "answer as JSON");
}

// What was found where, and what was expected.
std::string complaint_of(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App* at = &app;
  std::string path, within;
  while (!at->get_subcommands().empty()) {
    at = at->get_subcommands().front();
    path += at->get_name() + " ";
  }
  if (!path.empty()) within = path.substr(0, path.size() - 1) + ": ";
  std::vector<std::string> verbs;
  for (const auto* verb : at->get_subcommands([](const CLI::App*) { return true; })) verbs.push_back(verb->get_name());
  const std::string help = fmt::format("; `warmupctl {}--help` tells more", path);
  if (verbs.empty()) return within + error.what() + help;
  const auto words = app.remaining(true);
  const auto stranger = std::find_if(words.begin(), words.end(), [](const std::string& word) { return !word.starts_with('-'); });
  const std::string expected = fmt::format("expected one of: {}", fmt::join(verbs, " "));
  if (stranger == words.end()) return within + "a verb is missing; " + expected + help;
  const std::string near = conf::nearest(*stranger, verbs);
  const std::string guess = conf::is_near(*stranger, near) ? ", did you mean " + near + "?" : "";
  return fmt::format("{}there is no verb {}{}; {}", within, *stranger, guess, expected);
}

}  // namespace

int run(const std::vector<std::string>& words, Outside& outside) {
  Session session(outside);
  CLI::App app{"warmupctl — look at and steer warmupd, an outbound mail transfer agent that warms up its own IP addresses",
               "warmupctl"};
  add_globals(app, session);
  for (const auto add : {add_status, add_lane, add_forecast, add_queue, add_why, add_classify, add_providers, add_simulate,
                         add_reload, add_config, add_passwd})
    add(app, session);
  std::vector<std::string> reversed(words.rbegin(), words.rend());  // as the library wants them
  try {
    app.parse(std::move(reversed));
    return EX_OK;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error, outside.out, outside.err), EX_OK;  // --help, --version
    session.warn(complaint_of(app, error));
    return EX_USAGE;
  } catch (const Exit& end) {
    if (*end.what() != '\0') session.warn(end.what());
    return end.code;
  } catch (const std::exception& error) {
    session.warn(error.what());
    return EX_TEMPFAIL;
  }
}

}  // namespace mta::ctl
