#include "mta/scheduler/reports.h"

#include <fmt/format.h>

#include <algorithm>

#include "mta/doors/tasks.h"
#include "mta/report/find.h"
#include "mta/report/lane_events.h"
#include "mta/report/queue_pages.h"
#include "mta/report/queue_totals.h"
#include "mta/report/readable.h"
#include "mta/scheduler/spool_damage.h"
#include "queue/keys.h"

namespace mta {

using queue::Family;
using queue::QueueKind;

namespace {

constexpr std::size_t queues_shown = 40;
constexpr std::size_t lanes_shown = 1000;

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

}  // namespace

awaitable<std::shared_ptr<const conf::Config>> Reports::config_now() {
  auto ask = [this](PendingReply<std::shared_ptr<const conf::Config>> caller) { reply(std::move(caller), state_.policy.config); };
  return call<std::shared_ptr<const conf::Config>>(state_.inbox, std::move(ask));
}

StatusReport Reports::report_lanes() {
  StatusReport report;
  report.messages = state_.mail.totals().messages;
  report.recipients = state_.mail.totals().recipients;
  report.accepting = acceptor_.accepting();
  report.not_accepting = space_.why_not_accepting();
  report.damaged = report_damage(state_);
  std::vector<LaneKey> keys;
  for (const auto& [key, found] : state_.lanes.all()) {
    // A lane of an address that no source has any more keeps its history on disk; it has no cap and no state to show. Nor has a total that
    // is switched off.
    const bool shown = found.open > 0 || state_.policy.config->source(key.source) != nullptr;
    if (shown && (!key.overall() || state_.lanes.plans().of(key.source, key.provider))) keys.push_back(key);
  }
  std::stable_partition(keys.begin(), keys.end(), [&](const LaneKey& key) {  // those that do something first
    return key.overall() || !key.provider.starts_with("other:") || state_.lanes.all().at(key).record.committed() > 0;
  });
  if (keys.size() > lanes_shown) keys.resize(lanes_shown);
  for (const auto& key : keys) report.lanes.push_back(lane_reports_.report_of(key));
  report.now = state_.now();  // not before what lanes say is now
  return report;
}

// When the last of each queue goes, and of each lane the last of those that may use it.
void Reports::look_ahead(StatusReport& report) {
  for (const auto& [of, sender] : state_.withholding.all()) {
    if (sender.until > state_.now() && sender.interval > Duration(0))
      report.withheld.push_back({of.first, of.second, sender.verdict, sender.until, sender.queues});
  }
  for (auto& queue : report.queues) {
    const bool limited =
        queue.by_pool > 0 && forecasts_.may_be_held_up({QueueKind::routed, queue.pool, queue.provider, queue.mail_class, {}, {}});
    if (queue.provider == "unrouted" || !limited) continue;
    ForecastRequest wish{queue.pool, queue.provider, {}, queue.mail_class, queue.by_pool, 0, 0, 365};
    wish.unlisted = report.unlisted;
    queue.eta = forecasts_.forecast(wish).forecast.gone;
    if (queue.eta && queue.next) queue.eta = std::max(*queue.eta, *queue.next);
    if (queue.eta == queue::nobody_knows) queue.eta.reset();
    tell_withheld(report.withheld, queue);
    const auto* pool = state_.pool_of(queue.pool);
    for (auto& lane : report.lanes) {
      const bool carries = lane.waiting > 0 && lane.provider == queue.provider && pool != nullptr && pool->has(lane.source);
      if (carries && queue.eta && (!lane.eta || *queue.eta > *lane.eta)) lane.eta = queue.eta;
    }
  }
  for (auto& lane : report.lanes) {  // nothing is gone before the lane takes something
    if (lane.eta && lane.next_permit) lane.eta = std::max(*lane.eta, *lane.next_permit);
    if (!lane.next_permit && !lane.held_by.empty()) lane.eta.reset();
  }
}

awaitable<StatusReport> Reports::status() {
  const auto config = co_await config_now();
  auto ask = [this](PendingReply<StatusReport> caller) { reply(std::move(caller), report_lanes()); };
  StatusReport report = co_await call<StatusReport>(state_.inbox, std::move(ask));
  const auto look = [this, &config, &report] {
    const QueueTotals found(config, *state_.store, report.now);
    report.unrouted = found.unrouted();
    report.returning = found.returning();
    report.queues = found.queues();
    report.unlisted = found.unlisted();
    report.more_queues = found.more() || report.queues.size() > queues_shown;
    if (report.queues.size() > queues_shown) report.queues.resize(queues_shown);
    for (auto& lane : report.lanes) {
      lane.waiting = found.may_use(lane.source, lane.provider);
      const auto next = found.looks_again(lane.source, lane.provider);  // a permit that no mail is there to take says nothing
      if (next && lane.next_permit && *lane.next_permit < *next) lane.next_permit = next;
    }
    const auto first = state_.store->scan(Family::message, "", "");
    if (const auto id = first.valid() ? queue::decode_message_key(first.key()) : std::nullopt) {
      report.oldest = Instant(Duration(static_cast<std::int64_t>(id->value >> 16U)));
    }
  };
  co_await state_.world.work.run([&] { as_far_as_readable(look); });
  auto shared = std::make_shared<StatusReport>(std::move(report));
  auto ahead = [this, shared](PendingReply<bool> caller) {
    look_ahead(*shared);
    reply(std::move(caller), true);
  };
  co_await call<bool>(state_.inbox, std::move(ahead));
  co_return std::move(*shared);
}

awaitable<std::vector<std::string>> Reports::lane_events(std::string source, std::string provider) {
  std::vector<std::string> found;
  const auto read = [&] { found = newest_lane_events(*state_.store, source, provider); };
  co_await state_.world.work.run([&] { as_far_as_readable(read); });
  co_return found;
}

awaitable<QueuePage> Reports::list(QueueFilter filter, std::string cursor, std::size_t limit) {
  QueuePage page;
  const auto config = co_await config_now();
  const auto now = state_.now();
  const auto read = [&] { page = read_page(*config, *state_.store, filter, {cursor, limit, now}); };
  co_await state_.world.work.run([&] { as_far_as_readable(read); });
  co_return page;
}

awaitable<std::optional<MessageReport>> Reports::show(queue::MessageId id) {
  QueueFilter filter;
  filter.id = id.text();
  QueuePage page = co_await list(filter, "", 1);
  if (page.messages.empty()) co_return std::nullopt;
  auto shared = std::make_shared<MessageReport>(std::move(page.messages.front()));
  auto ask = [this, shared](PendingReply<bool> caller) {
    for (auto& row : shared->recipients) row.in_conversation = state_.conversations.has(row.id);
    reply(std::move(caller), true);
  };
  co_await call<bool>(state_.inbox, std::move(ask));
  co_return std::move(*shared);
}

awaitable<queue::Verified> Reports::verify() {
  queue::Verified found;
  co_await state_.world.work.run([this, &found] { found = queue::verify(*state_.store); });
  co_return found;
}

awaitable<FoundPage> Reports::find(FindFilter filter, std::string cursor, std::size_t limit) {
  const auto config = co_await config_now();
  const FindPlace place{std::move(cursor), limit, state_.now() - config->history.keep};
  FoundPage page;
  const auto read = [&] { page = find_page(*state_.store, filter, place); };
  co_await state_.world.work.run([&] { as_far_as_readable(read); });
  co_return page;
}

awaitable<std::vector<queue::Ended>> Reports::ends_of(queue::MessageId id) {
  const auto config = co_await config_now();
  const auto oldest = state_.now() - config->history.keep;
  std::vector<queue::Ended> found;
  const auto read = [&] { found = mta::ends_of(*state_.store, id, oldest); };
  co_await state_.world.work.run([&] { as_far_as_readable(read); });
  co_return found;
}

awaitable<std::vector<Gate>> Reports::lane_gates(GateRequest wish) {
  auto ask = [this, wish = std::move(wish)](PendingReply<std::vector<Gate>> caller) {
    reply(std::move(caller), lane_reports_.gates(wish));
  };
  return call<std::vector<Gate>>(state_.inbox, std::move(ask));
}

awaitable<ForecastReport> Reports::forecast(ForecastRequest wish) {
  if (!wish.backlog) {
    const auto config = co_await config_now();
    co_await state_.world.work.run([this, &config, &wish] {
      wish.waiting = count_waiting(
          *state_.store, *config, {QueueKind::routed, wish.pool, wish.provider, class_in(*config, wish.mail_class).name, {}, {}});
      const bool shares =
          warmup::is_unlisted(wish.provider) || std::any_of(config->sources.begin(), config->sources.end(),
                                                            [](const conf::Source& each) { return !each.overall.empty(); });
      if (shares) wish.unlisted = QueueTotals(config, *state_.store, state_.now()).unlisted();
    });
  }
  auto ask = [this, wish](PendingReply<ForecastReport> caller) { reply(std::move(caller), forecasts_.forecast(wish)); };
  co_return co_await call<ForecastReport>(state_.inbox, std::move(ask));
}

}  // namespace mta
