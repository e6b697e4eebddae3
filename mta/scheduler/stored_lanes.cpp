#include "mta/scheduler/stored_lanes.h"

#include <spdlog/spdlog.h>

#include <set>

#include "queue/ensure.h"
#include "warmup/lane_row.h"

namespace mta {

using queue::Family;
using warmup::day_row_key;
using warmup::lane_row_key;
using warmup::parse_lane_row_key;

namespace {
constexpr std::size_t most_listed = 2000, most_others = 2000;  // lanes looked at when the daemon starts
const std::string every_day(10, '\xFF');                       // behind every date

warmup::Lane decoded(std::string_view row) {
  auto record = warmup::decode_lane(row);
  ENSURE(record.has_value());
  return std::move(*record);
}
}  // namespace

std::string StoredLanes::row_of(const LaneKey& key) {
  return lane_row_key(warmup::is_sender(key) ? key.source : identity_of(key.source), key.provider);
}

std::optional<warmup::Lane> StoredLanes::load(const std::string& row) {
  const auto bytes = store_->get(Family::lane, row);
  if (!bytes) return std::nullopt;
  auto record = decoded(*bytes);
  const auto from = day_row_key(row, ""), to = day_row_key(row, every_day);
  for (auto cursor = store_->scan(Family::lane, from, to); cursor.valid(); cursor.next()) {
    auto day = warmup::decode_day(cursor.value());
    ENSURE(day.has_value());
    record.history.push_back(std::move(*day));
  }
  return record;
}

void StoredLanes::save(const std::string& row, const warmup::Lane& record, bool days) {
  auto& batch = transaction_.batch();
  batch.put(Family::lane, row, encode(record));
  if (!days) return;
  std::set<std::string> kept;
  for (const auto& day : record.history) {
    const auto key = day_row_key(row, day.date);
    batch.put(Family::lane, key, encode(day));
    kept.insert(key);
  }
  const auto from = day_row_key(row, ""), to = day_row_key(row, every_day);
  for (auto cursor = store_->scan(Family::lane, from, to); cursor.valid(); cursor.next()) {
    if (!kept.contains(std::string(cursor.key()))) batch.erase(Family::lane, cursor.key());
  }
}

const std::string& StoredLanes::identity_of(const std::string& source) {
  auto& known = identities_[source];
  if (const auto* of = policy_.config->source(source)) known = addresses_.of(*of);
  if (known.empty()) known = source;
  return known;
}

void StoredLanes::remember_source(const LaneKey& key) {
  if (!warmup::is_sender(key)) identity_of(key.source);
}

std::string StoredLanes::source_with(const std::string& identity) const {
  const std::string kept = addresses_.resolved(identity);
  for (const auto& source : policy_.config->sources) {
    if (addresses_.of(source) == kept) return source.name;
  }
  for (const auto& [name, known] : identities_) {
    if (known == kept && policy_.config->source(name) == nullptr) return name;
  }
  return identity;
}

// A lane belongs to the address, so it goes by the name that its address has now (§1). One whose source is gone keeps its name, unless
// another source has the address.
std::string StoredLanes::source_of(const warmup::LiveLane& lane) const {
  if (warmup::is_sender(lane.key)) return lane.key.source;
  const auto identity = parse_lane_row_key(lane.row).identity;
  auto name = source_with(identity);
  return name == identity && policy_.config->source(lane.key.source) == nullptr ? lane.key.source : name;
}

bool StoredLanes::has_place(const queue::Recipient& recipient, const std::string& lane_row) const {
  if (recipient.place == lane_row) return true;
  const auto name = parse_lane_row_key(recipient.place);
  return !recipient.place.empty() && lane_row_key(addresses_.resolved(name.identity), name.provider) == lane_row;
}

// A source that has lanes of its own already gets the others at the next start, when nothing is under way.
std::vector<std::pair<LaneKey, warmup::Lane>> StoredLanes::take_over(bool at_start) {
  if (at_start) addresses_ = Identities(*store_);
  const auto& config = *policy_.config;
  for (const auto& apart : addresses_.coming_apart(config, *store_)) addresses_.note(apart, transaction_.batch());
  std::vector<std::pair<LaneKey, warmup::Lane>> own;
  for (const auto& move : addresses_.wanted(config, *store_)) {
    if (move.has_lanes && !at_start) {
      spdlog::warn("source {} has lanes of its own address already: it takes over the others when warmupd starts again",
                   move.source);
      continue;
    }
    for (auto& lane : take_over(move)) own.push_back(std::move(lane));
  }
  addresses_.note_sources(config, transaction_.batch());
  return own;
}

std::vector<std::pair<LaneKey, warmup::Lane>> StoredLanes::take_over(const Identities::TakeOver& move) {
  std::vector<std::pair<LaneKey, warmup::Lane>> own;
  const auto from = lane_row_key(move.address, ""), to = move.address + '\x01';
  for (auto cursor = store_->scan(Family::lane, from, to); cursor.valid(); cursor.next()) {
    const auto name = parse_lane_row_key(cursor.key());
    transaction_.batch().erase(Family::lane, cursor.key());
    if (name.date.empty()) own.emplace_back(LaneKey{move.source, name.provider}, decoded(cursor.value()));
  }
  addresses_.note(move, transaction_.batch());
  return own;
}

// Lanes of listed providers, and the first of the others that sent something today, so that their days end in time. A record with something
// open that no attempt row explains cannot be (one batch), but would only hold back.
std::vector<LaneKey> StoredLanes::known() const {
  std::vector<LaneKey> keys;
  std::size_t listed = 0, others = 0;
  std::string from;
  while (listed < most_listed) {
    auto cursor = store_->scan(Family::lane, from, "");
    if (!cursor.valid()) break;
    const auto name = parse_lane_row_key(cursor.key());
    from = std::string(cursor.key()) + '\0';
    if (warmup::is_sender_identity(name.identity)) {  // they are loaded when mail of theirs moves
      from = warmup::behind_senders();
      continue;
    }
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
      const auto record = decoded(cursor.value());
      if (record.today.ends <= world_.calendar.now() || record.committed() == 0) continue;
    }
    keys.push_back({source, name.provider});
  }
  return keys;
}

}  // namespace mta
