// warmupctl spool verify: which messages cannot be read. The daemon looks when it runs, else this program does.
#include <fmt/format.h>
#include <sysexits.h>

#include <CLI/CLI.hpp>

#include "mta/control/spool_json.h"
#include "mta/ctl/fields.h"
#include "mta/ctl/figures.h"
#include "mta/ctl/verbs.h"

namespace mta::ctl {
namespace {

json::object found_by_daemon(Session& session) {
  const HttpReply reply = session.outside().ask(session.socket(), {"GET", "/api/v1/spool/verify", {}, ""});
  if (reply.status != 200) throw Exit(EX_TEMPFAIL, shown(reply.body, session.look()));
  return object_of(reply.body);
}

json::object found_here(Session& session, const std::string& given) {
  const std::string spool = given.empty() ? session.config().spool : given;
  try {
    return mta::to_json(session.outside().verify_spool(spool));
  } catch (const std::runtime_error& error) {
    throw Exit(EX_NOINPUT, error.what());
  }
}

void print(Session& session, const json::object& found) {
  const Look& look = session.look();
  for (const auto& each : list_of(found, "damaged")) {
    const json::object& message = as_part(each);
    session.out() << fmt::format("{}  {:<4}  {}\n", text_of(message, "id"), text_of(message, "what"),
                                 shown(text_of(message, "text"), look));
  }
  for (const auto& each : list_of(found, "other"))
    if (each.is_string()) session.out() << shown(each.as_string(), look) << "\n";
  const auto messages = count_of(found, "messages").value_or(0), damaged = list_of(found, "damaged").size();
  session.out() << fmt::format("{} message{} read, ", grouped(messages), messages == 1 ? "" : "s")
                << (truth_of(found, "ok", false) ? look.paint("none damaged", Ink::good)
                                                 : look.paint(fmt::format("{} damaged", grouped(damaged)), Ink::alarm))
                << "\n";
}

void verify(Session& session, const std::string& spool) {
  json::object found;
  try {
    found = spool.empty() ? found_by_daemon(session) : found_here(session, spool);
  } catch (const Unavailable&) {
    found = found_here(session, spool);
  }
  session.globals.json ? session.print(found) : print(session, found);
  if (!truth_of(found, "ok", false)) throw Exit(check_failed, "");
}

}  // namespace

void add_spool(CLI::App& app, Session& session) {
  auto* spool = app.add_subcommand("spool", "the spool on disk");
  spool->require_subcommand(1);
  auto path = std::make_shared<std::string>();
  auto* verb = spool->add_subcommand("verify", "read every message, name those that are damaged; exit 1 if any is");
  verb->add_option("--spool", *path, "read this folder, not what the daemon or the configuration says");
  verb->callback([&session, path] { verify(session, *path); });
}

}  // namespace mta::ctl
