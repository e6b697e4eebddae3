#include "mta/report/reports.h"

#include <algorithm>

#include "mta/report/find.h"
#include "mta/report/forecasts.h"
#include "mta/report/gates.h"
#include "mta/report/lane_events.h"
#include "mta/report/lane_reports.h"
#include "mta/report/queue_pages.h"
#include "mta/report/readable.h"
#include "mta/report/status.h"

namespace mta {

using queue::QueueKind;

namespace {

// What a forecast reads of the store.
void read_for_forecast(const queue::Store& store, const std::shared_ptr<const conf::Config>& config, Instant now,
                       ForecastRequest& request) {
  if (request.backlog) return;
  const queue::QueueKey of{QueueKind::routed, request.pool, request.provider, class_in(*config, request.mail_class).name, {}, {}};
  request.waiting = count_waiting(store, *config, of);
  const bool shares = warmup::is_unlisted(request.provider) ||
                      std::ranges::any_of(config->sources, [](const conf::Source& each) { return !each.overall.empty(); });
  if (shares) request.unlisted = QueueTotals(config, store, now).unlisted();
}

}  // namespace

awaitable<StatusReport> Reports::status(LaneFilter filter) {
  const OverallState overall = co_await snapshots_.overall(filter);
  WaitingMail waiting;
  co_await work_.run([&] { waiting = read_waiting(overall, filter, *store_); });
  LaneStates lanes = co_await snapshots_.lanes(waiting.lanes);
  StatusReport report;
  co_await work_.run([&] { report = report_status(std::move(waiting), overall, std::move(lanes), *store_); });
  co_return report;
}

awaitable<std::vector<std::string>> Reports::lane_names() {
  const LaneFilter all;
  const OverallState overall = co_await snapshots_.overall(all);
  std::vector<std::string> names;
  for (const auto& [source, provider] : overall.lanes) {
    const bool total = warmup::is_total_key(provider);
    names.push_back(source + " " + (total ? std::string(warmup::total_name(provider)) : provider));
  }
  co_return names;
}

awaitable<std::vector<std::string>> Reports::lane_events(std::string source, std::string provider) {
  std::vector<std::string> found;
  const auto read = [&] { found = newest_lane_events(*store_, source, provider); };
  co_await work_.run([&] { as_far_as_readable(read); });
  co_return found;
}

awaitable<std::vector<std::string>> Reports::sender_events(std::string domain, std::string provider) {
  std::vector<std::string> found;
  const auto read = [&] { found = newest_sender_events(*store_, domain, provider); };
  co_await work_.run([&] { as_far_as_readable(read); });
  co_return found;
}

awaitable<SendersReport> Reports::senders(SenderFilter filter) {
  const auto keys = co_await snapshots_.senders(std::move(filter));
  std::set<LaneKey> wanted(keys.begin(), keys.end());
  const LaneStates states = co_await snapshots_.lanes(std::move(wanted));
  SendersReport report;
  report.now = snapshots_.now();
  const auto read = [&] { report.senders = report_senders(states, keys, *store_); };
  co_await work_.run([&] { as_far_as_readable(read); });
  co_return report;
}

awaitable<QueuePage> Reports::list(QueueFilter filter, std::string cursor, std::size_t limit) {
  QueuePage page;
  const auto config = co_await snapshots_.config();
  const auto now = snapshots_.now();
  const auto read = [&] { page = read_page(*config, *store_, filter, {cursor, limit, now}); };
  co_await work_.run([&] { as_far_as_readable(read); });
  co_return page;
}

awaitable<std::optional<MessageReport>> Reports::show(queue::MessageId id) {
  QueueFilter filter;
  filter.id = id.text();
  QueuePage page = co_await list(filter, "", 1);
  if (page.messages.empty()) co_return std::nullopt;
  MessageReport found = std::move(page.messages.front());
  std::vector<queue::RecipientId> ids;
  for (const auto& row : found.recipients) ids.push_back(row.id);
  const auto in_conversation = co_await snapshots_.in_conversation(std::move(ids));
  for (auto& row : found.recipients) row.in_conversation = in_conversation.contains(row.id);
  co_return found;
}

awaitable<queue::Verified> Reports::verify() {
  queue::Verified found;
  co_await work_.run([this, &found] { found = queue::verify(*store_); });
  co_return found;
}

awaitable<FoundPage> Reports::find(FindFilter filter, std::string cursor, std::size_t limit) {
  const auto config = co_await snapshots_.config();
  const FindPlace place{std::move(cursor), limit, snapshots_.now() - config->history.keep};
  FoundPage page;
  const auto read = [&] { page = find_page(*store_, filter, place); };
  co_await work_.run([&] { as_far_as_readable(read); });
  co_return page;
}

awaitable<std::vector<queue::Ended>> Reports::ends_of(queue::MessageId id) {
  const auto config = co_await snapshots_.config();
  const auto oldest = snapshots_.now() - config->history.keep;
  std::vector<queue::Ended> found;
  const auto read = [&] { found = mta::ends_of(*store_, id, oldest); };
  co_await work_.run([&] { as_far_as_readable(read); });
  co_return found;
}

awaitable<std::vector<Gate>> Reports::lane_gates(GateRequest request) {
  const WayState way = co_await snapshots_.way_of(request);
  std::vector<Gate> gates;
  co_await work_.run([&] { gates = way_gates(request, way); });
  co_return gates;
}

awaitable<ForecastReport> Reports::forecast(ForecastRequest request) {
  const auto config = co_await snapshots_.config();
  const auto now = snapshots_.now();
  queue::QueueGroups groups;
  std::set<LaneKey> needed;
  co_await work_.run([&] {
    read_for_forecast(*store_, config, now, request);
    groups = queue::count_groups(*store_);
    needed = lanes_of_forecast(*config, groups, request);
  });
  const auto withheld = co_await snapshots_.withheld_at(request.provider);
  LaneStates lanes = co_await snapshots_.lanes(std::move(needed));
  ForecastReport report;
  co_await work_.run([&] {
    const LaneStates copies = std::move(lanes);  // they may be many: their end takes time too
    report = std::move(make_forecasts({request}, {copies, groups}, withheld).front());
  });
  co_return report;
}

}  // namespace mta
