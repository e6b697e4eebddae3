// Lanes that go over to another address (identities.h).
#include <spdlog/spdlog.h>

#include "mta/books/books.h"
#include "mta/tasks.h"
#include "warmup/lane_row.h"

namespace mta {

using queue::Family;

// REQUIRES: with `at_start`, no lane is in memory. A source that has lanes of its own already gets the others at the next start, when
// nothing is under way.
void Books::take_over_lanes(bool at_start) {
  if (at_start) addresses_ = Identities(*store_);
  for (const auto& apart : addresses_.coming_apart(*policy_.config, *store_)) addresses_.note(apart, batch_);
  for (const auto& move : addresses_.wanted(*policy_.config, *store_)) {
    if (move.has_lanes && !at_start) {
      spdlog::warn("source {} has lanes of its own address already: it takes over the others when warmupd starts again",
                   move.source);
      continue;
    }
    std::vector<std::pair<LaneKey, warmup::Lane>> own;
    const auto from = lane_row_key(move.address, ""), to = move.address + '\x01';
    for (auto cursor = store_->scan(Family::lane, from, to); cursor.valid(); cursor.next()) {
      const auto name = parse_lane_row_key(cursor.key());
      batch_.erase(Family::lane, cursor.key());
      if (!name.date.empty()) continue;
      auto record = warmup::decode_lane(cursor.value());
      ENSURE(record.has_value());
      own.emplace_back(LaneKey{move.source, name.provider}, std::move(*record));
    }
    addresses_.note(move, batch_);
    for (const auto& [key, record] : own) add_today(key, record);
  }
  addresses_.note_sources(*policy_.config, batch_);
}

// What the address sent today under lanes of its own counts for those that it has now: a cap is never exceeded.
void Books::add_today(const LaneKey& key, const warmup::Lane& of) {
  warmup::Lane& into = lane(key).record;
  for (const auto& [mail_class, open] : of.open) {
    into.open[mail_class].reserved += open.reserved;
    into.open[mail_class].pending += open.pending;
  }
  if (of.today.ends > now()) {
    into.today.sent += of.today.sent;
    into.today.delivered += of.today.delivered;
    into.today.attempts += of.today.attempts;
    for (const auto& [mail_class, sent] : of.today.sent_by_class) into.today.sent_by_class[mail_class] += sent;
  }
  dirty_lanes_.insert(key);
}

bool Books::has_place(const queue::Recipient& recipient, const std::string& lane_row) const {
  if (recipient.slot == lane_row) return true;
  const auto name = parse_lane_row_key(recipient.slot);
  return !recipient.slot.empty() && lane_row_key(addresses_.resolved(name.identity), name.provider) == lane_row;
}

}  // namespace mta
