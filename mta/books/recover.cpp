// What a crash left: open attempts are rescheduled and charged, body rows that belong to no message are swept.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>

#include "mta/books/attempt_row.h"
#include "mta/books/books.h"
#include "mta/tasks.h"
#include "queue/keys.h"
#include "queue/totals.h"
#include "warmup/lane_row.h"
#include "warmup/ledger.h"

namespace mta {

using queue::Family;

namespace {
constexpr std::size_t swept_at_once = 500;
constexpr std::uint64_t far_behind = 100'000;                  // more events than are written between two notes of the last
constexpr std::size_t most_listed = 2000, most_others = 2000;  // lanes looked at when the daemon starts

std::uint64_t last_event(const queue::Store& store) {
  const auto row = store.get(Family::meta, "events/last");
  const std::uint64_t noted = row ? event_seq(*row) : 0;  // those that were written may have expired
  try {
    const auto last = store.last_key(Family::event);
    return std::max(last ? event_seq(*last) : 0, noted);
  } catch (const queue::StoreError& error) {
    spdlog::error("{}", error.what());
    return noted + far_behind;
  }
}
}  // namespace

// Of a row that cannot be read, the key is not known either: then the clock says which ids were given.
std::optional<std::string> Books::last_key(Family family) {
  try {
    return store_->last_key(family);
  } catch (const queue::StoreError& error) {
    spdlog::error("{}", error.what());
    return queue::message_key(new_id());
  }
}

void Books::recover() {
  if (const auto row = store_->get(Family::meta, queue::totals_key)) {
    const auto totals = queue::decode_totals(*row);
    ENSURE(totals.has_value());
    messages_ = totals->messages;
    recipients_ = totals->recipients;
    space_.waits = totals->octets;
  }
  events_ = EventLog(last_event(*store_));
  withheld_ = read_withheld(*store_);
  history_.load(*store_, now());
  if (const auto row = store_->get(Family::meta, "clock")) clock_ = ClockWatch::decode(*row);
  std::uint64_t last = 0;
  for (const auto family : {Family::message, Family::body}) {
    const auto key = last_key(family);
    if (const auto id = key ? queue::decode_message_key(key->substr(0, 8)) : std::nullopt) last = std::max(last, id->value);
  }
  last_id_ = last;
  tell_damage();

  take_over_lanes(true);

  // warmup-rules §4: every open attempt row is charged, its dot may have left; its recipient waits for the time stored before trying.
  std::vector<std::pair<queue::RecipientId, AttemptRow>> open;
  for (auto cursor = store_->scan(Family::attempt, "", ""); cursor.valid(); cursor.next()) {
    const auto id = queue::decode_recipient_key(cursor.key());
    auto attempt = decode_attempt(cursor.value());
    if (!id || !attempt) {
      batch_.erase(Family::attempt, cursor.key());
      continue;
    }
    open.emplace_back(*id, std::move(*attempt));
  }
  for (const auto& [id, attempt] : open) {
    batch_.erase(Family::attempt, queue::recipient_key(id));
    const LaneKey key{source_with(attempt.source), attempt.provider};
    auto found = recipient(id);
    const auto of = message(id.message);
    if (!found || !of) continue;  // not to be read: set aside when its turn comes
    const auto line = queue::LineKey::decode(attempt.line);
    const bool exempt = line && line->kind == queue::LineKind::exempt;
    if (!exempt) on_ledgers(key, [&](warmup::Lane& ledger) { warmup::charge(ledger, of->mail_class, 1, now()); });
    found->slot.clear();  // it was used
    ++found->attempts;
    // §9: the interval that was scheduled when it was taken; what it waited for its permit before costs nothing.
    const Duration scheduled = queue::retry_interval(policy_.config->retry, found->attempts, 0.5);
    found->backoff_used += std::clamp(attempt.next - attempt.due, Duration(0), scheduled);
    move(*of, id.number, std::move(*found), attempt.due, attempt.line, attempt.next);
  }
  if (!open.empty()) spdlog::warn("{} attempts were open when the daemon last ended: they wait for their next try", open.size());
  for (auto& [key, found] : lanes_) warmup::forget_open(found.record);
  load_known_lanes();
  inbox_->put([this, last] { sweep_chunks(0, last); });
  note_erased(chunk_bytes);  // what was dead before
}

// Lanes of listed providers are in memory from the start, and the first of the others that sent something today, so that status shows them
// and their days end in time; a record with something open that no attempt row explains cannot be (one batch), but would only hold back.
void Books::load_known_lanes() {
  std::size_t listed = 0, others = 0;
  std::string from;
  while (listed < most_listed) {
    auto cursor = store_->scan(Family::lane, from, "");
    if (!cursor.valid()) return;
    const auto name = parse_lane_row_key(cursor.key());
    from = std::string(cursor.key()) + '\0';
    if (!name.date.empty()) {  // its days: behind them
      from = lane_row_key(name.identity, name.provider) + '\x01';
      continue;
    }
    const bool other = warmup::is_unlisted(name.provider);
    if (other && others >= most_others) {
      from = lane_row_key(name.identity, "other;");
      continue;
    }
    ++(other ? others : listed);
    const std::string source = source_with(name.identity);
    if (policy_.config->source(source) == nullptr) continue;
    if (other) {
      const auto record = warmup::decode_lane(cursor.value());
      ENSURE(record.has_value());
      if (record->today.ends <= now() || record->committed() == 0) continue;
    }
    if (plans_->of(source, name.provider)) lane({source, name.provider});
  }
}

// Body rows that belong to no message lie between those of messages: so no body of a message is read, which may be large or damaged.
// A few hundred messages a wake-up, from the oldest to what was there at start.
void Books::sweep_chunks(std::uint64_t from, std::uint64_t last) try {
  std::size_t seen = 0;
  for (auto cursor = store_->scan(Family::message, queue::message_key({from}), ""); from <= last && seen < swept_at_once;
       ++seen) {
    while (cursor.valid() && !queue::decode_message_key(cursor.key())) cursor.next();  // the counter beside a message
    const auto next = cursor.valid() ? queue::decode_message_key(cursor.key())->value : last + 1;
    sweep_between(from, std::min(next, last + 1));
    from = next + 1;
    if (next > last) return;
    cursor.next();
  }
  if (from <= last) inbox_->put([this, from, last] { sweep_chunks(from, last); });
} catch (const queue::StoreError& error) {  // whose bodies lie behind it is not known: they stay
  spdlog::error("{}", error.what());
}

void Books::sweep_between(std::uint64_t from, std::uint64_t end) {
  if (from >= end) return;
  const std::string first = queue::body_key({from}, 0), behind = queue::body_key({end}, 0);
  bool any = true;
  try {
    any = store_->scan(Family::body, first, behind).valid();
  } catch (const queue::StoreError&) {  // there, and not to be read
  }
  if (!any) return;
  batch_.erase_range(Family::body, first, behind);
  note_erased(chunk_bytes);  // how much it was is not known: what is dead is looked at
}

}  // namespace mta
