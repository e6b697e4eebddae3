// What a permit takes: rows of one message from the head of a queue, with their open attempts and reservations, in one batch.
#include "mta/scheduler/attempts.h"

#include <algorithm>

#include "mta/scheduler/attempt_row.h"
#include "mta/scheduler/conversation_limits.h"
#include "queue/ensure.h"
#include "queue/keys.h"
#include "warmup/brake.h"
#include "warmup/ledger.h"

namespace mta {

using queue::Family;

// Rows of one message and one domain from the head of the queue, with their open attempts written.
void Attempts::take_rows(Queue& queue, std::uint64_t id_of_conversation, std::size_t most) {
  Conversation& conversation = state_.conversations.at(id_of_conversation);
  auto& taken = conversation.taken;
  taken.clear();
  const auto now = state_.now();
  std::optional<queue::MessageId> id;
  std::string domain, place;
  while (taken.size() < most) {
    const queue::QueueRow* row = state_.queues.front(queue);
    if (row == nullptr || row->due > now || (id && row->recipient.message != *id)) break;
    auto found = state_.mail.recipient(row->recipient);
    ENSURE(found.has_value() || id);  // the head was looked at before
    if (!found) break;
    if (id && (domain_of(found->address) != domain || found->place != place)) break;
    place = found->place;
    id = row->recipient.message;
    domain = domain_of(found->address);
    const auto name = warmup::parse_lane_row_key(state_.lanes.at(conversation.lane).row);
    const AttemptRow attempt{row->due, now + warmup::retry_interval(state_.policy.config->retry, found->attempts + 1, 0.5),
                             name.identity, name.provider, queue.bytes};
    state_.transaction.batch().put(Family::attempt, queue::recipient_key(row->recipient), encode(attempt));
    state_.conversations.take(row->recipient, id_of_conversation);
    taken.emplace_back(Addressee{row->recipient.number, std::move(*found)}, row->due);
    state_.queues.pop(queue);
  }
  ENSURE(id.has_value());
  conversation.message = state_.mail.message(*id);
  ENSURE(conversation.message != nullptr);
  conversation.sender = SchedulerState::sender_of(*conversation.message, queue.key.provider);
}

// A probe goes with another message than the one that met the refusal, unless that is alone (WARMUP.md §8). Of what is in memory of
// the queue: rows before that message are popped and returned.
std::deque<queue::QueueRow> Attempts::step_over_trigger(Queue& queue, const std::string& trigger) {
  const auto another = state_.another_than(queue, trigger);
  if (another == queue.window.end()) return {};
  std::deque<queue::QueueRow> over(queue.window.cbegin(), another);
  for (std::size_t n = 0; n < over.size(); ++n) state_.queues.pop(queue);
  return over;
}

void Attempts::start(Queue& queue, const ChosenLane& place) {
  const auto now = state_.now();
  state_.absent.is_tried(place.key.source, now);
  const auto& provider = state_.limits(place.key.provider);
  auto id = place.idle;
  if (id == 0) {
    id = state_.conversations.open(place.key, queue.bytes, state_.policy.config).first;
    state_.lanes.opened(place.key);
  } else {
    std::erase(queue.idle, id);
  }
  Conversation& conversation = state_.conversations.at(id);
  if (provider.rate > 0) {
    const auto pause = std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1.0 / provider.rate));
    state_.lanes.start_no_message_before(place.key, now + pause);
  }
  ++queue.busy;  // before rows are taken: what is in flight must not move the queue's low water
  const std::string trigger = state_.lanes.at(place.key).record.brake.trigger;
  const auto skipped = place.probe ? step_over_trigger(queue, trigger) : std::deque<queue::QueueRow>{};
  const auto most = std::min<warmup::Recipients>(std::max(1U, provider.recipients_per_message), place.recipients);
  take_rows(queue, id, static_cast<std::size_t>(most));
  for (const auto& row : skipped) state_.queues.put_back(queue, row);
  ++conversation.messages;
  state_.queues.note_reason(queue, {});
  conversation.probe = place.probe;
  conversation.exempt = place.exempt;
  conversation.begun = now;
  reserve(conversation);
  auto assignment = assign(id, conversation, queue);
  if (place.idle != 0) {
    auto caller = std::move(*std::exchange(conversation.idle, {}));
    state_.transaction.after_sync([caller = std::move(caller), assignment = std::move(assignment)]() mutable {
      reply<std::optional<Assignment>>(std::move(caller), std::move(assignment));
    });
  } else {
    state_.transaction.after_sync(
        [this, assignment = std::move(assignment)]() mutable { state_.hooks.converse(std::move(assignment)); });
  }
}

Assignment Attempts::assign(std::uint64_t id, const Conversation& conversation, const Queue& queue) {
  Assignment made;
  made.conversation = id;
  made.config = conversation.config;
  made.source = conversation.config->source(conversation.lane.source);
  ENSURE(made.source != nullptr);
  made.queue = queue.key;
  made.taken = conversation.begun;
  made.hurry = in_a_hurry(state_.conversations.size()) && !made.source->is_smarthost();
  for (const auto& [addressee, due] : conversation.taken) made.addressees.push_back(addressee);
  made.permit_ends = state_.lanes.at(conversation.lane).record.today.ends;
  if (const auto total = state_.lanes.total_of(conversation.lane))
    made.permit_ends = std::min(made.permit_ends, state_.lanes.at(*total).record.today.ends);
  made.message = conversation.message;
  return made;
}

void Attempts::reserve(const Conversation& conversation) {
  if (conversation.probe) warmup::probe_leaves(state_.lanes.change(conversation.lane).record);
  if (conversation.exempt) return;
  const auto& mail_class = conversation.message->mail_class;
  const std::string row = state_.lanes.at(conversation.lane).row;
  std::size_t had_none = 0;  // a place that was kept is one of today's already
  for (const auto& [addressee, due] : conversation.taken) {
    const bool has_place = state_.stored_lanes.has_place(addressee.recipient, row);
    if (!has_place) ++had_none;
    state_.lanes.note_would_hold(conversation.lane, {mail_class, 1, has_place});
    state_.lanes.on_ledgers(conversation.ledgers(), [&](warmup::Lane& ledger) {
      if (has_place) {
        warmup::use_place(ledger, mail_class);
      } else {
        warmup::reserve(ledger, mail_class, 1);
      }
    });
  }
  LiveLane& used = state_.lanes.change(conversation.lane);
  used.shares.took(state_.queues.open(conversation.queue).key.pool, mail_class, had_none, used.record.today.started);
}

}  // namespace mta
