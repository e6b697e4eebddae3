// Ends and moves of one recipient: every accepted recipient leaves through finish(), and through nothing else (design §5.3).
#include <spdlog/spdlog.h>

#include <algorithm>

#include "mta/books/attempt_row.h"
#include "mta/books/books.h"
#include "mta/books/readable.h"
#include "mta/deliver/verdict.h"
#include "mta/route/mx.h"
#include "mta/smtp/reply.h"
#include "mta/tasks.h"
#include "queue/keys.h"

namespace mta {

using queue::Fate;

namespace {
// Of a message whose counter cannot be read. One that is in the batch at hand is still there.
std::uint32_t count_recipients(const queue::Store& store, queue::MessageId id) {
  std::uint32_t found = 0;
  as_far_as_readable([&] {
    for (auto row = store.scan(queue::Family::recipient, queue::message_key(id), queue::message_end(id)); row.valid(); row.next())
      ++found;
  });
  return std::max(found, 1U);
}

// What closed the site is what this recipient could not go for, though nobody said it to it.
queue::LastReply last_of_site(const queue::LineRecord& site, bool dns, Instant now) {
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

// One line for all that is to be reported; rows are due since the beginning of time, so they sort by message.
const std::string& Books::returning_line() {
  static const std::string bytes = queue::LineKey{queue::LineKind::returning, "", "", "", "", ""}.encode();
  return bytes;
}

std::string Books::ascii_name(const std::string& domain) { return ascii_domain(domain).value_or(domain); }

// RFC 3461 §5.2: failure unless told otherwise, success only when asked for; a null sender is never told (RFC 5321 §4.5.5).
bool Books::wants_report(const queue::Message& message, const queue::Recipient& recipient, Fate fate) const {
  if (message.sender.empty() || (recipient.notify & queue::notify::never) != 0) return false;
  if (fate == Fate::failed || fate == Fate::expired) {
    return recipient.notify == queue::notify::unset || (recipient.notify & queue::notify::failure) != 0;
  }
  // Handed to a server that knows DSN: the rest is its business. `delivered` stands for that here, `relayed` for a server without.
  return fate == Fate::relayed && (recipient.notify & queue::notify::success) != 0;
}

void Books::decide(const queue::Message& message, std::uint32_t number, queue::Recipient recipient, Fate fate, Instant due,
                   Ending ending) {
  const queue::RecipientId id{message.id, number};
  ending.end = end_of(fate);
  record_end(message, number, recipient, ending);
  Line& line = lines_.open(recipient.line);
  lines_.erase(batch_, line, {due, id});
  if (line.record.waiting > 0) enqueue(line);  // it may have slept; opened, only this brings it back
  give_slot_back(message.mail_class, recipient);
  if (!wants_report(message, recipient, fate)) return finish(message, number, recipient);
  recipient.fate = fate;
  recipient.line = returning_line();
  recipient.due = Instant{};
  put_recipient(id, recipient);
  insert_returning(id);
}

void Books::insert_returning(const queue::RecipientId& id) {
  Line& line = lines_.open(returning_line());
  const queue::LineRow row{Instant{}, id};
  // A delay notice of it may be waiting: the row is put once, and what is reported is read when it is.
  if (store_->get(queue::Family::line, queue::line_row_key(line.bytes, row))) return;
  lines_.insert(batch_, line, row);
  enqueue(line);
}

void Books::finish(const queue::Message& message, std::uint32_t number, const queue::Recipient&) {
  erase_recipient({message.id, number});
  ENSURE(recipients_ > 0);
  --recipients_;
  totals_dirty_ = true;
  const std::string counter = queue::message_key(message.id) + "n";
  if (message.recipients > 1) {
    auto at = remaining_.find(message.id);
    if (at == remaining_.end()) {
      const auto row = read(queue::Family::message, counter, message.id);
      const std::uint32_t left = row ? static_cast<std::uint32_t>(std::stoul(*row)) : count_recipients(*store_, message.id);
      at = remaining_.emplace(message.id, left).first;
    }
    ENSURE(at->second > 0);
    if (--at->second > 0) return batch_.put(queue::Family::message, counter, std::to_string(at->second));
    remaining_.erase(at);
    batch_.erase(queue::Family::message, counter);
  }
  batch_.erase(queue::Family::message, queue::message_key(message.id));
  if (on_lines && !policy_.config->log.maillog.empty()) lines_to_log_.push_back(removed_line(message.id.text()));
  for (std::uint32_t n = 0; n < message.chunks; ++n) batch_.single_erase(queue::Family::body, queue::body_key(message.id, n));
  hot_.forget(message.id);
  damaged_.forget(batch_, message.id);
  space_.waits -= std::min(space_.waits, message.size);
  note_erased(message.size);
  ENSURE(messages_ > 0);
  --messages_;
}

void Books::move(const queue::Message& message, std::uint32_t number, queue::Recipient recipient, Instant due,
                 const std::string& line, Instant new_due) {
  const queue::RecipientId id{message.id, number};
  lines_.erase(batch_, lines_.open(recipient.line), {due, id});
  recipient.line = line;
  recipient.due = new_due;
  put_recipient(id, recipient);
  Line& target = lines_.open(line);
  lines_.insert(batch_, target, {new_due, id});
  enqueue(target);
}

// The DSN of these recipients is in the batch at hand: their wait for it ends.
void Books::write_settles(const std::vector<Incoming::Settled>& settles) {
  for (const auto& settled : settles) {
    const auto& id = settled.recipient;
    reporting_.erase(id);
    lines_.erase(batch_, lines_.open(returning_line()), {Instant{}, id});
    const auto found = recipient(id);
    const auto of = message(id.message);
    if (!found || !of) continue;  // a delay notice for mail that went meanwhile
    if (found->fate == Fate::waiting) continue;
    if (settled.ends) {
      finish(*of, id.number, *found);
    } else {  // decided while its delay notice was written
      lines_.insert(batch_, lines_.open(returning_line()), {Instant{}, id});
    }
  }
  enqueue(lines_.open(returning_line()));
}

// A retry brings the next try forward, and never forgets how long mail has waited: what is due already stays due since then
// (warmup-rules §9: waiting = now − due).
void Books::hand_one(Hand hand, const queue::Message& message, const Addressee& addressee, Instant due, const std::string& by,
                     const std::string& reason) {
  const auto now = world_.calendar.now(), due_by_now = std::min(due, now);
  auto recipient = addressee.recipient;
  if (hand == Hand::retry && recipient.line == set_aside_line()) {  // perhaps the disk reads it now
    damaged_.forget(batch_, message.id);
    const auto home = queue::LineKey{queue::LineKind::unrouted,
                                     message.pool.empty() ? pool_for(message, recipient) : message.pool,
                                     ascii_name(domain_of(recipient.address)),
                                     message.mail_class,
                                     {},
                                     {}};
    return move(message, addressee.number, std::move(recipient), due, home.encode(), due_by_now);
  }
  if (hand == Hand::retry) {
    Line& line = lines_.open(recipient.line);
    line.record.closed_until = std::min(line.record.closed_until, now);  // the probe of a closed site may go at once
    lines_.changed(line);
    const std::string name = line.bytes;
    return move(message, addressee.number, std::move(recipient), due, name, due_by_now);
  }
  auto subject = subject_of(message, addressee.number, recipient);
  if (hand == Hand::drop) {
    event(DroppedEvent{std::move(subject), by, reason, now - message.accepted});
    record_end(message, addressee.number, recipient, {queue::End::dropped, by, reason});
    Line& line = lines_.open(recipient.line);
    lines_.erase(batch_, line, {due, {message.id, addressee.number}});
    if (line.record.waiting > 0) enqueue(line);  // as in decide()
    give_slot_back(message.mail_class, recipient);
    return finish(message, addressee.number, recipient);
  }
  recipient.last = {
      "permanent", 554, "5.7.0", reason.empty() ? "returned by the operator" : "returned by the operator: " + reason,
      "",          "",  now};
  const auto& last = recipient.last;
  AttemptReport report;
  report.subject = std::move(subject);
  report.reply = {last.verdict, last.code, last.enhanced, last.text};
  report.delay = now - message.accepted;
  event(BouncedEvent{std::move(report), by});
  decide(message, addressee.number, std::move(recipient), Fate::failed, due, {queue::End::bounced, by, reason});
}

// While a site is closed the time runs for all that wait (warmup-rules §8): looked at only at the head, which waits longest.
bool Books::expire_head(Line& line, const queue::LineRow& row) {
  const auto now = world_.calendar.now();
  const auto closed_for = now - std::max(row.due, line.record.closed_since);
  const auto& options = policy_.config->retry;
  if (closed_for < std::min(options.lifetime, options.lifetime_bounce)) return false;
  auto found = recipient(row.recipient);
  const auto of = message(row.recipient.message);
  ENSURE(found.has_value() && of != nullptr);
  if (!line.key.pin.empty() && found->pin_source.empty())
    return false;  // an overflow that does not answer: it goes back to the pool
  if (!queue::expired(options, of->sender.empty(), found->backoff_used + closed_for)) return false;
  const bool dns = line.key.kind == queue::LineKind::unrouted;
  found->last = last_of_site(line.record, dns, now);
  tell_expired(*of, row.recipient.number, *found);
  const auto due = row.due;
  const auto number = row.recipient.number;
  lines_.pop(line);
  decide(*of, number, std::move(*found), Fate::expired, due);
  return true;
}

}  // namespace mta
