// Recipients refused 5xx for our reputation (warmup-rules §8): another source or the overflow at once, else a day's wait, then the bounce.
//
// Who met the block at the banner counts as who met it at RCPT: the message would have been refused.
// They wait in a line of their own beside that of their site, ordered by when they were first told so: its head is the next to bounce.
#include <algorithm>

#include "mta/books/books.h"
#include "mta/tasks.h"
#include "warmup/held.h"

namespace mta {

using queue::Fate;
using queue::LineKind;

bool Books::is_blocked(const queue::Recipient& recipient) {
  return recipient.last.code >= 500 && recipient.last.verdict == name(Verdict::reputation_block);
}

// The line in which a recipient waits that may go by any source of the pool.
queue::LineKey Books::home_of(queue::LineKey key, const queue::Recipient& recipient) const {
  key.pin.clear();
  key.kind = is_blocked(recipient) ? LineKind::blocked : is_own(recipient) ? LineKind::exempt : LineKind::routed;
  return key;
}

// At a domain of our own (warmup-rules §1).
bool Books::is_own(const queue::Recipient& recipient) const {
  return plans_->has_own() && plans_->is_own(ascii_name(domain_of(recipient.address)));
}

bool Books::is_exempt(const Line& line, const queue::LineRow& head) {
  if (line.key.kind == LineKind::exempt) return true;
  if (line.key.kind != LineKind::blocked || !plans_->has_own()) return false;
  const auto found = recipient(head.recipient);
  ENSURE(found.has_value());
  return is_own(*found);
}

// A reload makes a domain our own, or no more: its mail waits where it belongs now. True: the line has another head.
bool Books::refile(Line& line, const queue::LineRow& head) {
  if (line.key.kind != LineKind::exempt && (line.key.kind != LineKind::routed || !plans_->has_own())) return false;
  auto found = recipient(head.recipient);
  const auto of = message(head.recipient.message);
  ENSURE(found.has_value() && of != nullptr);
  auto key = line.key;
  key.kind = is_own(*found) ? LineKind::exempt : LineKind::routed;
  if (key.kind == line.key.kind) return false;
  const auto row = head;
  lines_.pop(line);
  move(*of, row.recipient.number, std::move(*found), row.due, key.encode(), row.due);
  return true;
}

// `before`: how it was when it was taken; a recipient that was blocked already keeps the place which its first refusal gave it.
void Books::block_recipient(Conversation& conversation, const queue::Recipient& before, Addressee addressee, Instant due,
                            AttemptReport report) {
  const queue::Message& message = *conversation.message;
  auto& recipient = addressee.recipient;
  const Instant since = is_blocked(before) ? due : now();
  if (now() - since >= warmup::blocked_longest) {
    event(BouncedEvent{std::move(report), {}});
    return decide(message, addressee.number, std::move(recipient), Fate::failed, due);
  }
  const Instant opens = std::max(lane(conversation.lane).record.brake.until, now());
  event(DeferredEvent{std::move(report), std::min(opens, since + warmup::blocked_longest)});
  unpin(message, recipient);
  const auto home = home_of(lines_.open(conversation.line).key, recipient).encode();
  if (home != conversation.line) return move(message, addressee.number, std::move(recipient), due, home, since);
  const queue::RecipientId id{message.id, addressee.number};
  put_recipient(id, recipient);
  lines_.put_back(lines_.open(home), {due, id});
}

void Books::look_before_bounce(const queue::LineRow& head, Search& search) const {
  const Instant bounces = head.due + warmup::blocked_longest;
  search.looks_again = std::min(search.looks_again.value_or(bounces), bounces);
}

// Of those in an overflow too, where they keep their place.
bool Books::bounce_blocked(Line& line, const queue::LineRow& head) {
  if (!warmup::block_ends({head.due, true}, now()) || (line.key.kind != LineKind::blocked && line.key.pin.empty())) return false;
  const auto row = head;
  auto found = recipient(row.recipient);
  const auto of = message(row.recipient.message);
  ENSURE(found.has_value() && of != nullptr);
  if (!is_blocked(*found)) return false;
  lines_.pop(line);
  bounce_waiting(*of, row, std::move(*found));
  return true;
}

// With what was said last.
void Books::bounce_waiting(const queue::Message& message, const queue::LineRow& row, queue::Recipient recipient) {
  const auto& last = recipient.last;
  AttemptReport report;
  report.subject = subject_of(message, row.recipient.number, recipient);
  report.subject.mx = last.mx;
  report.subject.source = last.source;
  const auto line = queue::LineKey::decode(recipient.line);
  if (line && line->knows_site()) report.subject.provider = line->provider;
  report.reply = {last.verdict, last.code, last.enhanced, last.text};
  report.attempt = recipient.attempts;
  report.delay = now() - message.accepted;
  event(BouncedEvent{std::move(report), {}});
  decide(message, row.recipient.number, std::move(recipient), Fate::failed, row.due);
}

}  // namespace mta
