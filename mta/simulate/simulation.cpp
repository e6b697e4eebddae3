#include "mta/simulate/simulation.h"

#include <algorithm>

#include "warmup/brake.h"
#include "warmup/choose.h"
#include "warmup/lane_command.h"

namespace mta::simulate {

namespace {

using warmup::Why;
constexpr Duration just_after = std::chrono::milliseconds(1);

std::vector<Models::Closed> closed_times(const Scenario& scenario, const SeasonDays& days) {
  std::vector<Models::Closed> closed;
  for (const auto& outage : scenario.outages) {
    const Instant from = days.time_of(outage.day, outage.at);
    closed.push_back({outage.provider, from, from + outage.lasts});
  }
  return closed;
}

}  // namespace

Simulation::Simulation(const conf::Config& config, const Scenario& scenario, std::uint64_t seed, Receiver* receiver)
    : state_(config, scenario),
      held_(state_),
      outcomes_(state_, seed + 1),
      plan_(scenario, state_.days, state_.queues, seed + 2),
      models_(scenario.receivers, closed_times(scenario, state_.days), state_.days.begins(), seed),
      receiver_(receiver != nullptr ? *receiver : models_) {
  const auto& boundaries = state_.days.boundaries();
  for (std::size_t day = 0; day < boundaries.size(); ++day) state_.events.schedule(boundaries[day], Happens::day, day);
  for (std::size_t i = 0; i < scenario.deeds.size(); ++i)
    state_.events.schedule(state_.days.time_of(scenario.deeds[i].day, scenario.deeds[i].at), Happens::deed, i);
}

SimulationReport Simulation::play() {
  const auto report = [this] { return state_.tally.report(state_.scenario, state_.days, state_.lanes, state_.queues); };
  auto& events = state_.events;
  while (!events.empty() && events.next() <= state_.days.ends()) {
    state_.now = events.next();
    while (!events.empty() && events.next() == state_.now) {
      const SeasonEvent event = events.pop();
      happen(event);
      if (event.what == Happens::day && event.index + 1 == state_.days.boundaries().size()) return report();
    }
    while (!state_.awake.empty()) {
      const auto turn = state_.awake.next(state_.now);
      if (serve(turn.queue, turn.most)) state_.awake.enter(turn.queue, state_.now);
    }
  }
  return report();
}

void Simulation::happen(const SeasonEvent& event) {
  switch (event.what) {
    case Happens::day:
      if (event.index > 0) close_day();
      if (event.index + 1 == state_.days.boundaries().size()) return;
      return plan_.plan_day(static_cast<unsigned>(event.index) + 1, [this](const MailArrival& arrival, Instant at) {
        arriving_.push_back(arrival);
        state_.events.schedule(at, Happens::arrival, arriving_.size() - 1);
      });
    case Happens::deed: return do_deed(state_.scenario.deeds[event.index]);
    case Happens::arrival: return arrive(arriving_[event.index]);
    case Happens::wake: return state_.awake.enter(state_.queues.at(event.index), state_.now);
  }
}

void Simulation::close_day() {
  state_.tally.close_day(state_.days.date_ended(state_.now), state_.lanes, state_.queues);
  state_.lanes.bring_all(state_.now);
}

void Simulation::do_deed(const OperatorStep& deed) {
  const auto* source = state_.config.source(deed.source);
  if (source == nullptr) return;
  auto& lanes = state_.lanes;
  SimulatedLane& lane = lanes.open(*source, source->is_smarthost() ? "*" : deed.provider, false);
  lanes.bring(lane, state_.now);
  auto done = warmup::apply(lane.with_rules(), deed.request, state_.now);
  if (!done.refused.empty()) done.changes = {{"refused", done.refused, {}, true}};
  lanes.note(lane, done.changes, state_.now);
  ++lane.changed;
  lanes.let_go(lane);
}

void Simulation::arrive(const MailArrival& arrival) {
  SimulatedQueue& queue = *arrival.queue;
  if (held_.is_full(queue)) return state_.tally.count(queue, &Counts::refused, arrival.count);
  state_.tally.count(queue, &Counts::arrived, arrival.count);
  const Recipients over = held_.overflowing(queue, arrival.count);
  Cohort mail;
  mail.born = mail.due = state_.now;
  mail.from_domain = arrival.from_domain;
  mail.number = next_mail_;
  next_mail_ += arrival.count;
  mail.count = arrival.count - over;
  if (mail.count > 0) state_.put(queue, mail);
  mail.number += mail.count;
  mail.count = over;
  if (over > 0) state_.put(*queue.overflow_queue, mail);
  if (queue.overflow_again > state_.now) state_.wake(queue);  // new mail asks the overflow again, for what waits before it
}

bool Simulation::serve(SimulatedQueue& queue, Recipients most) {
  if (queue.mail.empty()) return false;
  const Cohort& head = queue.mail.front();
  if (head.due > state_.now) {
    state_.events.schedule(head.due, Happens::wake, queue.index);
    return false;
  }
  if (queue.backoff > Duration(0)) {
    if (held_.expire(queue, head)) return true;
    if (queue.closed_until > state_.now) return state_.sleep(queue, queue.closed_until), false;
  }
  if (held_.release(queue, head) || held_.bounce_blocked(queue, head) || held_.wait_for_sender(queue, head)) return true;
  const Taker found = look_for_lane(queue, head);
  if (found.way != nullptr) return give(queue, found, most), true;
  if (!found.hold) return false;
  if (!found.passes && held_.relieve(queue, head)) return true;
  state_.sleep(queue, held_.looks_again(queue, head, rounded(*found.hold)));
  return false;
}

// The pace opens for one recipient after the other; they are taken together, a step's worth.
Instant Simulation::rounded(const warmup::Hold& hold) const {
  if (hold.why != Why::pace && hold.why != Why::reserve && hold.why != Why::hourly) return hold.until;
  const Duration since = hold.until - state_.days.begins(), step = state_.scenario.step;
  return state_.days.begins() + (since + step - just_after) / step * step;
}

Simulation::Taker Simulation::look_for_lane(SimulatedQueue& queue, const Cohort& head) {
  Taker found;
  std::vector<warmup::Candidate> candidates;
  std::vector<std::pair<LaneAnswer*, warmup::Permit>> granted;
  candidates.reserve(queue.ways.size());
  granted.reserve(queue.ways.size());
  for (auto& way : queue.ways) {
    if (queue.bound_to != nullptr) way.known = false;  // heads with and without a place
    const warmup::Ask request{queue.mail_class->name, way.lane->per_message, head.has_place, 0, queue.exempt};
    const auto& answer = state_.lanes.ask(way, request, state_.now);
    if (const auto* hold = std::get_if<warmup::Hold>(&answer)) {
      if (!found.hold || warmup::ends_before(*hold, *found.hold)) found.hold = *hold;
      found.passes = found.passes || hold->passes;
      continue;
    }
    granted.emplace_back(&way, std::get<warmup::Permit>(answer));
    candidates.push_back({way.lane->record.phase, warmup::left(way.lane->record), 0});
  }
  if (granted.empty()) return found;
  const auto& [way, permit] = granted[warmup::choose(candidates, queue.mail_class->prefer)];
  found.way = way;
  found.recipients = permit.recipients;
  found.probe = permit.probe;
  return found;
}

void Simulation::give(SimulatedQueue& queue, const Taker& found, Recipients at_most) {
  SimulatedLane& lane = *found.way->lane;
  const Recipients most =
      queue.backoff > Duration(0) ? 1 : std::min({found.recipients, lane.per_message, at_most});  // a closed site: one probe
  const Cohort taken = found.probe ? queue.mail.take_another(trigger_of(lane), state_.now) : queue.mail.take(most);
  const auto& mail_class = queue.mail_class->name;
  if (!queue.exempt) state_.lanes.reserve(lane, mail_class, taken.count, taken.has_place);
  if (found.probe) warmup::probe_leaves(lane.record);
  if (!queue.exempt && !taken.has_place) lane.took(queue.pool->name, mail_class, taken.count);
  state_.tally.attempted();
  const auto answer =
      receiver_.answer({lane.source, lane.provider, taken.count, taken.greylisted_at, state_.now, taken.from_domain});
  Recipients said_of = 0;
  for (const auto& said : answer) {
    AnsweredPart part{queue, lane, taken, found.probe};
    part.cohort.number += said_of;
    part.cohort.count = std::min(said.recipients, taken.count - said_of);
    said_of += part.cohort.count;
    if (part.cohort.count > 0) outcomes_.settle(std::move(part), said);
  }
  if (said_of < taken.count) put_back_rest(queue, lane, taken, said_of);
  if (found.probe && lane.record.brake.probing) warmup::probe_unanswered(lane.record, state_.now);
}

// What was not said any more keeps its place.
void Simulation::put_back_rest(SimulatedQueue& queue, SimulatedLane& lane, Cohort taken, Recipients said_of) {
  const auto& mail_class = queue.mail_class->name;
  taken.number += said_of;
  taken.count -= said_of;
  if (taken.has_place) {
    state_.lanes.keep_slots(lane, mail_class, taken.count);
  } else if (!queue.exempt) {
    state_.lanes.refund(lane, mail_class, taken.count);
    lane.gave_back(queue.pool->name, mail_class, taken.count);
  }
  state_.put(queue, taken);
}

SimulationReport play(const conf::Config& config, const Scenario& scenario, std::uint64_t seed, Receiver* receiver) {
  SimulationReport report = Simulation(config, scenario, seed, receiver).play();
  report.seed = seed;
  return report;
}

}  // namespace mta::simulate
