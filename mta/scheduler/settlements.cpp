#include "mta/scheduler/settlements.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "mta/deliver/outcomes.h"
#include "queue/ensure.h"
#include "queue/keys.h"
#include "warmup/brake.h"
#include "warmup/held.h"

namespace mta {

using queue::Family;
using queue::Fate;

namespace {
constexpr Duration connection_limit_lasts = std::chrono::hours(1);
constexpr Duration soon = std::chrono::seconds(1);

queue::LastReply last_reply(const Outcome& outcome, const std::string& source, Instant now) {
  return {std::string(name(outcome.verdict)),
          static_cast<std::uint16_t>(outcome.reply.code),
          outcome.reply.enhanced,
          outcome.reply.text(),
          outcome.mx,
          source,
          now};
}

const Outcome& outcome_of(const Settlement& settlement, std::uint32_t number) {
  const auto found = std::ranges::find(settlement.outcomes, number, &Outcome::number);
  ENSURE(found != settlement.outcomes.end());
  return *found;
}
}  // namespace

void Settlements::settle(const Settlement& settlement, PendingReply<std::optional<Assignment>> caller) {
  state_.ensure_writer();
  Conversation* const conversation = state_.conversations.find(settlement.conversation);
  if (conversation == nullptr) return reply<std::optional<Assignment>>(std::move(caller), std::nullopt);
  const auto message = conversation->message;  // outlives what is settled
  const auto taken = std::exchange(conversation->taken, {});
  ENSURE(settlement.outcomes.size() == taken.size());
  feed_back(*conversation, settlement);
  if (settlement.refused) lane_outcomes_.record_refusal(*conversation, *settlement.refused);
  for (const auto& [addressee, due] : taken) {
    settle_one({*conversation, settlement, addressee.recipient, addressee, due,
                bounded(outcome_of(settlement, addressee.number), addressee.recipient.unanswered)});
  }
  if (std::exchange(conversation->probe, false))
    warmup::probe_unanswered(state_.lanes.change(conversation->lane).record, state_.now());
  parts_.precedence.wake_held(conversation->lane, false);
  Queue& queue = state_.queues.open(conversation->queue);
  ENSURE(queue.busy > 0);
  --queue.busy;
  state_.wake(queue);
  if (wants_more(*conversation, settlement)) {
    conversation->idle = std::move(caller);
    conversation->idle_since = state_.world.stopwatch.now();
    queue.idle.push_back(settlement.conversation);
    state_.transaction.after_sync([] {});  // the outcome is synced though nothing waits for it
    return;
  }
  end_conversation(settlement.conversation);
  state_.transaction.after_sync(
      [caller = std::move(caller)]() mutable { reply<std::optional<Assignment>>(std::move(caller), std::nullopt); });
}

bool Settlements::wants_more(const Conversation& conversation, const Settlement& settlement) {
  const LiveLane& used = state_.lanes.at(conversation.lane);
  const auto& provider = state_.limits(conversation.lane.provider);
  const bool limited = used.limited(state_.now());
  const bool braked = used.record.brake.state != warmup::Brake::none;
  const unsigned most = std::max(1U, limited ? provider.messages_per_connection / 2 : provider.messages_per_connection);
  return settlement.wants_more && !state_.stopping && !braked && conversation.messages < most &&
         conversation.config == state_.policy.config;
}

void Settlements::end_conversation(std::uint64_t id) {
  const Conversation& ended = state_.conversations.at(id);
  state_.lanes.closed(ended.lane);
  Queue& queue = state_.queues.open(ended.queue);
  std::erase(queue.idle, id);
  if (queue.record.waiting > 0) state_.wake(queue);
  state_.conversations.close(id);
}

void Settlements::end_idle(const std::vector<std::uint64_t>& conversations) {
  for (const auto id : conversations) {
    Conversation* const idle = state_.conversations.find(id);
    if (idle == nullptr || !idle->idle) continue;  // the end of another one ended it too
    auto caller = std::move(*std::exchange(idle->idle, {}));
    state_.transaction.after_sync(
        [caller = std::move(caller)]() mutable { reply<std::optional<Assignment>>(std::move(caller), std::nullopt); });
    end_conversation(id);
  }
}

// What the settlement says of the lane and of the site.
void Settlements::feed_back(Conversation& conversation, const Settlement& settlement) {
  Queue& queue = state_.queues.open(conversation.queue);
  const LaneKey& lane = conversation.lane;
  state_.lanes.change(lane);
  const bool heard = std::any_of(settlement.outcomes.begin(), settlement.outcomes.end(), [](const Outcome& outcome) {
    return !outcome.untried && !outcome.rerouted && !outcome.remote.empty() && outcome.verdict != Verdict::connection_failed;
  });
  if (settlement.fewer_connections) state_.lanes.one_connection_until(lane, state_.now() + connection_limit_lasts);
  if (heard) state_.absent.answered(lane.source);
  if (settlement.denied) {
    state_.lanes.failed(lane);
    lane_outcomes_.record_relay_denial(conversation, settlement.site_reason);
  } else if (settlement.no_source) {  // it is ours, not the site's: another source may carry the mail
    if (state_.absent.note(lane.source, state_.now())) {
      spdlog::warn("source {}: its address is not on this host; its mail waits until it is: {}", lane.source,
                   settlement.site_reason);
    }
  } else if (settlement.site_failed || settlement.site_gave_up) {
    state_.lanes.failed(lane);
    queue.failed_sources.insert(lane.source);
    // A source that has not failed but may not send now says nothing of the site: without a back-off of the site the others would try
    // again as fast as they fail.
    const auto left = state_.lanes_of(queue);
    const warmup::Ask one{queue.key.mail_class, 1, false, 0, queue.key.kind == queue::QueueKind::exempt};
    const bool another_tries = std::any_of(left.begin(), left.end(), [&](const LaneKey& key) {
      return std::holds_alternative<warmup::Permit>(state_.lanes.permit(key, one));
    });
    if (!queue.key.bound_to.empty() || !another_tries)
      state_.queues.close_site(queue, settlement.site_reason, settlement.site_said_by, state_.now());
  } else if (heard) {
    state_.lanes.answered(lane);
    state_.queues.open_site(queue);
  }
}

void Settlements::settle_one(Settling one) {
  const Outcome& outcome = one.outcome;
  state_.transaction.batch().erase(Family::attempt, queue::recipient_key(one.id()));
  const InFlight flight = state_.conversations.release(one.id());
  one.recipient().unanswered += outcome.unanswered_dots;
  lane_outcomes_.settle_permit(one.conversation, one.recipient(), outcome);
  if (!outcome.untried) lane_outcomes_.record(one.conversation, one.before, outcome);
  if (!outcome.untried && outcome.verdict == Verdict::rate_limited)
    queue::note_rate_limit(one.recipient(), one.conversation.lane.source, state_.now());
  if (flight.pending_action && outcome.verdict != Verdict::delivered) {
    return parts_.actions.apply({*flight.pending_action, flight.by, flight.reason}, one.message(), one.addressee, one.due);
  }
  if (!is_decided(one)) follow(one);
}

// What follows whatever the verdict is: it was not tried, or is tried another way.
bool Settlements::is_decided(Settling& one) {
  const Outcome& outcome = one.outcome;
  if (state_.mail.damaged().has(one.id().message) && outcome.verdict != Verdict::delivered && !outcome.reply.permanent()) {
    state_.mail.set_aside({one.message(), one.addressee.number, std::move(one.recipient()), one.due});
    return true;
  }
  if (outcome.rerouted) {
    route_again(one);
    return true;
  }
  if (outcome.untried && !one.settlement.site_failed && !one.settlement.refused) {
    move(one, one.conversation.queue, state_.now() + soon);  // a moment later, so that a fault of ours cannot spin
    return true;
  }
  const auto what = warmup::action(outcome.verdict, outcome.reply.permanent());
  if (!outcome.untried || what == warmup::Action::wait_blocked) return false;  // blocked at the banner or EHLO too
  wait_for_site(one, told_of(one));
  return true;
}

void Settlements::wait_for_site(Settling& one, AttemptReport report) {
  state_.transaction.note(DeferredEvent{std::move(report), {}});
  if (one.recipient() != one.before) state_.mail.put_recipient(one.id(), one.recipient());
  state_.queues.put_back(state_.queues.open(one.conversation.queue), {one.due, one.id()});
}

// What the policy says follows for the recipient (warmup/outcome.h).
warmup::NextStep Settlements::next_step(Settling& one) {
  const Outcome& outcome = one.outcome;
  auto& recipient = one.recipient();
  warmup::AnswerTo answer{outcome.verdict, outcome.reply.permanent(), one.message().sender.empty()};
  answer.sent_unanswered = outcome.unanswered_dots > 0;
  answer.site_waits = one.settlement.site_failed;
  if (outcome.named_delay)  // real time, as what a remote names is
    answer.delay = state_.world.calendar.scheduling(warmup::named_greylist_delay(*outcome.named_delay));
  answer.withheld = withhold(one);
  warmup::Tries tries{recipient.attempts, recipient.backoff_used, recipient.greylist_delay};
  if (!recipient.bound_source.empty()) tries.bound_at = recipient.bound_at;
  if (is_blocked(one.before)) tries.blocked_since = one.due;
  const auto next = warmup::follow(
      tries, answer, state_.config().retry, [this] { return state_.world.dice.fraction(); }, state_.now());
  recipient.attempts = tries.attempts;
  recipient.backoff_used = tries.backoff_used;
  recipient.greylist_delay = tries.greylist_delay;
  if (tries.bound_at) recipient.bound_at = *tries.bound_at;
  return next;
}

void Settlements::follow(Settling& one) {
  using warmup::Follows;
  const Outcome& outcome = one.outcome;
  auto report = told_of(one);
  const bool too_many =
      outcome.verdict == Verdict::too_many_rcpts && one.addressee.number != one.settlement.outcomes.front().number;
  if (too_many) return keep_in_place(one);  // RFC 5321 §4.5.3.1.10: the rest at once, anew
  const auto next = next_step(one);
  if (next.what == Follows::site_waits) return wait_for_site(one, std::move(report));
  one.recipient().last = last_reply(outcome, one.conversation.lane.source, state_.now());
  switch (next.what) {
    case Follows::done:
      state_.withholding.taken(one.conversation);
      state_.transaction.event(DeliveredEvent{std::move(report)});
      return end(one, outcome.relayed_dsn ? Fate::delivered : Fate::relayed);
    case Follows::bounce: state_.transaction.event(BouncedEvent{std::move(report), {}}); return end(one, Fate::failed);
    case Follows::expire:
      state_.transaction.event(DeferredEvent{std::move(report), {}});
      return state_.mail.expire({one.message(), one.addressee.number, std::move(one.recipient()), one.due});
    case Follows::wait_in_place: return wait_for_lane(one, std::move(report));
    case Follows::wait_blocked: return block(one, next.due, std::move(report));
    case Follows::bound_retry:
      one.recipient().bound_source = one.conversation.lane.source;
      one.recipient().bound_mx = outcome.mx;
      return retry(one, next.due, std::move(report));
    case Follows::site_waits:
    case Follows::retry: return retry(one, next.due, std::move(report));
  }
}

void Settlements::end(Settling& one, Fate fate) {
  state_.mail.decide({one.message(), one.addressee.number, std::move(one.recipient()), one.due}, fate);
}

void Settlements::move(Settling& one, const std::string& queue, Instant due) {
  state_.mail.move({one.message(), one.addressee.number, std::move(one.recipient()), one.due}, queue, due);
}

Duration Settlements::withhold(const Settling& one) {
  return state_.withholding.refused(one.outcome.verdict, one.conversation, state_.queues.open(one.conversation.queue).key,
                                    smtp::written(one.outcome.reply), state_.now());
}

// Its MX set is another one now.
void Settlements::route_again(Settling& one) {
  const auto domain = ascii_domain_of(one.before);
  state_.routes.drop(domain);
  state_.free_place(one.message(), one.recipient());
  one.recipient().bound_source.clear();
  one.recipient().bound_mx.clear();
  const auto& key = state_.queues.open(one.conversation.queue).key;
  const queue::QueueKey unrouted{queue::QueueKind::unrouted, key.pool, domain, key.mail_class, {}, {}};
  move(one, unrouted.encode(), state_.now() + soon);
}

// As it was, but for a place that is kept for it in its lane.
void Settlements::keep_in_place(Settling& one) {
  if (one.recipient().place != one.before.place) state_.mail.put_recipient(one.id(), one.recipient());
  state_.queues.put_back(state_.queues.open(one.conversation.queue), {one.due, one.id()});
}

// The lane waits, not the recipient: it keeps its place, another source may take it. That costs neither an attempt nor lifetime (§9).
void Settlements::wait_for_lane(Settling& one, AttemptReport report) {
  const auto& brake = state_.lanes.at(one.conversation.lane).record.brake;
  state_.transaction.event(DeferredEvent{std::move(report), std::max(brake.until, state_.now())});
  Queue& queue = state_.queues.open(one.conversation.queue);
  if (queue.key.kind == queue::QueueKind::blocked)  // it was told something else now
    return move(one, state_.home_of(queue.key, one.recipient()).encode(), one.due);
  state_.mail.put_recipient(one.id(), one.recipient());
  state_.queues.put_back(queue, {one.due, one.id()});
}

// Refused 5xx for our reputation (WARMUP.md §8): another source or the overflow at once, else a day's wait, then the bounce. What met
// the block at the banner counts as what met it at RCPT: the message would have been refused. They wait in a queue of their own beside
// that of their site, ordered by when they were first told so: its head is the next to bounce. One that was blocked already keeps the
// place which its first refusal gave it.
void Settlements::block(Settling& one, Instant since, AttemptReport report) {
  const Instant now = state_.now();
  const Instant opens = std::max(state_.lanes.at(one.conversation.lane).record.brake.until, now);
  state_.transaction.event(DeferredEvent{std::move(report), std::min(opens, since + warmup::blocked_longest)});
  parts_.held.unbind(one.message(), one.recipient());
  const auto home = state_.home_of(state_.queues.open(one.conversation.queue).key, one.recipient()).encode();
  if (home != one.conversation.queue) return move(one, home, since);
  state_.mail.put_recipient(one.id(), one.recipient());
  state_.queues.put_back(state_.queues.open(home), {one.due, one.id()});
}

void Settlements::retry(Settling& one, Instant next, AttemptReport report) {
  const queue::Message& message = one.message();
  auto& recipient = one.recipient();
  const auto& options = state_.config().retry;
  state_.transaction.event(DeferredEvent{std::move(report), next});
  const bool warn = options.warn_after > Duration(0) && !recipient.warned && recipient.backoff_used >= options.warn_after &&
                    !message.sender.empty() &&
                    (recipient.notify == queue::notify::unset || (recipient.notify & queue::notify::delay) != 0);
  if (warn) {
    recipient.warned = true;
    state_.mail.report_later(one.id());
  }
  auto key = state_.queues.open(one.conversation.queue).key;
  key.kind = state_.is_own(recipient) ? queue::QueueKind::exempt : queue::QueueKind::routed;
  if (!recipient.bound_source.empty()) key.bound_to = recipient.bound_source;  // else it stays in the overflow, when it was there
  move(one, key.encode(), next);
}

// One recipient's share of an attempt.
AttemptReport Settlements::told_of(const Settling& one) {
  const Outcome& outcome = one.outcome;
  AttemptReport report;
  report.subject = subject_of(one.message(), one.addressee.number, one.before);
  report.subject.provider = state_.queues.open(one.conversation.queue).key.provider;
  report.subject.source = one.conversation.lane.source;
  report.subject.mx = outcome.mx;
  report.host = outcome.host;
  report.remote = outcome.remote;
  report.reply = {std::string(name(outcome.verdict)), outcome.reply.code, outcome.reply.enhanced, outcome.reply.text()};
  report.attempt = one.before.attempts + 1;
  report.delay = state_.now() - one.message().accepted;
  report.connecting = one.settlement.connecting;
  report.sending = one.settlement.took - one.settlement.connecting;
  if (const auto& tls = one.settlement.tls) report.tls = {tls->version, tls->cipher, tls->verified};
  report.observed = state_.lanes.at(one.conversation.lane).record.observed;
  return report;
}

// A permit of an earlier day: does the new day have room for it? Its reservation was carried over. Brakes do not matter: a conversation
// finishes its message (WARMUP.md §8).
bool Settlements::may_go_on(std::uint64_t id) {
  state_.ensure_writer();
  const Conversation* conversation = state_.conversations.find(id);
  if (conversation == nullptr || state_.stopping) return false;
  if (conversation->probe || conversation->exempt) return true;
  const auto n = conversation->taken.size();
  const auto found = state_.lanes.permit(conversation->lane, {conversation->message->mail_class, n, false, n});
  const auto* granted = std::get_if<warmup::Permit>(&found);
  return granted != nullptr && granted->recipients >= n;
}

// One permit is for one copy: another one needs another permit, and the one that left is charged at once (WARMUP.md §4).
bool Settlements::may_copy(std::uint64_t id, std::size_t recipients, Instant left) {
  state_.ensure_writer();
  const Conversation* conversation = state_.conversations.find(id);
  if (conversation == nullptr || state_.stopping || conversation->probe) return false;
  if (conversation->exempt) return true;
  const auto& mail_class = conversation->message->mail_class;
  const auto found = state_.lanes.permit(conversation->lane, {mail_class, recipients});
  const auto* granted = std::get_if<warmup::Permit>(&found);
  if (granted == nullptr || granted->probe || granted->recipients < recipients) return false;
  lane_outcomes_.charge_copy(*conversation, recipients, left);
  return true;
}

}  // namespace mta
