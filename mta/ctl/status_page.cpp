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

constexpr std::size_t queues_shown = 10;

TextTable queue_table(const std::vector<const json::object*>& queues, bool exact, WallTime now, const Look& look) {
  TextTable table({{" "},
                   {"POOL", false, 6},
                   {"PROVIDER", false, 10},
                   {"CLASS", false, 6},
                   {"WAITING", true},
                   {"OLDEST", true, 0, 1},
                   {"NEXT", true},
                   {"ETA", true}},
                  "WHY");
  for (const auto* queue : queues) {
    const auto oldest = count_of(*queue, "oldest_seconds");
    table.add({{" "},
               {text_of(*queue, "pool")},
               {text_of(*queue, "provider"), Ink::bold},
               {text_of(*queue, "class")},
               {counted(*queue, "waiting", look)},
               {oldest ? lasting(std::chrono::seconds(*oldest)) : look.dash()},
               next_cell(*queue, now, exact, look),
               {eta_text(*queue, now, look)}},
              {why_of(*queue), Ink::warning});
  }
  return table;
}

std::string draw_queues(const json::object& status, const StatusRequest& request, const Look& look) {
  const WallTime now = moment_of(status, "now").value_or(WallTime{});
  const bool all = request.all || !look.cuts;
  std::vector<const json::object*> queues;
  std::size_t behind = 0;
  for (const auto& each : list_of(status, "queues")) {
    const json::object& queue = as_part(each);
    if (count_of(queue, "waiting").value_or(0) == 0) continue;
    if (!all && queues.size() >= queues_shown && ++behind > 0) continue;
    queues.push_back(&queue);
  }
  if (queues.empty()) return "";
  constexpr std::size_t usual_gap = 2;
  const TextTable exact = queue_table(queues, true, now, look);
  std::string page = "\n" + (exact.fits(look, usual_gap) ? exact : queue_table(queues, false, now, look)).draw(look);
  const bool unread = truth_of(status, "more_queues", false);
  if (behind > 0)
    page += look.paint(fmt::format("  {} {}{} shorter {} (--all)", look.ellipsis(), unread ? "at least " : "", grouped(behind),
                                   behind == 1 ? "queue" : "queues"),
                       Ink::dim) +
            "\n";
  else if (unread)
    page += look.paint(fmt::format("  {} and more queues than were read", look.ellipsis()), Ink::dim) + "\n";
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

std::string draw_status(const json::object& status, const StatusRequest& request, const Look& look) {
  const bool asked = !request.provider.empty() || !request.source.empty();
  std::string page = draw_head(status, !asked, look) + "\n";
  const json::array& lanes = list_of(status, "lanes");
  const WallTime now = moment_of(status, "now").value_or(WallTime{});
  if (lanes.empty())
    page += asked ? "no such lane has carried mail today\n" : "no lane has carried mail yet\n";
  else
    page += draw_lanes(lanes, now, request.all, look);
  const auto* lane = asked ? alone(lanes) : nullptr;
  if (lane != nullptr) page += draw_lane(*lane, now, look);
  return page + draw_queues(status, request, look);
}

}  // namespace mta::ctl
