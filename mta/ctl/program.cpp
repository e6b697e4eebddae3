#include "mta/ctl/program.h"

#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <algorithm>

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
    return app.exit(error, outside.out, outside.err) == 0 ? EX_OK : EX_USAGE;
  } catch (const Exit& end) {
    if (*end.what() != '\0') session.warn(end.what());
    return end.code;
  } catch (const std::exception& error) {
    session.warn(error.what());
    return EX_TEMPFAIL;
  }
}

}  // namespace mta::ctl
