#include "mta/simulate/simulation.h"

#include <algorithm>

#include "conf/own_domains.h"
#include "mta/simulate/scenario_tables.h"
#include "warmup/lane_command.h"

namespace mta::simulate {

namespace {

using namespace std::chrono_literals;

// Days begin with the plan that is played, so that a day of the report is a day of the lanes.
std::string zone_of(const Scenario& scenario, const conf::Config& config) {
  if (!scenario.timezone.empty()) return scenario.timezone;
  for (const auto& source : config.sources) {
    for (const auto& plan : config.plans) {
      if (plan.name == source.plan) return plan.timezone;
    }
  }
  return "UTC";
}

// Local midnights: where the first day begins and where each one ends.
std::vector<Instant> midnights(const warmup::DayRule& rule, const Scenario& scenario) {
  const Instant earliest = Instant(*parse_date(scenario.start)) - 24h * 2;
  std::vector<Instant> days{rule.next_boundary(earliest)};
  while (rule.date(rule.next_boundary(days.front())) != scenario.start) days.front() = rule.next_boundary(days.front());
  while (days.size() <= scenario.days) days.push_back(rule.next_boundary(days.back()));
  return days;
}

std::vector<Models::Closed> closed_times(const Scenario& scenario, const std::vector<Instant>& days) {
  std::vector<Models::Closed> closed;
  for (const auto& outage : scenario.outages) {
    const Instant from = days[outage.day - 1] + outage.at;
    closed.push_back({outage.provider, from, from + outage.lasts});
  }
  return closed;
}

}  // namespace

Simulation::Simulation(const conf::Config& config, const Scenario& scenario, std::uint64_t seed, Receiver* receiver)
    : config_(config),
      scenario_(scenario),
      timezone_(zone_of(scenario, config)),
      day_rule_(timezone_, 0min),
      days_(midnights(day_rule_, scenario)),
      models_(scenario.receivers, closed_times(scenario, days_), days_.front(), seed),
      receiver_(receiver != nullptr ? *receiver : models_),
      luck_(seed + 1),
      mail_luck_(seed + 2),
      lanes_(config, [this](const Lane& lane) { wake_for(lane); }),
      own_(conf::own_domains(config)),
      owed_(scenario.arrivals.size()) {
  for (std::size_t day = 0; day < days_.size(); ++day) schedule(days_[day], Kind::day, day);
  for (std::size_t i = 0; i < scenario.deeds.size(); ++i)
    schedule(time_of(scenario.deeds[i].day, scenario.deeds[i].at), Kind::deed, i);
  for (std::size_t i = 0; i < owed_.size(); ++i) owed_[i].resize(scenario.arrivals[i].to.size());
}

Report Simulation::play() {
  while (!events_.empty() && events_.top().at <= days_.back()) {
    now_ = events_.top().at;
    while (!events_.empty() && events_.top().at == now_) {
      const Event event = events_.top();
      events_.pop();
      happen(event);
      if (event.kind == Kind::day && event.index + 1 == days_.size()) return report();
    }
    serve_awake();
  }
  return report();
}

void Simulation::schedule(Instant at, Kind kind, std::size_t index) { events_.push({at, kind, next_event_++, index}); }

Instant Simulation::time_of(unsigned day, std::chrono::minutes at) const { return days_[day - 1] + at; }

void Simulation::happen(const Event& event) {
  switch (event.kind) {
    case Kind::day:
      if (event.index > 0) close_day();
      if (event.index + 1 < days_.size()) plan_day(static_cast<unsigned>(event.index) + 1);
      return;
    case Kind::deed: return do_deed(scenario_.deeds[event.index]);
    case Kind::arrival: return arrive(arriving_[event.index]);
    case Kind::wake: return enqueue(*lines_[event.index]);
  }
}

void Simulation::close_day() {
  DayReport day;
  day.date = day_rule_.date(now_);
  for (const auto& lane : lanes_.all()) {
    if (lane->record.today.date.empty() || lane->overflow || warmup::total_named(lane->provider)) continue;
    const auto& today = lane->record.today;
    const bool limited = today.limit && lane->rules->enforced();
    if (limited) day.cap += *today.limit;
    day.unlimited = day.unlimited || !limited;
    if (lane->rules->plan == nullptr) continue;
    day.lowest_stage = day.planned ? std::min(day.lowest_stage, today.stage) : today.stage;
    day.highest_stage = std::max(day.highest_stage, today.stage);
    day.planned = true;
  }
  for (const auto& line : lines_) today_[line->provider].waiting += line->mail.waiting();
  for (const auto& [provider, counts] : today_) day.all += counts;
  day.providers = std::exchange(today_, {});
  reports_.push_back(std::move(day));
  lanes_.bring_all(now_);
}

void Simulation::do_deed(const OperatorStep& deed) {
  const auto* source = config_.source(deed.source);
  if (source == nullptr) return;
  Lane& lane = lanes_.open(*source, source->is_smarthost() ? "*" : deed.provider, false);
  lanes_.bring(lane, now_);
  auto done = warmup::apply(lane.with_rules(), deed.wish, now_);
  if (!done.refused.empty()) done.changes = {{"refused", done.refused, {}, true}};
  lanes_.note(lane, done.changes, now_);
  ++lane.changed;
  lanes_.let_go(lane);
}

// What was told to wait for this lane asks again.
void Simulation::wake_for(const Lane& lane) {
  for (const auto index : lane.lines) {
    Line& line = *lines_[index];
    line.asleep_until = std::min(line.asleep_until, now_);
    enqueue(line);
  }
}

Report Simulation::report() {
  Report made;
  made.title = scenario_.title;
  made.file = scenario_.file;
  made.timezone = timezone_;
  made.start = days_.front();
  made.end = days_.back();
  made.days = reports_;
  for (const auto& day : reports_) {
    for (const auto& [provider, counts] : day.providers) {
      const bool last = &day == &reports_.back();
      Counts added = counts;
      if (!last) added.waiting = 0;
      made.providers[provider] += added;
      made.total += added;
    }
  }
  for (const auto& line : lines_) {
    auto& of_class = classes_[line->mail_class->name];
    of_class.counts.waiting += line->mail.waiting();
    for (const auto& [key, cohort] : line->mail)
      of_class.oldest_waits = std::min(of_class.oldest_waits.value_or(cohort.born), cohort.born);
  }
  made.classes = std::move(classes_);
  for (const auto& lane : lanes_.all()) {
    if (lane->record.today.date.empty()) continue;
    LaneReport row;
    row.source = lane->source;
    row.provider = lane->provider;
    row.plan = lane->record.plan;
    row.overflow = lane->overflow;
    row.enforced = lane->rules->enforced();
    row.days = lane->days;
    row.state = std::string(lane->record.shown_state());
    row.stage = lane->record.stage;
    row.cap = lane->record.today.limit;
    if (lane->warm) row.warm = day_rule_.date(day_rule_.next_boundary(*lane->warm));
    made.lanes.push_back(std::move(row));
  }
  made.changes = lanes_.changes();
  made.notices = lanes_.take_notices();
  made.attempts = attempts_;
  return made;
}

Report play(const conf::Config& config, const Scenario& scenario, std::uint64_t seed, Receiver* receiver) {
  Report report = Simulation(config, scenario, seed, receiver).play();
  report.seed = seed;
  return report;
}

}  // namespace mta::simulate
