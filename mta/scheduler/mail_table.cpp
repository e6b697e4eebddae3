#include "mta/scheduler/mail_table.h"

#include "mta/report/readable.h"
#include "queue/ensure.h"
#include "queue/keys.h"

namespace mta {

using queue::Family;
using queue::Fate;

namespace {
constexpr std::size_t hot_bytes = 24U << 20U;
constexpr std::size_t counts_in_memory = 20'000;

// Of a message whose counter cannot be read. One that is in the current batch is still there.
std::uint32_t count_recipients(const queue::Store& store, queue::MessageId id) {
  std::uint32_t found = 0;
  as_far_as_readable([&] {
    for (auto row = store.scan(Family::recipient, queue::message_key(id), queue::message_end(id)); row.valid(); row.next())
      ++found;
  });
  return std::max(found, 1U);
}

// RFC 3461 §5.2: failure unless told otherwise, success only when asked for; a null sender is never told (RFC 5321 §4.5.5).
bool wants_report(const queue::Message& message, const queue::Recipient& recipient, Fate fate) {
  if (message.sender.empty() || (recipient.notify & queue::notify::never) != 0) return false;
  if (fate == Fate::failed || fate == Fate::expired) {
    return recipient.notify == queue::notify::unset || (recipient.notify & queue::notify::failure) != 0;
  }
  // Handed to a server that knows DSN: the rest is its business. `delivered` stands for that here, `relayed` for a server without.
  return fate == Fate::relayed && (recipient.notify & queue::notify::success) != 0;
}
}  // namespace

MailTable::MailTable(World world, const Policy& policy, std::shared_ptr<queue::Store> store, Transaction& transaction,
                     QueueIndex& queues)
    : world_(world),
      policy_(policy),
      store_(std::move(store)),
      transaction_(transaction),
      queues_(queues),
      hot_(hot_bytes),
      damaged_(*store_) {}

void MailTable::load() {
  if (const auto row = store_->get(Family::meta, queue::totals_key)) {
    const auto totals = queue::decode_totals(*row);
    ENSURE(totals.has_value());
    totals_ = *totals;
  }
  history_.load(*store_, world_.calendar.now());
}

std::shared_ptr<const queue::Message> MailTable::message(queue::MessageId id) {
  if (auto hot = hot_.message(id)) return hot;
  if (const auto ahead = unwritten_messages_.find(id); ahead != unwritten_messages_.end()) return ahead->second;
  const auto row = read(Family::message, queue::message_key(id), id);
  auto decoded = row ? queue::decode_message(id, *row) : std::nullopt;
  if (row && !decoded) note_damage(id, "row", "its message row is not one that was written");
  return decoded ? std::make_shared<const queue::Message>(std::move(*decoded)) : nullptr;
}

// A row that cannot be read is as one that is not there, and its message is noted.
std::optional<std::string> MailTable::read(Family family, const std::string& key, queue::MessageId of) {
  try {
    return store_->get(family, key);
  } catch (const queue::StoreError& error) {
    note_damage(of, "row", error.what());
    return std::nullopt;
  }
}

std::optional<queue::Recipient> MailTable::recipient(const queue::RecipientId& id) {
  if (const auto ahead = unwritten_.find(id); ahead != unwritten_.end()) return ahead->second;
  if (auto hot = hot_.recipient(id)) return hot;
  const auto row = read(Family::recipient, queue::recipient_key(id), id.message);
  auto decoded = row ? queue::decode_recipient(*row) : std::nullopt;
  if (row && !decoded) note_damage(id.message, "row", "its recipient row is not one that was written");
  return decoded;
}

void MailTable::put_recipient(const queue::RecipientId& id, const queue::Recipient& recipient) {
  hot_.forget(id.message);
  transaction_.batch().put(Family::recipient, queue::recipient_key(id), encode(recipient));
  unwritten_[id] = recipient;
}

void MailTable::erase_recipient(const queue::RecipientId& id) {
  hot_.forget(id.message);
  transaction_.batch().erase(Family::recipient, queue::recipient_key(id));
  unwritten_[id] = std::nullopt;
}

void MailTable::add(const queue::Message& message, std::vector<queue::Recipient> recipients, std::string tail) {
  auto& batch = transaction_.batch();
  if (!tail.empty()) {
    ENSURE(message.chunks > 0);
    batch.put(Family::body, queue::body_key(message.id, message.chunks - 1), tail);
  }
  for (std::uint32_t n = 0; n < message.recipients; ++n)
    batch.put(Family::recipient, queue::recipient_key({message.id, n}), encode(recipients[n]));
  batch.put(Family::message, queue::message_key(message.id), encode(message));
  if (message.recipients > 1)
    batch.put(Family::message, queue::message_key(message.id) + "n", std::to_string(message.recipients));
  ++totals_.messages;
  totals_.recipients += message.recipients;
  totals_.octets += message.size;
  totals_changed_ = true;
  // A report to a sender is written with a later batch: until then its rows are read from here.
  std::optional<std::string> body;
  if (message.chunks == 1 && !tail.empty()) body = std::move(tail);
  const auto kept = unwritten_messages_[message.id] = std::make_shared<const queue::Message>(message);
  hot_.put(kept, std::move(recipients), std::move(body));
}

// What was accepted since then found no room.
void MailTable::restore(const queue::Totals& before, const std::vector<queue::MessageId>& gone) {
  totals_ = before;
  for (const auto id : gone) {
    hot_.forget(id);
    unwritten_messages_.erase(id);
  }
}

const std::string& MailTable::returning_queue() {
  static const std::string bytes = queue::QueueKey{queue::QueueKind::returning, "", "", "", "", ""}.encode();
  return bytes;
}

void MailTable::leave_queue(const QueuedRecipient& one) {
  Queue& queue = queues_.open(one.recipient.queue);
  queues_.erase(transaction_.batch(), queue, {one.due, one.id()});
  if (queue.record.waiting > 0) effects_.wake(queue);  // it may have slept; opened, only this brings it back
}

void MailTable::decide(QueuedRecipient one, Fate fate, Ending ending) {
  ending.end = end_of(fate);
  record_end(one, ending);
  leave_queue(one);
  effects_.free_place(one.message, one.recipient);
  if (!wants_report(one.message, one.recipient, fate)) return finish(one.message, one.number);
  one.recipient.fate = fate;
  one.recipient.queue = returning_queue();
  one.recipient.due = Instant{};
  put_recipient(one.id(), one.recipient);
  report_later(one.id());
}

void MailTable::drop(QueuedRecipient one, const Ending& ending) {
  record_end(one, ending);
  leave_queue(one);
  effects_.free_place(one.message, one.recipient);
  finish(one.message, one.number);
}

// With what was said last, which is why it could not go.
void MailTable::expire(QueuedRecipient one) {
  const Duration waited = world_.calendar.now() - one.message.accepted;
  ExpiredEvent expired{subject_of(one.message, one.number, one.recipient), one.recipient.attempts, waited, {}};
  const auto& last = one.recipient.last;
  if (!last.verdict.empty()) {
    expired.last = SaidReply{last.verdict, last.code, last.enhanced, last.text};
    expired.subject.mx = last.mx;
    expired.subject.source = last.source;
  }
  transaction_.event(expired);
  decide(std::move(one), Fate::expired);
}

// Rows of this queue are due since the beginning of time, so they sort by message.
void MailTable::report_later(const queue::RecipientId& id) {
  Queue& queue = queues_.open(returning_queue());
  const queue::QueueRow row{Instant{}, id};
  // A delay notice of it may be waiting: the row is put once, and what is reported is read when it is.
  if (queues_.has(queue, row)) return;
  queues_.insert(transaction_.batch(), queue, row);
  effects_.wake(queue);
}

void MailTable::finish(const queue::Message& message, std::uint32_t number) {
  erase_recipient({message.id, number});
  ENSURE(totals_.recipients > 0);
  --totals_.recipients;
  totals_changed_ = true;
  if (!forget_one(message)) return;
  auto& batch = transaction_.batch();
  batch.erase(Family::message, queue::message_key(message.id));
  transaction_.log(removed_line(message.id.text()));
  for (std::uint32_t n = 0; n < message.chunks; ++n) batch.single_erase(Family::body, queue::body_key(message.id, n));
  hot_.forget(message.id);
  damaged_.forget(batch, message.id);
  totals_.octets -= std::min(totals_.octets, message.size);
  effects_.erased(message.size);
  ENSURE(totals_.messages > 0);
  --totals_.messages;
}

// True: that was the last recipient of the message.
bool MailTable::forget_one(const queue::Message& message) {
  if (message.recipients <= 1) return true;
  auto& batch = transaction_.batch();
  const std::string counter = queue::message_key(message.id) + "n";
  auto at = remaining_.find(message.id);
  if (at == remaining_.end()) {
    const auto row = read(Family::message, counter, message.id);
    const std::uint32_t left = row ? static_cast<std::uint32_t>(std::stoul(*row)) : count_recipients(*store_, message.id);
    at = remaining_.emplace(message.id, left).first;
  }
  ENSURE(at->second > 0);
  if (--at->second > 0) {
    batch.put(Family::message, counter, std::to_string(at->second));
    return false;
  }
  remaining_.erase(at);
  batch.erase(Family::message, counter);
  return true;
}

void MailTable::move(QueuedRecipient one, const std::string& queue, Instant new_due) {
  const auto id = one.id();
  queues_.erase(transaction_.batch(), queues_.open(one.recipient.queue), {one.due, id});
  one.recipient.queue = queue;
  one.recipient.due = new_due;
  put_recipient(id, one.recipient);
  Queue& target = queues_.open(queue);
  queues_.insert(transaction_.batch(), target, {new_due, id});
  effects_.wake(target);
}

void MailTable::record_end(const QueuedRecipient& one, const Ending& ending) {
  if (policy_.config->history.keep <= Duration(0)) return;
  queue::Ended row;
  row.id = one.id();
  row.ended = world_.calendar.now();
  row.accepted = one.message.accepted;
  row.end = ending.end;
  row.recipient = one.recipient.address;
  row.sender = one.message.sender;
  row.message_id = one.message.message_id;
  row.mail_class = one.message.mail_class;
  const auto queue = queue::QueueKey::decode(one.recipient.queue);
  if (queue && queue->knows_site()) row.provider = queue->provider;
  row.attempts = one.recipient.attempts;
  row.last = one.recipient.last;
  row.by = ending.by;
  row.reason = ending.reason;
  history_.add(transaction_.batch(), row);
}

void MailTable::before_write(queue::Batch& batch) {
  history_.flush(batch);
  if (totals_changed_) batch.put(Family::meta, queue::totals_key, encode(totals_));
}

void MailTable::written() {
  totals_changed_ = false;
  unwritten_.clear();
  unwritten_messages_.clear();
  if (remaining_.size() > counts_in_memory) remaining_.clear();  // the store has them now
}

}  // namespace mta
