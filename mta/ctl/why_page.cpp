#include "mta/ctl/why_page.h"

#include <algorithm>

#include "mta/ctl/fields.h"
#include "mta/ctl/table.h"

namespace mta::ctl {
namespace {

bool is_lane(const json::object& gate) { return text_of(gate, "gate").starts_with("lane"); }

// One shut gate keeps it here; of lanes one open one is enough.
std::string answer_of(const json::object& recipient, Moment now) {
  if (truth_of(recipient, "in_conversation", false)) return "is being sent at this moment";
  bool lanes = false, lane_open = false;
  std::string shut;
  std::optional<Moment> next;
  for (const auto& each : list_of(recipient, "gates")) {
    const json::object& gate = as_part(each);
    const bool open = truth_of(gate, "open", true);
    if (is_lane(gate)) {
      lanes = true;
      lane_open = lane_open || open;
      continue;
    }
    if (open) continue;
    if (shut.empty()) shut = text_of(gate, "gate");
    const auto opens = moment_of(gate, "next");
    if (opens && (!next || *opens > *next)) next = opens;
  }
  if (shut.empty() && lanes && !lane_open) shut = "lane";
  if (shut.empty()) return "may go now";
  return "waits for: " + shut + (next ? ", opens " + until(*next, now) + " (" + full_time(*next) + ")" : "");
}

std::string draw_recipient(const json::object& recipient, Moment now, const Look& look) {
  const std::string answer = answer_of(recipient, now);
  const bool free = !answer.starts_with("waits");
  std::string page = look.paint(shown(text_of(recipient, "recipient"), look), Ink::bold) + "  " + text_of(recipient, "id") +
                     "\n  " + look.paint(answer, free ? Ink::good : Ink::warning) + "\n";
  Table table({{" "}, {""}, {"GATE", false, 8}, {"VALUE", false, 20}, {"LIMIT", false, 12}, {"NEXT", true}}, "");
  for (const auto& each : list_of(recipient, "gates")) {
    const json::object& gate = as_part(each);
    const bool open = truth_of(gate, "open", true);
    const auto next = moment_of(gate, "next");
    const std::string mark = look.utf8 ? (open ? "✓" : "✗") : (open ? "ok" : "NO");
    const Ink ink = open ? Ink::good : Ink::warning;
    table.add({{" "},
               {mark, ink},
               {text_of(gate, "gate"), Ink::bold},
               {text_of(gate, "value")},
               {text_of(gate, "limit")},
               {next ? until(*next, now) : std::string(look.dash())}});
  }
  return table.empty() ? page : page + table.draw(look);
}

}  // namespace

std::string draw_why(const json::object& answer, const Look& look) {
  const Moment now = moment_of(answer, "now").value_or(Moment{});
  std::string page;
  for (const auto& recipient : list_of(answer, "recipients"))
    page += (page.empty() ? "" : "\n") + draw_recipient(as_part(recipient), now, look);
  return page.empty() ? "no such recipient is in the queue\n" : page;
}

}  // namespace mta::ctl
