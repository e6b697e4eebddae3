// warmupctl status [PROVIDER] [--source S] [--all]
#include <CLI/CLI.hpp>

#include "mta/ctl/status_page.h"
#include "mta/ctl/verbs.h"

namespace mta::ctl {
namespace {

void status(Session& session, const StatusRequest& request) {
  Query query;
  if (!request.provider.empty()) query["provider"] = request.provider;
  if (!request.source.empty()) query["source"] = request.source;
  const boost::json::object answer = session.ask("GET", "/api/v1/status", query);
  if (session.globals.json)
    session.print(answer);
  else
    session.out() << draw_status(answer, request, session.look());
}

}  // namespace

void add_status(CLI::App& app, Session& session) {
  auto request = std::make_shared<StatusRequest>();
  auto* verb = app.add_subcommand("status", "one row a lane: is it well, what waits, and why");
  verb->add_option("provider", request->provider, "only this mailbox provider");
  verb->add_option("--source", request->source, "only this source");
  verb->add_flag("--all", request->all, "every lane and queue");
  verb->callback([&session, request] { status(session, *request); });
}

}  // namespace mta::ctl
