#include "mta/report/forecasts.h"

#include <algorithm>
#include <bit>

#include "mta/report/queue_totals.h"
#include "warmup/forecast.h"

namespace mta {

namespace {

constexpr unsigned days_for_acceptance = 60;

// What part of a pool's mail goes by sources of `ours`.
double shared_part(const conf::Pool& ours, const conf::Pool& other) {
  const auto shared = std::ranges::count_if(other.sources, [&](const std::string& name) { return ours.has(name); });
  return other.sources.empty() ? 0 : static_cast<double>(shared) / static_cast<double>(other.sources.size());
}

// What else waits at the provider for the same lanes: other classes, and other pools as far as they go by the same sources.
std::vector<warmup::Rival> rivals_of(const conf::Config& config, const queue::QueueGroups& groups, const ForecastRequest& of) {
  const auto* ours = pool_in(config, of.pool);
  const std::string& mail_class = class_in(config, of.mail_class).name;
  std::map<std::string, double> waiting;
  for (auto at = groups.lower_bound({of.provider, {}, {}, {}}); at != groups.end() && at->first.provider == of.provider; ++at) {
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
  std::map<unsigned long, warmup::Elsewhere> sizes;
  for (const auto& [provider, waiting] : unlisted) {
    if (provider == but || waiting == 0) continue;
    auto& size = sizes.try_emplace(static_cast<unsigned long>(std::bit_width(waiting)), warmup::Elsewhere{0, 0}).first->second;
    ++size.queues;
    size.waiting += waiting;
  }
  std::vector<warmup::Elsewhere> found;
  for (const auto& [bits, size] : sizes) found.push_back(size);
  return found;
}

// In a total over everything all unlisted sites count as one queue.
std::vector<warmup::Elsewhere> as_one(const std::vector<warmup::Elsewhere>& unlisted) {
  warmup::Elsewhere all;
  for (const auto& each : unlisted) all.waiting += each.waiting;
  return all.waiting == 0 ? std::vector<warmup::Elsewhere>{} : std::vector{all};
}

// The lanes of the sources by which mail of the pool may go to the provider; with `source`, only that one's.
std::vector<LaneKey> own_lanes(const conf::Config& config, const ForecastRequest& of) {
  std::vector<LaneKey> lanes;
  const auto* pool = pool_in(config, of.pool);
  if (pool == nullptr) return lanes;
  for (const auto& name : pool->sources) {
    const auto* source = config.source(name);
    if (source != nullptr && (of.source.empty() || of.source == name))
      lanes.push_back({name, source->is_smarthost() ? "*" : of.provider});
  }
  return lanes;
}

// Nothing can leave from an address that is not here.
std::vector<warmup::Way> ways_of(const LaneStates& lanes, const ForecastRequest& of) {
  std::vector<warmup::Way> ways;
  for (const auto& key : own_lanes(*lanes.config, of)) {
    const LaneState* lane = lanes.find(key);
    if (lane == nullptr || lane->absent) continue;
    warmup::Way way{lane->view(), {}, {}, key.source};
    if (const LaneState* total = lanes.total_of(key)) way.overall = total->view();
    ways.push_back(std::move(way));
  }
  return ways;
}

// In a total over everything the other listed providers wait too; what waits for each of them by the source.
std::map<std::string, warmup::Recipients> waiting_elsewhere(const conf::Config& config, const queue::QueueGroups& groups,
                                                            const std::string& source, const std::string& but) {
  std::map<std::string, warmup::Recipients> waiting;
  if (config.total_of(source) != warmup::Total::all) return waiting;
  for (const auto& [group, count] : groups) {
    const auto* pool = group.provider == but ? nullptr : pool_in(config, group.pool);
    if (pool != nullptr && pool->has(source)) waiting[group.provider] += count;
  }
  return waiting;
}

// Each as far as its own lane lets it.
std::vector<warmup::Elsewhere> others_in_total(const ForecastBasis& basis, const std::string& source, const std::string& but) {
  std::vector<warmup::Elsewhere> others;
  for (const auto& [provider, count] : waiting_elsewhere(*basis.lanes.config, basis.groups, source, but)) {
    if (const LaneState* lane = basis.lanes.find({source, provider}))
      others.push_back({1, count, lane->view(), false, LaneKey{source, provider}});
  }
  return others;
}

// What waits beside the queue for the total of that way.
std::vector<warmup::Elsewhere> beside(const ForecastBasis& basis, const ForecastRequest& request, const std::string& source) {
  auto found = alike(request.unlisted, request.provider);
  if (basis.lanes.config->total_of(source) == warmup::Total::all) {
    if (!warmup::is_unlisted(request.provider)) found = as_one(found);
    for (auto& each : found) each.same_turn = warmup::is_unlisted(request.provider);
  }
  auto listed = others_in_total(basis, source, request.provider);
  std::move(listed.begin(), listed.end(), std::back_inserter(found));
  return found;
}

// Mail that is held back for its From domain goes no sooner than that ends.
void add_withheld(ForecastReport& report, const std::vector<WithheldReport>& withheld) {
  const ForecastRequest& request = report.request;
  if (request.backlog || request.waiting == 0) return;
  for (const auto& each : withheld) {
    if (!each.queues.contains({request.pool, request.mail_class})) continue;
    report.withheld.push_back(each);
    if (report.forecast.gone) report.forecast.gone = std::max(*report.forecast.gone, each.until);
  }
}

}  // namespace

std::set<LaneKey> lanes_of_forecast(const conf::Config& config, const queue::QueueGroups& groups, const ForecastRequest& of) {
  std::set<LaneKey> lanes;
  for (const auto& own : own_lanes(config, of)) {
    for (const auto& [provider, count] : waiting_elsewhere(config, groups, own.source, of.provider))
      lanes.insert({own.source, provider});
    lanes.insert(own);
  }
  return lanes;
}

bool may_hold_up(const warmup::LaneView& of) {
  return of.rules->enforced() || of.lane->brake.state != warmup::Brake::none ||
         of.lane->operator_hold.state != warmup::OperatorHold::none;
}

bool may_be_held_up(const LaneStates& lanes, const ForecastRequest& of) {
  return std::ranges::any_of(ways_of(lanes, of), [](const warmup::Way& way) { return may_hold_up(way.lane); });
}

std::vector<ForecastReport> make_forecasts(const std::vector<ForecastRequest>& requests, const ForecastBasis& basis,
                                           const std::vector<WithheldReport>& withheld) {
  const auto& config = *basis.lanes.config;
  std::vector<warmup::ForecastQuestion> questions;
  for (const auto& request : requests) {
    auto ways = ways_of(basis.lanes, request);
    for (auto& way : ways) {
      if (way.overall.lane != nullptr) way.beside = beside(basis, request, way.source);
    }
    questions.push_back({std::move(ways),
                         {request.mail_class, request.backlog.value_or(request.waiting), request.per_day, request.days,
                          rivals_of(config, basis.groups, request)}});
  }
  auto made = warmup::forecasts(questions, basis.lanes.now);
  std::vector<ForecastReport> reports;
  for (std::size_t n = 0; n < requests.size(); ++n) {
    ForecastReport report;
    report.now = basis.lanes.now;
    report.request = requests[n];
    report.forecast = std::move(made[n]);
    report.max_wait = class_in(config, requests[n].mail_class).max_wait;
    add_withheld(report, withheld);
    reports.push_back(std::move(report));
  }
  return reports;
}

QueueForecast make_queue_forecast(const ForecastRequest& of, std::uint64_t ahead, const ForecastBasis& basis) {
  const auto& config = *basis.lanes.config;
  const Instant now = basis.lanes.now;
  auto ways = ways_of(basis.lanes, of);
  for (auto& way : ways) way.beside = others_in_total(basis, way.source, of.provider);
  const auto found =
      warmup::forecast(ways, {of.mail_class, ahead + 1, 0, days_for_acceptance, rivals_of(config, basis.groups, of)}, now);
  const bool late = !found.gone || *found.gone - now > class_in(config, of.mail_class).max_wait;
  return {now, ahead, found.gone, !found.days.empty() && late};
}

}  // namespace mta
