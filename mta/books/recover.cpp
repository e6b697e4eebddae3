// What a crash left: open attempts are rescheduled and charged, body rows that belong to no message are swept.
#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>

#include "mta/books/attempt_row.h"
#include "mta/books/books.h"
#include "mta/tasks.h"
#include "queue/keys.h"
#include "warmup/lane_row.h"
#include "warmup/ledger.h"

namespace mta {

using queue::Family;

namespace {
constexpr std::size_t swept_at_once = 500;
constexpr std::size_t most_listed = 2000, most_others = 2000;  // lanes looked at when the daemon starts
}  // namespace

void Books::recover() {
  if (const auto row = store_->get(Family::meta, "totals")) {
    const auto space = row->find(' ');
    ENSURE(space != std::string::npos);
    messages_ = std::stoull(row->substr(0, space));
    recipients_ = std::stoull(row->substr(space + 1));
  }
  if (const auto row = store_->get(Family::meta, "events/last")) events_ = EventLog(std::max(events_.last(), event_seq(*row)));
  if (const auto row = store_->get(Family::meta, "clock")) clock_ = ClockWatch::decode(*row);
  std::uint64_t last = 0;
  for (const auto family : {Family::message, Family::body}) {
    const auto key = store_->last_key(family);
    if (const auto id = key ? queue::decode_message_key(key->substr(0, 8)) : std::nullopt) last = std::max(last, id->value);
  }
  last_id_ = last;

  // warmup-rules §4: every open attempt row is charged, its dot may have left; its recipient waits for the time stored before trying.
  std::vector<std::pair<queue::RecipientId, AttemptRow>> open;
  for (auto cursor = store_->scan(Family::attempt, "", ""); cursor.valid(); cursor.next()) {
    const auto id = queue::decode_recipient_key(cursor.key());
    auto attempt = decode_attempt(cursor.value());
    ENSURE(id && attempt);
    open.emplace_back(*id, std::move(*attempt));
  }
  for (const auto& [id, attempt] : open) {
    batch_.erase(Family::attempt, queue::recipient_key(id));
    const LaneKey key{source_with(attempt.source), attempt.provider};
    auto found = recipient(id);
    const auto of = message(id.message);
    ENSURE(found.has_value() && of != nullptr);
    on_ledgers(key, [&](warmup::Lane& ledger) { warmup::charge(ledger, of->mail_class, 1, now()); });
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
    const bool other = name.provider.starts_with("other:");
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
    lane({source, name.provider});
  }
}

// Looks at one body row a message, a few hundred messages a wake-up, from the oldest to what was there at start.
void Books::sweep_chunks(std::uint64_t from, std::uint64_t last) {
  std::size_t seen = 0;
  while (seen++ < swept_at_once) {
    auto cursor = store_->scan(Family::body, queue::body_key({from}, 0), "");
    if (!cursor.valid()) return;
    const auto place = queue::decode_body_key(cursor.key());
    ENSURE(place.has_value());
    const std::uint64_t id = place->message.value;
    if (id > last) return;
    from = id + 1;
    if (store_->get(Family::message, queue::message_key({id}))) continue;
    const std::string end = queue::body_key({from}, 0);
    for (; cursor.valid() && cursor.key() < end; cursor.next()) batch_.single_erase(Family::body, cursor.key());
  }
  inbox_->put([this, from, last] { sweep_chunks(from, last); });
}

}  // namespace mta
