#include "mta/scheduler/recovery.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "mta/scheduler/attempt_row.h"
#include "mta/scheduler/spool_damage.h"
#include "queue/keys.h"
#include "warmup/ledger.h"

namespace mta {

using queue::Family;

namespace {
constexpr std::size_t swept_at_once = 500;
constexpr std::uint64_t far_behind = 100'000;  // more events than are written between two notes of the last

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
std::optional<std::string> Recovery::last_key(Family family) {
  try {
    return state_.store->last_key(family);
  } catch (const queue::StoreError& error) {
    spdlog::error("{}", error.what());
    return queue::message_key(ids_.next(state_.now()));
  }
}

void Recovery::run() {
  state_.transaction.continue_events(last_event(*state_.store));
  state_.withholding.load(*state_.store);
  state_.mail.load();
  std::uint64_t last = 0;
  for (const auto family : {Family::message, Family::body}) {
    const auto key = last_key(family);
    if (const auto id = key ? queue::decode_message_key(key->substr(0, 8)) : std::nullopt) last = std::max(last, id->value);
  }
  ids_.continue_behind(last);
  tell_damage(state_);
  for (const auto& [key, own] : state_.stored_lanes.take_over(true)) state_.lanes.add_today(key, own);
  charge_open_attempts();
  state_.lanes.forget_open();
  for (const auto& key : state_.stored_lanes.known()) {
    if (state_.plans->rules_of(key)) state_.lanes.at(key);
  }
  state_.inbox->put([this, last] { sweep_chunks(0, last); });
  space_.note_erased(chunk_bytes);  // what was dead before
}

// WARMUP.md §4: every open attempt row is charged, its dot may have left; its recipient waits for the time stored before trying.
void Recovery::charge_open_attempts() {
  std::vector<std::pair<queue::RecipientId, AttemptRow>> open;
  auto& batch = state_.transaction.batch();
  for (auto cursor = state_.store->scan(Family::attempt, "", ""); cursor.valid(); cursor.next()) {
    const auto id = queue::decode_recipient_key(cursor.key());
    auto attempt = decode_attempt(cursor.value());
    batch.erase(Family::attempt, cursor.key());
    if (id && attempt) open.emplace_back(*id, std::move(*attempt));
  }
  for (const auto& [id, attempt] : open) {
    const LaneKey key{state_.stored_lanes.source_with(attempt.source), attempt.provider};
    auto found = state_.mail.recipient(id);
    const auto of = state_.mail.message(id.message);
    if (!found || !of) continue;  // not to be read: set aside when its turn comes
    const auto queue = queue::QueueKey::decode(attempt.queue);
    const bool exempt = queue && queue->kind == queue::QueueKind::exempt;
    if (!exempt) {
      const auto sender = queue ? SchedulerState::sender_of(*of, queue->provider) : std::nullopt;
      state_.lanes.on_ledgers({key, sender},
                              [&](warmup::Lane& ledger) { warmup::charge(ledger, of->mail_class, 1, state_.now()); });
    }
    found->place.clear();  // it was used
    ++found->attempts;
    // §9: the interval that was scheduled when it was taken; what it waited for its permit before costs nothing.
    const Duration scheduled = warmup::retry_interval(state_.config().retry, found->attempts, 0.5);
    found->backoff_used += std::clamp(attempt.next - attempt.due, Duration(0), scheduled);
    state_.mail.move({*of, id.number, std::move(*found), attempt.due}, attempt.queue, attempt.next);
  }
  if (!open.empty()) spdlog::warn("{} attempts were open when the daemon last ended: they wait for their next try", open.size());
}

// Body rows that belong to no message lie between those of messages: so no body of a message is read, which may be large or damaged.
// A few hundred messages a wake-up, from the oldest to what was there at start.
void Recovery::sweep_chunks(std::uint64_t from, std::uint64_t last) try {
  std::size_t seen = 0;
  for (auto cursor = state_.store->scan(Family::message, queue::message_key({from}), ""); from <= last && seen < swept_at_once;
       ++seen) {
    while (cursor.valid() && !queue::decode_message_key(cursor.key())) cursor.next();  // the counter beside a message
    const auto next = cursor.valid() ? queue::decode_message_key(cursor.key())->value : last + 1;
    sweep_between(from, std::min(next, last + 1));
    from = next + 1;
    if (next > last) return;
    cursor.next();
  }
  if (from <= last) state_.inbox->put([this, from, last] { sweep_chunks(from, last); });
} catch (const queue::StoreError& error) {  // whose bodies lie behind it is not known: they stay
  spdlog::error("{}", error.what());
}

void Recovery::sweep_between(std::uint64_t from, std::uint64_t end) {
  if (from >= end) return;
  const std::string first = queue::body_key({from}, 0), behind = queue::body_key({end}, 0);
  bool any = true;
  try {
    any = state_.store->scan(Family::body, first, behind).valid();
  } catch (const queue::StoreError&) {  // there, and not to be read
  }
  if (!any) return;
  state_.transaction.batch().erase_range(Family::body, first, behind);
  space_.note_erased(chunk_bytes);  // how much it was is not known: what is dead is looked at
}

}  // namespace mta
