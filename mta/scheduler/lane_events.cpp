#include "mta/scheduler/lane_events.h"

#include <spdlog/spdlog.h>

#include "warmup/lane_curve.h"

namespace mta {

void emit_lane_events(Transaction& transaction, const LiveLane& lane, const warmup::Changes& changes) {
  for (const auto& change : changes) {
    LaneEvent told;
    told.source = lane.key.source;
    told.provider = lane.key.shown_provider();
    told.change = change.change;
    told.reason = change.reason;
    if (lane.rules && lane.rules->plan != nullptr) told.stage = lane.record.stage;
    told.cap = lane.record.today.cap;
    if (const auto growth = lane.rules ? warmup::growth_of({&lane.record, lane.rules.get()}) : std::nullopt)
      told.growth = warmup::factor_of(*growth);
    for (const auto& each : change.evidence) told.evidence.push_back(each.text);
    told.alert = change.alert;
    told.observed = lane.record.observed;
    transaction.event(told);
    const auto level = change.alert ? spdlog::level::warn : spdlog::level::info;
    spdlog::log(level, "lane {} {}: {}: {}", lane.key.source, lane.key.shown_provider(), change.change, change.reason);
  }
}

}  // namespace mta
