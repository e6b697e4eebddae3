#include "mta/report/snapshot.h"

#include <array>

#include "mta/doors/tasks.h"
#include "warmup/total.h"

namespace mta {

std::optional<LaneKey> total_key_of(const conf::Config& config, const LaneKey& lane) {
  if (warmup::is_total_key(lane.provider)) return std::nullopt;
  const auto total = config.total_of(lane.source);
  if (!warmup::counts_in(total, lane.provider)) return std::nullopt;
  return LaneKey{lane.source, std::string(warmup::total_key(total))};
}

const LaneState* LaneStates::find(const LaneKey& lane) const {
  const auto found = lanes.find(lane);
  return found == lanes.end() ? nullptr : &found->second;
}

const LaneState* LaneStates::total_of(const LaneKey& lane) const {
  const auto total = total_key_of(*config, lane);
  return total ? find(*total) : nullptr;
}

warmup::Answer LaneStates::permit(const LaneKey& lane, const warmup::Ask& request) const {
  const LaneState* of = find(lane);
  ENSURE(of != nullptr);
  std::array<warmup::LaneView, 2> ledgers{of->view(), {}};
  std::size_t count = 1;
  if (const LaneState* total = total_of(lane)) ledgers[count++] = total->view();
  return warmup::ask({ledgers.data(), count}, request, now);
}

bool LaneFilter::fits(const LaneKey& lane) const {
  if (!source.empty() && lane.source != source) return false;
  const std::string shown = lane.shown_provider();
  return provider.empty() || shown == provider || shown == "*";
}

}  // namespace mta
