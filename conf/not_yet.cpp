#include <fmt/format.h>

#include <functional>

#include "conf/draft.h"

namespace conf {
namespace {

using Acts = std::function<bool(const Node&)>;  // would this value have to do something?

bool any_value(const Node&) { return true; }
bool any_text(const Node& value) { return value.kind == NodeKind::text && !value.text.empty(); }
bool any_element(const Node& value) { return value.kind == NodeKind::list && !value.list.empty(); }
Acts text_other_than(const std::string& usual) {
  return [usual](const Node& value) { return value.kind == NodeKind::text && value.text != usual; };
}
Acts text_equal(const std::string& refused) {
  return [refused](const Node& value) { return value.kind == NodeKind::text && value.text == refused; };
}
bool is_true(const Node& value) { return value.kind == NodeKind::boolean && value.boolean; }
bool is_false(const Node& value) { return value.kind == NodeKind::boolean && !value.boolean; }
Acts number_other_than(double usual) {
  return [usual](const Node& value) {
    const double number = value.kind == NodeKind::whole ? static_cast<double>(value.whole) : value.real;
    return (value.kind == NodeKind::whole || value.kind == NodeKind::real) && (number < usual || number > usual);
  };
}

struct NotYet {
  std::string table, key;
  Acts acts;
};

// A later version that can do one of these takes its line away.
const std::vector<NotYet>& refusals() {
  static const std::vector<NotYet> all{
      {"suppression", "never", any_element},
      {"suppression", "at_rcpt", is_false},
      {"suppression", "after", number_other_than(2)},
      {"suppression", "expire", text_other_than("180d")},
      {"bounces", "domain", any_text},
      {"control", "listen", any_text},
      {"events", "webhook", any_text},
      {"doctor", "at_start", text_equal("enforce")},
      {"doctor", "dnsbl", any_element},
      {"dns", "trust_ad", is_true},
      {"", "sender", any_value},
  };
  return all;
}

void refuse(const Node& table, const NotYet& refusal, Faults& faults) {
  const Node* value = table.find(refusal.key);
  if (value == nullptr || !refusal.acts(*value)) return;
  const std::string path = refusal.table.empty() ? refusal.key : refusal.table + "." + refusal.key;
  const bool scalar = value->kind != NodeKind::list && value->kind != NodeKind::table;
  faults.problem(faults.at(value->line),
                 fmt::format("{}{} is not available in this version", path, scalar ? " = " + value->shown() : ""));
}

}  // namespace

void refuse_not_yet(const Node& top, ConfigDraft& draft) {
  for (const NotYet& refusal : refusals()) {
    const Node* found = refusal.table.empty() ? &top : top.find(refusal.table);
    if (found == nullptr) continue;
    if (found->kind == NodeKind::table) refuse(*found, refusal, draft.faults);
    for (const Node& element : found->list) refuse(element, refusal, draft.faults);
  }
}

}  // namespace conf
