#include "mta/books/held_heads.h"

#include <fmt/format.h>

#include <algorithm>

#include "mta/deliver/verdict.h"
#include "mta/route/mx.h"
#include "mta/smtp/reply.h"
#include "mta/tasks.h"
#include "warmup/gate.h"
#include "warmup/held.h"

namespace mta {

using queue::Fate;
using queue::LineKind;

namespace {
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

const WithheldSenders::value_type* HeldHeads::withheld_by(const Line& line, const std::string& from_domain) const {
  const auto lanes = line.key.pin.empty() ? std::vector<LaneKey>() : state_.lanes_of(line);
  return state_.withholding.find(from_domain, lanes.empty() ? line.key.provider : lanes.front().provider, state_.now());
}

// A greylisted recipient is free again after a day, when its source is gone, or when its lane is held for long (§6).
bool HeldHeads::release(Line& line, const queue::LineRow& row) {
  if (line.key.pin.empty()) return false;
  auto found = state_.mail.recipient(row.recipient);
  ENSURE(found.has_value());
  bool free = state_.policy.config->source(line.key.pin) == nullptr;
  if (!free && found->pin_source.empty()) {
    free = overflow_.lets_go(line, *found);
  } else if (!free) {
    free = warmup::is_unbound(state_.lanes.at(state_.lanes_of(line).front()).record, found->pinned_at, found->greylist_delay,
                              state_.now());
  }
  if (!free) return false;
  go_home(line, row, std::move(*found));
  return true;
}

// Nothing binds it to a source any more.
void HeldHeads::unbind(const queue::Message& message, queue::Recipient& recipient) {
  recipient.pin_source.clear();
  recipient.pin_mx.clear();
  recipient.greylist_delay = Duration(0);
  state_.lanes.free_place(message.mail_class, recipient);
}

// The head of a held line: to the overflow or back from it, or too long in waiting. True: the line has another head now.
// REQUIRES: a hold was found.
bool HeldHeads::resolve(Line& line, const queue::LineRow& head, Search& search) {
  if (refile(line, head)) return true;
  if (!line.key.pin.empty()) return return_to_pool(line, head, search);
  if (line.key.kind == queue::LineKind::blocked) look_before_bounce(head, search);
  if (overflow_.may_take(line, head.due) && overflow_.take_head(line, head, search)) return true;
  const auto& options = state_.class_of(line.key.mail_class);
  switch (warmup::waits_too_long(options, {head.due}, state_.now())) {
    case warmup::TooLong::no: return false;
    case warmup::TooLong::warn: return warn(line, head, *search.hold);
    case warmup::TooLong::bounce: break;
  }
  const auto row = head;
  auto found = state_.mail.recipient(row.recipient);
  const auto of = state_.mail.message(row.recipient.message);
  ENSURE(found.has_value() && of != nullptr);
  state_.lines.pop(line);
  const auto reply = smtp::make_reply(
      550, fmt::format("4.4.7 waited longer than max_wait of class {} for the warm-up of our address", options.name));
  found->last = {"temporary", 550, "4.4.7", reply.text(), "", "", state_.now()};
  bounce(*of, row, std::move(*found));
  return true;
}

// `wait`: told once a day for a pool, provider and class, nothing else happens. (The line itself leaves memory while it sleeps.)
bool HeldHeads::warn(Line& line, const queue::LineRow& head, const warmup::Hold& hold) {
  if (!warnings_.is_due(line.key, state_.now())) return false;
  const auto waits = std::chrono::floor<std::chrono::hours>(state_.now() - head.due);
  LaneEvent held;
  held.provider = line.key.provider;
  held.mail_class = line.key.mail_class;
  held.change = "held";
  held.reason = fmt::format("mail of class {} waits for {} h, longer than its max_wait ({})", line.key.mail_class, waits.count(),
                            warmup::name(hold.why));
  held.alert = true;
  state_.transaction.event(held);
  return false;
}

// The overflow holds its mail: it goes by whoever grants first. True: the line has another head now.
bool HeldHeads::return_to_pool(Line& line, const queue::LineRow& head, Search& search) {
  auto found = state_.mail.recipient(head.recipient);
  ENSURE(found.has_value());
  if (!found->pin_source.empty()) return false;
  if (const auto opens = overflow_.pool_opens(state_.home_of(line.key, *found))) {
    search.looks_again = *opens;
    if (is_blocked(*found)) look_before_bounce(head, search);
    return false;
  }
  go_home(line, head, std::move(*found));
  return true;
}

// To any source of the pool, with the place in the line that its waiting earned.
void HeldHeads::go_home(Line& line, queue::LineRow row, queue::Recipient found) {
  const auto of = state_.mail.message(row.recipient.message);
  ENSURE(of != nullptr);
  unbind(*of, found);
  const auto home = state_.home_of(line.key, found).encode();
  state_.lines.pop(line);
  state_.mail.move(*of, row.recipient.number, std::move(found), row.due, home, row.due);
}

bool HeldHeads::is_exempt(const Line& line, const queue::LineRow& head) {
  if (line.key.kind == LineKind::exempt) return true;
  if (line.key.kind != LineKind::blocked || !state_.lanes.plans().has_own()) return false;
  const auto found = state_.mail.recipient(head.recipient);
  ENSURE(found.has_value());
  return state_.is_own(*found);
}

// A reload makes a domain our own, or no more: its mail waits where it belongs now. True: the line has another head.
bool HeldHeads::refile(Line& line, const queue::LineRow& head) {
  if (line.key.kind != LineKind::exempt && (line.key.kind != LineKind::routed || !state_.lanes.plans().has_own())) return false;
  auto found = state_.mail.recipient(head.recipient);
  const auto of = state_.mail.message(head.recipient.message);
  ENSURE(found.has_value() && of != nullptr);
  auto key = line.key;
  key.kind = state_.is_own(*found) ? LineKind::exempt : LineKind::routed;
  if (key.kind == line.key.kind) return false;
  const auto row = head;
  state_.lines.pop(line);
  state_.mail.move(*of, row.recipient.number, std::move(*found), row.due, key.encode(), row.due);
  return true;
}

void HeldHeads::look_before_bounce(const queue::LineRow& head, Search& search) const {
  const Instant bounces = head.due + warmup::blocked_longest;
  search.looks_again = std::min(search.looks_again.value_or(bounces), bounces);
}

// Of those in an overflow too, where they keep their place.
bool HeldHeads::bounce_blocked(Line& line, const queue::LineRow& head) {
  if (!warmup::block_ends({head.due, true}, state_.now()) || (line.key.kind != LineKind::blocked && line.key.pin.empty()))
    return false;
  const auto row = head;
  auto found = state_.mail.recipient(row.recipient);
  const auto of = state_.mail.message(row.recipient.message);
  ENSURE(found.has_value() && of != nullptr);
  if (!is_blocked(*found)) return false;
  state_.lines.pop(line);
  bounce(*of, row, std::move(*found));
  return true;
}

// With what was said last.
void HeldHeads::bounce(const queue::Message& message, const queue::LineRow& row, queue::Recipient recipient) {
  const auto& last = recipient.last;
  AttemptReport report;
  report.subject = subject_of(message, row.recipient.number, recipient);
  report.subject.mx = last.mx;
  report.subject.source = last.source;
  const auto line = queue::LineKey::decode(recipient.line);
  if (line && line->knows_site()) report.subject.provider = line->provider;
  report.reply = {last.verdict, last.code, last.enhanced, last.text};
  report.attempt = recipient.attempts;
  report.delay = state_.now() - message.accepted;
  state_.transaction.event(BouncedEvent{std::move(report), {}});
  state_.mail.decide(message, row.recipient.number, std::move(recipient), Fate::failed, row.due);
}

bool HeldHeads::wait_for_sender(Line& line, const queue::LineRow& row) {
  if (state_.withholding.all().empty() || line.key.kind == LineKind::blocked) return false;  // its due time is its clock
  const auto of = state_.mail.message(row.recipient.message);
  ENSURE(of != nullptr);
  const auto* withheld = withheld_by(line, of->from_domain);
  if (withheld == nullptr) return false;
  auto waiting = state_.mail.recipient(row.recipient);
  ENSURE(waiting.has_value());
  const auto due = row.due;
  const auto number = row.recipient.number;
  const std::string name = line.bytes;
  const Instant until = withheld->second.until;
  state_.withholding.note_queue({of->from_domain, line.key.provider}, line.key);
  state_.lines.pop(line);
  state_.mail.move(*of, number, std::move(*waiting), due, name, until);
  return true;
}

// While a site is closed the time runs for all that wait (warmup-rules §8): looked at only at the head, which waits longest.
bool HeldHeads::expire(Line& line, const queue::LineRow& row) {
  const auto now = state_.now();
  const auto closed_for = now - std::max(row.due, line.record.closed_since);
  const auto& options = state_.policy.config->retry;
  if (closed_for < std::min(options.lifetime, options.lifetime_bounce)) return false;
  auto found = state_.mail.recipient(row.recipient);
  const auto of = state_.mail.message(row.recipient.message);
  ENSURE(found.has_value() && of != nullptr);
  if (!line.key.pin.empty() && found->pin_source.empty())
    return false;  // an overflow that does not answer: it goes back to the pool
  if (!queue::expired(options, of->sender.empty(), found->backoff_used + closed_for)) return false;
  const bool dns = line.key.kind == queue::LineKind::unrouted;
  found->last = last_of_site(line.record, dns, now);
  const auto due = row.due;
  const auto number = row.recipient.number;
  state_.lines.pop(line);
  state_.mail.expire(*of, number, std::move(*found), due);
  return true;
}

}  // namespace mta
