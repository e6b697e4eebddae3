#include "mta/ctl/lane_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "mta/ctl/fields.h"
#include "mta/ctl/history_plot.h"
#include "mta/ctl/lane_table.h"

namespace mta::ctl {
namespace {

std::string row(const std::string& head, const std::string& text, const Look& look) {
  std::string made;
  for (const auto& line : wrap(shown(text, look), look.room(12)))
    made += (made.empty() ? "  " + look.paint(fmt::format("{:<10}", head), Ink::dim) : std::string(12, ' ')) + line + "\n";
  return made;
}

// "40 of 172 sent, 39 delivered, 2 in conversation, 1 greylisted; 129 left, until 22 Nov 00:00 (in 15h)"
std::string today_text(const json::object& lane, WallTime now) {
  const auto count = [&](const char* name) { return count_of(lane, name).value_or(0); };
  std::string text = grouped(count("sent"));
  if (const auto cap = count_of(lane, "cap")) text += " of " + grouped(*cap);
  text += " sent, " + grouped(count("delivered")) + " delivered";
  if (count("reserved") > 0) text += ", " + grouped(count("reserved")) + " in conversation";
  if (count("pending") > 0) text += ", " + grouped(count("pending")) + " greylisted";
  if (const auto left = count_of(lane, "left")) text += "; " + grouped(*left) + " left";
  if (const auto ends = moment_of(lane, "day_ends"); ends && !text_of(lane, "plan").empty())
    text += fmt::format("{} until {} ({})", count_of(lane, "left") ? "," : ";", short_time(*ends), until(*ends, now));
  return text;
}

std::string answers_text(const json::object& today) {
  std::vector<std::pair<std::uint64_t, std::string>> answers;
  for (const auto& [name, value] : today) {
    const std::string verdict = name;
    const auto count = count_of(today, verdict).value_or(0);
    if (verdict != "attempts" && count > 0) answers.emplace_back(count, verdict);
  }
  std::stable_sort(answers.begin(), answers.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string text;
  for (const auto& [count, verdict] : answers) text += (text.empty() ? "" : ", ") + grouped(count) + " " + verdict;
  return text;
}

std::string draw_evidence(const json::object& lane, const Look& look) {
  std::string page;
  for (const auto& item : list_of(lane, "evidence")) {
    const std::string text = shown(evidence_text(item), look);
    for (const auto& line : wrap(text, look.room(4))) page += "    " + cut(line, look.room(4), look) + "\n";
  }
  return page.empty() ? page : "\n" + look.paint("  EVIDENCE", Ink::dim) + "\n" + page;
}

// Days that ended, and the one that has not.
json::array days_of(const json::object& lane) {
  json::array days = list_of(lane, "history");
  if (moment_of(lane, "day_started") && !text_of(lane, "plan").empty())
    days.push_back(json::object{{"day", "today"},
                                {"stage", count_of(lane, "stage").value_or(0)},
                                {"growth", lane.contains("growth") ? lane.at("growth") : json::value(nullptr)},
                                {"cap", lane.contains("cap") ? lane.at("cap") : json::value(nullptr)},
                                {"sent", count_of(lane, "sent").value_or(0)},
                                {"delivered", count_of(lane, "delivered").value_or(0)}});
  return days;
}

Ink ink_of(const std::string& change) {
  if (change == "advanced" || change == "warmed" || change == "resumed" || change == "reopened") return Ink::good;
  if (change == "paused" || change == "stepped_back") return Ink::alarm;
  return change == "set" ? Ink::notice : Ink::warning;
}

using ChangeRows = std::vector<const json::object*>;

// How often the `period` changes from `from` on are said once more, word for word, right behind them.
std::size_t repeats(const ChangeRows& changes, std::size_t from, std::size_t period) {
  const auto same = [](const json::object& a, const json::object& b) {
    return text_of(a, "change") == text_of(b, "change") && text_of(a, "reason") == text_of(b, "reason");
  };
  std::size_t upto = from + period;
  while (upto < changes.size() && same(*changes[upto], *changes[upto - period])) ++upto;
  return (upto - from) / period - 1;
}

void add_change(TextTable& table, const json::object& change, const Look& look) {
  const auto time = moment_of(change, "time");
  const json::array& evidence = list_of(change, "evidence");
  std::string said = evidence.empty() ? "" : evidence_text(evidence[0]);
  if (evidence.size() > 1) said += fmt::format(" (and {} more)", evidence.size() - 1);
  table.add({{" "},
             {time ? short_time(*time) : look.dash()},
             {text_of(change, "change"), ink_of(text_of(change, "change"))},
             {counted(change, "stage", look)},
             {counted(change, "cap", look)},
             {text_of(change, "reason")}},
            {said, Ink::dim});
}

}  // namespace

// A lane that cools and reopens all day says so once, and how often.
std::string draw_changes(const json::array& list, const Look& look) {
  constexpr std::size_t worth = 3;
  ChangeRows changes;
  for (const auto& each : list) changes.push_back(&as_part(each));
  TextTable table({{" "}, {"TIME"}, {"CHANGE", false, 6}, {"STAGE", true, 0, 2}, {"CAP", true, 0, 1}, {"REASON", false, 20}},
                  "EVIDENCE");
  for (std::size_t i = 0; i < changes.size();) {
    std::size_t period = 1, more = repeats(changes, i, 1);
    if (more < worth) period = 2, more = repeats(changes, i, 2);
    if (more < worth) period = 1, more = 0;
    for (std::size_t n = 0; n < period && i + n < changes.size(); ++n) add_change(table, *changes[i + n], look);
    i += period * (1 + more);
    if (more == 0) continue;
    const auto last = moment_of(*changes[i - 1], "time");
    table.add({{" "},
               {last ? short_time(*last) : look.dash(), Ink::dim},
               {fmt::format("{} {} more", look.ellipsis(), more), Ink::dim},
               {""},
               {""},
               {"the same, until then", Ink::dim}});
  }
  return table.empty() ? "" : "\n" + table.draw(look);
}

std::string draw_lane(const json::object& lane, WallTime now, const Look& look) {
  std::string page = "\n" + row("today", today_text(lane, now), look);
  page += row("answers", answers_text(part_of(lane, "today")), look);
  if (const auto open = count_of(lane, "connections"); open && *open > 0)
    page += row("open", grouped(*open) + (*open == 1 ? " connection" : " connections"), look);
  page += draw_evidence(lane, look);
  const json::array days = days_of(lane);
  for (const auto& plot : {draw_history(days, look), draw_growth(days, look)}) page += plot.empty() ? "" : "\n" + plot;
  return page;
}

std::string draw_lane_history(const json::object& answer, const Look& look) {
  const WallTime now = moment_of(answer, "now").value_or(WallTime{});
  const json::object& lane = part_of(answer, "lane");
  return draw_lanes({lane}, now, true, look) + draw_lane(lane, now, look) + draw_changes(list_of(lane, "changes"), look);
}

std::string draw_lane_hand(const json::object& answer, const Look& look) {
  std::string page;
  const std::string name = text_of(answer, "source") + " " + text_of(answer, "provider");
  for (const auto& each : list_of(answer, "changes")) {
    const json::object& change = as_part(each);
    const std::string reason = text_of(change, "reason");
    page += paragraph(name + ": " + (reason.empty() ? text_of(change, "change") : reason), 0, look);
  }
  if (page.empty()) page = paragraph(name + ": noted", 0, look);
  const json::object& lane = part_of(answer, "lane");
  const auto now = moment_of(answer, "now");
  return lane.empty() || !now ? page : page + "\n" + draw_lanes({lane}, *now, true, look);
}

}  // namespace mta::ctl
