#include "mta/ctl/status_page.h"

#include <fmt/format.h>

#include <vector>

#include "mta/ctl/fields.h"
#include "mta/ctl/lane_page.h"
#include "mta/ctl/lane_table.h"
#include "mta/ctl/status_head.h"
#include "mta/ctl/table.h"

namespace mta::ctl {
namespace {

constexpr std::size_t lines_shown = 10;

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

// The one lane that is left beside totals.
const json::object* alone(const json::array& lanes) {
  const json::object* found = nullptr;
  for (const auto& each : lanes) {
    if (is_total(as_part(each)) && lanes.size() > 1) continue;
    if (found != nullptr) return nullptr;
    found = &as_part(each);
  }
  return found;
}

}  // namespace

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
  const Moment now = moment_of(status, "now").value_or(Moment{});
  const bool asked = !wish.provider.empty() || !wish.source.empty();
  if (lanes.empty())
    page += asked ? "no such lane has carried mail today\n" : "no lane has carried mail yet\n";
  else
    page += draw_lanes(lanes, now, wish.all, look);
  const auto* lane = asked ? alone(lanes) : nullptr;
  if (lane != nullptr) page += draw_lane(*lane, now, look);
  return page + draw_lines(status, wish, look);
}

}  // namespace mta::ctl
