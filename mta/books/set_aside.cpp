// Mail that cannot be read from the spool: it waits in a queue of its own for an operator, everything else goes on.
#include <spdlog/spdlog.h>

#include <algorithm>

#include "mta/books/books.h"
#include "queue/bytes.h"
#include "queue/damage.h"
#include "queue/keys.h"

namespace mta {

using queue::Family;
using queue::LineKind;

namespace {
constexpr std::string_view told_key = "damage/told";
constexpr Duration shown_for = std::chrono::hours(24 * 30);

// When the event about this damage was written; empty when it was not.
std::optional<Instant> told_at(const queue::Store& store, const std::string& row) {
  const auto told = store.get(Family::meta, told_key);
  if (!told || told->size() <= 8 || told->substr(8) != row) return std::nullopt;
  return queue::read_instant(told->substr(0, 8));
}
}  // namespace

// One queue for all of them, ordered as they were due.
const std::string& Books::set_aside_line() {
  static const std::string bytes = queue::LineKey{LineKind::damaged, "", "", "", "", ""}.encode();
  return bytes;
}

// After a start with --accept-damage: the event, once.
void Books::tell_damage() {
  const auto row = store_->get(Family::meta, queue::damage_key);
  const auto damage = row ? queue::decode_damage(*row) : std::nullopt;
  if (!damage || told_at(*store_, *row)) return;
  spdlog::error("spool {}: {}. {}", policy_.config->spool, damage->text, what_is_lost(*damage));
  event(DamagedEvent{"log", {}, damage->lost_since, {}, damage->text});
  std::string told;
  queue::append_instant(told, now());
  batch_.put(Family::meta, told_key, told + *row);
}

std::vector<DamageReport> Books::report_damage() const {
  std::vector<DamageReport> found;
  const auto row = store_->get(Family::meta, queue::damage_key);
  const auto damage = row ? queue::decode_damage(*row) : std::nullopt;
  if (damage && told_at(*store_, *row).value_or(now()) + shown_for > now())
    found.push_back({"log", damage->lost_since, std::nullopt, damage->text + ". " + what_is_lost(*damage)});
  const auto count = damaged_.count();
  if (count == 0) return found;
  found.push_back({"body", std::nullopt, count,
                   count == 1
                       ? "1 message cannot be read and is set aside: warmupctl spool verify names it"
                       : fmt::format("{} messages cannot be read and are set aside: warmupctl spool verify names them", count)});
  return found;
}

// `what`: a body or a row.
void Books::note_damage(queue::MessageId id, std::string_view what, const std::string& why) {
  if (!damaged_.note(batch_, id, why)) return;
  spdlog::error("message {}: {}. It is set aside; warmupctl queue drop, bounce or retry --id {} decides about it", id.text(), why,
                id.text());
  EventSubject subject;
  subject.id = id.text();
  event(DamagedEvent{std::string(what), std::move(subject), {}, 1, why});
}

// A body row that cannot be read is erased, so that compaction need not read it either.
void Books::note_damaged_body(queue::MessageId id, std::uint32_t number, const std::string& why, bool gone) {
  if (!store_->get(Family::message, queue::message_key(id))) return;  // it ended meanwhile
  note_damage(id, "body", why);
  if (gone) batch_.single_erase(Family::body, queue::body_key(id, number));
}

void Books::set_aside(const queue::Message& message, std::uint32_t number, queue::Recipient recipient, Instant due) {
  give_slot_back(message.mail_class, recipient);
  recipient.pin_source.clear();
  recipient.pin_mx.clear();
  recipient.last = {
      std::string(name(Verdict::temporary)), 451, "4.3.0", "set aside: it cannot be read from the spool", "", "", now()};
  move(message, number, std::move(recipient), due, set_aside_line(), due);
}

// True: the head was of a message that cannot be read, and has left the queue.
bool Books::set_aside_head(Line& line, const queue::LineRow& head) {
  if (line.key.kind == LineKind::damaged || line.key.kind == LineKind::returning) return false;
  const auto row = head;
  auto found = recipient(row.recipient);
  const auto of = message(row.recipient.message);
  if (found && of && !damaged_.has(of->id)) return false;
  lines_.pop(line);
  if (found && of) {
    set_aside(*of, row.recipient.number, std::move(*found), row.due);
  } else {
    note_damage(row.recipient.message, "row", fmt::format("what is known of {} cannot be read", row.recipient.text()));
    lines_.erase(batch_, line, row);
  }
  return true;
}

// An operator's last word on a message of which too little can be read for any other.
std::uint64_t Books::drop_unreadable(queue::MessageId id, const std::string& by, const std::string& reason) {
  if (!damaged_.has(id)) return 0;
  EventSubject subject;
  subject.id = id.text();
  event(DroppedEvent{std::move(subject), by, reason, {}});
  const auto counter = read(Family::message, queue::message_key(id) + "n", id);  // of a message with several recipients
  const std::uint64_t left = counter ? std::stoull(*counter) : 1;
  for (const auto family : {Family::recipient, Family::message, Family::body})
    batch_.erase_range(family, queue::message_key(id), queue::message_end(id));
  hot_.forget(id);
  damaged_.forget(batch_, id);
  if (messages_ > 0) --messages_;
  recipients_ -= std::min(recipients_, left);
  totals_dirty_ = true;
  return 1;
}

}  // namespace mta
