#include "mta/ctl/queue_page.h"

#include <fmt/format.h>

#include "mta/ctl/fields.h"
#include "mta/ctl/table.h"

namespace mta::ctl {
namespace {

std::string age(const json::object& message, WallTime now, const Look& look) {
  const auto accepted = moment_of(message, "accepted");
  return accepted ? lasting(now - *accepted) : look.dash();
}

std::string sender_of(const json::object& message) {
  const std::string sender = text_of(message, "sender");
  return sender.empty() ? "<>" : sender;
}

// How a time is written: beside which moment, in full or rounded.
struct Hours {
  WallTime now;
  bool exact = true;
};

std::string next_text(const json::object& recipient, Hours clock, const Look& look) {
  const std::string state = text_of(recipient, "state");
  if (state == "in_conversation") return "sending";
  if (state != "waiting" && state != "due" && state != "held" && state != "unrouted") return look.dash();
  const auto next = moment_of(recipient, "next_try");
  if (!next) return look.dash();
  return clock.exact ? until(*next, clock.now) : about(*next, clock.now);
}

std::string last_text(const json::object& recipient) {
  const json::object& last = part_of(recipient, "last");
  std::string text = text_of(last, "verdict");
  if (const auto code = count_of(last, "code"); code && *code > 0) text += (text.empty() ? "" : ": ") + std::to_string(*code);
  for (const char* name : {"enhanced", "text"})
    if (const std::string word = text_of(last, name); !word.empty()) text += (text.empty() ? "" : " ") + word;
  return text;
}

// What it waits for, and what was said last.
std::string note_text(const json::object& recipient) {
  const std::string held = text_of(recipient, "held_by"), last = last_text(recipient);
  if (held.empty()) return last;
  return last.empty() || last.find(held) != std::string::npos ? held : held + "; last: " + last;
}

std::string state_text(const std::string& state) {
  if (state == "in_conversation") return "in conversation";
  if (state == "returning") return "ended, its bounce is being written";
  return state == "unrouted" ? "its MX is not known yet" : state;
}

std::string provider_of(const json::object& recipient) {
  const std::string provider = text_of(recipient, "provider");
  return provider.empty() ? text_of(recipient, "state") : provider;
}

void add_recipient(TextTable& table, const json::object& message, const json::object& recipient, Hours clock, const Look& look) {
  const std::string next = next_text(recipient, clock, look);
  table.add({{text_of(recipient, "id")},
             {age(message, clock.now, look)},
             {text_of(message, "class")},
             {sender_of(message)},
             {text_of(recipient, "recipient"), Ink::bold},
             {provider_of(recipient)},
             {grouped(count_of(recipient, "attempts").value_or(0))},
             {next, next == "now" || next == "sending" ? Ink::good : Ink::notice}},
            {note_text(recipient), Ink::dim});
}

std::string row(const char* name, const std::string& text, const Look& look) {
  constexpr std::size_t margin = 14;
  std::string page;
  for (const auto& line : wrap(shown(text, look), look.room(margin)))
    page += (page.empty() ? look.paint(fmt::format("{:<{}}", name, margin), Ink::dim) : std::string(margin, ' ')) +
            cut(line, look.room(margin), look) + "\n";
  return page;
}

std::string draw_recipient(const json::object& recipient, WallTime now, const Look& look) {
  const auto tries = count_of(recipient, "attempts").value_or(0);
  const std::string pin = text_of(recipient, "pinned_to"), site = text_of(recipient, "site"), pool = text_of(recipient, "pool");
  std::string page =
      "\n" + look.paint(shown(text_of(recipient, "recipient"), look), Ink::bold) + "  " + text_of(recipient, "id") + "\n";
  page += row("  state", state_text(text_of(recipient, "state")) + (pin.empty() ? "" : ", may go only by source " + pin), look);
  page += row("  goes to", provider_of(recipient) + (site.empty() ? "" : " by " + site) + (pool.empty() ? "" : ", pool " + pool),
              look);
  page += row("  next try", next_text(recipient, {now}, look), look);
  page += row("  held by", text_of(recipient, "held_by"), look);
  const auto used = count_of(recipient, "lifetime_used_seconds");
  std::string tried = tries == 0 ? "not yet" : tries == 1 ? "once" : grouped(tries) + " times";
  if (used && *used > 0) tried += ", " + lasting(std::chrono::seconds(*used)) + " of its lifetime used";
  page += row("  tried", tried, look);
  const json::object& last = part_of(recipient, "last");
  page += row("  last reply", last_text(recipient), look);
  const auto at = moment_of(last, "at");
  const std::string mx = text_of(last, "mx"), source = text_of(last, "source");
  if (at)
    page +=
        row("", lasting(now - *at) + " ago" + (mx.empty() ? "" : " from " + mx) + (source.empty() ? "" : ", to source " + source),
            look);
  return page;
}

}  // namespace

std::string draw_queue(const json::object& queue, const Look& look, bool heads) {
  const WallTime now = moment_of(queue, "now").value_or(WallTime{});
  const auto table_of = [&](bool exact) {
    TextTable table({{"ID"},
                     {"AGE", true},
                     {"CLASS", false, 4},
                     {"FROM", false, 10, 1},
                     {"TO", false, 16},
                     {"PROVIDER", false, 8, 2},
                     {"TRIES", true, 0, 3},
                     {"NEXT", true}},
                    "WHY");
    for (const auto& each : list_of(queue, "messages"))
      for (const auto& addressed : list_of(as_part(each), "recipients"))
        add_recipient(table, as_part(each), as_part(addressed), {now, exact}, look);
    return table;
  };
  TextTable table = table_of(true);
  constexpr std::size_t usual_gap = 2;
  if (!table.fits(look, usual_gap)) table = table_of(false);
  if (table.empty()) return heads ? "nothing waits\n" : "";
  std::string page = table.draw(look, heads);
  if (const std::string next = text_of(queue, "next_cursor"); !next.empty())
    page += paragraph(fmt::format("there is more: --cursor {}, or a higher --limit", next), 2, look, Ink::dim);
  return page;
}

std::string draw_message(const json::object& message, const Look& look) {
  const WallTime now = moment_of(message, "now").value_or(WallTime{});
  const auto accepted = moment_of(message, "accepted");
  const auto size = count_of(message, "size");
  std::string page = row("message", text_of(message, "id"), look);
  page += row("from", sender_of(message), look);
  if (accepted) page += row("accepted", full_time(*accepted) + ", " + age(message, now, look) + " ago", look);
  page += row("class", text_of(message, "class"), look);
  page += row("size", size ? octets(*size) : "", look);
  page += row("Message-ID", text_of(message, "message_id"), look);
  page += row("client", text_of(message, "client"), look);
  page += row("user", text_of(message, "user"), look);
  page += row("signed with", text_of(message, "signed_with"), look);
  const json::array& left = list_of(message, "recipients");
  const auto of = count_of(message, "envelope_recipients");
  if (of) page += row("recipients", fmt::format("{} of {} still in the queue", grouped(left.size()), grouped(*of)), look);
  for (const auto& recipient : left) page += draw_recipient(as_part(recipient), now, look);
  return page;
}

}  // namespace mta::ctl
