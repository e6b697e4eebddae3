#include "mta/scheduler/lane_events.h"

#include <spdlog/spdlog.h>

#include "mta/report/bulk_senders.h"
#include "warmup/lane_curve.h"
#include "warmup/sender.h"

namespace mta {

namespace {

template <class Told>
void tell(Told& told, const LiveLane& of, const warmup::Change& change) {
  told.change = change.change;
  told.reason = change.reason;
  if (of.rules && of.rules->plan != nullptr) told.stage = of.record.stage;
  told.cap = of.record.today.cap;
  if (const auto growth = of.rules ? warmup::growth_of({&of.record, of.rules.get()}) : std::nullopt)
    told.growth = warmup::factor_of(*growth);
  for (const auto& each : change.evidence) told.evidence.push_back(each.text);
  told.alert = change.alert;
  told.observed = of.record.observed;
}

}  // namespace

void emit_lane_events(Transaction& transaction, const LiveLane& lane, const warmup::Changes& changes) {
  for (const auto& change : changes) {
    LaneEvent told;
    told.source = lane.key.source;
    told.provider = lane.key.shown_provider();
    tell(told, lane, change);
    transaction.event(told);
    const auto level = change.alert ? spdlog::level::warn : spdlog::level::info;
    spdlog::log(level, "lane {} {}: {}: {}", lane.key.source, lane.key.shown_provider(), change.change, change.reason);
  }
}

void emit_sender_events(Transaction& transaction, const queue::Store& store, const LiveLane& sender,
                        const warmup::Changes& changes) {
  for (const auto& change : changes) {
    if (change.change == "bulk") {
      if (bulk_since(store, sender.key)) continue;
      note_bulk(transaction.batch(), sender.key, sender.brought_to);
    }
    SenderEvent told;
    told.domain = warmup::sender_domain_of(sender.key);
    told.provider = sender.key.provider;
    tell(told, sender, change);
    transaction.event(told);
    const auto level = change.alert ? spdlog::level::warn : spdlog::level::info;
    spdlog::log(level, "sender {}: {}: {}", warmup::sender_text(sender.key), change.change, change.reason);
  }
}

}  // namespace mta
