// Which source has the lanes of which address, over restarts and reloads (identities.h).
#include <spdlog/spdlog.h>

#include "mta/doors/tasks.h"
#include "mta/scheduler/lane_table.h"
#include "warmup/lane_row.h"
#include "warmup/ledger.h"

namespace mta {

using queue::Family;

namespace {
constexpr std::size_t most_listed = 2000, most_others = 2000;  // lanes looked at when the daemon starts
}

void LaneTable::start() { take_over(true); }

void LaneTable::forget_open() {
  for (auto& [key, found] : lanes_) warmup::forget_open(found.record);
}

const std::string& LaneTable::identity_of(const std::string& source) {
  auto& known = identities_[source];
  if (const auto* of = policy_.config->source(source)) known = addresses_.of(*of);
  if (known.empty()) known = source;
  return known;
}

// The source that has this address now, else the one that had it; the identity itself when none did.
std::string LaneTable::source_with(const std::string& identity) const {
  const std::string kept = addresses_.resolved(identity);
  for (const auto& source : policy_.config->sources) {
    if (addresses_.of(source) == kept) return source.name;
  }
  for (const auto& [name, known] : identities_) {
    if (known == kept && policy_.config->source(name) == nullptr) return name;
  }
  return identity;
}

// REQUIRES: with `at_start`, no lane is in memory. A source that has lanes of its own already gets the others at the next start, when
// nothing is under way.
void LaneTable::take_over(bool at_start) {
  if (at_start) addresses_ = Identities(*store_);
  for (const auto& apart : addresses_.coming_apart(*policy_.config, *store_)) addresses_.note(apart, transaction_.batch());
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
      transaction_.batch().erase(Family::lane, cursor.key());
      if (!name.date.empty()) continue;
      auto record = warmup::decode_lane(cursor.value());
      ENSURE(record.has_value());
      own.emplace_back(LaneKey{move.source, name.provider}, std::move(*record));
    }
    addresses_.note(move, transaction_.batch());
    for (const auto& [key, record] : own) add_today(key, record);
  }
  addresses_.note_sources(*policy_.config, transaction_.batch());
}

// What the address sent today under lanes of its own counts for those that it has now: a cap is never exceeded.
void LaneTable::add_today(const LaneKey& key, const warmup::Lane& of) {
  warmup::Lane& into = lane(key).record;
  for (const auto& [mail_class, open] : of.open) {
    into.open[mail_class].reserved += open.reserved;
    into.open[mail_class].pending += open.pending;
  }
  if (of.today.ends > world_.calendar.now()) {
    into.today.sent += of.today.sent;
    into.today.delivered += of.today.delivered;
    into.today.attempts += of.today.attempts;
    for (const auto& [mail_class, sent] : of.today.sent_by_class) into.today.sent_by_class[mail_class] += sent;
  }
  dirty_.insert(key);
}

// Lanes of listed providers are in memory from the start, and the first of the others that sent something today, so that status shows them
// and their days end in time; a record with something open that no attempt row explains cannot be (one batch), but would only hold back.
void LaneTable::load_known() {
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
      if (record->today.ends <= world_.calendar.now() || record->committed() == 0) continue;
    }
    if (plans_->of(source, name.provider)) lane({source, name.provider});
  }
}

void LaneTable::before_reload() {
  for (const auto& [key, found] : lanes_) identity_of(key.source);  // of sources that may go
}

// A lane belongs to the address, so it goes by the name that its address has now (§1). One whose source is gone keeps its name, unless
// another address has it.
std::map<LaneKey, LaneKey> LaneTable::reload() {
  plans_ = std::make_unique<Plans>(policy_.config);
  for (auto& [key, found] : lanes_) found.rules.reset();
  take_over(false);
  const auto name_now = [this](const LaneKey& key, const Lane& lane) {
    const auto identity = parse_lane_row_key(lane.row).identity;
    auto name = source_with(identity);
    return name == identity && policy_.config->source(key.source) == nullptr ? key.source : name;
  };
  std::map<LaneKey, LaneKey> renamed;
  std::map<LaneKey, Lane> lanes;
  for (auto& [key, lane] : lanes_) {
    const LaneKey& is = renamed[key] = {name_now(key, lane), key.provider};
    lane.key = is;
    const auto [at, alone] = lanes.try_emplace(is, std::move(lane));
    if (alone) continue;
    const unsigned open = at->second.open + lane.open;  // conversations of both settle in the one that stays
    if (lane.open > at->second.open) at->second = std::move(lane);
    at->second.open = open;
  }
  lanes_ = std::move(lanes);
  for (auto* keys : {&dirty_, &freed_}) {
    for (const auto& key : std::exchange(*keys, {})) {
      if (const auto at = renamed.find(key); at != renamed.end()) keys->insert(at->second);
    }
  }
  return renamed;
}

}  // namespace mta
