#include "mta/simulate/season_state.h"

#include <algorithm>

namespace mta::simulate {

SeasonState::SeasonState(const conf::Config& played, const Scenario& of)
    : config(played),
      scenario(of),
      days(played, of),
      lanes(played, [this](const SimulatedLane& lane) { wake_for(lane); }),
      queues(played, lanes),
      awake(lanes, queues) {}

void SeasonState::put(SimulatedQueue& queue, const Cohort& mail) {
  if (!queue.mail.put(mail)) return;
  if (mail.due <= now) return wake(queue);
  events.schedule(mail.due, Happens::wake, queue.index);
}

void SeasonState::go_home(SimulatedQueue& queue, SimulatedLane& bound_to, Cohort mail) {
  if (mail.has_place) lanes.drop_slots(bound_to, queue.mail_class->name, mail.count);
  mail.has_place = false;
  mail.tries.greylist_delay = Duration(0);
  mail.tries.bound_at.reset();
  mail.greylisted_at.reset();
  put(queues.home_of(queue, mail), mail);
}

void SeasonState::end(const SimulatedQueue& queue, SimulatedLane& lane, const Cohort& mail, Recipients Counts::*fate) {
  tally.count(queue, fate, mail.count);
  if (mail.has_place) lanes.drop_slots(lane, queue.mail_class->name, mail.count);
}

void SeasonState::sleep(SimulatedQueue& queue, Instant until) {
  queue.asleep_until = until;
  events.schedule(until, Happens::wake, queue.index);
}

void SeasonState::wake(SimulatedQueue& queue) {
  queue.asleep_until = std::min(queue.asleep_until, now);
  awake.enter(queue, now);
}

void SeasonState::wake_for(const SimulatedLane& lane) {
  for (const auto index : lane.queues) wake(queues.at(index));
}

}  // namespace mta::simulate
