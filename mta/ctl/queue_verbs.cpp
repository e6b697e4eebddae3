// warmupctl queue, queue show, queue retry|drop|bounce
#include <fmt/format.h>
#include <sysexits.h>

#include <CLI/CLI.hpp>

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

void list(Session& session, const Filter& filter, const Page& wish) {
  Query query = filter.query();
  if (!wish.cursor.empty()) query["cursor"] = wish.cursor;
  if (!session.globals.json && !session.look().cuts && !wish.limited) return print_all(session, std::move(query));
  json::object all{{"now", nullptr}};
  json::array messages;
  do {
    json::object page = next_page(session, query, wish.limit - messages.size());
    for (const auto& message : list_of(page, "messages")) messages.push_back(message);
    if (const auto* now = page.if_contains("now")) all["now"] = *now;
    const std::string& next = query["cursor"];
    all["next_cursor"] = next.empty() ? json::value(nullptr) : json::value(next);
  } while (!query["cursor"].empty() && messages.size() < wish.limit);
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

struct HandWish {
  std::string verb, done;  // "retry", "to be tried at once"
  Filter filter;
  std::string reason;
  bool all = false;
};

void hand(Session& session, const HandWish& wish) {
  Query query = wish.filter.query();
  if (query.empty() && !wish.all)
    throw Exit(EX_USAGE,
               "queue " + wish.verb + ": say which mail (an ID, --provider, --domain, --class, --sender, --recipient), or --all");
  if (wish.filter.id.find('/') != std::string::npos)
    throw Exit(EX_USAGE, "queue " + wish.verb + ": " + wish.filter.id + " names one recipient; give " +
                             message_part(wish.filter.id) + " with --recipient ADDRESS");
  if (wish.all) query["all"] = "true";
  query["by"] = session.outside().login;
  if (!wish.reason.empty()) query["reason"] = wish.reason;
  std::uint64_t recipients = 0, sending = 0;
  for (bool more = true; more;) {
    const json::object done = session.ask("POST", "/api/v1/queue/" + wish.verb, query);
    recipients += count_of(done, "recipients").value_or(0);
    sending += count_of(done, "in_conversation").value_or(0);
    const std::string next = text_of(done, "next_cursor");
    more = !next.empty() && next != query["cursor"];
    query["cursor"] = next;
  }
  if (!wish.filter.id.empty() && recipients + sending == 0)
    throw Exit(check_failed, "nothing of message " + wish.filter.id + " is in the queue that fits");
  if (session.globals.json) {
    session.print(json::object{{"recipients", recipients}, {"in_conversation", sending}, {"next_cursor", nullptr}});
    return;
  }
  if (recipients + sending == 0)
    session.out() << "nothing in the queue matches\n";
  else
    session.out() << fmt::format("{} {} {}\n", grouped(recipients), recipients == 1 ? "recipient" : "recipients", wish.done);
  if (sending > 0)
    session.out() << fmt::format("{} more are being sent now: done when their conversation ends, unless they are delivered\n",
                                 grouped(sending));
}

void add_hand(CLI::App& queue, Session& session, const HandWish& kind, const std::string& help) {
  auto wish = std::make_shared<HandWish>(kind);
  auto* verb = queue.add_subcommand(kind.verb, help);
  auto* id = verb->add_option("message", wish->filter.id, "this message")->check(not_empty);
  add_filter(*verb, wish->filter);
  verb->get_option("--id")->excludes(id);
  verb->add_option("--reason", wish->reason, "the reason, shown in the events");
  verb->add_flag("--all", wish->all, "the whole queue");
  verb->callback([&session, wish] { hand(session, *wish); });
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
