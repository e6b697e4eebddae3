#include "mta/books/scheduler_state.h"

#include <algorithm>

#include "mta/books/survey.h"
#include "mta/deliver/verdict.h"
#include "mta/route/mx.h"

namespace mta {

namespace {
constexpr std::size_t route_room = 20'000;
}

SchedulerState::SchedulerState(World in_world, Policy in_force, std::shared_ptr<queue::Store> spool, BooksHooks given,
                               std::function<void()> after_drain)
    : world(in_world),
      policy(std::move(in_force)),
      store(std::move(spool)),
      hooks(std::move(given)),
      inbox(std::make_shared<Inbox>(world.threads.books(), std::move(after_drain))),
      transaction(world, policy, store),
      lines(
          store,
          [this](const Line& line, const queue::RecipientId& id) {
            return line.key.kind == queue::LineKind::returning ? reporting.contains(id) : conversations.has(id);
          },
          [this] { return transaction.write(); }),
      mail(world, policy, store, transaction, lines),
      lanes(world, policy, store, transaction),
      withholding(transaction),
      routes(route_room) {}

const conf::Pool* SchedulerState::pool_of(const std::string& name) const { return pool_in(config(), name); }

const warmup::ClassOptions& SchedulerState::class_of(const std::string& name) const { return class_in(config(), name); }

std::vector<LaneKey> SchedulerState::lanes_of(const Line& line) const {
  std::vector<LaneKey> found;
  if (!line.key.pin.empty()) {
    const auto* source = config().source(line.key.pin);
    if (source != nullptr) found.push_back({line.key.pin, source->is_smarthost() ? "*" : line.key.provider});
    return found;
  }
  const conf::Pool* pool = pool_of(line.key.pool);
  if (pool == nullptr) return found;
  for (const auto& name : pool->sources) {
    const auto* source = config().source(name);
    if (source == nullptr || line.failed_sources.contains(name)) continue;
    found.push_back({name, source->is_smarthost() ? "*" : line.key.provider});
  }
  return found;
}

std::optional<warmup::Recipients> SchedulerState::left_for(const Line& line) {
  warmup::Recipients sum = 0;
  for (const auto& key : lanes_of(line)) {
    const auto left = lanes.left_on(key, line.key.mail_class);
    if (!left) return std::nullopt;
    sum += *left;
  }
  return sum;
}

bool is_blocked(const queue::Recipient& recipient) {
  return recipient.last.code >= 500 && recipient.last.verdict == name(Verdict::reputation_block);
}

std::string ascii_domain_of(const queue::Recipient& recipient) {
  auto domain = domain_of(recipient.address);
  return ascii_domain(domain).value_or(std::move(domain));
}

bool SchedulerState::is_own(const queue::Recipient& recipient) const {
  return lanes.plans().has_own() && lanes.plans().is_own(ascii_domain_of(recipient));
}

// The queue in which a recipient waits that may go by any source of the pool.
queue::LineKey SchedulerState::home_of(queue::LineKey key, const queue::Recipient& recipient) const {
  using queue::LineKind;
  key.pin.clear();
  key.kind = is_blocked(recipient) ? LineKind::blocked : is_own(recipient) ? LineKind::exempt : LineKind::routed;
  return key;
}

// Also those in queues of pools and classes that are gone and go by these now. What is in the overflow does not wait for us.
std::uint64_t SchedulerState::ahead_of(const queue::LineKey& key, Bound bound) {
  if (key.provider.starts_with("other:")) {
    auto alone = key;
    alone.pin.clear();
    return lines.look(alone.encode()).record.waiting;
  }
  const auto* pool = pool_of(key.pool);
  const auto* mail_class = &class_of(key.mail_class);
  const auto is_ours = [&](const std::string& pin) { return pool != nullptr && pool->has(pin); };
  std::uint64_t sum = 0;
  const auto& queues = lines.for_people();
  for (auto at = queues.lower_bound({key.provider, {}, {}, {}}); at != queues.end() && at->first.provider == key.provider; ++at) {
    const LineForPeople& each = at->first;
    const bool counts = each.pin.empty() || (bound == Bound::counted && is_ours(each.pin));
    if (counts && pool_of(each.pool) == pool && &class_of(each.mail_class) == mail_class) sum += at->second;
  }
  return sum;
}

std::deque<queue::LineRow>::const_iterator SchedulerState::another_than(const Line& line, const std::string& trigger) const {
  return std::find_if(line.window.begin(), line.window.end(), [&](const queue::LineRow& row) {
    return row.due <= now() && row.recipient.message.text() != trigger && !mail.damaged().has(row.recipient.message) &&
           !conversations.has(row.recipient);
  });
}

}  // namespace mta
