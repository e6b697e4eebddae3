#include "mta/report/status.h"

#include <fmt/format.h>

#include <algorithm>

#include "mta/report/forecasts.h"
#include "mta/report/lane_reports.h"
#include "mta/report/readable.h"
#include "queue/keys.h"

namespace mta {

using queue::Family;

namespace {

constexpr std::size_t queues_shown = 40;
constexpr unsigned days_looked_ahead = 365;

// What is held back of a queue for its From domain is not gone before that ends.
void tell_withheld(const std::vector<WithheldReport>& withheld, QueueReport& queue) {
  for (const auto& each : withheld) {
    if (each.provider != queue.provider || !each.queues.contains({queue.pool, queue.mail_class})) continue;
    if (queue.eta) queue.eta = std::max(*queue.eta, each.until);
    const auto said = fmt::format("mail from {} is refused ({}) and waits until {}", each.from_domain, each.verdict,
                                  queue::rfc3339(each.until).substr(0, 16) + "Z");
    queue.reason = queue.reason.empty() ? said : queue.reason + "; " + said;
  }
}

// A queue without a route, or of which nothing waits for the pool's own sources, waits for no lane.
bool waits_for_lanes(const QueueReport& queue) { return queue.by_pool > 0 && queue.provider != "unrouted"; }

ForecastRequest forecast_of(const QueueReport& queue) {
  return {queue.pool, queue.provider, {}, queue.mail_class, queue.by_pool, 0, 0, days_looked_ahead, {}};
}

void read_totals(WaitingMail& found, const OverallState& overall, const queue::Store& store) {
  StatusReport& report = found.report;
  found.totals = std::make_unique<QueueTotals>(overall.config, store, overall.now);
  report.unrouted = found.totals->unrouted();
  report.returning = found.totals->returning();
  report.queues = found.totals->queues();
  report.unlisted = found.totals->unlisted();
  report.more_queues = found.totals->more() || report.queues.size() > queues_shown;
  if (report.queues.size() > queues_shown) report.queues.resize(queues_shown);
  found.groups = queue::count_groups(store);
  const auto first = store.scan(Family::message, "", "");
  if (const auto id = first.valid() ? queue::decode_message_key(first.key()) : std::nullopt)
    report.oldest = Instant(Duration(static_cast<std::int64_t>(id->value >> 16U)));
}

// When the last of each queue goes, and what holds back some of it. They are forecast together: many may wait for one total.
void look_ahead(StatusReport& report, const std::vector<std::size_t>& places, const ForecastBasis& basis) {
  std::vector<ForecastRequest> requests;
  for (const std::size_t place : places) {
    requests.push_back(forecast_of(report.queues[place]));
    requests.back().unlisted = report.unlisted;
  }
  const auto made = make_forecasts(requests, basis, {});
  for (std::size_t n = 0; n < places.size(); ++n) {
    QueueReport& queue = report.queues[places[n]];
    queue.eta = made[n].forecast.gone;
    if (queue.eta && queue.next) queue.eta = std::max(*queue.eta, *queue.next);
    if (queue.eta == queue::nobody_knows) queue.eta.reset();
    tell_withheld(report.withheld, queue);
  }
}

// Of each lane the last of the queues that may use it; nothing is gone before the lane takes something.
void look_ahead(LaneReport& lane, const StatusReport& report, const conf::Config& config) {
  for (const auto& queue : report.queues) {
    const auto* pool = pool_in(config, queue.pool);
    const bool carries = lane.waiting > 0 && lane.provider == queue.provider && pool != nullptr && pool->has(lane.source);
    if (carries && queue.eta && (!lane.eta || *queue.eta > *lane.eta)) lane.eta = queue.eta;
  }
  if (lane.eta && lane.next_permit) lane.eta = std::max(*lane.eta, *lane.next_permit);
  if (!lane.next_permit && !lane.held_by.empty()) lane.eta.reset();
}

LaneReport report_shown(const LaneKey& key, const LaneStates& lanes, const QueueTotals* totals) {
  LaneReport lane = report_lane(lanes, key);
  if (totals == nullptr) return lane;
  lane.waiting = totals->may_use(lane.source, lane.provider);
  const auto next = totals->looks_again(lane.source, lane.provider);  // a permit that no mail is there to take says nothing
  if (next && lane.next_permit && *lane.next_permit < *next) lane.next_permit = next;
  return lane;
}

}  // namespace

WaitingMail read_waiting(const OverallState& overall, const LaneFilter& filter, const queue::Store& store) {
  WaitingMail found;
  StatusReport& report = found.report;
  report.now = overall.now;
  report.messages = overall.messages;
  report.recipients = overall.recipients;
  report.accepting = overall.accepting;
  report.not_accepting = overall.not_accepting;
  report.damaged = overall.damaged;
  report.withheld = overall.withheld;
  as_far_as_readable([&] { read_totals(found, overall, store); });
  found.lanes.insert(overall.lanes.begin(), overall.lanes.end());
  found.lanes.insert(overall.senders.begin(), overall.senders.end());
  for (std::size_t place = 0; place < report.queues.size(); ++place) {
    const QueueReport& queue = report.queues[place];
    if (!waits_for_lanes(queue) || !filter.fits({filter.source, queue.provider})) continue;
    found.lanes.merge(lanes_of_forecast(*overall.config, found.groups, forecast_of(queue)));
    found.looked_for.push_back(place);
  }
  return found;
}

StatusReport report_status(WaitingMail found, const OverallState& overall, LaneStates lanes, const queue::Store& store) {
  StatusReport& report = found.report;
  report.now = std::max(report.now, lanes.now);  // not before what lanes say is now
  const ForecastBasis basis{lanes, found.groups};
  std::erase_if(found.looked_for, [&](std::size_t place) { return !may_be_held_up(lanes, forecast_of(report.queues[place])); });
  look_ahead(report, found.looked_for, basis);
  for (const auto& key : overall.lanes) {
    if (lanes.find(key) == nullptr) continue;
    report.lanes.push_back(report_shown(key, lanes, found.totals.get()));
    look_ahead(report.lanes.back(), report, *lanes.config);
  }
  as_far_as_readable([&] { report.senders = report_senders(lanes, overall.senders, store); });
  return std::move(report);
}

}  // namespace mta
