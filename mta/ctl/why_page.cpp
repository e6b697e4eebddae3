#include "mta/ctl/why_page.h"

#include <algorithm>
#include <vector>

#include "mta/ctl/fields.h"
#include "mta/ctl/table.h"

namespace mta::ctl {
namespace {

constexpr std::size_t longest_value = 30;

// A lane with the gates that it consists of. Its own row says whether it grants a permit, all gates of it and of its source's total
// taken together.
struct LaneGates {
  const json::object* lane = nullptr;
  std::string name;  // "lane ip-1/google"
  std::vector<const json::object*> gates;
};

struct Gates {
  std::vector<const json::object*> own;  // of the recipient
  std::vector<LaneGates> lanes;
};

// "lane ip-1/google" opens a group; what follows belongs to it: "lane ip-1/google pace", "all mail by ip-1 cap".
Gates sorted(const json::array& list) {
  Gates made;
  for (const auto& each : list) {
    const json::object& gate = as_part(each);
    const std::string name = text_of(gate, "gate");
    const bool heads = name.starts_with("lane ") && name.find(' ', 5) == std::string::npos;
    if (heads)
      made.lanes.push_back({&gate, name, {}});
    else if (made.lanes.empty())
      made.own.push_back(&gate);
    else
      made.lanes.back().gates.push_back(&gate);
  }
  return made;
}

bool is_open(const json::object& gate) { return truth_of(gate, "open", true); }

bool is_open(const LaneGates& lane) {
  const auto busy = [](const auto* gate) { return text_of(*gate, "gate").ends_with(" connections") && !is_open(*gate); };
  return is_open(*lane.lane) && std::none_of(lane.gates.begin(), lane.gates.end(), busy);
}

struct Shut {
  std::string name;
  std::optional<Moment> next;
};

// The gate that opens last, or one of which nobody knows.
Shut last_of(const std::vector<const json::object*>& gates) {
  Shut found;
  for (const auto* gate : gates) {
    if (is_open(*gate)) continue;
    const auto opens = moment_of(*gate, "next");
    const bool later = !found.name.empty() && opens && found.next && *opens > *found.next;
    if (found.name.empty() || later) found = {text_of(*gate, "gate"), opens};
  }
  return found;
}

// Of several lanes the one that opens first is the answer.
Shut first_of(const std::vector<LaneGates>& lanes) {
  std::optional<Shut> found;
  for (const auto& lane : lanes) {
    Shut shut = last_of(lane.gates);
    if (shut.name.empty()) shut.name = lane.name;
    if (const auto opens = moment_of(*lane.lane, "next")) shut.next = opens;
    if (!found || (shut.next && found->next && *shut.next < *found->next)) found = shut;
  }
  return *found;
}

// One shut gate keeps it here; of lanes one open one is enough.
std::string answer_of(const json::object& recipient, const Gates& gates, Moment now) {
  if (truth_of(recipient, "in_conversation", false)) return "is being sent at this moment";
  Shut shut = last_of(gates.own);
  const bool lane_open = gates.lanes.empty() ||
                         std::any_of(gates.lanes.begin(), gates.lanes.end(), [](const LaneGates& lane) { return is_open(lane); });
  if (!lane_open) {
    const Shut lane = first_of(gates.lanes);
    if (shut.name.empty() || (lane.next && shut.next && *lane.next > *shut.next)) shut = lane;
  }
  if (shut.name.empty()) return "may go now";
  return "waits for: " + shut.name + (shut.next ? ", opens " + until(*shut.next, now) + " (" + full_time(*shut.next) + ")" : "");
}

std::string figure(const std::string& text) {
  const bool number = !text.empty() && text.size() < 19 && text.find_first_not_of("0123456789") == std::string::npos;
  return number ? grouped(std::stoull(text)) : text;
}

void add_row(Table& table, const json::object& gate, const std::string& name, Moment now, const Look& look) {
  const auto next = moment_of(gate, "next");
  const bool open = is_open(gate);
  const std::string value = figure(text_of(gate, "value"));
  const bool lengthy = columns_of(value) > longest_value;  // the remote's words, whole, beneath
  table.add({{" "},
             {look.utf8 ? (open ? "✓" : "✗") : (open ? "ok" : "NO"), open ? Ink::good : Ink::warning},
             {name, name.starts_with(' ') ? Ink::plain : Ink::bold},
             {lengthy ? std::string(look.ellipsis()) : value},
             {figure(text_of(gate, "limit"))},
             {next ? until(*next, now) : std::string(look.dash())}},
            {lengthy ? value : std::string(), Ink::dim});
}

// Within its lane "lane ip-1/google pace" is "pace", and "all mail by ip-1 pace" is "all mail: pace".
std::string short_name(const std::string& name, const std::string& lane) {
  const std::string total = "all mail by " + lane.substr(5, lane.find('/') - 5) + " ";
  if (name.starts_with(total)) return "  all mail: " + name.substr(total.size());
  return "  " + (name.starts_with(lane + " ") ? name.substr(lane.size() + 1) : name);
}

std::string draw_recipient(const json::object& recipient, Moment now, const Look& look) {
  const Gates gates = sorted(list_of(recipient, "gates"));
  const std::string answer = answer_of(recipient, gates, now);
  const bool free = !answer.starts_with("waits");
  std::string page = look.paint(shown(text_of(recipient, "recipient"), look), Ink::bold) + "  " + text_of(recipient, "id") +
                     "\n  " + look.paint(shown(answer, look), free ? Ink::good : Ink::warning) + "\n";
  Table table({{" "}, {""}, {"GATE", false, 30}, {"VALUE", false, 20}, {"LIMIT", false, 12}, {"NEXT", true}}, "");
  for (const auto* gate : gates.own) add_row(table, *gate, text_of(*gate, "gate"), now, look);
  for (const auto& lane : gates.lanes) {
    add_row(table, *lane.lane, lane.name, now, look);
    for (const auto* gate : lane.gates) add_row(table, *gate, short_name(text_of(*gate, "gate"), lane.name), now, look);
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
