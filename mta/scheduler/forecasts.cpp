#include "mta/scheduler/forecasts.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "mta/report/queue_totals.h"
#include "warmup/forecast.h"

namespace mta {

namespace {
using namespace std::chrono_literals;
constexpr Duration forecast_lasts = 60s, worth_telling = 1h;
constexpr std::size_t forecasts_kept = 1000;

// What part of a pool's mail goes by sources of `ours`.
double shared_part(const conf::Pool& ours, const conf::Pool& other) {
  const auto shared = std::ranges::count_if(other.sources, [&](const std::string& name) { return ours.has(name); });
  return other.sources.empty() ? 0 : static_cast<double>(shared) / static_cast<double>(other.sources.size());
}

// What else waits at the provider for the same lanes: other classes, and other pools as far as they go by the same sources.
std::vector<warmup::Rival> rivals_of(const conf::Config& config, const QueueGroups& queues, const queue::QueueKey& of) {
  const auto* ours = pool_in(config, of.pool);
  const std::string& mail_class = class_in(config, of.mail_class).name;
  std::map<std::string, double> waiting;
  for (auto at = queues.lower_bound({of.provider, {}, {}, {}}); at != queues.end() && at->first.provider == of.provider; ++at) {
    const auto* pool = pool_in(config, at->first.pool);
    if (ours == nullptr || pool == nullptr) continue;
    const std::string& name = class_in(config, at->first.mail_class).name;
    if (pool == ours && name == mail_class) continue;
    const double part = pool == ours ? 1 : shared_part(*ours, *pool);
    if (part > 0) waiting[name] += part * static_cast<double>(at->second);
  }
  std::vector<warmup::Rival> rivals;
  for (const auto& [name, count] : waiting) rivals.push_back({name, static_cast<warmup::Recipients>(count)});
  return rivals;
}

// The other unlisted sites, those with about as much together.
std::vector<warmup::Elsewhere> alike(const std::map<std::string, std::uint64_t>& unlisted, const std::string& but) {
  std::map<unsigned long, warmup::Elsewhere> groups;
  for (const auto& [provider, waiting] : unlisted) {
    if (provider == but || waiting == 0) continue;
    auto& group = groups.try_emplace(static_cast<unsigned long>(std::bit_width(waiting)), warmup::Elsewhere{0, 0}).first->second;
    ++group.queues;
    group.waiting += waiting;
  }
  std::vector<warmup::Elsewhere> found;
  for (const auto& [size, group] : groups) found.push_back(group);
  return found;
}

// In a total over everything all unlisted sites count as one queue.
std::vector<warmup::Elsewhere> as_one(const std::vector<warmup::Elsewhere>& unlisted) {
  warmup::Elsewhere all;
  for (const auto& each : unlisted) all.waiting += each.waiting;
  return all.waiting == 0 ? std::vector<warmup::Elsewhere>{} : std::vector{all};
}

// Mail that is held back for its From domain goes no sooner than that ends.
void add_withheld(ForecastReport& report, const WithheldSenders& senders) {
  const ForecastRequest& wish = report.wish;
  if (wish.backlog || wish.waiting == 0) return;
  for (const auto& [of, sender] : senders) {
    if (sender.until <= report.now || of.second != wish.provider || !sender.queues.contains({wish.pool, wish.mail_class}))
      continue;
    report.withheld.push_back({of.first, of.second, sender.verdict, sender.until, sender.queues});
    if (report.forecast.gone) report.forecast.gone = std::max(*report.forecast.gone, sender.until);
  }
}

std::string minute_text(Instant at) {  // "2026-11-22T08:00Z"
  return queue::rfc3339(at).substr(0, 16) + "Z";
}
}  // namespace

std::vector<warmup::Way> Forecasts::ways_of(const std::string& pool, const std::string& provider, const std::string& source) {
  std::vector<warmup::Way> ways;
  const auto* of = state_.pool_of(pool);
  if (of == nullptr) return ways;
  for (const auto& name : of->sources) {
    const auto* each = state_.policy.config->source(name);
    if (each == nullptr || (!source.empty() && source != name)) continue;
    if (state_.absent.has(name)) continue;  // nothing can leave from an address that is not here
    const LaneKey key{name, each->is_smarthost() ? "*" : provider};
    warmup::Way way{state_.lanes.at(key).with_rules(), {}, {}, name};
    if (const auto total = state_.lanes.total_of(key)) way.overall = state_.lanes.at(*total).with_rules();
    ways.push_back(way);
  }
  return ways;
}

// In a total over everything the other listed providers wait too, each as far as its own lane lets it.
std::vector<warmup::Elsewhere> Forecasts::others_in_total(const std::string& source, const std::string& but) {
  if (state_.lanes.plans().total(source) != warmup::Total::all) return {};
  std::map<std::string, warmup::Recipients> waiting;
  for (const auto& [queue, count] : state_.queues.groups()) {
    const auto* pool = queue.provider == but ? nullptr : state_.pool_of(queue.pool);
    if (pool != nullptr && pool->has(source)) waiting[queue.provider] += count;
  }
  std::vector<warmup::Elsewhere> others;
  for (const auto& [provider, count] : waiting) others.push_back({1, count, state_.lanes.at({source, provider}).with_rules()});
  return others;
}

ForecastReport Forecasts::forecast(const ForecastRequest& wish) {
  const LaneTable::Inquiry question(state_.lanes);
  ForecastReport report = forecast_of(wish);
  add_withheld(report, state_.withholding.all());
  return report;
}

ForecastReport Forecasts::forecast_of(const ForecastRequest& wish) {
  ForecastReport report;
  report.now = state_.now();
  report.wish = wish;
  warmup::Demand demand{wish.mail_class, wish.backlog.value_or(wish.waiting), wish.per_day, wish.days,
                        rivals_of(*state_.policy.config, state_.queues.groups(),
                                  {queue::QueueKind::routed, wish.pool, wish.provider, wish.mail_class, {}, {}})};
  auto ways = ways_of(wish.pool, wish.provider, wish.source);
  for (auto& way : ways) {
    if (way.overall.lane == nullptr) continue;
    way.beside = alike(wish.unlisted, wish.provider);
    auto listed = others_in_total(way.source, wish.provider);
    if (state_.lanes.plans().total(way.source) == warmup::Total::all) {
      if (!warmup::is_unlisted(wish.provider)) way.beside = as_one(way.beside);
      for (auto& each : way.beside) each.same_turn = warmup::is_unlisted(wish.provider);
    }
    std::move(listed.begin(), listed.end(), std::back_inserter(way.beside));
  }
  report.forecast = warmup::forecast(ways, demand, state_.now());
  report.max_wait = state_.class_of(wish.mail_class).max_wait;
  return report;
}

// The snapshot that acceptance reads, for a pool, provider and class: made anew after a minute, or when what waits is another by a fiftieth.
const QueueForecast& Forecasts::forecast_of_queue(const queue::QueueKey& key) {
  if (known_.size() > forecasts_kept) known_.clear();
  auto& known = known_[{key.pool, key.provider, key.mail_class}];
  const auto ahead = state_.ahead_of(key, Bound::counted);
  const auto moved = ahead > known.ahead ? ahead - known.ahead : known.ahead - ahead;
  const bool fresh = known.made != Instant{} && state_.now() - known.made < forecast_lasts && state_.now() >= known.made;
  if (fresh && moved * 50 <= known.ahead) return known;
  known.made = state_.now();
  known.ahead = ahead;
  const auto waiting = ahead + 1;
  auto ways = ways_of(key.pool, key.provider, "");
  for (auto& way : ways) way.beside = others_in_total(way.source, key.provider);
  const auto found = warmup::forecast(
      ways, {key.mail_class, waiting, 0, 60, rivals_of(*state_.policy.config, state_.queues.groups(), key)}, state_.now());
  known.eta = found.gone;
  known.full = !found.days.empty() && (!found.gone || *found.gone - state_.now() > state_.class_of(key.mail_class).max_wait);
  return known;
}

// By a plan, or by a brake or an operator, who stop a lane without a plan too.
bool Forecasts::may_be_held_up(const queue::QueueKey& key) {
  if (key.kind != queue::QueueKind::routed) return false;
  const auto ways = ways_of(key.pool, key.provider, "");
  return std::any_of(ways.begin(), ways.end(), [](const warmup::Way& way) {
    const warmup::Lane& lane = *way.lane.lane;
    return way.lane.rules->enforced() || lane.brake.state != warmup::Brake::none ||
           lane.operator_hold.state != warmup::OperatorHold::none;
  });
}

// What is queued already waits for it; to the only recipient there is nothing to tell.
std::string Forecasts::opens_text(const queue::QueueKey& key) {
  if (!key.bound_to.empty() || !may_be_held_up(key) || state_.ahead_of(key, Bound::counted) < 2) return "";
  const auto& forecast = forecast_of_queue(key);
  if (!forecast.eta || *forecast.eta - state_.now() <= worth_telling) return "";
  return fmt::format("{} opens about {}", key.provider, minute_text(*forecast.eta));
}

// Empty when the queue has room.
std::string Forecasts::full_text(const queue::QueueKey& key) {
  if (!may_be_held_up(key)) return "";
  const auto& forecast = forecast_of_queue(key);
  if (!forecast.full) return "";
  if (!forecast.eta) return fmt::format("nothing goes to {} until further notice", key.provider);
  return fmt::format("{} opens about {}", key.provider, minute_text(*forecast.eta));
}

}  // namespace mta
