// The third verb: settle. What was heard becomes an outcome a recipient, durable before anybody acts on it.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "mta/books/attempt_row.h"
#include "mta/books/books.h"
#include "mta/deliver/outcomes.h"
#include "mta/tasks.h"
#include "queue/keys.h"
#include "warmup/brake.h"
#include "warmup/ledger.h"

namespace mta {

using queue::Family;
using queue::Fate;

namespace {

constexpr Duration connection_limit_lasts = std::chrono::hours(1);
constexpr Duration look_for_address = std::chrono::minutes(1);
constexpr int longer_unanswered = 4;  // times the usual interval, after a message that was sent whole and not answered

queue::LastReply last_reply(const Outcome& outcome, const std::string& source, Instant now) {
  return {std::string(name(outcome.verdict)),
          static_cast<std::uint16_t>(outcome.reply.code),
          outcome.reply.enhanced,
          outcome.reply.text(),
          outcome.mx,
          source,
          now};
}

}  // namespace

awaitable<std::optional<Assignment>> Books::settle(Settlement settlement) {
  auto ask = [this, settlement = std::move(settlement)](Asker<std::optional<Assignment>> asker) mutable {
    settle_now(std::move(settlement), std::move(asker));
  };
  return asking<std::optional<Assignment>>(inbox_, std::move(ask));
}

void Books::settle_now(Settlement settlement, Asker<std::optional<Assignment>> asker) {
  const auto at = conversations_.find(settlement.conversation);
  if (at == conversations_.end()) return answer<std::optional<Assignment>>(std::move(asker), std::nullopt);
  Conversation& conversation = at->second;
  const auto message = conversation.message;
  auto taken = std::exchange(conversation.taken, {});
  ENSURE(settlement.outcomes.size() == taken.size());
  feed_back(conversation, settlement);
  if (settlement.refused) hear_refusal(conversation, *settlement.refused);
  for (const auto& [addressee, due] : taken) {
    const auto outcome =
        std::find_if(settlement.outcomes.begin(), settlement.outcomes.end(),
                     [number = addressee.number](const Outcome& candidate) { return candidate.number == number; });
    ENSURE(outcome != settlement.outcomes.end());
    settle_one(conversation, addressee, due, *outcome, settlement);
  }
  Lane& used = lane(conversation.lane);
  if (std::exchange(conversation.probe, false)) warmup::probe_unanswered(used.record, now());
  wake_held(conversation.lane, false);
  Line& line = lines_.open(conversation.line);
  ENSURE(line.busy > 0);
  --line.busy;
  enqueue(line);
  const auto& provider = limits(conversation.lane.provider);
  const bool limited = used.limited(now());
  const bool braked = used.record.brake.state != warmup::Brake::none;
  const unsigned most = std::max(1U, limited ? provider.messages_per_connection / 2 : provider.messages_per_connection);
  if (settlement.wants_more && !stopping_ && !braked && conversation.messages < most && conversation.config == policy_.config) {
    conversation.idle = std::move(asker);
    conversation.idle_since = world_.stopwatch.now();
    line.idle.push_back(settlement.conversation);
    effects_.push_back([] {});  // the outcome is synced though nobody waits for it
    return;
  }
  end_conversation(settlement.conversation);
  effects_.push_back([asker = std::move(asker)]() mutable { answer<std::optional<Assignment>>(std::move(asker), std::nullopt); });
}

void Books::end_conversation(std::uint64_t id) {
  const auto at = conversations_.find(id);
  ENSURE(at != conversations_.end());
  Lane& ended = lane(at->second.lane);
  ENSURE(ended.open > 0);
  --ended.open;
  offer_.insert(at->second.lane);
  Line& line = lines_.open(at->second.line);
  std::erase(line.idle, id);
  if (line.record.waiting > 0) enqueue(line);
  conversations_.erase(at);
  offer_waiting();
}

// What the settlement says of the lane and of the site.
void Books::feed_back(Conversation& conversation, const Settlement& settlement) {
  Line& line = lines_.open(conversation.line);
  Lane& used = lane(conversation.lane);
  const bool heard = std::any_of(settlement.outcomes.begin(), settlement.outcomes.end(), [](const Outcome& outcome) {
    return !outcome.untried && !outcome.rerouted && !outcome.remote.empty() && outcome.verdict != Verdict::connection_failed;
  });
  if (settlement.fewer_connections) used.limited_until = world_.calendar.now() + connection_limit_lasts;
  if (heard) absent_.erase(conversation.lane.source);
  if (settlement.denied) {
    used.failed();
    hear_denial(conversation, settlement.site_reason);
  } else if (settlement.no_source) {
    note_absence(conversation.lane.source, settlement.site_reason);
  } else if (settlement.site_failed || settlement.site_gave_up) {
    used.failed();
    line.failed_sources.insert(conversation.lane.source);
    // A source that has not failed but may not send now says nothing of the site: without a back-off of the site the others would try
    // again as fast as they fail.
    const auto left = lanes_of(line);
    const warmup::Ask one{line.key.mail_class, 1, false, 0, line.key.kind == queue::LineKind::exempt};
    const bool another_tries = std::any_of(
        left.begin(), left.end(), [&](const LaneKey& key) { return std::holds_alternative<warmup::Permit>(permit(key, one)); });
    if (!line.key.pin.empty() || !another_tries) close_site(line, settlement.site_reason, settlement.site_said_by);
  } else if (heard) {
    used.succeeded(limits(conversation.lane.provider));
    open_site(line);
  }
  dirty_lanes_.insert(conversation.lane);
}

// It is ours, not the site's: another source may carry the mail, and this one is tried once a minute until the address appears.
void Books::note_absence(const std::string& source, const std::string& reason) {
  const auto [at, is_new] = absent_.try_emplace(source);
  at->second = now() + look_for_address;
  if (is_new) spdlog::warn("source {}: its address is not on this host; its mail waits until it is: {}", source, reason);
}

void Books::close_site(Line& line, const std::string& reason, const std::string& said_by) {
  const auto now = world_.calendar.now();
  line.failed_sources.clear();
  if (now < line.record.closed_until) return;  // another conversation of the same failure
  if (line.record.backoff == Duration(0)) line.record.closed_since = now;
  line.record.backoff = queue::site_interval(line.record.backoff);
  line.record.closed_until = now + line.record.backoff;
  line.record.reason = reason;
  line.record.said_by = said_by;
  lines_.changed(line);
  spdlog::info("site {} closed for {} s: {}", line.key.site.empty() ? line.key.provider : line.key.site,
               line.record.backoff.count() / 1000, reason);
}

void Books::open_site(Line& line) {
  if (line.record.backoff == Duration(0)) return;
  line.record.backoff = Duration(0);
  line.record.closed_until = line.record.closed_since = Instant{};
  line.record.reason.clear();
  line.record.said_by.clear();
  lines_.changed(line);
  spdlog::info("site {} answers again", line.key.site.empty() ? line.key.provider : line.key.site);
}

void Books::settle_one(Conversation& conversation, const Addressee& addressee, Instant due, const Outcome& heard,
                       const Settlement& settlement) {
  const Outcome outcome = bounded(heard, addressee.recipient.unanswered);
  const auto now = world_.calendar.now();
  const queue::Message& message = *conversation.message;
  const queue::RecipientId id{message.id, addressee.number};
  batch_.erase(Family::attempt, queue::recipient_key(id));
  const auto flight = in_flight_.extract(id);
  ENSURE(!flight.empty());
  auto recipient = addressee.recipient;
  recipient.unanswered += outcome.unanswered_dots;
  settle_permit(conversation, recipient, outcome);
  if (!outcome.untried) hear(conversation, addressee.recipient, outcome);
  if (!outcome.untried && outcome.verdict == Verdict::rate_limited)
    queue::note_rate_limit(recipient, conversation.lane.source, now);

  const auto doomed = flight.mapped().doomed;
  if (doomed && outcome.verdict != Verdict::delivered) {
    return hand_one(*doomed, message, {addressee.number, std::move(recipient)}, due, flight.mapped().by, flight.mapped().reason);
  }
  if (damaged_.has(message.id) && outcome.verdict != Verdict::delivered && !outcome.reply.permanent())
    return set_aside(message, addressee.number, std::move(recipient), due);
  if (outcome.rerouted) {
    const auto domain = ascii_name(domain_of(addressee.recipient.address));
    routes_.drop(domain);
    give_slot_back(message.mail_class, recipient);
    recipient.pin_source.clear();
    recipient.pin_mx.clear();
    auto key = lines_.open(conversation.line).key;
    const auto line = queue::LineKey{queue::LineKind::unrouted, key.pool, domain, key.mail_class, {}, {}}.encode();
    return move(message, addressee.number, std::move(recipient), due, line, now + std::chrono::seconds(1));
  }
  const bool permanent = outcome.reply.permanent();
  const Action what = action(outcome.verdict, permanent);
  const bool blocked = what == Action::wait_blocked;                        // at the banner or EHLO too
  if (outcome.untried && !settlement.site_failed && !settlement.refused) {  // a moment later, so that a fault of ours cannot spin
    return move(message, addressee.number, std::move(recipient), due, conversation.line, now + std::chrono::seconds(1));
  }
  if ((outcome.untried && !blocked) || (settlement.site_failed && what == Action::site_backoff)) {
    if (recipient != addressee.recipient) put_recipient(id, recipient);
    note(DeferredEvent{told_of(conversation, addressee, outcome, settlement), {}});
    return lines_.put_back(lines_.open(conversation.line), {due, id});
  }
  auto report = told_of(conversation, addressee, outcome, settlement);
  recipient.last = last_reply(outcome, conversation.lane.source, now);
  const bool about_lane = warmup::waits_for_lane(what);
  if (!about_lane || permanent) ++recipient.attempts;  // what the lane is told costs the recipient nothing (warmup-rules §9)
  switch (what) {
    case Action::done:
      no_longer_withhold(conversation);
      event(DeliveredEvent{std::move(report)});
      return decide(message, addressee.number, std::move(recipient), outcome.relayed_dsn ? Fate::delivered : Fate::relayed, due);
    case Action::bounce:
      if (const auto held = withhold(outcome.verdict, conversation, smtp::written(outcome.reply)); held > Duration(0)) {
        const auto interval = queue::retry_interval(policy_.config->retry, recipient.attempts, world_.dice.fraction());
        return retry_later(conversation, {addressee.number, std::move(recipient)}, due, std::max(interval, held),
                           std::move(report));
      }
      event(BouncedEvent{std::move(report), {}});
      return decide(message, addressee.number, std::move(recipient), Fate::failed, due);
    case Action::greylist_retry: {
      const auto wait = queue::greylist_interval(outcome.named_delay, recipient.greylist_delay);
      const auto interval = outcome.named_delay ? world_.calendar.scheduling(wait) : wait;  // what a remote names is real time
      recipient.greylist_delay = interval;
      if (recipient.pin_source.empty()) recipient.pinned_at = now;
      recipient.pin_source = conversation.lane.source;
      recipient.pin_mx = outcome.mx;
      return retry_later(conversation, {addressee.number, std::move(recipient)}, due, interval, std::move(report));
    }
    case Action::wait_blocked:
      return block_recipient(conversation, addressee.recipient, {addressee.number, std::move(recipient)}, due, std::move(report));
    case Action::wait_in_place:
      return wait_in_place(conversation, {addressee.number, std::move(recipient)}, due, std::move(report));
    case Action::site_backoff:
    case Action::retry: break;
  }
  const bool too_many = outcome.verdict == Verdict::too_many_rcpts && addressee.number != settlement.outcomes.front().number;
  if (too_many) {  // RFC 5321 §4.5.3.1.10: the rest at once, anew
    if (recipient.slot != addressee.recipient.slot) put_recipient(id, recipient);
    return lines_.put_back(lines_.open(conversation.line), {due, id});
  }
  auto interval = queue::retry_interval(policy_.config->retry, recipient.attempts, world_.dice.fraction());
  if (outcome.unanswered_dots > 0) interval *= longer_unanswered;
  interval = std::max(interval, withhold(outcome.verdict, conversation, smtp::written(outcome.reply)));
  retry_later(conversation, {addressee.number, std::move(recipient)}, due, interval, std::move(report));
}

// What the remote's words mean for the lane (warmup-rules §7, §8).
void Books::hear(Conversation& conversation, const queue::Recipient& before, const Outcome& outcome) {
  Lane& used = lane(conversation.lane);
  const queue::Message& message = *conversation.message;
  const bool of_today = before.last.source == conversation.lane.source && before.last.at >= used.record.today.started;
  const bool greylist_retry = before.greylist_delay > Duration(0) && before.last.verdict == name(Verdict::greylisted);
  const bool answered = !outcome.mx.empty() && outcome.verdict != Verdict::connection_failed;  // else the words are ours
  const auto evidence = smtp::written(outcome.reply);
  warmup::Heard heard{outcome.verdict, message.sender, of_today ? verdict_named(before.last.verdict) : std::nullopt};
  if (queue::was_rate_limited(before, conversation.lane.source, used.record.today.started))
    heard.counted_before = Verdict::rate_limited;
  heard.attempt = !outcome.remote.empty() && outcome.verdict != Verdict::connection_failed && !greylist_retry;
  heard.answered = answered;
  heard.text = evidence;
  if (!conversation.exempt) {
    warmup::count(used.record, heard, now());
    if (const auto total = overall_of(conversation.lane)) warmup::count(lane(*total).record, heard, now());
  }
  const bool about_us =
      outcome.stage == smtp::Stage::banner || outcome.stage == smtp::Stage::ehlo || outcome.stage == smtp::Stage::mail;
  const warmup::Refusal refusal{{now(), evidence},
                                conversation.begun,
                                message.id.text(),
                                message.sender,
                                message.message_id + " " + std::to_string(message.size),
                                about_us,
                                conversation.probe};
  react(conversation, outcome.verdict, refusal, answered);
}

void Books::react(Conversation& conversation, Verdict verdict, const warmup::Refusal& refusal, bool answered) {
  const LaneKey key = conversation.lane;
  Lane& used = lane(key);
  tell(key, used, warmup::react(used.record, *used.rules, verdict, refusal, answered ? 1 : 0, now()));
  if (answered || verdict == Verdict::rate_limited || verdict == Verdict::reputation_block) conversation.probe = false;
}

// Refused before any message was said: it counts as one recipient (warmup-rules §7).
void Books::hear_refusal(Conversation& conversation, const SourceRefused& refused) {
  Lane& used = lane(conversation.lane);
  const auto evidence = smtp::written(refused.reply);
  warmup::Heard heard{refused.verdict, conversation.message->sender, {}, false};
  heard.text = evidence;
  if (!conversation.exempt) warmup::count(used.record, heard, now());
  const warmup::Refusal refusal{{now(), evidence},
                                conversation.begun,
                                conversation.message->id.text(),
                                conversation.message->sender,
                                conversation.message->message_id,
                                true,
                                conversation.probe};
  react(conversation, refused.verdict, refusal, false);
  dirty_lanes_.insert(conversation.lane);
}

// A smarthost that does not take our login or does not relay for us: the operator's mistake, so all mail by it waits (§1).
void Books::hear_denial(Conversation& conversation, const std::string& text) {
  const LaneKey key = conversation.lane;
  const queue::Message& message = *conversation.message;
  warmup::Refusal refusal{{now(), text}, conversation.begun, message.id.text(), message.sender, message.message_id};
  refusal.probe = std::exchange(conversation.probe, false);
  tell(key, lane(key), warmup::denied(lane(key).record, refusal, now()));
}

// The lane waits, not the recipient: it keeps its place, another source may take it. That costs neither an attempt nor lifetime (§9).
void Books::wait_in_place(Conversation& conversation, Addressee addressee, Instant due, AttemptReport report) {
  const queue::Message& message = *conversation.message;
  auto& recipient = addressee.recipient;
  const auto& brake = lane(conversation.lane).record.brake;
  const Instant next = std::max(brake.until, now());
  event(DeferredEvent{std::move(report), next});
  Line& line = lines_.open(conversation.line);
  if (line.key.kind == queue::LineKind::blocked) {  // it was told something else now
    return move(message, addressee.number, std::move(recipient), due, home_of(line.key, recipient).encode(), due);
  }
  const queue::RecipientId id{message.id, addressee.number};
  put_recipient(id, recipient);
  lines_.put_back(line, {due, id});
}

void Books::retry_later(Conversation& conversation, Addressee addressee, Instant due, Duration interval, AttemptReport report) {
  const auto now = world_.calendar.now();
  const queue::Message& message = *conversation.message;
  auto& recipient = addressee.recipient;
  const auto& options = policy_.config->retry;
  if (queue::expired(options, message.sender.empty(), recipient.backoff_used)) {
    event(DeferredEvent{std::move(report), {}});
    tell_expired(message, addressee.number, recipient);
    return decide(message, addressee.number, std::move(recipient), Fate::expired, due);
  }
  recipient.backoff_used += interval;
  const Instant next = now + interval;
  event(DeferredEvent{std::move(report), next});
  const bool warn = options.warn_after > Duration(0) && !recipient.warned && recipient.backoff_used >= options.warn_after &&
                    !message.sender.empty() &&
                    (recipient.notify == queue::notify::unset || (recipient.notify & queue::notify::delay) != 0);
  if (warn) {
    recipient.warned = true;
    insert_returning({message.id, addressee.number});
  }
  auto key = lines_.open(conversation.line).key;
  key.kind = is_own(recipient) ? queue::LineKind::exempt : queue::LineKind::routed;
  if (!recipient.pin_source.empty()) key.pin = recipient.pin_source;  // else it stays in the overflow, when it was there
  move(message, addressee.number, std::move(recipient), due, key.encode(), next);
}

}  // namespace mta
