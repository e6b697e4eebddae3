// What a permit takes: rows of one message from the head of a line, with their open attempts and reservations, in one batch.
#include <algorithm>

#include "mta/books/attempt_row.h"
#include "mta/books/books.h"
#include "mta/books/places.h"
#include "mta/tasks.h"
#include "queue/keys.h"
#include "warmup/brake.h"
#include "warmup/ledger.h"

namespace mta {

using queue::Family;
using namespace std::chrono_literals;

// Rows of one message and one domain from the head of the line, with their open attempts written.
void Books::take_rows(Line& line, std::uint64_t id_of_conversation, std::size_t most) {
  Conversation& conversation = conversations_.at(id_of_conversation);
  auto& taken = conversation.taken;
  taken.clear();
  const auto now = world_.calendar.now();
  std::optional<queue::MessageId> id;
  std::string domain, slot;
  while (taken.size() < most) {
    const queue::LineRow* row = lines_.front(line);
    if (row == nullptr || row->due > now || (id && row->recipient.message != *id)) break;
    auto found = recipient(row->recipient);
    ENSURE(found.has_value() || id);  // the head was looked at before
    if (!found) break;
    if (id && (domain_of(found->address) != domain || found->slot != slot)) break;
    slot = found->slot;
    id = row->recipient.message;
    domain = domain_of(found->address);
    const auto name = parse_lane_row_key(lane(conversation.lane).row);
    const AttemptRow attempt{row->due, now + queue::retry_interval(policy_.config->retry, found->attempts + 1, 0.5),
                             name.identity, name.provider, line.bytes};
    batch_.put(Family::attempt, queue::recipient_key(row->recipient), encode(attempt));
    in_flight_[row->recipient] = {id_of_conversation, std::nullopt, {}, {}};
    taken.emplace_back(Addressee{row->recipient.number, std::move(*found)}, row->due);
    lines_.pop(line);
  }
  ENSURE(id.has_value());
  conversation.message = message(*id);
  ENSURE(conversation.message != nullptr);
}

// A probe goes with another message than the one that met the refusal, unless that is alone (warmup-rules §8). Of what is in memory of
// the line: rows before that message are popped and returned.
std::deque<queue::LineRow> Books::step_over_trigger(Line& line, const std::string& trigger) {
  const auto another = another_than(line, trigger);
  if (another == line.window.end()) return {};
  std::deque<queue::LineRow> over(line.window.cbegin(), another);
  for (std::size_t n = 0; n < over.size(); ++n) lines_.pop(line);
  return over;
}

std::deque<queue::LineRow>::const_iterator Books::another_than(const Line& line, const std::string& trigger) const {
  return std::find_if(line.window.begin(), line.window.end(), [&](const queue::LineRow& row) {
    return row.due <= now() && row.recipient.message.text() != trigger && !damaged_.has(row.recipient.message) &&
           !in_flight_.contains(row.recipient);
  });
}

void Books::give(Line& line, const Slot& slot) {
  const auto now = world_.calendar.now();
  const auto config = policy_.config;
  if (const auto absent = absent_.find(slot.key.source); absent != absent_.end()) absent->second = now + 1min;  // one tries it
  const auto id = slot.idle != 0 ? slot.idle : next_conversation_++;
  Conversation& conversation = conversations_[id];
  Lane& chosen = lane(slot.key);
  const auto& provider = limits(slot.key.provider);
  if (slot.idle == 0) {
    ++chosen.open;
    conversation.lane = slot.key;
    conversation.line = line.bytes;
    conversation.config = config;
  } else {
    std::erase(line.idle, slot.idle);
  }
  if (provider.rate > 0) {
    chosen.next_start = now + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(1.0 / provider.rate));
  }
  ++line.busy;  // before rows are taken: what is in flight must not move the line's low water
  const std::string trigger = chosen.record.brake.trigger;
  const auto skipped = slot.probe ? step_over_trigger(line, trigger) : std::deque<queue::LineRow>{};
  const auto most = std::min<warmup::Recipients>(std::max(1U, provider.recipients_per_message), slot.recipients);
  take_rows(line, id, static_cast<std::size_t>(most));
  for (const auto& row : skipped) lines_.put_back(line, row);
  ++conversation.messages;
  if (line.record.backoff == Duration(0) && !line.record.reason.empty()) {  // nothing holds it now
    line.record.reason.clear();
    line.record.said_by.clear();
    lines_.changed(line);
  }

  Assignment assignment;
  assignment.conversation = id;
  assignment.config = conversation.config;
  assignment.source = conversation.config->source(slot.key.source);
  ENSURE(assignment.source != nullptr);
  assignment.line = line.key;
  assignment.taken = now;
  assignment.hurry = in_a_hurry(conversations_.size()) && !assignment.source->is_smarthost();
  for (auto& [addressee, due] : conversation.taken) assignment.addressees.push_back(addressee);
  conversation.probe = slot.probe;
  conversation.exempt = slot.exempt;
  conversation.begun = now;
  reserve_permit(conversation);
  assignment.permit_ends = chosen.record.today.ends;
  if (const auto total = overall_of(slot.key))
    assignment.permit_ends = std::min(assignment.permit_ends, lane(*total).record.today.ends);
  assignment.message = conversation.message;
  if (slot.idle != 0) {
    effects_.push_back([asker = std::move(*std::exchange(conversation.idle, {})), assignment = std::move(assignment)]() mutable {
      answer<std::optional<Assignment>>(std::move(asker), std::move(assignment));
    });
  } else {
    effects_.push_back([this, assignment = std::move(assignment)]() mutable { hooks_.converse(std::move(assignment)); });
  }
}

}  // namespace mta
