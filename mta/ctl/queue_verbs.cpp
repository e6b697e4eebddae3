// warmupctl queue, queue show, queue retry|drop|bounce
#include <fmt/format.h>
#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <map>

#include "mta/ctl/fields.h"
#include "mta/ctl/figures.h"
#include "mta/ctl/queue_page.h"
#include "mta/ctl/verbs.h"

namespace mta::ctl {
namespace {

constexpr std::size_t messages_a_page = 1000;

struct Filter {
  std::string provider, domain, mail_class, sender, recipient, id;

  // The values given, under the daemon's names.
  Query query() const {
    Query query;
    for (const auto& [name, value] :
         {std::pair("provider", &provider), std::pair("domain", &domain), std::pair("class", &mail_class),
          std::pair("sender", &sender), std::pair("recipient", &recipient), std::pair("id", &id)})
      if (!value->empty()) query[name] = *value;
    return query;
  }
};

// A script whose variable is empty must not mean all mail.
std::string not_empty(const std::string& value) { return value.empty() ? "expected a value, found an empty one" : ""; }

void add_filter(CLI::App& verb, Filter& filter) {
  const auto condition = [&verb](const char* name, std::string& value, const char* help) {
    verb.add_option(name, value, help)->check(not_empty);
  };
  condition("--provider", filter.provider, "mail for this mailbox provider");
  condition("--domain", filter.domain, "mail for this recipient domain");
  condition("--class", filter.mail_class, "mail of this class");
  condition("--sender", filter.sender, "mail from this envelope sender; \"<>\": bounces");
  condition("--recipient", filter.recipient, "mail for this address");
  condition("--id", filter.id, "this message");
}

// "ID" and "ID/N": the message's part.
std::string message_part(const std::string& id) { return id.substr(0, id.find('/')); }

// What `queue` is asked for beside the filter.
struct Page {
  std::size_t limit = 100;
  std::string cursor;
  bool limited = false;  // the limit was given
};

// One page of the daemon; `query` goes on behind it.
json::object next_page(Session& session, Query& query, std::size_t limit) {
  query["limit"] = std::to_string(std::min(limit, messages_a_page));
  json::object page = session.ask("GET", "/api/v1/queue", query);
  const std::string next = text_of(page, "next_cursor");
  const bool goes_on = !next.empty() && next != query["cursor"];
  query["cursor"] = goes_on ? next : "";
  return page;
}

// A pipe gets everything that waits, page by page: whoever greps must find it.
void print_all(Session& session, Query query) {
  bool first = true;
  do {
    json::object page = next_page(session, query, messages_a_page);
    const bool last = query["cursor"].empty();
    page["next_cursor"] = nullptr;
    const bool empty = list_of(page, "messages").empty();
    if (!empty || (first && last)) session.out() << draw_queue(page, session.look(), first);
    first = first && empty;
  } while (!query["cursor"].empty());
}

void list(Session& session, const Filter& filter, const Page& request) {
  Query query = filter.query();
  if (!request.cursor.empty()) query["cursor"] = request.cursor;
  if (!session.globals.json && !session.look().cuts && !request.limited) return print_all(session, std::move(query));
  json::object all{{"now", nullptr}};
  json::array messages;
  do {
    json::object page = next_page(session, query, request.limit - messages.size());
    for (const auto& message : list_of(page, "messages")) messages.push_back(message);
    if (const auto* now = page.if_contains("now")) all["now"] = *now;
    const std::string& next = query["cursor"];
    all["next_cursor"] = next.empty() ? json::value(nullptr) : json::value(next);
  } while (!query["cursor"].empty() && messages.size() < request.limit);
  all["messages"] = std::move(messages);
  if (session.globals.json)
    session.print(all);
  else
    session.out() << draw_queue(all, session.look());
}

void show(Session& session, const std::string& id) {
  json::object message = session.ask("GET", "/api/v1/messages/" + message_part(id));
  if (id.find('/') != std::string::npos) {
    json::array kept;
    for (const auto& recipient : list_of(message, "recipients"))
      if (text_of(as_part(recipient), "id") == id) kept.push_back(recipient);
    if (kept.empty()) throw Exit(check_failed, "recipient " + id + " is not in the queue");
    message["recipients"] = std::move(kept);
  }
  if (session.globals.json)
    session.print(message);
  else
    session.out() << draw_message(message, session.look());
}

struct QueueRequest {
  std::string verb, done;  // "retry", "to be tried at once"
  Filter filter;
  std::string reason;
  bool all = false;
};

struct HandedTotal {  // the sum of all pages
  std::uint64_t recipients = 0, sending = 0, staying = 0;
  std::map<std::pair<std::string, std::string>, json::object> withheld;  // by From domain and provider
};

void add_page(HandedTotal& done, const json::object& page) {
  done.recipients += count_of(page, "recipients").value_or(0);
  done.sending += count_of(page, "in_conversation").value_or(0);
  for (const auto& each : list_of(page, "withheld")) {
    const json::object& of = as_part(each);
    const auto more = count_of(of, "recipients").value_or(0);
    auto& sum = done.withheld[{text_of(of, "from_domain"), text_of(of, "provider")}];
    const auto before = count_of(sum, "recipients").value_or(0);
    sum = of;
    sum["recipients"] = before + more;
    done.staying += more;
  }
}

HandedTotal ask_all(Session& session, const std::string& verb, Query query) {
  HandedTotal done;
  for (bool more = true; more;) {
    const json::object page = session.ask("POST", "/api/v1/queue/" + verb, query);
    add_page(done, page);
    const std::string next = text_of(page, "next_cursor");
    more = !next.empty() && next != query["cursor"];
    query["cursor"] = next;
  }
  return done;
}

json::object as_json(const HandedTotal& done) {
  json::array withheld;
  for (const auto& [of, row] : done.withheld) withheld.push_back(row);
  return {{"recipients", done.recipients},
          {"in_conversation", done.sending},
          {"withheld", std::move(withheld)},
          {"next_cursor", nullptr}};
}

std::string counted_recipients(std::uint64_t count) { return grouped(count) + (count == 1 ? " recipient" : " recipients"); }

// What a retry cannot move, why, and what helps.
std::string staying_text(const HandedTotal& done, const Look& look) {
  constexpr std::size_t named = 5;
  std::string page;
  std::size_t n = 0;
  for (const auto& [of, row] : done.withheld) {
    if (n++ == named) break;
    const auto count = count_of(row, "recipients").value_or(0);
    const auto until = moment_of(row, "until");
    page += paragraph(fmt::format("{} {} withheld until {}: {} refuses mail from {} ({}); see to its {}",
                                  counted_recipients(count), count == 1 ? "stays" : "stay", until ? full_time(*until) : "then",
                                  of.second, of.first, text_of(row, "verdict"), text_of(row, "lacks")),
                      2, look, Ink::warning);
  }
  if (done.withheld.size() > named)
    page += fmt::format("and {} more From domains; `warmupctl status --json` names them all\n",
                        grouped(done.withheld.size() - named));
  return page;
}

void send_action(Session& session, const QueueRequest& request) {
  Query query = request.filter.query();
  if (query.empty() && !request.all)
    throw Exit(EX_USAGE, "queue " + request.verb +
                             ": say which mail (an ID, --provider, --domain, --class, --sender, --recipient), or --all");
  if (request.filter.id.find('/') != std::string::npos)
    throw Exit(EX_USAGE, "queue " + request.verb + ": " + request.filter.id + " names one recipient; give " +
                             message_part(request.filter.id) + " with --recipient ADDRESS");
  if (request.all) query["all"] = "true";
  query["by"] = session.outside().login;
  if (!request.reason.empty()) query["reason"] = request.reason;
  const HandedTotal done = ask_all(session, request.verb, std::move(query));
  const auto all = done.recipients + done.sending + done.staying;
  if (!request.filter.id.empty() && all == 0)
    throw Exit(check_failed, "nothing of message " + request.filter.id + " is in the queue that fits");
  if (session.globals.json) return session.print(as_json(done));
  if (all == 0) session.out() << "nothing in the queue matches\n";
  if (done.recipients > 0) session.out() << counted_recipients(done.recipients) << " " << request.done << "\n";
  session.out() << staying_text(done, session.look());
  if (done.sending > 0)
    session.out() << fmt::format("{} {}being sent now: done when their conversation ends, unless they are delivered\n",
                                 grouped(done.sending), done.recipients + done.staying > 0 ? "more are " : "are ");
}

void add_hand(CLI::App& queue, Session& session, const QueueRequest& kind, const std::string& help) {
  auto request = std::make_shared<QueueRequest>(kind);
  auto* verb = queue.add_subcommand(kind.verb, help);
  auto* id = verb->add_option("message", request->filter.id, "this message")->check(not_empty);
  add_filter(*verb, request->filter);
  verb->get_option("--id")->excludes(id);
  verb->add_option("--reason", request->reason, "the reason, shown in the events");
  verb->add_flag("--all", request->all, "the whole queue");
  verb->callback([&session, request] { send_action(session, *request); });
}

}  // namespace

void add_queue(CLI::App& app, Session& session) {
  auto filter = std::make_shared<Filter>();
  auto page = std::make_shared<Page>();
  auto* queue = app.add_subcommand("queue", "look at and move waiting mail");
  queue->require_subcommand(0, 1);
  add_filter(*queue, *filter);
  auto* limit = queue->add_option("--limit", page->limit, "at most this many messages; by default a pipe gets all of them")
                    ->check(CLI::Range(std::size_t{1}, std::size_t{10'000'000}))
                    ->capture_default_str();
  queue->add_option("--cursor", page->cursor, "go on where a page ended: its next_cursor");
  auto* shown = queue->add_subcommand("show", "everything known about a message");
  auto id = std::make_shared<std::string>();
  shown->add_option("id", *id, "ID, or ID/N for one recipient")->required();
  shown->callback([&session, id] { show(session, *id); });
  add_hand(*queue, session, {"retry", "will be tried as soon as their lanes allow", {}, "", false},
           "try now, whatever the back-off says");
  add_hand(*queue, session, {"drop", "dropped; their senders are not told", {}, "", false},
           "take out of the queue without a bounce");
  add_hand(*queue, session, {"bounce", "bounced; their senders get a report", {}, "", false}, "give up now and tell the sender");
  queue->callback([&session, queue, filter, page, limit] {
    page->limited = limit->count() > 0;
    if (queue->get_subcommands().empty()) list(session, *filter, *page);
  });
}

}  // namespace mta::ctl
