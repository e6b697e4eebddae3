#include "mta/scheduler/routing.h"

#include <spdlog/spdlog.h>

#include "conf/routes.h"
#include "mta/route/mx.h"
#include "mta/smtp/reply.h"
#include "queue/ensure.h"

namespace mta {

using queue::Fate;
using queue::QueueKind;

namespace {
// Many more than are quick: the resolver sees to it that those which are slow do not keep the others waiting (mta/real/cares_resolver.h).
constexpr std::size_t look_ups_at_once = 4000;
constexpr std::size_t look_ups_of_old = 2000;  // the rest is for mail that just came
constexpr std::size_t moved_at_once = 1000;

conf::RoutedBy routed_by(const queue::Message& message, std::string_view domain) {
  return {message.from_domain, domain, message.mail_class, message.user};
}
}  // namespace

void Routing::run(Queue& queue) {
  const auto now = state_.now();
  const std::string domain = queue.key.provider;
  if (const RouteAnswer* route = state_.routes.fresh(domain, now)) return this->route(queue, *route);
  if (queue.record.backoff > Duration(0)) {
    std::size_t expired = 0;
    for (const queue::QueueRow* head = state_.queues.front(queue); head != nullptr; head = state_.queues.front(queue)) {
      if (expired == moved_at_once) return go_on_later(queue);
      if (!held_.expire(queue, *head)) break;
      ++expired;
    }
    if (queue.record.closed_until > now) return state_.queues.sleep(queue, queue.record.closed_until);
  }
  if (queue.routing) return;
  if (!looking_up_.contains(domain) && looking_up_.size() >= (queue.fresh ? look_ups_at_once : look_ups_of_old)) {
    if (!disk_waits_.send(queue, waiting_.size(), now)) waiting_.push_back(queue.bytes);
    return;
  }
  queue.routing = true;
  auto& waiting = looking_up_[domain];
  waiting.insert(queue.bytes);
  if (waiting.size() == 1) state_.hooks.look_up(domain);
}

void Routing::answered(const std::string& domain, const RouteAnswer& reply) {
  state_.ensure_writer();
  const auto waiting = looking_up_.extract(domain);
  if (reply.outcome != RouteResult::failed) state_.routes.put(domain, reply, state_.now());
  if (!waiting.empty()) {
    for (const auto& name : waiting.mapped()) {
      Queue& queue = state_.queues.open(name);
      queue.routing = false;
      queue.in_hand = true;
      route(queue, reply);
      queue.in_hand = false;
    }
  }
  for (std::size_t n = 0; n < 4 && !waiting_.empty(); ++n) {
    state_.wake(state_.queues.open(waiting_.front()));
    waiting_.pop_front();
  }
}

void Routing::route(Queue& queue, const RouteAnswer& route) {
  const auto now = state_.now();
  if (route.outcome == RouteResult::failed) {
    state_.queues.close_site(queue, route.text, {}, now);
    return state_.wake(queue);
  }
  const RouteAnswer known = route;  // the cache may change under us
  const queue::QueueKey routed{QueueKind::routed, queue.key.pool, known.provider, queue.key.mail_class, known.site, {}};
  for (std::size_t moved = 0; moved < moved_at_once; ++moved) {
    const queue::QueueRow* head = state_.queues.front(queue);
    if (head == nullptr || head->due > now) break;
    if (state_.mail.set_aside_head(queue, *head)) continue;
    const auto row = *head;
    state_.queues.pop(queue);
    auto found = state_.mail.recipient(row.recipient);
    const auto of = state_.mail.message(row.recipient.message);
    ENSURE(found.has_value() && of != nullptr);
    if (known.outcome == RouteResult::found) {
      const auto home = state_.home_of(routed, *found);
      const auto target = overflow_.where_it_waits(home).encode();
      state_.queues.open(target).fresh |= queue.fresh;
      state_.mail.move({*of, row.recipient.number, std::move(*found), row.due}, target, row.due);
      continue;
    }
    const auto said = smtp::make_reply(known.code, known.text);
    found->last = {"dns_failure", static_cast<std::uint16_t>(said.code), said.enhanced, said.text(), "", "", now};
    AttemptReport report;
    report.subject = subject_of(*of, row.recipient.number, *found);
    report.reply = {"dns_failure", said.code, said.enhanced, said.text()};
    report.attempt = found->attempts;
    report.delay = now - of->accepted;
    state_.transaction.event(BouncedEvent{std::move(report), {}});
    state_.mail.decide({*of, row.recipient.number, std::move(*found), row.due}, Fate::failed);
  }
  if (state_.queues.front(queue) != nullptr) go_on_later(queue);
}

// The rest behind the next write: a batch holds only so many rows.
void Routing::go_on_later(Queue& queue) {
  state_.inbox->put([this, name = queue.bytes] { state_.wake(state_.queues.open(name)); });
}

std::string Routing::pool_for(const queue::Message& message, const queue::Recipient& recipient) const {
  return conf::pool_for(*state_.policy.config, routed_by(message, domain_of(recipient.address)));
}

bool Routing::pool_hangs_on_from(const queue::Message& message, const queue::Recipient& recipient) const {
  return conf::hangs_on_from(*state_.policy.config, routed_by(message, domain_of(recipient.address)));
}

queue::QueueKey Routing::queue_for(const queue::Message& message, const queue::Recipient& recipient) const {
  queue::QueueKey key;
  key.pool = message.pool.empty() ? pool_for(message, recipient) : message.pool;
  key.mail_class = message.mail_class;
  const conf::Pool* pool = state_.policy.config->pool(key.pool);
  const bool smarthosts_only =
      pool != nullptr && std::all_of(pool->sources.begin(), pool->sources.end(), [&](const std::string& name) {
        const auto* source = state_.policy.config->source(name);
        return source != nullptr && source->is_smarthost();
      });
  if (smarthosts_only) {  // no recipient DNS (WARMUP.md §1)
    key.provider = key.site = "*";
    return state_.home_of(std::move(key), recipient);
  }
  const std::string name = ascii_domain_of(recipient);
  const RouteAnswer* route = state_.routes.fresh(name, state_.now());
  if (route != nullptr && route->outcome == RouteResult::found) {
    key.provider = route->provider;
    key.site = route->site;
    return state_.home_of(std::move(key), recipient);
  }
  key.kind = queue::QueueKind::unrouted;
  key.provider = name;
  return key;
}

}  // namespace mta
