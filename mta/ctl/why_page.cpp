#include "mta/ctl/why_page.h"

#include <algorithm>
#include <map>
#include <vector>

#include "mta/ctl/fields.h"
#include "mta/ctl/find_page.h"
#include "mta/ctl/table.h"

namespace mta::ctl {
namespace {

constexpr std::size_t longest_value = 30;

// A lane with the gates that it consists of. Its own row says whether it grants a permit, all gates of it and of its source's total
// taken together.
struct LaneGates {
  const json::object* lane = nullptr;
  std::vector<const json::object*> gates;
};

struct SortedGates {
  std::vector<const json::object*> own;  // of the recipient
  std::vector<LaneGates> lanes;
};

// The gate "lane" opens a group; what follows belongs to it.
SortedGates sorted(const json::array& list) {
  SortedGates made;
  for (const auto& each : list) {
    const json::object& gate = as_part(each);
    if (text_of(gate, "gate") == "lane")
      made.lanes.push_back({&gate, {}});
    else if (made.lanes.empty())
      made.own.push_back(&gate);
    else
      made.lanes.back().gates.push_back(&gate);
  }
  return made;
}

std::string kind_of(const json::object& gate) {
  static const std::map<std::string, std::string> words{{"max_wait", "longest wait"},
                                                        {"sender", "From domain"},
                                                        {"surge", "surge guard"},
                                                        {"hourly", "hourly limit"},
                                                        {"reserve", "reserve of other classes"},
                                                        {"operator", "paused by an operator"}};
  std::string word = text_of(gate, "gate");
  if (word == "brake") word = text_of(gate, "state");
  const auto found = words.find(word);
  return found == words.end() ? word : found->second;
}

// Whose total: "all mail", "mail to unlisted sites"; empty when the gate is of a lane.
std::string total_of(const json::object& gate) {
  const std::string provider = text_of(gate, "provider");
  return provider == "(all)" ? "all mail" : provider == "(others)" ? "mail to unlisted sites" : "";
}

// "pace of ip-1 to google", "cap of all mail by ip-1", "lane ip-1 to google", "lane ip-1 to google, which is cooling", "retry".
std::string name_of(const json::object& gate) {
  const std::string kind = kind_of(gate), source = text_of(gate, "source"), provider = text_of(gate, "provider");
  if (provider.empty()) return kind;
  const std::string word = text_of(gate, "gate"), total = total_of(gate);
  if (word == "address") return "the address of " + source + ", which is not on this host";
  if (word == "brake" || word == "operator")
    return (total.empty() ? "lane " + source + " to " + provider : total + " by " + source) + ", which is " + kind;
  if (!total.empty()) return kind + " of " + total + " by " + source;
  return kind + (kind == "lane" ? " " : " of ") + source + " to " + provider;
}

bool is_open(const json::object& gate) { return truth_of(gate, "open", true); }

bool is_open(const LaneGates& lane) {
  const auto busy = [](const auto* gate) { return text_of(*gate, "gate") == "connections" && !is_open(*gate); };
  return is_open(*lane.lane) && std::none_of(lane.gates.begin(), lane.gates.end(), busy);
}

struct Shut {
  std::string name;
  std::optional<WallTime> next;
};

// One of which it is not known when opens after all others.
bool ends_later(const std::optional<WallTime>& a, const std::optional<WallTime>& b) { return b && (!a || *a > *b); }

// The gate that opens last, or one of which it is not known when.
Shut last_of(const std::vector<const json::object*>& gates) {
  Shut found;
  for (const auto* gate : gates) {
    if (is_open(*gate)) continue;
    const auto opens = moment_of(*gate, "next");
    if (found.name.empty() || ends_later(opens, found.next)) found = {name_of(*gate), opens};
  }
  return found;
}

// Of several lanes the one that opens first is the answer.
Shut first_of(const std::vector<LaneGates>& lanes) {
  std::optional<Shut> found;
  for (const auto& lane : lanes) {
    Shut shut = last_of(lane.gates);
    if (shut.name.empty()) shut.name = name_of(*lane.lane);
    if (const auto opens = moment_of(*lane.lane, "next")) shut.next = opens;
    if (!found || ends_later(found->next, shut.next)) found = shut;
  }
  return *found;
}

// One shut gate keeps it here; of lanes one open one is enough.
std::string answer_of(const json::object& recipient, const SortedGates& gates, WallTime now) {
  if (truth_of(recipient, "in_conversation", false)) return "is being sent at this moment";
  Shut shut = last_of(gates.own);
  const bool lane_open = gates.lanes.empty() ||
                         std::any_of(gates.lanes.begin(), gates.lanes.end(), [](const LaneGates& lane) { return is_open(lane); });
  if (!lane_open) {
    const Shut lane = first_of(gates.lanes);
    if (shut.name.empty() || ends_later(lane.next, shut.next)) shut = lane;
  }
  if (shut.name.empty()) return "may go now";
  return "waits for: " + shut.name + (shut.next ? ", opens " + until(*shut.next, now) + " (" + full_time(*shut.next) + ")" : "");
}

// What is said in words, else the number.
std::string figure(const json::object& gate, const char* text, const char* number) {
  const std::string said = text_of(gate, text);
  const auto count = count_of(gate, number);
  return said.empty() && count ? grouped(*count) : said;
}

void add_row(TextTable& table, const json::object& gate, const std::string& name, WallTime now, const Look& look) {
  const auto next = moment_of(gate, "next");
  const bool open = is_open(gate);
  const std::string value = figure(gate, "text", "value");
  const bool lengthy = columns_of(value) > longest_value;  // the remote's words, whole, beneath
  table.add({{" "},
             {look.utf8 ? (open ? "✓" : "✗") : (open ? "ok" : "NO"), open ? Ink::good : Ink::warning},
             {name, name.starts_with(' ') ? Ink::plain : Ink::bold},
             {lengthy ? std::string(look.ellipsis()) : value},
             {figure(gate, "limit_text", "limit")},
             {next ? until(*next, now) : std::string(look.dash())}},
            {lengthy ? value : std::string(), Ink::dim});
}

// Within its lane "pace of ip-1 to google" is "pace", and "pace of all mail by ip-1" is "all mail: pace".
std::string short_name(const json::object& gate) {
  const std::string provider = text_of(gate, "provider");
  return (provider == "(all)" ? "  all mail: " : provider == "(others)" ? "  unlisted: " : "  ") + kind_of(gate);
}

std::string draw_recipient(const json::object& recipient, WallTime now, const Look& look) {
  if (moment_of(recipient, "ended")) return draw_ended(recipient, now, look);
  const SortedGates gates = sorted(list_of(recipient, "gates"));
  const std::string answer = answer_of(recipient, gates, now);
  const bool free = !answer.starts_with("waits");
  const std::string id = text_of(recipient, "id"), address = shown(text_of(recipient, "recipient"), look);
  std::string page = look.paint(cut(address, look.room(id.size() + 2), look), Ink::bold) + "  " + id + "\n" +
                     paragraph("  " + answer, 4, look, free ? Ink::good : Ink::warning);
  TextTable table({{" "}, {""}, {"GATE", false, 30}, {"VALUE", false, 20}, {"LIMIT", false, 12}, {"NEXT", true}}, "");
  for (const auto* gate : gates.own) add_row(table, *gate, name_of(*gate), now, look);
  for (const auto& lane : gates.lanes) {
    add_row(table, *lane.lane, name_of(*lane.lane), now, look);
    for (const auto* gate : lane.gates) add_row(table, *gate, short_name(*gate), now, look);
  }
  return table.empty() ? page : page + table.draw(look);
}

}  // namespace

std::string draw_why(const json::object& answer, const Look& look) {
  const WallTime now = moment_of(answer, "now").value_or(WallTime{});
  std::string page;
  for (const auto& recipient : list_of(answer, "recipients"))
    page += (page.empty() ? "" : "\n") + draw_recipient(as_part(recipient), now, look);
  return page.empty() ? "no such recipient is known\n" : page;
}

}  // namespace mta::ctl
