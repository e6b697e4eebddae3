#include "mta/ctl/status_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <vector>

#include "mta/ctl/fields.h"
#include "mta/ctl/history_plot.h"
#include "mta/ctl/status_head.h"
#include "mta/ctl/table.h"

namespace mta::ctl {
namespace {

constexpr std::size_t lanes_shown = 30;
constexpr std::size_t lines_shown = 10;
constexpr std::size_t bar_columns = 8;

struct State {
  const char* name;
  const char* mark;  // says it without colours
  Ink ink;
  int order;  // trouble first
};

State state_of(const json::object& lane) {
  constexpr std::array<State, 6> states{{{"paused", "!", Ink::alarm, 0},
                                         {"cooling", "!", Ink::warning, 1},
                                         {"held", "~", Ink::warning, 2},
                                         {"warming", " ", Ink::notice, 3},
                                         {"warm", " ", Ink::good, 3},
                                         {"cold", " ", Ink::dim, 3}}};
  const std::string name = text_of(lane, "state");
  const auto found = std::find_if(states.begin(), states.end(), [&](const State& state) { return name == state.name; });
  return found == states.end() ? State{"", "?", Ink::warning, 2} : *found;
}

std::vector<const json::object*> in_order(const json::array& lanes) {
  std::vector<const json::object*> sorted;
  for (const auto& lane : lanes) sorted.push_back(&as_part(lane));
  const auto rank = [](const json::object& lane) {
    const auto most_first = [](std::uint64_t count) { return ~count; };
    return std::tuple(state_of(lane).order, most_first(count_of(lane, "waiting").value_or(0)),
                      most_first(count_of(lane, "sent").value_or(0)), text_of(lane, "source"), text_of(lane, "provider"));
  };
  std::sort(sorted.begin(), sorted.end(), [&](const auto* a, const auto* b) { return rank(*a) < rank(*b); });
  return sorted;
}

std::string counted(const json::object& of, std::string_view name, const Look& look) {
  const auto count = count_of(of, name);
  return count ? grouped(*count) : look.dash();
}

// "███▌░░░░  72/172"; without a cap "172 sent, no cap". Figures stand under each other.
struct TodayColumn {
  std::size_t sent = 1, cap = 1;

  explicit TodayColumn(const std::vector<const json::object*>& lanes) {
    for (const auto* lane : lanes) {
      const auto most = count_of(*lane, "cap");
      if (!most) continue;
      sent = std::max(sent, grouped(count_of(*lane, "sent").value_or(0)).size());
      cap = std::max(cap, grouped(*most).size());
    }
  }

  Cell cell(const json::object& lane, const Look& look) const {
    const std::uint64_t went = count_of(lane, "sent").value_or(0);
    const auto most = count_of(lane, "cap");
    if (!most) return {grouped(went) + " sent, no cap"};
    return {fmt::format("{} {:>{}}/{:<{}}", bar(went, *most, bar_columns, look), grouped(went), sent, grouped(*most), cap)};
  }
};

Cell next_cell(const json::object& of, Moment now, const Look& look) {
  const auto next = moment_of(of, "next_permit");
  if (!next) return {look.dash()};
  return {until(*next, now), *next <= now ? Ink::plain : Ink::notice};
}

std::string eta_text(const json::object& of, Moment now, const Look& look) {
  const auto eta = moment_of(of, "eta");
  return eta ? day_or_time(*eta, now) : look.dash();
}

// Colours at the default hold and step-back thresholds (warmup-rules §7).
Cell share_cell(std::uint64_t part, std::uint64_t whole, std::pair<double, double> limits, const Look& look) {
  if (whole == 0) return {look.dash()};
  const double ratio = static_cast<double>(part) / static_cast<double>(whole);
  const bool telling = whole >= 20 && part >= 5;  // warmup-rules §7: no veto below
  return {share(part, whole), telling && ratio > limits.second  ? Ink::alarm
                              : telling && ratio > limits.first ? Ink::warning
                                                                : Ink::plain};
}

std::string evidence_text(const json::value& item) {
  if (item.is_string()) return std::string(item.as_string());
  const json::object& of = as_part(item);
  std::string text;
  for (const char* name : {"at", "time", "code", "enhanced", "text"}) {
    const auto number = count_of(of, name);
    const std::string word = number ? std::to_string(*number) : text_of(of, name);
    if (!word.empty()) text += (text.empty() ? "" : " ") + word;
  }
  return text;
}

std::string why_of(const json::object& of) {
  const std::string reason = text_of(of, "reason");
  const json::array& evidence = list_of(of, "evidence");
  return !reason.empty() || evidence.empty() ? reason : evidence_text(evidence[0]);
}

std::vector<Cell> lane_cells(const json::object& lane, const TodayColumn& today, Moment now, const Look& look) {
  const State state = state_of(lane);
  const DayShares shares = shares_of(part_of(lane, "today"));
  const bool pinned = !text_of(lane, "pin").empty();
  return {{state.mark, state.ink},
          {text_of(lane, "source")},
          {text_of(lane, "provider"), Ink::bold},
          {text_of(lane, "state") + (pinned ? "*" : ""), state.ink},
          {counted(lane, "stage", look)},
          today.cell(lane, look),
          {counted(lane, "waiting", look)},
          next_cell(lane, now, look),
          {eta_text(lane, now, look)},
          share_cell(shares.deferred, shares.answered, {0.05, 0.20}, look),
          share_cell(shares.bounced, shares.answered, {0.03, 0.10}, look),
          {counted(lane, "connections", look)}};
}

std::string draw_lanes(const json::object& status, const StatusWish& wish, const Look& look) {
  auto lanes = in_order(list_of(status, "lanes"));
  const std::size_t all = lanes.size();
  if (!wish.all) lanes.resize(std::min(all, lanes_shown));
  const Moment now = moment_of(status, "now").value_or(Moment{});
  const TodayColumn today(lanes);
  Table table({{" "},
               {"SOURCE", false, 8},
               {"PROVIDER", false, 10},
               {"STATE"},
               {"STAGE", true},
               {"TODAY"},
               {"WAITING", true},
               {"NEXT", true},
               {"ETA", true},
               {"DEF%", true},
               {"BNC%", true},
               {"CONN", true}},
              "WHY");
  bool pins = false;
  for (const auto* lane : lanes) {
    table.add(lane_cells(*lane, today, now, look), {why_of(*lane), state_of(*lane).ink});
    pins = pins || !text_of(*lane, "pin").empty();
  }
  std::string page = table.draw(look);
  if (all > lanes.size())
    page +=
        look.paint(fmt::format("  {} {} quieter lanes (--all)", look.ellipsis(), grouped(all - lanes.size())), Ink::dim) + "\n";
  if (pins) page += look.paint("  * set by an operator", Ink::dim) + "\n";
  return page;
}

std::string draw_lines(const json::object& status, const StatusWish& wish, const Look& look) {
  const json::array& lines = list_of(status, "lines");
  const Moment now = moment_of(status, "now").value_or(Moment{});
  Table table({{" "},
               {"POOL", false, 8},
               {"PROVIDER", false, 10},
               {"CLASS", false, 8},
               {"WAITING", true},
               {"OLDEST", true},
               {"NEXT", true},
               {"ETA", true}},
              "WHY");
  std::size_t drawn = 0, behind = 0;
  for (const auto& each : lines) {
    const json::object& line = as_part(each);
    if (count_of(line, "waiting").value_or(0) == 0) continue;
    if (!wish.all && drawn >= lines_shown && ++behind > 0) continue;
    ++drawn;
    const auto oldest = count_of(line, "oldest_seconds");
    table.add({{" "},
               {text_of(line, "pool")},
               {text_of(line, "provider"), Ink::bold},
               {text_of(line, "class")},
               {counted(line, "waiting", look)},
               {oldest ? lasting(std::chrono::seconds(*oldest)) : look.dash()},
               next_cell(line, now, look),
               {eta_text(line, now, look)}},
              {why_of(line), Ink::warning});
  }
  if (table.empty()) return "";
  std::string page = "\n" + table.draw(look);
  const bool unread = truth_of(status, "more_lines", false);
  if (behind > 0)
    page += look.paint(
                fmt::format("  {} {}{} shorter lines{}", look.ellipsis(), unread ? "at least " : "", grouped(behind), " (--all)"),
                Ink::dim) +
            "\n";
  else if (unread)
    page += look.paint(fmt::format("  {} and more lines than were read", look.ellipsis()), Ink::dim) + "\n";
  return page;
}

// One lane named: why it is where it is, and how it came there.
std::string draw_alone(const json::object& lane, const Look& look) {
  std::string page;
  for (const auto& item : list_of(lane, "evidence")) {
    const std::string text = shown(evidence_text(item), look);
    for (const auto& line : wrap(text, look.width - 4)) page += "    " + cut(line, look.width - 4, look) + "\n";
  }
  if (!page.empty()) page = "\n" + look.paint("  EVIDENCE", Ink::dim) + "\n" + page;
  const std::string plot = draw_history(list_of(lane, "history"), look);
  return plot.empty() ? page : page + "\n" + plot;
}

}  // namespace

DayShares shares_of(const json::object& today) {
  // Their address or their content was refused for good or will be (warmup-rules §8); the rest that was not delivered is tried again.
  static const std::set<std::string_view> bounces{"unknown_user", "mailbox_disabled", "bad_sender", "policy",   "spam_content",
                                                  "virus",        "too_large",        "protocol",   "permanent"};
  DayShares shares;
  for (const auto& [name, value] : today) {
    const std::string_view verdict = name;
    const std::uint64_t count = count_of(today, verdict).value_or(0);
    if (verdict == "attempts") continue;
    shares.answered += count;
    if (bounces.contains(verdict))
      shares.bounced += count;
    else if (verdict != "delivered")
      shares.deferred += count;
  }
  return shares;
}

json::object narrow(json::object status, const StatusWish& wish) {
  const auto keep = [&](const json::value& value, bool lane) {
    const json::object& each = as_part(value);
    const std::string provider = text_of(each, "provider");
    if (!wish.provider.empty() && provider != wish.provider && (!lane || provider != "*")) return false;
    return !lane || wish.source.empty() || text_of(each, "source") == wish.source;
  };
  for (const auto& [name, lane] : {std::pair("lanes", true), std::pair("lines", false)}) {
    json::array kept;
    for (const auto& each : list_of(status, name))
      if (keep(each, lane)) kept.push_back(each);
    status[name] = std::move(kept);
  }
  return status;
}

std::string draw_status(const json::object& whole, const StatusWish& wish, const Look& look) {
  const json::object status = narrow(whole, wish);
  std::string page = draw_head(whole, look) + "\n";
  const json::array& lanes = list_of(status, "lanes");
  const bool asked = !wish.provider.empty() || !wish.source.empty();
  if (lanes.empty())
    page += asked ? "no such lane has carried mail today\n" : "no lane has carried mail yet\n";
  else
    page += draw_lanes(status, wish, look);
  if (asked && lanes.size() == 1) page += draw_alone(as_part(lanes[0]), look);
  return page + draw_lines(status, wish, look);
}

}  // namespace mta::ctl
