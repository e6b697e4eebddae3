#include "mta/scheduler/scheduler_state.h"

#include <algorithm>

#include "mta/deliver/verdict.h"
#include "mta/report/queue_totals.h"
#include "mta/route/mx.h"
#include "mta/route/sender_domain.h"
#include "mta/scheduler/clock_watch.h"
#include "warmup/ledger.h"

namespace mta {

namespace {
constexpr std::size_t route_room = 20'000;
}

SchedulerState::SchedulerState(World in_world, Policy in_force, std::shared_ptr<queue::Store> spool, SchedulerHooks given,
                               std::function<void()> after_drain)
    : world(in_world),
      policy(std::move(in_force)),
      store(std::move(spool)),
      hooks(std::move(given)),
      inbox(std::make_shared<Inbox>(world.threads.scheduler(), std::move(after_drain))),
      transaction(world, policy, store, inbox->writer()),
      queues(store,
             [this](const Queue& queue, const queue::RecipientId& id) {
               return queue.key.kind == queue::QueueKind::returning ? reporting.contains(id) : conversations.has(id);
             }),
      mail(world, policy, store, transaction, queues),
      plans(std::make_shared<Plans>(policy)),
      stored_lanes(world, policy, store, transaction),
      lanes(stored_lanes, plans, {[this] { return now(); }, [this] { return moment_now(world.calendar); }}),
      withholding(transaction),
      routes(route_room) {}

const conf::Pool* SchedulerState::pool_of(const std::string& name) const { return pool_in(config(), name); }

const warmup::ClassOptions& SchedulerState::class_of(const std::string& name) const { return class_in(config(), name); }

std::vector<LaneKey> SchedulerState::lanes_of(const Queue& queue) const {
  std::vector<LaneKey> found;
  if (!queue.key.bound_to.empty()) {
    const auto* source = config().source(queue.key.bound_to);
    if (source != nullptr) found.push_back({queue.key.bound_to, source->is_smarthost() ? "*" : queue.key.provider});
    return found;
  }
  const conf::Pool* pool = pool_of(queue.key.pool);
  if (pool == nullptr) return found;
  for (const auto& name : pool->sources) {
    const auto* source = config().source(name);
    if (source == nullptr || queue.failed_sources.contains(name)) continue;
    found.push_back({name, source->is_smarthost() ? "*" : queue.key.provider});
  }
  return found;
}

std::optional<warmup::Recipients> SchedulerState::left_for(const Queue& queue) {
  warmup::Recipients sum = 0;
  for (const auto& key : lanes_of(queue)) {
    const auto left = lanes.left_on(key, queue.key.mail_class);
    if (!left) return std::nullopt;
    sum += *left;
  }
  return sum;
}

// It ended, or goes another way: the place that was kept for it is free.
void SchedulerState::free_place(const queue::Message& message, queue::Recipient& recipient) {
  if (recipient.place.empty()) return;
  const auto name = warmup::parse_lane_row_key(std::exchange(recipient.place, {}));
  const auto waits_in = queue::QueueKey::decode(recipient.queue);  // a smarthost's lane does not say which provider it was for
  const auto& provider = name.provider == "*" && waits_in ? waits_in->provider : name.provider;
  lanes.on_ledgers({{stored_lanes.source_with(name.identity), name.provider}, sender_of(message, provider)},
                   [&](warmup::Lane& ledger) { warmup::drop_place(ledger, message.mail_class); });
}

std::optional<LaneKey> SchedulerState::sender_of(const queue::Message& message, const std::string& provider) {
  const auto domain = organisational_domain(message.from_domain);
  return domain.empty() || provider.empty() ? std::nullopt : std::optional(warmup::sender_key(domain, provider));
}

std::map<LaneKey, LaneKey> SchedulerState::follow(Policy in_force) {
  for (const auto& [key, lane] : lanes.all()) stored_lanes.remember_source(key);
  policy = std::move(in_force);
  plans = std::make_shared<Plans>(policy);
  const auto continued = stored_lanes.take_over(false);
  auto renamed = lanes.reload(plans, [this](const LiveLane& lane) { return stored_lanes.source_of(lane); });
  for (const auto& [key, own] : continued) lanes.add_today(key, own);
  return renamed;
}

bool is_blocked(const queue::Recipient& recipient) {
  const auto verdict = verdict_named(recipient.last.verdict);
  return recipient.last.code >= 500 && verdict && warmup::is_block(*verdict);
}

std::string ascii_domain_of(const queue::Recipient& recipient) {
  auto domain = domain_of(recipient.address);
  return ascii_domain(domain).value_or(std::move(domain));
}

bool SchedulerState::is_own(const queue::Recipient& recipient) const {
  return plans->has_own() && plans->is_own(ascii_domain_of(recipient));
}

// The queue in which a recipient waits that may go by any source of the pool.
queue::QueueKey SchedulerState::home_of(queue::QueueKey key, const queue::Recipient& recipient) const {
  using queue::QueueKind;
  key.bound_to.clear();
  key.kind = is_blocked(recipient) ? QueueKind::blocked : is_own(recipient) ? QueueKind::exempt : QueueKind::routed;
  return key;
}

// Also those in queues of pools and classes that are gone and go by these now. What is in the overflow does not wait for us.
std::uint64_t SchedulerState::ahead_of(const queue::QueueKey& key, Bound bound) {
  if (key.provider.starts_with("other:")) {
    auto alone = key;
    alone.bound_to.clear();
    return queues.look(alone.encode()).record.waiting;
  }
  const auto* pool = pool_of(key.pool);
  const auto* mail_class = &class_of(key.mail_class);
  const auto is_ours = [&](const std::string& bound_to) { return pool != nullptr && pool->has(bound_to); };
  std::uint64_t sum = 0;
  const auto& groups = queues.groups();
  for (auto at = groups.lower_bound({key.provider, {}, {}, {}}); at != groups.end() && at->first.provider == key.provider; ++at) {
    const queue::QueueGroup& each = at->first;
    const bool counts = each.bound_to.empty() || (bound == Bound::counted && is_ours(each.bound_to));
    if (counts && pool_of(each.pool) == pool && &class_of(each.mail_class) == mail_class) sum += at->second;
  }
  return sum;
}

std::deque<queue::QueueRow>::const_iterator SchedulerState::another_than(const Queue& queue, const std::string& trigger) const {
  return std::find_if(queue.window.begin(), queue.window.end(), [&](const queue::QueueRow& row) {
    return row.due <= now() && row.recipient.message.text() != trigger && !mail.damaged().has(row.recipient.message) &&
           !conversations.has(row.recipient);
  });
}

}  // namespace mta
