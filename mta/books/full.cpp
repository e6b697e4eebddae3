// What a line does when no lane takes its head: overflow, waiting too long, greylist pins (warmup-rules §6).
#include <fmt/format.h>

#include <algorithm>

#include "mta/books/books.h"
#include "mta/smtp/reply.h"
#include "mta/tasks.h"
#include "warmup/gate.h"
#include "warmup/held.h"

namespace mta {

using queue::Fate;

namespace {
using namespace std::chrono_literals;
constexpr std::size_t most_warned = 1000;
}  // namespace

// A greylisted recipient is free again after a day, when its source is gone, or when its lane is held for long (§6).
bool Books::release_pin(Line& line, const queue::LineRow& row) {
  if (line.key.pin.empty()) return false;
  auto found = recipient(row.recipient);
  ENSURE(found.has_value());
  bool free = policy_.config->source(line.key.pin) == nullptr;
  if (!free && found->pin_source.empty()) {
    free = leaves_overflow(line, *found);
  } else if (!free) {
    free = warmup::is_unbound(lane(lanes_of(line).front()).record, found->pinned_at, found->greylist_delay, now());
  }
  if (!free) return false;
  go_home(line, row, std::move(*found));
  return true;
}

// Nothing binds it to a source any more.
void Books::unpin(const queue::Message& message, queue::Recipient& recipient) {
  recipient.pin_source.clear();
  recipient.pin_mx.clear();
  recipient.greylist_delay = Duration(0);
  give_slot_back(message.mail_class, recipient);
}

// The head of a held line: to the overflow or back from it, or too long in waiting. True: the line has another head now.
// REQUIRES: a hold was found.
bool Books::relieve(Line& line, const queue::LineRow& head, Search& search) {
  if (refile(line, head)) return true;
  if (!line.key.pin.empty()) return return_to_pool(line, head, search);
  if (line.key.kind == queue::LineKind::blocked) look_before_bounce(head, search);
  if (may_overflow(line, head.due) && to_overflow(line, head, search)) return true;
  const auto& options = class_of(line.key.mail_class);
  switch (warmup::waits_too_long(options, {head.due}, now())) {
    case warmup::TooLong::no: return false;
    case warmup::TooLong::warn: return warn_of_wait(line, head, *search.hold);
    case warmup::TooLong::bounce: break;
  }
  const auto row = head;
  auto found = recipient(row.recipient);
  const auto of = message(row.recipient.message);
  ENSURE(found.has_value() && of != nullptr);
  lines_.pop(line);
  const auto reply = smtp::make_reply(
      550, fmt::format("4.4.7 waited longer than max_wait of class {} for the warm-up of our address", options.name));
  found->last = {"temporary", 550, "4.4.7", reply.text(), "", "", now()};
  bounce_waiting(*of, row, std::move(*found));
  return true;
}

// `wait`: told once a day for a pool, provider and class, nothing else happens. (The line itself leaves memory while it sleeps.)
bool Books::warn_of_wait(Line& line, const queue::LineRow& head, const warmup::Hold& hold) {
  if (warned_of_wait_.size() > most_warned) warned_of_wait_.clear();
  Instant& warned = warned_of_wait_[{line.key.pool, line.key.provider, line.key.mail_class}];
  if (warned != Instant{} && now() - warned < 24h && now() >= warned) return false;
  warned = now();
  const auto waits = std::chrono::floor<std::chrono::hours>(now() - head.due);
  LaneEvent held;
  held.provider = line.key.provider;
  held.mail_class = line.key.mail_class;
  held.change = "held";
  held.reason = fmt::format("mail of class {} waits for {} h, longer than its max_wait ({})", line.key.mail_class, waits.count(),
                            warmup::name(hold.why));
  held.alert = true;
  event(held);
  return false;
}

}  // namespace mta
