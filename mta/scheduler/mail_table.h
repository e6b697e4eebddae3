// mta/scheduler/mail_table.h — the messages and recipients of the queue: their rows, and the one door by which a recipient ends or moves.
//
// What      Rows of messages and recipients as the transaction at hand has them; ends, moves and the wait for a report to the sender; how
//           many there are; what cannot be read.
// Units     Messages, recipients, octets of bodies.
// Promise   Every accepted recipient leaves through finish() and through nothing else (one row of history, one event by the caller). Reads
//           see what the current batch will write. The totals are stored in the batch that changes them.
// Errors    A row that cannot be read is as one that is not there, and its message is noted as damaged.
// Source    DESIGN.md §7, promise 3; RFC 3461 §5.2 (which reports are wanted).
// Not here  why a recipient ends or moves (the callers), which rows a queue has (queue_index.h).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "mta/scheduler/damaged.h"
#include "mta/scheduler/history_book.h"
#include "mta/scheduler/hot_mail.h"
#include "mta/scheduler/transaction.h"
#include "queue/totals.h"

namespace mta {

// A recipient that waits, as it is to be; it is in the queue that `recipient.queue` names, in the row that is due then.
struct QueuedRecipient {
  const queue::Message& message;
  std::uint32_t number = 0;
  queue::Recipient recipient;
  Instant due{};
  queue::RecipientId id() const { return {message.id, number}; }
};

class MailTable {
 public:
  // What others do when a recipient leaves or comes: a queue is to be looked at; a place that was kept for it is free; octets are dead.
  struct Effects {
    std::function<void(Queue&)> wake;
    std::function<void(const queue::Message&, queue::Recipient&)> free_place;
    std::function<void(std::uint64_t octets)> erased;
  };
  MailTable(World, const Policy&, std::shared_ptr<queue::Store>, Transaction&, QueueIndex&);
  void set_effects(Effects effects) { effects_ = std::move(effects); }
  void load();  // at start

  // Rows. Messages and recipients are read as the current batch will have them.
  std::shared_ptr<const queue::Message> message(queue::MessageId);
  std::optional<queue::Recipient> recipient(const queue::RecipientId&);
  void put_recipient(const queue::RecipientId&, const queue::Recipient&);
  void add(const queue::Message&, std::vector<queue::Recipient>, std::string tail);  // accepted: its rows join the batch

  // Ends and moves.
  void decide(QueuedRecipient, queue::Fate, Ending = {});
  void finish(const queue::Message&, std::uint32_t number);
  void move(QueuedRecipient, const std::string& queue, Instant new_due);
  void expire(QueuedRecipient);  // with the event
  void drop(QueuedRecipient, const Ending&);
  void report_later(const queue::RecipientId&);  // a delay notice, or the report of its end
  static const std::string& returning_queue();   // the queue of all that is to be reported

  // What cannot be read waits in a queue of its own for an operator.
  void note_damage(queue::MessageId, std::string_view what, const std::string& why);  // `what`: "body" or "row"
  void note_damaged_body(queue::MessageId, std::uint32_t number, const std::string& why, bool gone);
  void set_aside(QueuedRecipient);
  bool set_aside_head(Queue&, const queue::QueueRow&);
  std::uint64_t drop_unreadable(queue::MessageId, const std::string& by, const std::string& reason);
  Damaged& damaged() { return damaged_; }
  const Damaged& damaged() const { return damaged_; }
  static const std::string& set_aside_queue();

  HotMail& hot() { return hot_; }
  HistoryBook& history() { return history_; }
  const queue::Totals& totals() const { return totals_; }
  void restore(const queue::Totals& before,
               const std::vector<queue::MessageId>& gone);  // what was accepted since was not written

  void before_write(queue::Batch&);
  void written();

 private:
  std::optional<std::string> read(queue::Family, const std::string& key, queue::MessageId of);
  void erase_recipient(const queue::RecipientId&);
  void leave_queue(const QueuedRecipient&);
  void record_end(const QueuedRecipient&, const Ending&);
  bool forget_one(const queue::Message&);

  World world_;
  const Policy& policy_;
  std::shared_ptr<queue::Store> store_;
  Transaction& transaction_;
  QueueIndex& queues_;
  Effects effects_;
  HotMail hot_;
  Damaged damaged_;
  HistoryBook history_;
  std::map<queue::RecipientId, std::optional<queue::Recipient>>
      unwritten_;  // in the current batch: the store does not show them yet
  std::map<queue::MessageId, std::shared_ptr<const queue::Message>> unwritten_messages_;  // likewise
  std::map<queue::MessageId, std::uint32_t> remaining_;  // recipients of messages with several, while in memory
  queue::Totals totals_;
  bool totals_changed_ = false;
};

}  // namespace mta
