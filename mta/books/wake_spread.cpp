#include "mta/books/wake_spread.h"

#include <algorithm>

namespace mta {

namespace {
constexpr unsigned at_once = 64;
constexpr Duration pause = std::chrono::seconds(5);
constexpr std::size_t most_crowds = 10'000;
}  // namespace

Instant WakeSpread::place(const LaneKey& ledger, const std::string& mail_class, Instant until, Instant planned, Instant now) {
  if (crowds_.size() > most_crowds) crowds_.clear();
  Crowd& crowd = crowds_[{ledger, mail_class}];
  if (until < crowd.first || until > crowd.last) crowd = {until, until, 0};
  const Instant place = crowd.count < at_once ? crowd.last : crowd.last + pause;
  if (planned > now && planned <= place) return std::max(until, planned);
  crowd.count = place == crowd.last ? crowd.count + 1 : 1;
  crowd.last = place;
  return place;
}

}  // namespace mta
