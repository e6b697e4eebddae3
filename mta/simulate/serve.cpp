// A line that has its turn: which lane carries its head, how long it sleeps when none does.
#include <algorithm>

#include "mta/simulate/simulation.h"
#include "warmup/brake.h"
#include "warmup/choose.h"
#include "warmup/held.h"

namespace mta::simulate {

namespace {
using namespace std::chrono_literals;
using warmup::Why;
constexpr Duration just_after = 1ms;
}  // namespace

// At most so many of its head have a turn.
bool Simulation::serve(Line& line, Recipients most) {
  if (line.mail.empty()) return false;
  const Cohort& head = line.mail.front();
  if (head.due > now_) {
    schedule(head.due, Kind::wake, line.index);
    return false;
  }
  if (line.backoff > Duration(0)) {
    if (expire_head(line, head)) return true;
    if (line.closed_until > now_) return sleep(line, line.closed_until), false;
  }
  if (release_pin(line, head) || bounce_blocked(line, head)) return true;
  if (const auto until = withheld_until(line, head)) {
    Cohort waits = line.mail.take(head.count);
    waits.due = *until;
    put(line, waits);
    return true;
  }
  const Search found = look_for_lane(line, head);
  if (found.way != nullptr) return give(line, found, most), true;
  if (!found.hold) return false;
  if (relieve(line, head)) return true;
  Instant until = rounded(*found.hold);
  const Instant too_long = head.due + line.mail_class->max_wait + just_after;
  const bool ends = line.mail_class->on_max_wait != warmup::OnMaxWait::wait && line.bound_to == nullptr && too_long > now_;
  if (ends) until = std::min(until, too_long);
  if (head.blocked) until = std::min(until, head.due + warmup::blocked_longest);
  if (line.overflow_again > now_) until = std::min(until, line.overflow_again);
  sleep(line, std::max(until, now_ + just_after));
  return false;
}

// The pace opens for one recipient after the other; they are taken together, a step's worth.
Instant Simulation::rounded(const warmup::Hold& hold) const {
  if (hold.why != Why::pace && hold.why != Why::reserve && hold.why != Why::hourly) return hold.until;
  const Duration since = hold.until - days_.front();
  return days_.front() + (since + scenario_.step - just_after) / scenario_.step * scenario_.step;
}

void Simulation::sleep(Line& line, Instant until) {
  line.asleep_until = until;
  schedule(until, Kind::wake, line.index);
}

Simulation::Search Simulation::look_for_lane(Line& line, const Cohort& head) {
  Search found;
  std::vector<warmup::Candidate> candidates;
  std::vector<std::pair<Way*, warmup::Permit>> granted;
  for (auto& way : line.ways) {
    if (line.bound_to != nullptr) way.known = false;  // heads with and without a place
    const auto& answer = lanes_.ask(way, {line.mail_class->name, way.lane->per_message, head.has_place, 0, line.exempt}, now_);
    if (const auto* hold = std::get_if<warmup::Hold>(&answer)) {
      if (!found.hold || hold->until < found.hold->until) found.hold = *hold;
      continue;
    }
    granted.emplace_back(&way, std::get<warmup::Permit>(answer));
    candidates.push_back({way.lane->record.phase, warmup::left(way.lane->record), 0});
  }
  if (granted.empty()) return found;
  const auto& [way, permit] = granted[warmup::choose(candidates, line.mail_class->prefer)];
  found.way = way;
  found.recipients = permit.recipients;
  found.probe = permit.probe;
  return found;
}

void Simulation::give(Line& line, const Search& found, Recipients at_most) {
  Lane& lane = *found.way->lane;
  const Recipients most =
      line.backoff > Duration(0) ? 1 : std::min({found.recipients, lane.per_message, at_most});  // a closed site: one probe
  const Cohort taken = found.probe ? line.mail.take_another(trigger_of(lane), now_) : line.mail.take(most);
  const auto& mail_class = line.mail_class->name;
  if (!line.exempt) lanes_.reserve(lane, mail_class, taken.count, taken.has_place);
  if (found.probe) warmup::probe_leaves(lane.record);
  if (!line.exempt && !taken.has_place) lane.shares.took(line.pool->name, mail_class, taken.count, lane.record.today.started);
  ++attempts_;
  const auto answer = receiver_.answer({lane.source, lane.provider, taken.count, taken.greylisted_at, now_, taken.from_domain});
  Recipients said_of = 0;
  for (const auto& said : answer) {
    Part part{line, lane, taken, found.probe};
    part.cohort.number += said_of;
    part.cohort.count = std::min(said.recipients, taken.count - said_of);
    said_of += part.cohort.count;
    if (part.cohort.count > 0) settle(std::move(part), said);
  }
  if (said_of < taken.count) {  // not said any more: it keeps its place
    Cohort rest = taken;
    rest.count = taken.count - said_of;
    if (taken.has_place) {
      lanes_.keep_slots(lane, mail_class, rest.count);
    } else if (!line.exempt) {
      lanes_.refund(lane, mail_class, rest.count);
      lane.shares.gave_back(line.pool->name, mail_class, rest.count, lane.record.today.started);
    }
    rest.number += said_of;
    put(line, rest);
  }
  if (found.probe && lane.record.brake.probing) warmup::probe_unanswered(lane.record, now_);
}

}  // namespace mta::simulate
