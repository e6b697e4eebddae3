#include "mta/scheduler/lane_outcomes.h"

#include <algorithm>

#include "warmup/ledger.h"
#include "warmup/outcome.h"

namespace mta {

// What the remote's words mean for the lane (WARMUP.md §7, §8).
void LaneOutcomes::record(Conversation& conversation, const queue::Recipient& before, const Outcome& outcome) {
  const LiveLane& used = state_.lanes.at(conversation.lane);
  const queue::Message& message = *conversation.message;
  const bool of_today = before.last.source == conversation.lane.source && before.last.at >= used.record.today.started;
  const bool greylist_retry =
      warmup::is_greylist_retry({.greylist_delay = before.greylist_delay}, verdict_named(before.last.verdict));
  const bool answered = !outcome.mx.empty() && outcome.verdict != Verdict::connection_failed;  // else the words are ours
  const auto evidence = smtp::written(outcome.reply);
  warmup::Heard heard{outcome.verdict, message.sender, of_today ? verdict_named(before.last.verdict) : std::nullopt};
  if (queue::was_rate_limited(before, conversation.lane.source, used.record.today.started))
    heard.counted_before = Verdict::rate_limited;
  heard.attempt = !outcome.remote.empty() && !greylist_retry;
  heard.answered = answered;
  heard.text = evidence;
  if (!conversation.exempt) {
    warmup::count(state_.lanes.change(conversation.lane).record, heard, state_.now());
    if (const auto total = state_.lanes.total_of(conversation.lane))
      warmup::count(state_.lanes.change(*total).record, heard, state_.now());
    count_for_sender(conversation, before, heard);
  }
  const bool about_us =
      outcome.stage == smtp::Stage::banner || outcome.stage == smtp::Stage::ehlo || outcome.stage == smtp::Stage::mail;
  const warmup::Refusal refusal{{state_.now(), evidence},
                                conversation.begun,
                                message.id.text(),
                                message.sender,
                                message.message_id + " " + std::to_string(message.size),
                                about_us,
                                conversation.probe};
  apply_brakes(conversation, outcome.verdict, refusal, answered);
}

// Over all sources: what the recipient was answered by another source today counts for the domain too.
void LaneOutcomes::count_for_sender(const Conversation& conversation, const queue::Recipient& before, warmup::Heard heard) {
  if (!conversation.sender) return;
  warmup::Lane& ledger = state_.lanes.change(*conversation.sender).record;
  const Instant since = ledger.today.started;
  heard.counted_before = before.last.at >= since ? verdict_named(before.last.verdict) : std::nullopt;
  if (std::ranges::any_of(before.limited, [&](const queue::RateLimited& each) { return each.at >= since; }))
    heard.counted_before = Verdict::rate_limited;
  warmup::count(ledger, heard, state_.now());
}

void LaneOutcomes::apply_brakes(Conversation& conversation, Verdict verdict, const warmup::Refusal& refusal, bool answered) {
  const LaneKey key = conversation.lane;
  LiveLane& used = state_.lanes.change(key);
  state_.lanes.tell(key, warmup::react(used.record, *used.rules, verdict, refusal, answered ? 1 : 0, state_.now()));
  if (answered || verdict == Verdict::rate_limited || warmup::is_block(verdict)) conversation.probe = false;
}

// Refused before any message was said: it counts as one recipient (WARMUP.md §7).
void LaneOutcomes::record_refusal(Conversation& conversation, const SourceRefused& refused) {
  LiveLane& used = state_.lanes.change(conversation.lane);
  const auto evidence = smtp::written(refused.reply);
  warmup::Heard heard{refused.verdict, conversation.message->sender, {}, false};
  heard.text = evidence;
  if (!conversation.exempt) warmup::count(used.record, heard, state_.now());
  const warmup::Refusal refusal{{state_.now(), evidence},
                                conversation.begun,
                                conversation.message->id.text(),
                                conversation.message->sender,
                                conversation.message->message_id,
                                true,
                                conversation.probe};
  apply_brakes(conversation, refused.verdict, refusal, false);
}

// A smarthost that does not take our login or does not relay for us: the operator's mistake, so all mail by it waits (§1).
void LaneOutcomes::record_relay_denial(Conversation& conversation, const std::string& text) {
  const LaneKey key = conversation.lane;
  const queue::Message& message = *conversation.message;
  warmup::Refusal refusal{{state_.now(), text}, conversation.begun, message.id.text(), message.sender, message.message_id};
  refusal.probe = std::exchange(conversation.probe, false);
  state_.lanes.tell(key, warmup::denied(state_.lanes.change(key).record, refusal, state_.now()));
}

// Charge, keep the place or refund (WARMUP.md §4). `place` of the recipient says afterwards whether it has a place.
void LaneOutcomes::settle_permit(const Conversation& conversation, queue::Recipient& recipient, const Outcome& outcome) {
  const auto& mail_class = conversation.message->mail_class;
  if (conversation.exempt)  // kept before its domain was our own
    return state_.free_place(*conversation.message, recipient);
  const std::string row = state_.lanes.at(conversation.lane).row;
  const auto said = outcome.untried ? std::nullopt : std::optional(outcome.verdict);
  const auto settled =
      warmup::permitted({said, outcome.reply.permanent(), outcome.dot_sent, state_.stored_lanes.has_place(recipient, row)});
  const bool charged = settled == warmup::Permitted::charged, keeps = settled == warmup::Permitted::kept;
  const Instant at = outcome.dot_sent && outcome.dot_at != Instant{} ? outcome.dot_at : state_.now();
  state_.lanes.on_ledgers(conversation.ledgers(), [&](warmup::Lane& ledger) {
    if (charged) {
      warmup::charge(ledger, mail_class, 1, at);
    } else if (keeps) {
      warmup::keep_place(ledger, mail_class);
    } else {
      warmup::refund(ledger, mail_class, 1);
    }
  });
  LiveLane& used = state_.lanes.change(conversation.lane);
  if (!charged && !keeps)
    used.shares.gave_back(state_.queues.open(conversation.queue).key.pool, mail_class, 1, used.record.today.started);
  if (charged && conversation.lane.provider == "*") {
    ++warmup::day_of(used.record, at).sent_by_provider[provider_for_statistics(conversation, recipient)];
  }
  if (charged) note_charge(conversation, at);
  recipient.place = keeps ? row : "";
}

// What left before today began is in a day of the history.
void LaneOutcomes::note_charge(const Conversation& conversation, Instant left) {
  for (const auto& key : {std::optional(conversation.lane), conversation.sender}) {
    if (key && left < state_.lanes.at(*key).record.today.started) state_.lanes.change(*key).days_changed = true;
  }
}

void LaneOutcomes::charge_copy(const Conversation& conversation, std::size_t recipients, Instant left) {
  const auto& mail_class = conversation.message->mail_class;
  state_.lanes.on_ledgers(conversation.ledgers(), [&](warmup::Lane& ledger) {
    warmup::reserve(ledger, mail_class, recipients);
    warmup::charge(ledger, mail_class, recipients, left);
  });
  LiveLane& used = state_.lanes.change(conversation.lane);
  used.shares.took(state_.queues.open(conversation.queue).key.pool, mail_class, recipients, used.record.today.started);
  note_charge(conversation, left);
  if (conversation.lane.provider != "*" || conversation.taken.empty()) return;
  const auto provider = provider_for_statistics(conversation, conversation.taken.front().first.recipient);
  warmup::day_of(used.record, left).sent_by_provider[provider] += recipients;
}

// Of mail by a smarthost: as its queue was routed; where DNS was not asked, by its domain. Unlisted ones together.
std::string LaneOutcomes::provider_for_statistics(const Conversation& conversation, const queue::Recipient& recipient) {
  std::string name = state_.queues.open(conversation.queue).key.provider;
  if (name == "*") name = state_.policy.providers->of_domain(domain_of(recipient.address)).name;
  return name.empty() || name.starts_with("other:") ? "other" : name;
}

}  // namespace mta
