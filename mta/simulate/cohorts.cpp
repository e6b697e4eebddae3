#include "mta/simulate/cohorts.h"

#include <algorithm>
#include <iterator>

namespace mta::simulate {

namespace {
// Whether `after` is what follows `before`, with the same history.
bool continues(const Cohort& before, Cohort after) {
  if (after.number != before.number + before.count) return false;
  after.number = before.number;
  after.count = before.count;
  return after == before;
}
}  // namespace

bool Cohorts::another_due(Instant now) const {
  return waiting_ > 1 && (front().count > 1 || std::next(all_.begin())->second.due <= now);
}

bool Cohorts::only(std::uint64_t number, Instant now) const { return !empty() && front().number == number && !another_due(now); }

bool Cohorts::put(Cohort mail) {
  waiting_ += mail.count;
  auto at = all_.emplace(std::pair(mail.due, mail.number), mail).first;
  if (const auto next = std::next(at); next != all_.end() && continues(at->second, next->second)) {
    at->second.count += next->second.count;
    all_.erase(next);
  }
  if (at != all_.begin() && continues(std::prev(at)->second, at->second)) {
    const auto before = std::prev(at);
    before->second.count += at->second.count;
    all_.erase(at);
    at = before;
  }
  return at == all_.begin();
}

Cohort Cohorts::take(Recipients most) { return take_from(all_.begin(), 0, most); }

Cohort Cohorts::take_another(std::uint64_t than, Instant now) {
  if (front().number != than) return take(1);
  if (front().count > 1) return take_from(all_.begin(), 1, 1);
  const auto next = std::next(all_.begin());
  return next != all_.end() && next->second.due <= now ? take_from(next, 0, 1) : take(1);
}

Cohort Cohorts::take_from(Map::iterator at, Recipients skipped, Recipients most) {
  Cohort taken = at->second;
  taken.number += skipped;
  taken.count = std::min(most, taken.count - skipped);
  waiting_ -= taken.count;
  Cohort behind = at->second;
  behind.number = taken.number + taken.count;
  behind.count -= skipped + taken.count;
  const auto next = std::next(at);
  Map::node_type rest;  // a season takes from the front all the time: the row is used again
  if (skipped == 0) rest = all_.extract(at);
  if (skipped > 0) at->second.count = skipped;
  if (behind.count == 0) return taken;
  if (rest.empty()) {
    all_.emplace_hint(next, std::pair(behind.due, behind.number), behind);
    return taken;
  }
  rest.key().second = behind.number;
  rest.mapped() = behind;
  all_.insert(next, std::move(rest));
  return taken;
}

}  // namespace mta::simulate
