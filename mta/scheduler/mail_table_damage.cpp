// Mail that cannot be read from the spool: it waits in a queue of its own for an operator, everything else goes on.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "mta/scheduler/mail_table.h"
#include "queue/keys.h"

namespace mta {

using queue::Family;
using queue::QueueKind;

// One queue for all of them, ordered as they were due.
const std::string& MailTable::set_aside_queue() {
  static const std::string bytes = queue::QueueKey{QueueKind::damaged, "", "", "", "", ""}.encode();
  return bytes;
}

void MailTable::note_damage(queue::MessageId id, std::string_view what, const std::string& why) {
  if (!damaged_.note(transaction_.batch(), id, why)) return;
  spdlog::error("message {}: {}. It is set aside; warmupctl queue drop, bounce or retry --id {} decides about it", id.text(), why,
                id.text());
  EventSubject subject;
  subject.id = id.text();
  transaction_.event(DamagedEvent{std::string(what), std::move(subject), {}, 1, why});
}

// A body row that cannot be read is erased, so that compaction need not read it either.
void MailTable::note_damaged_body(queue::MessageId id, std::uint32_t number, const std::string& why, bool gone) {
  if (!store_->get(Family::message, queue::message_key(id))) return;  // it ended meanwhile
  note_damage(id, "body", why);
  if (gone) transaction_.batch().single_erase(Family::body, queue::body_key(id, number));
}

void MailTable::set_aside(QueuedRecipient one) {
  effects_.free_place(one.message, one.recipient);
  one.recipient.bound_source.clear();
  one.recipient.bound_mx.clear();
  one.recipient.last = {std::string(name(Verdict::temporary)),
                        451,
                        "4.3.0",
                        "set aside: it cannot be read from the spool",
                        "",
                        "",
                        world_.calendar.now()};
  const Instant due = one.due;
  move(std::move(one), set_aside_queue(), due);
}

// True: the head was of a message that cannot be read, and has left the queue.
bool MailTable::set_aside_head(Queue& queue, const queue::QueueRow& head) {
  if (queue.key.kind == QueueKind::damaged || queue.key.kind == QueueKind::returning) return false;
  const auto row = head;
  auto found = recipient(row.recipient);
  const auto of = message(row.recipient.message);
  if (found && of && !damaged_.has(of->id)) return false;
  queues_.pop(queue);
  if (found && of) {
    set_aside({*of, row.recipient.number, std::move(*found), row.due});
  } else {
    note_damage(row.recipient.message, "row", fmt::format("what is known of {} cannot be read", row.recipient.text()));
    queues_.erase(transaction_.batch(), queue, row);
  }
  return true;
}

// An operator's last word on a message of which too little can be read for any other.
std::uint64_t MailTable::drop_unreadable(queue::MessageId id, const std::string& by, const std::string& reason) {
  if (!damaged_.has(id)) return 0;
  EventSubject subject;
  subject.id = id.text();
  transaction_.event(DroppedEvent{std::move(subject), by, reason, {}});
  const auto counter = read(Family::message, queue::message_key(id) + "n", id);  // of a message with several recipients
  const std::uint64_t left = counter ? std::stoull(*counter) : 1;
  for (const auto family : {Family::recipient, Family::message, Family::body})
    transaction_.batch().erase_range(family, queue::message_key(id), queue::message_end(id));
  hot_.forget(id);
  damaged_.forget(transaction_.batch(), id);
  if (totals_.messages > 0) --totals_.messages;
  totals_.recipients -= std::min(totals_.recipients, left);
  totals_changed_ = true;
  return 1;
}

}  // namespace mta
