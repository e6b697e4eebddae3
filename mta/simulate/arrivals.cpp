#include "mta/simulate/arrivals.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace mta::simulate {

namespace {

using namespace std::chrono_literals;
constexpr double rounding = 1e-9;
constexpr Duration shortest_slot = 1min;

// Calls each(i, part) with parts that add up to n, spread by weight.
template <typename Each>
void spread(Recipients n, const std::vector<double>& weights, const Each& each) {
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  if (total <= 0) return;
  double reached = 0;
  Recipients given = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    reached += weights[i];
    const auto upto = i + 1 == weights.size() ? n : static_cast<Recipients>(static_cast<double>(n) * reached / total + 0.5);
    if (upto > given) each(i, upto - given);
    given = std::max(given, upto);
  }
}

}  // namespace

ArrivalPlan::ArrivalPlan(const Scenario& scenario, const SeasonDays& days, Queues& queues, std::uint64_t seed)
    : scenario_(scenario), days_(days), queues_(queues), luck_(seed), owed_(scenario.arrivals.size()) {
  for (std::size_t i = 0; i < owed_.size(); ++i) owed_[i].resize(scenario.arrivals[i].to.size());
}

void ArrivalPlan::plan_day(unsigned day, const Expect& expect) {
  for (std::size_t stream = 0; stream < scenario_.arrivals.size(); ++stream) plan_stream(stream, day, expect);
  for (const auto& burst : scenario_.bursts) {
    if (burst.day == day) plan_burst(burst, expect);
  }
}

Recipients ArrivalPlan::volume_owed(std::size_t stream, std::size_t destination, double volume) {
  double& owed = owed_[stream][destination];
  owed += volume;
  const auto n = static_cast<Recipients>(std::max(0.0, std::floor(owed + rounding)));
  owed -= static_cast<double>(n);
  return n;
}

void ArrivalPlan::plan_stream(std::size_t stream, unsigned day, const Expect& expect) {
  const Arrivals& mail = scenario_.arrivals[stream];
  if (day < mail.from || day > mail.until) return;
  const auto& wanted = mail.weekdays;
  if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), days_.weekday(day)) == wanted.end()) return;
  const std::size_t nth = day - mail.from;
  double volume = mail.per_day * std::pow(mail.growth, static_cast<double>(nth));
  if (!mail.each_day.empty()) volume = nth < mail.each_day.size() ? static_cast<double>(mail.each_day[nth]) : 0;
  volume = luck_.around(volume, mail.noise);
  const Instant begin = days_.begin_of(day);
  const Duration slot = std::max(scenario_.step, shortest_slot);
  std::vector<double> weights;
  for (Instant at = begin; at < days_.end_of(day); at += slot)
    weights.push_back(mail.hours[static_cast<std::size_t>((at - begin) / 1h) % mail.hours.size()]);
  for (std::size_t i = 0; i < mail.to.size(); ++i) {
    const Recipients n = volume_owed(stream, i, volume * mail.to[i].share);
    if (n == 0) continue;
    SimulatedQueue& queue = queues_.of({mail.to[i].to, mail.mail_class, mail.from_domain, mail.user});
    spread(n, weights, [&](std::size_t at, Recipients part) {
      expect({&queue, part, mail.from_domain}, begin + static_cast<Duration::rep>(at) * slot);
    });
  }
}

void ArrivalPlan::plan_burst(const Burst& burst, const Expect& expect) {
  const Duration slot = std::max(scenario_.step, shortest_slot);
  const Instant begin = days_.time_of(burst.day, burst.at);
  const std::vector<double> weights(static_cast<std::size_t>(std::max<Duration::rep>(1, burst.over / slot)), 1.0);
  std::vector<double> shares;
  for (const auto& share : burst.to) shares.push_back(share.share);
  spread(burst.recipients, shares, [&](std::size_t i, Recipients n) {
    SimulatedQueue& queue = queues_.of({burst.to[i].to, burst.mail_class, burst.from_domain, burst.user});
    spread(n, weights, [&](std::size_t at, Recipients part) {
      expect({&queue, part, burst.from_domain}, begin + static_cast<Duration::rep>(at) * slot);
    });
  });
}

}  // namespace mta::simulate
