#include "mta/scheduler/wake_spread.h"

#include <algorithm>

namespace mta {

namespace {
constexpr unsigned at_once = 64;
constexpr Duration pause = std::chrono::seconds(5);
constexpr std::size_t most_ledgers = 10'000;
}  // namespace

Instant WakeSpread::place(const LaneKey& ledger, const std::string& mail_class, Instant until, Instant planned, Instant now) {
  if (sleepers_.size() > most_ledgers) sleepers_.clear();
  Sleepers& sleepers = sleepers_[{ledger, mail_class}];
  if (until < sleepers.first || until > sleepers.last) sleepers = {until, until, 0};
  const Instant place = sleepers.count < at_once ? sleepers.last : sleepers.last + pause;
  if (planned > now && planned <= place) return std::max(until, planned);
  sleepers.count = place == sleepers.last ? sleepers.count + 1 : 1;
  sleepers.last = place;
  return place;
}

}  // namespace mta
