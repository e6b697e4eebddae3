#include "mta/simulate/season_tally.h"

#include <algorithm>
#include <utility>

#include "warmup/lane_curve.h"

namespace mta::simulate {

namespace {
// Of the pools' own sources: what their lanes may send, and between which stages they are.
void add_lane(DayReport& day, const SimulatedLane& lane) {
  const auto& today = lane.record.today;
  const bool limited = today.limit && lane.rules->enforced();
  if (limited) day.cap += *today.limit;
  day.unlimited = day.unlimited || !limited;
  if (lane.rules->plan == nullptr) return;
  day.lowest_stage = day.planned ? std::min(day.lowest_stage, today.stage) : today.stage;
  day.highest_stage = std::max(day.highest_stage, today.stage);
  day.planned = true;
}

SimulatedLaneReport report_of(const SimulatedLane& lane, const SeasonDays& days) {
  SimulatedLaneReport row;
  row.source = lane.source;
  row.provider = lane.provider;
  row.plan = lane.record.plan;
  row.overflow = lane.overflow;
  row.enforced = lane.rules->enforced();
  row.days = lane.days;
  row.state = std::string(lane.record.shown_state());
  row.stage = lane.record.stage;
  if (const auto growth = warmup::growth_of({&lane.record, lane.rules})) row.growth = warmup::factor_of(*growth);
  row.cap = lane.record.today.limit;
  if (lane.warm) row.warm = days.date_at(*lane.warm);
  return row;
}
}  // namespace

void SeasonTally::refused_us(const SimulatedQueue& queue, Instant now) {
  Stop& stop = stops_[queue.provider];
  if (!stop.since) stop.since = now;
}

void SeasonTally::delivered_again(const SimulatedQueue& queue, Instant now) {
  const auto found = stops_.find(queue.provider);
  if (found == stops_.end() || !found->second.since) return;
  Stop& stop = found->second;
  stop.longest = std::max(stop.longest, now - *std::exchange(stop.since, std::nullopt));
}

void SeasonTally::close_day(const std::string& date, const Lanes& lanes, const Queues& queues) {
  DayReport day;
  day.date = date;
  for (const auto& lane : lanes.all()) {
    const bool counts = !lane->record.today.date.empty() && !lane->overflow && !warmup::total_named(lane->provider);
    if (counts) add_lane(day, *lane);
  }
  today_.resize(queues.all().size());
  for (const auto& queue : queues.all()) {
    Counts counts = std::exchange(today_[queue->index], {});
    classes_[queue->mail_class->name].counts += counts;
    counts.waiting += queue->mail.waiting();
    day.providers[queue->provider] += counts;
    day.all += counts;
  }
  days_.push_back(std::move(day));
}

SimulationReport SeasonTally::report(const Scenario& scenario, const SeasonDays& days, Lanes& lanes, const Queues& queues) {
  SimulationReport made;
  made.title = scenario.title;
  made.file = scenario.file;
  made.timezone = days.timezone();
  made.start = days.begins();
  made.end = days.ends();
  made.days = days_;
  for (const auto& day : days_) {
    for (const auto& [provider, counts] : day.providers) {
      const bool last = &day == &days_.back();
      Counts added = counts;
      if (!last) added.waiting = 0;
      made.providers[provider] += added;
      made.total += added;
    }
  }
  for (const auto& queue : queues.all()) {
    auto& of_class = classes_[queue->mail_class->name];
    of_class.counts.waiting += queue->mail.waiting();
    for (const auto& [key, cohort] : queue->mail)
      of_class.oldest_waits = std::min(of_class.oldest_waits.value_or(cohort.born), cohort.born);
  }
  made.classes = std::move(classes_);
  for (const auto& lane : lanes.all()) {
    if (!lane->record.today.date.empty()) made.lanes.push_back(report_of(*lane, days));
  }
  for (const auto& [provider, stop] : stops_)
    made.stops[provider] = stop.since ? std::max(stop.longest, days.ends() - *stop.since) : stop.longest;
  made.changes = lanes.changes();
  made.notices = lanes.take_notices();
  made.attempts = attempts_;
  return made;
}

}  // namespace mta::simulate
