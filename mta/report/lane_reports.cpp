#include "mta/report/lane_reports.h"

#include "mta/doors/tasks.h"
#include "mta/report/bulk_senders.h"
#include "warmup/lane_curve.h"

namespace mta {

namespace {

// When a lane takes something next, of whatever class; nothing said by a gate: now.
void describe_permit(const LaneStates& lanes, const LaneKey& lane, LaneReport& report) {
  std::optional<warmup::Hold> soonest;
  for (const auto& options : lanes.config->classes) {
    const auto answer = lanes.permit(lane, {options.name});
    const auto* hold = std::get_if<warmup::Hold>(&answer);
    if (hold == nullptr) {
      report.next_permit = lanes.now;
      return;
    }
    if (!soonest || warmup::ends_before(*hold, *soonest)) soonest = *hold;
  }
  if (!soonest) return;
  if (soonest->open_ended) {  // its end is not known
    report.held_by = "until it is resumed";
    return;
  }
  report.next_permit = soonest->until;
  report.held_by = soonest->overall
                       ? warmup::sentence(soonest->why, warmup::total_text(lanes.config->total_of(lane.source), lane.source))
                       : std::string(warmup::name(soonest->why));
}

}  // namespace

LaneReport report_lane(const LaneStates& lanes, const LaneKey& lane) {
  const LaneState* found = lanes.find(lane);
  ENSURE(found != nullptr);
  LaneReport report;
  report.source = lane.source;
  report.provider = lane.provider;
  report.overall = warmup::is_total_key(lane.provider);
  report.connections = found->connections;
  report.record = found->record;
  report.plan = found->rules->plan == nullptr ? "" : found->rules->plan->name;
  report.enforced = found->rules->enforced();
  if (const auto growth = warmup::growth_of(found->view())) report.growth = warmup::factor_of(*growth);
  describe_permit(lanes, lane, report);
  if (found->absent) {
    report.held_by = "address is not on this host";
    report.next_permit.reset();
  }
  return report;
}

std::vector<LaneReport> report_senders(const LaneStates& lanes, const std::vector<LaneKey>& senders, const queue::Store& store) {
  std::vector<LaneReport> reports;
  for (const auto& key : senders) {
    if (lanes.find(key) == nullptr) continue;
    reports.push_back(report_lane(lanes, key));
    reports.back().bulk_since = bulk_since(store, key);
  }
  return reports;
}

}  // namespace mta
