#include "mta/ctl/lane_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <tuple>
#include <vector>

#include "mta/ctl/fields.h"

namespace mta::ctl {
namespace {

constexpr std::size_t lanes_shown = 30;

// How much is said in a row: on a narrow terminal the bar shrinks, then the next permit is rounded, then the growth left out.
struct Style {
  std::size_t bar;
  bool exact;
  bool growth = true;
};
constexpr std::array<Style, 5> styles{{{8, true}, {4, true}, {4, false}, {0, false}, {0, false, false}}};

struct StateMark {
  const char* name;
  const char* mark;  // says it without colours
  Ink ink;
  int order;  // trouble first
};

StateMark state_of(const json::object& lane) {
  constexpr std::array<StateMark, 6> states{{{"paused", "!", Ink::alarm, 0},
                                             {"cooling", "!", Ink::warning, 1},
                                             {"held", "~", Ink::warning, 2},
                                             {"warming", " ", Ink::notice, 3},
                                             {"warm", " ", Ink::good, 3},
                                             {"cold", " ", Ink::dim, 3}}};
  const std::string name = text_of(lane, "state");
  const auto found = std::find_if(states.begin(), states.end(), [&](const StateMark& state) { return name == state.name; });
  return found == states.end() ? StateMark{"", "?", Ink::warning, 2} : *found;
}

using LaneRows = std::vector<const json::object*>;

void put_in_order(LaneRows& lanes) {
  const auto rank = [](const json::object& lane) {
    const auto most_first = [](std::uint64_t count) { return ~count; };
    return std::tuple(state_of(lane).order, most_first(count_of(lane, "waiting").value_or(0)),
                      most_first(count_of(lane, "sent").value_or(0)), text_of(lane, "source"), text_of(lane, "provider"));
  };
  std::sort(lanes.begin(), lanes.end(), [&](const auto* a, const auto* b) { return rank(*a) < rank(*b); });
}

// "███▌░░░░  72/172"; without a cap "172 sent, no cap". Figures stand under each other.
struct TodayColumn {
  std::size_t bar_columns = 0, sent = 1, cap = 1;

  TodayColumn(const LaneRows& lanes, std::size_t bar_columns_in) : bar_columns(bar_columns_in) {
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
    const bool full = bar_columns > 4;
    if (!most) return {grouped(went) + (full ? " sent, no cap" : " sent")};
    const std::string drawn = bar_columns == 0 ? "" : bar(went, *most, bar_columns, look) + " ";
    return {fmt::format("{}{:>{}}/{:<{}}", drawn, grouped(went), sent, grouped(*most), cap)};
  }
};

// Colours at the default hold and step-back thresholds (WARMUP.md §7).
Cell share_cell(std::uint64_t part, std::uint64_t whole, std::pair<double, double> limits, const Look& look) {
  if (whole == 0) return {look.dash()};
  const double ratio = static_cast<double>(part) / static_cast<double>(whole);
  const bool telling = whole >= 20 && part >= 5;  // WARMUP.md §7: no veto below
  return {share(part, whole), telling && ratio > limits.second  ? Ink::alarm
                              : telling && ratio > limits.first ? Ink::warning
                                                                : Ink::plain};
}

// "3", and "3 ×1.29" of a lane that learns.
std::string stage_text(const json::object& lane, const Look& look) {
  const auto growth = number_of(lane, "growth");
  return counted(lane, "stage", look) + (growth ? " " + times(*growth, look) : "");
}

bool pinned(const json::object& lane) { return !text_of(lane, "pin").empty(); }

std::vector<Cell> cells_of(const json::object& lane, const TodayColumn& today, Style style, WallTime now, const Look& look) {
  const StateMark state = state_of(lane);
  const DayShares shares = shares_of(part_of(lane, "today"));
  return {{state.mark, state.ink},
          {text_of(lane, "source")},
          {text_of(lane, "provider"), is_total(lane) ? Ink::dim : Ink::bold},
          {text_of(lane, "state") + (pinned(lane) ? "*" : ""), state.ink},
          {style.growth ? stage_text(lane, look) : counted(lane, "stage", look)},
          today.cell(lane, look),
          {counted(lane, "waiting", look)},
          next_cell(lane, now, style.exact, look),
          {eta_text(lane, now, look)},
          share_cell(shares.deferred, shares.answered, {0.05, 0.20}, look),
          share_cell(shares.bounced, shares.answered, {0.03, 0.10}, look)};
}

// What an operator has acknowledged is still said, but does not shout.
Cell note_of(const json::object& lane) {
  const bool known = truth_of(lane, "acknowledged", false);
  return {why_of(lane), known ? Ink::dim : state_of(lane).ink};
}

}  // namespace

bool is_total(const json::object& lane) { return truth_of(lane, "overall", false); }

std::string counted(const json::object& of, std::string_view name, const Look& look) {
  const auto count = count_of(of, name);
  return count ? grouped(*count) : look.dash();
}

Cell next_cell(const json::object& of, WallTime now, bool exact, const Look& look) {
  const auto next = moment_of(of, "next_permit");
  if (!next) return {look.dash()};
  return {exact ? until(*next, now) : about(*next, now), *next <= now ? Ink::plain : Ink::notice};
}

std::string eta_text(const json::object& of, WallTime now, const Look& look) {
  const auto eta = moment_of(of, "eta");
  return eta ? day_or_time(*eta, now) : look.dash();
}

std::string evidence_text(const json::value& item) {
  if (item.is_string()) return std::string(item.as_string());
  const json::object& of = as_part(item);
  std::string text;
  for (const char* name : {"at", "time", "code", "enhanced", "text"}) {
    const auto number = count_of(of, name);
    const auto instant = moment_of(of, name);
    const std::string word = number ? std::to_string(*number) : instant ? short_time(*instant) : text_of(of, name);
    if (!word.empty()) text += (text.empty() ? "" : " ") + word;
  }
  return text;
}

std::string why_of(const json::object& of) {
  std::vector<std::string> parts;
  const std::string reason = text_of(of, "reason");
  const json::array& evidence = list_of(of, "evidence");
  const std::string state = text_of(of, "state");
  const bool braked = state == "cooling" || state == "paused";
  if (!reason.empty()) parts.push_back(braked && !evidence.empty() ? reason + ": " + evidence_text(evidence[0]) : reason);
  const std::string brake = text_of(of, "brake");
  if (pinned(of) && !brake.empty() && brake != "none") parts.push_back("also " + brake);
  const auto cap = count_of(of, "cap"), curve = count_of(of, "curve_cap");
  if (cap && curve && *cap < *curve)
    parts.push_back(fmt::format("surge guard: {} today instead of {}", grouped(*cap), grouped(*curve)));
  const bool planned = !text_of(of, "plan").empty();
  if (planned && !truth_of(of, "enforced", true))
    parts.push_back(
        fmt::format("its plan only watches; it would have held {} today", grouped(count_of(of, "would_hold").value_or(0))));
  return fmt::format("{}", fmt::join(parts, "; "));
}

DayShares shares_of(const json::object& today) {
  // Their address or their content was refused for good or will be (WARMUP.md §8); the rest that was not delivered is tried again.
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

namespace {

TextTable table_of(const LaneRows& lanes, Style style, WallTime now, const Look& look) {
  const TodayColumn today(lanes, style.bar);
  TextTable table({{" "},
                   {"SOURCE", false, 6},
                   {"PROVIDER", false, 8},
                   {"STATE", false, 6},
                   {"STAGE", true, 0, 4},
                   {"TODAY"},
                   {"WAITING", true},
                   {"NEXT", true},
                   {"ETA", true, 0, 1},
                   {"DEF%", true, 0, 2},
                   {"BNC%", true, 0, 3}},
                  "WHY");
  for (const auto* lane : lanes) table.add(cells_of(*lane, today, style, now, look), note_of(*lane));
  return table;
}

// As much as fits, standing apart if possible, else closer.
std::string draw_rows(const LaneRows& lanes, WallTime now, const Look& look) {
  for (const std::size_t gap : {2U, 1U}) {
    for (const Style style : styles) {
      const TextTable table = table_of(lanes, style, now, look);
      if (table.fits(look, gap)) return table.draw(look);
    }
  }
  return table_of(lanes, styles.back(), now, look).draw(look);
}

}  // namespace

std::string draw_lanes(const json::array& list, WallTime now, bool all, const Look& look) {
  LaneRows lanes, totals;
  for (const auto& each : list) (is_total(as_part(each)) ? totals : lanes).push_back(&as_part(each));
  put_in_order(lanes);
  put_in_order(totals);
  const std::size_t hidden = all || !look.cuts ? 0 : lanes.size() - std::min(lanes.size(), lanes_shown);
  lanes.resize(lanes.size() - hidden);
  lanes.insert(lanes.end(), totals.begin(), totals.end());
  std::string page = draw_rows(lanes, now, look);
  if (hidden > 0)
    page += look.paint(fmt::format("  {} {} quieter lanes (--all)", look.ellipsis(), grouped(hidden)), Ink::dim) + "\n";
  const bool pins = std::any_of(lanes.begin(), lanes.end(), [](const auto* lane) { return pinned(*lane); });
  if (pins) page += look.paint("  * set by an operator", Ink::dim) + "\n";
  return page;
}

}  // namespace mta::ctl
