// warmupctl status [PROVIDER] [--source S] [--all]
#include <CLI/CLI.hpp>

#include "mta/ctl/status_page.h"
#include "mta/ctl/verbs.h"

namespace mta::ctl {
namespace {

void status(Session& session, const StatusRequest& wish) {
  Query query;
  if (!wish.provider.empty()) query["provider"] = wish.provider;
  if (!wish.source.empty()) query["source"] = wish.source;
  const boost::json::object answer = session.ask("GET", "/api/v1/status", query);
  if (session.globals.json)
    session.print(answer);
  else
    session.out() << draw_status(answer, wish, session.look());
}

}  // namespace

void add_status(CLI::App& app, Session& session) {
  auto wish = std::make_shared<StatusRequest>();
  auto* verb = app.add_subcommand("status", "one row a lane: is it well, what waits, and why");
  verb->add_option("provider", wish->provider, "only this mailbox provider");
  verb->add_option("--source", wish->source, "only this source");
  verb->add_flag("--all", wish->all, "every lane and queue");
  verb->callback([&session, wish] { status(session, *wish); });
}

}  // namespace mta::ctl
