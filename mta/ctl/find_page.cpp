#include "mta/ctl/find_page.h"

#include <fmt/format.h>

#include "mta/ctl/fields.h"
#include "mta/ctl/table.h"

namespace mta::ctl {
namespace {

std::string words_of(const json::object& last) {
  const auto code = count_of(last, "code");
  std::string words = code && *code > 0 ? std::to_string(*code) : std::string();
  for (const char* name : {"enhanced", "text"})
    if (const std::string part = text_of(last, name); !part.empty()) words += (words.empty() ? "" : " ") + part;
  return words;
}

std::string by_whom(const json::object& recipient) {
  const std::string by = text_of(recipient, "by"), reason = text_of(recipient, "reason");
  return (by.empty() ? "" : "by " + by) + (by.empty() || reason.empty() ? "" : ": ") + reason;
}

Ink ink_of(const std::string& fate) {
  if (fate == "delivered") return Ink::good;
  return fate == "waiting" ? Ink::notice : Ink::warning;
}

}  // namespace

std::string draw_found(const json::object& answer, const Look& look, bool heads) {
  const WallTime now = moment_of(answer, "now").value_or(WallTime{});
  TextTable table({{"ID"}, {"ENDED", true}, {"FROM", false, 10, 1}, {"TO", false, 16}, {"FATE"}, {"TRIES", true, 0, 2}},
                  "LAST REPLY");
  for (const auto& each : list_of(answer, "history")) {
    const json::object& recipient = as_part(each);
    const auto ended = moment_of(recipient, "ended");
    const std::string sender = text_of(recipient, "sender"), fate = text_of(recipient, "fate"), by = by_whom(recipient);
    table.add({{text_of(recipient, "id")},
               {ended ? lasting(now - *ended) + " ago" : std::string(look.dash())},
               {sender.empty() ? "<>" : sender},
               {text_of(recipient, "recipient"), Ink::bold},
               {fate, ink_of(fate)},
               {grouped(count_of(recipient, "attempts").value_or(0))}},
              {by.empty() ? words_of(part_of(recipient, "last")) : by, Ink::dim});
  }
  const std::string next = text_of(answer, "next_cursor");
  if (table.empty()) return heads ? "nothing that waits or has ended matches\n" : "";
  std::string page = table.draw(look, heads);
  if (!next.empty()) page += paragraph("there is more: --cursor " + next + ", or a higher --limit", 2, look, Ink::dim);
  return page;
}

std::string draw_ended(const json::object& recipient, WallTime now, const Look& look) {
  const std::string fate = text_of(recipient, "fate"), by = by_whom(recipient);
  const auto ended = moment_of(recipient, "ended"), accepted = moment_of(recipient, "accepted");
  const std::string id = text_of(recipient, "id"), address = shown(text_of(recipient, "recipient"), look);
  std::string page = look.paint(cut(address, look.room(id.size() + 2), look), Ink::bold) + "  " + id + "\n";
  std::string what = fate;
  if (ended) what += " " + full_time(*ended) + ", " + lasting(now - *ended) + " ago";
  if (ended && accepted) what += ", " + lasting(*ended - *accepted) + " after it was accepted";
  page += paragraph("  " + what, 2, look, ink_of(fate));
  const json::object& last = part_of(recipient, "last");
  const std::string mx = text_of(last, "mx"), source = text_of(last, "source"), words = words_of(last);
  const auto row = [&](const char* name, const std::string& text) {
    constexpr std::size_t margin = 14;
    std::string lines;
    for (const auto& line : wrap(shown(text, look), look.room(margin)))
      lines += (lines.empty() ? look.paint(fmt::format("  {:<12}", name), Ink::dim) : std::string(margin, ' ')) +
               cut(line, look.room(margin), look) + "\n";
    page += lines;
  };
  row("from", text_of(recipient, "sender").empty() ? "<>" : text_of(recipient, "sender"));
  row("Message-ID", text_of(recipient, "message_id"));
  row("tried", count_of(recipient, "attempts").value_or(0) == 1
                   ? "once"
                   : grouped(count_of(recipient, "attempts").value_or(0)) + " times");
  row("last reply", words);
  row("from server", mx);
  row("to source", source);
  row("operator", by);
  return page;
}

}  // namespace mta::ctl
