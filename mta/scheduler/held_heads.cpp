#include "mta/scheduler/held_heads.h"

#include <fmt/format.h>

#include <algorithm>

#include "mta/deliver/verdict.h"
#include "mta/route/mx.h"
#include "mta/smtp/reply.h"
#include "queue/ensure.h"
#include "warmup/gate.h"
#include "warmup/held.h"

namespace mta {

using queue::Fate;
using queue::QueueKind;

namespace {
// What closed the site is what this recipient could not go for, though no server said it to it.
queue::LastReply last_of_site(const queue::QueueRecord& site, bool dns, Instant now) {
  smtp::ReplyParser parser;
  smtp::Reply said;
  if (parser.add(site.reason) == smtp::ReplyParser::State::done) said = parser.take();
  if (!said.transient() && !said.permanent()) said = smtp::make_reply(451, (dns ? "4.4.3 " : "4.4.1 ") + site.reason);
  return {std::string(name(dns ? Verdict::dns_failure : Verdict::connection_failed)),
          static_cast<std::uint16_t>(said.code),
          said.enhanced,
          said.text(),
          site.said_by,
          "",
          now};
}
}  // namespace

const WithheldSenders::value_type* HeldHeads::withheld_by(const Queue& queue, const std::string& from_domain) const {
  const auto lanes = queue.key.bound_to.empty() ? std::vector<LaneKey>() : state_.lanes_of(queue);
  return state_.withholding.find(from_domain, lanes.empty() ? queue.key.provider : lanes.front().provider, state_.now());
}

// A greylisted recipient is free again after a day, when its source is gone, or when its lane is held for long (§6).
bool HeldHeads::release(Queue& queue, const queue::QueueRow& row) {
  if (queue.key.bound_to.empty()) return false;
  auto found = state_.mail.recipient(row.recipient);
  ENSURE(found.has_value());
  bool free = state_.policy.config->source(queue.key.bound_to) == nullptr;
  if (!free && found->bound_source.empty()) {
    free = overflow_.lets_go(queue, *found);
  } else if (!free) {
    free = warmup::is_unbound(state_.lanes.at(state_.lanes_of(queue).front()).record, found->bound_at, found->greylist_delay,
                              state_.now());
  }
  if (!free) return false;
  go_home(queue, row, std::move(*found));
  return true;
}

// Nothing binds it to a source any more.
void HeldHeads::unbind(const queue::Message& message, queue::Recipient& recipient) {
  recipient.bound_source.clear();
  recipient.bound_mx.clear();
  recipient.greylist_delay = Duration(0);
  state_.free_place(message, recipient);
}

// The head of a held queue: to the overflow or back from it, or too long in waiting. True: the queue has another head now.
// REQUIRES: a hold was found.
bool HeldHeads::resolve(Queue& queue, const queue::QueueRow& head, Search& search) {
  if (refile(queue, head)) return true;
  if (search.passes) return false;
  if (!queue.key.bound_to.empty()) return return_to_pool(queue, head, search);
  if (overflow_.may_take(queue, head.due) && overflow_.take_head(queue, head, search)) return true;
  const auto& options = state_.class_of(queue.key.mail_class);
  switch (warmup::waits_too_long(options, {head.due}, state_.now())) {
    case warmup::TooLong::no: return false;
    case warmup::TooLong::warn: return warn(queue, head, *search.hold);
    case warmup::TooLong::bounce: break;
  }
  const auto row = head;
  auto found = state_.mail.recipient(row.recipient);
  const auto of = state_.mail.message(row.recipient.message);
  ENSURE(found.has_value() && of != nullptr);
  state_.queues.pop(queue);
  const auto reply = smtp::make_reply(
      550, fmt::format("4.4.7 waited longer than max_wait of class {} for the warm-up of our address", options.name));
  found->last = {"temporary", 550, "4.4.7", reply.text(), "", "", state_.now()};
  bounce(*of, row, std::move(*found));
  return true;
}

// `wait`: told once a day for a pool, provider and class, nothing else happens. (The queue itself leaves memory while it sleeps.)
bool HeldHeads::warn(Queue& queue, const queue::QueueRow& head, const warmup::Hold& hold) {
  if (!warnings_.is_due(queue.key, state_.now())) return false;
  const auto waits = std::chrono::floor<std::chrono::hours>(state_.now() - head.due);
  LaneEvent held;
  held.provider = queue.key.provider;
  held.mail_class = queue.key.mail_class;
  held.change = "held";
  held.reason = fmt::format("mail of class {} waits for {} h, longer than its max_wait ({})", queue.key.mail_class, waits.count(),
                            warmup::name(hold.why));
  held.alert = true;
  state_.transaction.event(held);
  return false;
}

// The overflow holds its mail: it goes by the lane that grants first. True: the queue has another head now.
bool HeldHeads::return_to_pool(Queue& queue, const queue::QueueRow& head, Search& search) {
  auto found = state_.mail.recipient(head.recipient);
  ENSURE(found.has_value());
  if (!found->bound_source.empty()) return false;
  if (const auto opens = overflow_.pool_opens(state_.home_of(queue.key, *found))) {
    search.looks_again = *opens;
    if (is_blocked(*found)) look_before_bounce(head, search);
    return false;
  }
  go_home(queue, head, std::move(*found));
  return true;
}

// To any source of the pool, with the place in the queue that its waiting earned.
void HeldHeads::go_home(Queue& queue, queue::QueueRow row, queue::Recipient found) {
  const auto of = state_.mail.message(row.recipient.message);
  ENSURE(of != nullptr);
  unbind(*of, found);
  const auto home = state_.home_of(queue.key, found).encode();
  state_.queues.pop(queue);
  state_.mail.move({*of, row.recipient.number, std::move(found), row.due}, home, row.due);
}

bool HeldHeads::is_exempt(const Queue& queue, const queue::QueueRow& head) {
  if (queue.key.kind == QueueKind::exempt) return true;
  if (queue.key.kind != QueueKind::blocked || !state_.plans->has_own()) return false;
  const auto found = state_.mail.recipient(head.recipient);
  ENSURE(found.has_value());
  return state_.is_own(*found);
}

// A reload makes a domain our own, or no more: its mail waits where it belongs now. True: the queue has another head.
bool HeldHeads::refile(Queue& queue, const queue::QueueRow& head) {
  if (queue.key.kind != QueueKind::exempt && (queue.key.kind != QueueKind::routed || !state_.plans->has_own())) return false;
  auto found = state_.mail.recipient(head.recipient);
  const auto of = state_.mail.message(head.recipient.message);
  ENSURE(found.has_value() && of != nullptr);
  auto key = queue.key;
  key.kind = state_.is_own(*found) ? QueueKind::exempt : QueueKind::routed;
  if (key.kind == queue.key.kind) return false;
  const auto row = head;
  state_.queues.pop(queue);
  state_.mail.move({*of, row.recipient.number, std::move(*found), row.due}, key.encode(), row.due);
  return true;
}

void HeldHeads::look_before_bounce(const queue::QueueRow& head, Search& search) const {
  const Instant bounces = head.due + warmup::blocked_longest;
  search.looks_again = std::min(search.looks_again.value_or(bounces), bounces);
}

// Of those in an overflow too, where they keep their place.
bool HeldHeads::bounce_blocked(Queue& queue, const queue::QueueRow& head) {
  if (!warmup::block_ends({head.due, true}, state_.now()) || (queue.key.kind != QueueKind::blocked && queue.key.bound_to.empty()))
    return false;
  const auto row = head;
  auto found = state_.mail.recipient(row.recipient);
  const auto of = state_.mail.message(row.recipient.message);
  ENSURE(found.has_value() && of != nullptr);
  if (!is_blocked(*found)) return false;
  state_.queues.pop(queue);
  bounce(*of, row, std::move(*found));
  return true;
}

// With what was said last.
void HeldHeads::bounce(const queue::Message& message, const queue::QueueRow& row, queue::Recipient recipient) {
  const auto& last = recipient.last;
  AttemptReport report;
  report.subject = subject_of(message, row.recipient.number, recipient);
  report.subject.mx = last.mx;
  report.subject.source = last.source;
  const auto queue = queue::QueueKey::decode(recipient.queue);
  if (queue && queue->knows_site()) report.subject.provider = queue->provider;
  report.reply = {last.verdict, last.code, last.enhanced, last.text};
  report.attempt = recipient.attempts;
  report.delay = state_.now() - message.accepted;
  state_.transaction.event(BouncedEvent{std::move(report), {}});
  state_.mail.decide({message, row.recipient.number, std::move(recipient), row.due}, Fate::failed);
}

bool HeldHeads::wait_for_sender(Queue& queue, const queue::QueueRow& row) {
  if (state_.withholding.all().empty() || queue.key.kind == QueueKind::blocked) return false;  // its due time is its clock
  const auto of = state_.mail.message(row.recipient.message);
  ENSURE(of != nullptr);
  const auto* withheld = withheld_by(queue, of->from_domain);
  if (withheld == nullptr) return false;
  auto waiting = state_.mail.recipient(row.recipient);
  ENSURE(waiting.has_value());
  const auto due = row.due;
  const auto number = row.recipient.number;
  const std::string name = queue.bytes;
  const Instant until = withheld->second.until;
  state_.withholding.note_queue({of->from_domain, queue.key.provider}, queue.key);
  state_.queues.pop(queue);
  state_.mail.move({*of, number, std::move(*waiting), due}, name, until);
  return true;
}

// While a site is closed the time runs for all that wait (WARMUP.md §8): looked at only at the head, which waits longest.
bool HeldHeads::expire(Queue& queue, const queue::QueueRow& row) {
  const auto now = state_.now();
  const auto closed_for = now - std::max(row.due, queue.record.closed_since);
  const auto& options = state_.policy.config->retry;
  if (closed_for < std::min(options.lifetime, options.lifetime_bounce)) return false;
  auto found = state_.mail.recipient(row.recipient);
  const auto of = state_.mail.message(row.recipient.message);
  ENSURE(found.has_value() && of != nullptr);
  if (!queue.key.bound_to.empty() && found->bound_source.empty())
    return false;  // an overflow that does not answer: it goes back to the pool
  if (!warmup::expired(options, of->sender.empty(), found->backoff_used + closed_for)) return false;
  const bool dns = queue.key.kind == queue::QueueKind::unrouted;
  found->last = last_of_site(queue.record, dns, now);
  const auto due = row.due;
  const auto number = row.recipient.number;
  state_.queues.pop(queue);
  state_.mail.expire({*of, number, std::move(*found), due});
  return true;
}

}  // namespace mta
