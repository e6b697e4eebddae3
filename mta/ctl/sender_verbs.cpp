// warmupctl sender status|history DOMAIN [PROVIDER]
#include <CLI/CLI.hpp>

#include "mta/ctl/sender_page.h"
#include "mta/ctl/verbs.h"

namespace mta::ctl {
namespace {

struct SenderRequest {
  std::string domain, provider;
};

Query query_of(const SenderRequest& request) {
  Query query;
  if (!request.domain.empty()) query["domain"] = request.domain;
  if (!request.provider.empty()) query["provider"] = request.provider;
  return query;
}

void show(Session& session, const std::string& path, const SenderRequest& request,
          std::string (*draw)(const boost::json::object&, const Look&)) {
  const boost::json::object answer = session.ask("GET", path, query_of(request));
  if (session.globals.json)
    session.print(answer);
  else
    session.out() << draw(answer, session.look());
}

CLI::App* add(CLI::App& sender, const std::shared_ptr<SenderRequest>& request, const std::string& name, const std::string& help) {
  auto* verb = sender.add_subcommand(name, help);
  verb->add_option("domain", request->domain, "organisational domain of From");
  verb->add_option("provider", request->provider, "only at this mailbox provider");
  return verb;
}

}  // namespace

void add_sender(CLI::App& app, Session& session) {
  auto* sender = app.add_subcommand("sender", "what each sender domain sends to each provider, over all sources");
  sender->require_subcommand(1);
  auto shown = std::make_shared<SenderRequest>();
  add(*sender, shown, "status", "its day at each provider; without a domain those that send most today")
      ->callback([&session, shown] { show(session, "/api/v1/senders", *shown, draw_senders); });
  auto past = std::make_shared<SenderRequest>();
  auto* history = add(*sender, past, "history", "its days as a plot, and every change with its reason and evidence");
  history->get_option("domain")->required();
  history->callback([&session, past] { show(session, "/api/v1/sender/history", *past, draw_sender_history); });
}

}  // namespace mta::ctl
