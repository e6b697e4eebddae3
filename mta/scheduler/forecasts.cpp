#include "mta/scheduler/forecasts.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>

#include "mta/report/forecasts.h"
#include "queue/ensure.h"

namespace mta {

namespace {
using namespace std::chrono_literals;
constexpr Duration forecast_lasts = 60s, worth_telling = 1h;
constexpr std::size_t forecasts_kept = 1000;

Forecasts::ForecastOf name_of(const queue::QueueKey& key) { return {key.pool, key.provider, key.mail_class}; }

std::string minute_text(Instant at) {  // "2026-11-22T08:00Z"
  return queue::rfc3339(at).substr(0, 16) + "Z";
}
}  // namespace

bool Forecasts::may_be_held_up(const queue::QueueKey& key) {
  const auto* pool = key.kind == queue::QueueKind::routed ? state_.pool_of(key.pool) : nullptr;
  if (pool == nullptr) return false;
  return std::ranges::any_of(pool->sources, [&](const std::string& name) {
    const auto* source = state_.config().source(name);
    if (source == nullptr || state_.absent.has(name)) return false;
    const LiveLane& lane = state_.lanes.at({name, source->is_smarthost() ? "*" : key.provider});
    return may_hold_up(lane.with_rules());
  });
}

void Forecasts::note_stale(const queue::QueueKey& key, std::uint64_t more, Stale& stale) {
  if (!may_be_held_up(key)) return;
  const auto ahead = state_.ahead_of(key, Bound::counted) + more;
  const auto found = known_.find(name_of(key));
  const QueueForecast* last = found == known_.end() ? nullptr : &found->second.forecast;
  const auto age = last == nullptr ? forecast_lasts : state_.now() - last->made;
  const auto moved = last == nullptr ? ahead : std::max(ahead, last->ahead) - std::min(ahead, last->ahead);
  const bool fresh = last != nullptr && age < forecast_lasts && age >= 0s && moved * 50 <= last->ahead;
  if (!fresh) stale[name_of(key)] = ahead;
}

void Forecasts::renew(const Stale& stale, Job then) {
  const auto aside = std::make_shared<PutAside>(PutAside{stale.size(), std::move(then)});
  for (const auto& [name, ahead] : stale) {
    auto& those = under_way_[name];
    those.push_back(aside);
    if (those.size() == 1) wanted_[name] = ahead;
  }
  if (!making_) start_round();
}

void Forecasts::start_round() {
  if (wanted_.empty()) return;
  making_ = true;
  asio::co_spawn(state_.world.threads.io(),
                 make(std::exchange(wanted_, {}), state_.queues.groups(), state_.policy.config, changes_),
                 [](const std::exception_ptr& error) { ENSURE(error == nullptr); });  // mail waits for it
}

// On an io thread: of the scheduler's it has copies. They are many, so they end on the work pool too.
awaitable<void> Forecasts::make(Stale names, queue::QueueGroups groups, std::shared_ptr<const conf::Config> config,
                                std::uint64_t change) {
  const auto request_of = [](const ForecastOf& name) {
    ForecastRequest of;
    std::tie(of.pool, of.provider, of.mail_class) = name;
    return of;
  };
  std::set<LaneKey> needed;
  co_await state_.world.work.run([&] {
    for (const auto& [name, ahead] : names) needed.merge(lanes_of_forecast(*config, groups, request_of(name)));
  });
  LaneStates lanes = co_await snapshots_.lanes(needed);
  Made found;
  co_await state_.world.work.run([&] {
    const LaneStates copies = std::move(lanes);
    for (const auto& [name, ahead] : names) found[name] = make_queue_forecast(request_of(name), ahead, {copies, groups});
  });
  state_.inbox->put([this, found = std::move(found), change] { made(found, change); });
}

void Forecasts::made(const Made& found, std::uint64_t change) {
  making_ = false;
  if (known_.size() > forecasts_kept) known_.clear();
  std::vector<std::shared_ptr<PutAside>> ready;
  for (const auto& [name, forecast] : found) {
    auto& known = known_[name] = {forecast, state_.now()};
    if (change != changes_) known.forecast.made = {};  // of lanes as they were before: for those that waited, and no longer
    auto those = under_way_.extract(name);
    if (those.empty()) continue;
    for (const auto& aside : those.mapped()) {
      if (--aside->left == 0) ready.push_back(aside);
    }
  }
  for (const auto& aside : ready) std::move(aside->then)();
  if (!making_) start_round();
}

void Forecasts::release() {
  wanted_.clear();
  std::vector<std::shared_ptr<PutAside>> all;
  for (const auto& [name, those] : std::exchange(under_way_, {})) {
    for (const auto& aside : those) {
      if (std::exchange(aside->left, 0) > 0) all.push_back(aside);
    }
  }
  for (const auto& aside : all) std::move(aside->then)();
}

void Forecasts::forget() {
  ++changes_;
  for (auto& [name, known] : known_) known.forecast.made = {};
}

const QueueForecast* Forecasts::to_be_told(const queue::QueueKey& key) const {
  const auto found = known_.find(name_of(key));
  if (found == known_.end()) return nullptr;
  const auto age = state_.now() - found->second.learnt;
  return age >= 0s && age < forecast_lasts ? &found->second.forecast : nullptr;
}

// What is queued already waits for it; to the only recipient there is nothing to tell.
std::string Forecasts::opens_text(const queue::QueueKey& key) {
  const QueueForecast* forecast = key.bound_to.empty() ? to_be_told(key) : nullptr;
  if (forecast == nullptr || !forecast->eta || *forecast->eta - state_.now() <= worth_telling) return "";
  if (!may_be_held_up(key) || state_.ahead_of(key, Bound::counted) < 2) return "";
  return fmt::format("{} opens about {}", key.provider, minute_text(*forecast->eta));
}

// Empty when the queue has room.
std::string Forecasts::full_text(const queue::QueueKey& key) {
  const QueueForecast* forecast = to_be_told(key);
  if (forecast == nullptr || !forecast->full || !may_be_held_up(key)) return "";
  if (!forecast->eta) return fmt::format("nothing goes to {} until further notice", key.provider);
  return fmt::format("{} opens about {}", key.provider, minute_text(*forecast->eta));
}

}  // namespace mta
