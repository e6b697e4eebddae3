// warmupctl find
#include <CLI/CLI.hpp>
#include <algorithm>

#include "mta/ctl/fields.h"
#include "mta/ctl/find_page.h"
#include "mta/ctl/verbs.h"

namespace mta::ctl {
namespace {

constexpr std::size_t recipients_a_page = 1000;

struct FindRequest {
  std::string recipient, sender, message_id, since, cursor;
  std::size_t limit = 100;
};

// A pipe gets everything, page by page.
void print_history(Session& session, Query query) {
  bool heads = true;
  for (bool more = true; more;) {
    query["limit"] = std::to_string(recipients_a_page);
    json::object page = session.ask("GET", "/api/v1/history", query);
    const std::string next = text_of(page, "next_cursor");
    more = !next.empty() && next != query["cursor"];
    query["cursor"] = next;
    page["next_cursor"] = nullptr;
    const bool empty = list_of(page, "history").empty();
    if (!empty || (heads && !more)) session.out() << draw_found(page, session.look(), heads);
    heads = heads && empty;
  }
}

void find(Session& session, const FindRequest& request, bool limited) {
  Query query;
  for (const auto& [name, value] :
       {std::pair("recipient", &request.recipient), std::pair("sender", &request.sender),
        std::pair("message_id", &request.message_id), std::pair("since", &request.since), std::pair("cursor", &request.cursor)})
    if (!value->empty()) query[name] = *value;
  if (!session.globals.json && !session.look().cuts && !limited) return print_history(session, std::move(query));
  json::object all{{"now", nullptr}};
  json::array found;
  for (;;) {  // pages that hold little or nothing are passed over, whatever their number
    query["limit"] = std::to_string(std::min(request.limit - found.size(), recipients_a_page));
    const json::object page = session.ask("GET", "/api/v1/history", query);
    for (const auto& each : list_of(page, "history")) found.push_back(each);
    if (const auto* now = page.if_contains("now")) all["now"] = *now;
    const std::string next = text_of(page, "next_cursor");
    all["next_cursor"] = next.empty() ? json::value(nullptr) : json::value(next);
    if (next.empty() || next == query["cursor"] || found.size() >= request.limit) break;
    query["cursor"] = next;
  }
  all["history"] = std::move(found);
  if (session.globals.json)
    session.print(all);
  else
    session.out() << draw_found(all, session.look());
}

}  // namespace

void add_find(CLI::App& app, Session& session) {
  auto request = std::make_shared<FindRequest>();
  auto* verb = app.add_subcommand("find", "mail that waits or has ended, and what became of it");
  verb->add_option("--recipient", request->recipient, "to this address; @DOMAIN: to any of the domain");
  verb->add_option("--sender", request->sender, "from this envelope sender; \"<>\": from the null sender");
  verb->add_option("--message-id", request->message_id, "with this Message-ID");
  verb->add_option(
      "--since", request->since,
      "that arrived or ended at this time or later: 2026-11-21T09:00:00Z, 2026-11-21, or a span before now such as 2d");
  verb->add_option("--cursor", request->cursor, "go on where an earlier answer ended (next_cursor)");
  auto* limit = verb->add_option("--limit", request->limit, "at most this many recipients; by default a pipe gets all of them")
                    ->check(CLI::Range(std::size_t{1}, std::size_t{10'000'000}))
                    ->capture_default_str();
  verb->callback([&session, request, limit] { find(session, *request, limit->count() > 0); });
}

}  // namespace mta::ctl
