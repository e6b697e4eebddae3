#include "mta/scheduler/lane_table.h"

#include <spdlog/spdlog.h>

#include "mta/doors/tasks.h"
#include "mta/scheduler/clock_watch.h"
#include "queue/keys.h"
#include "warmup/lane_row.h"
#include "warmup/ledger.h"

namespace mta {

using queue::Family;

namespace {
constexpr std::size_t lanes_in_memory = 4096;
const std::string every_day(10, '\xFF');  // behind every date
}  // namespace

LaneTable::LaneTable(World world, const Policy& policy, std::shared_ptr<queue::Store> store, Transaction& transaction)
    : world_(world),
      policy_(policy),
      store_(std::move(store)),
      transaction_(transaction),
      plans_(std::make_unique<Plans>(policy_.config)) {}

const Lane& LaneTable::at(const LaneKey& key) { return lane(key); }

Lane& LaneTable::change(const LaneKey& key) {
  Lane& found = lane(key);
  dirty_.insert(key);
  return found;
}

void LaneTable::look_at_all() {
  for (auto& [key, found] : lanes_) lane(key);
}

Lane& LaneTable::lane(const LaneKey& key) {
  auto [at, created] = lanes_.try_emplace(key);
  Lane& found = at->second;
  if (created) {
    found.key = key;
    load(key, found);
  }
  if (!found.rules) {
    found.rules = plans_->of(key.source, key.provider);
    if (!found.rules) found.rules = plans_->lane("", "");  // a total that is switched off
    found.rolled = {};
  }
  if (const Instant at = world_.calendar.now(); found.rolled != at) {
    found.rolled = at;
    advance_to(key, found);
  }
  return found;
}

void LaneTable::load(const LaneKey& key, Lane& into) {
  into.row = lane_row_key(identity_of(key.source), key.provider);
  into.window = std::min(5.0, static_cast<double>(std::max(1U, limits(key.provider).connections)));
  const auto row = store_->get(Family::lane, into.row);
  if (!row && invented_ != nullptr) invented_->push_back(key);
  if (!row) return;
  auto record = warmup::decode_lane(*row);
  ENSURE(record.has_value());
  into.record = std::move(*record);
  const auto from = day_row_key(into.row, ""), to = day_row_key(into.row, every_day);
  for (auto cursor = store_->scan(Family::lane, from, to); cursor.valid(); cursor.next()) {
    auto day = warmup::decode_day(cursor.value());
    ENSURE(day.has_value());
    into.record.history.push_back(std::move(*day));
  }
}

// The lane of a source that is gone stands still: should it come back, its days away are processed then (§3).
void LaneTable::advance_to(const LaneKey& key, Lane& lane) {
  if (policy_.config->source(key.source) == nullptr) return;
  const std::string date = lane.record.today.date;
  const auto changes = warmup::advance_to(lane.with_rules(), moment_now(world_.calendar));
  if (date != lane.record.today.date) observers_.new_day(key);
  if (date != lane.record.today.date || !changes.empty()) {
    lane.days_changed = lane.days_changed || !date.empty();
    dirty_.insert(key);
  }
  tell(key, changes);
}

// The source's total, when it has one in which this lane counts.
std::optional<LaneKey> LaneTable::total_of(const LaneKey& key) const {
  const auto total = key.overall() ? warmup::Total::none : plans_->total(key.source);
  if (!warmup::counts_in(total, key.provider)) return std::nullopt;
  return LaneKey{key.source, std::string(warmup::total_key(total))};
}

std::string LaneTable::total_text(const std::string& source) const {
  const bool all = plans_->total(source) == warmup::Total::all;
  return (all ? "all mail by " : "all mail to unlisted sites by ") + source;
}

warmup::Answer LaneTable::permit(const LaneKey& key, const warmup::Ask& wish) {
  std::array<warmup::LaneView, 2> ledgers{lane(key).with_rules(), {}};
  std::size_t count = 1;
  if (const auto total = total_of(key)) ledgers[count++] = lane(*total).with_rules();
  return warmup::ask({ledgers.data(), count}, wish, world_.calendar.now());
}

// Observe mode: an enforced plan would have held this one, which is about to leave. What a total would hold, all its lanes would.
void LaneTable::note_would_hold(const LaneKey& key, const warmup::Ask& wish) {
  const Lane& used = lane(key);
  bool held = warmup::would_hold(used.with_rules(), wish, world_.calendar.now());
  if (const auto total = total_of(key)) {
    const Lane& sum = lane(*total);
    const bool by_total = warmup::would_hold(sum.with_rules(), wish, world_.calendar.now());
    if (by_total) ++change(*total).record.today.would_hold;
    held = held || (by_total && used.record.observed);
  }
  if (held) ++change(key).record.today.would_hold;
}

void LaneTable::on_ledgers(const LaneKey& key, const std::function<void(warmup::Lane&)>& count) {
  count(lane(key).record);
  dirty_.insert(key);
  freed_.insert(key);
  if (key.overall()) return;
  const auto configured = total_of(key);
  for (const auto each : {warmup::Total::all, warmup::Total::others}) {
    const LaneKey total{key.source, std::string(warmup::total_key(each))};
    const bool was =
        warmup::counts_in(each, key.provider) && lanes_.contains(total);  // switched off, or gone: it may have reserved
    if (configured != total && !was) continue;
    count(lane(total).record);
    dirty_.insert(total);
  }
}

bool LaneTable::is_scarce(const LaneKey& key) {
  const Lane& of = lane(key);
  return of.rules->enforced() || of.record.brake.state != warmup::Brake::none;
}

std::optional<warmup::Recipients> LaneTable::left_on(const LaneKey& key, const std::string& mail_class) {
  const Instant at = world_.calendar.now();
  auto least = warmup::left_today(lane(key).with_rules(), mail_class, at);
  const auto total = total_of(key);
  const auto of_all = total ? warmup::left_today(lane(*total).with_rules(), mail_class, at) : std::nullopt;
  if (!least || (of_all && *of_all < *least)) least = of_all;
  return least;
}

// It ended, or goes another way: the place that was kept for it is free.
void LaneTable::free_place(const std::string& mail_class, queue::Recipient& recipient) {
  if (recipient.place.empty()) return;
  const auto name = parse_lane_row_key(std::exchange(recipient.place, {}));
  on_ledgers({source_with(name.identity), name.provider}, [&](warmup::Lane& ledger) { warmup::drop_place(ledger, mail_class); });
}

bool LaneTable::has_place(const queue::Recipient& recipient, const std::string& lane_row) const {
  if (recipient.place == lane_row) return true;
  const auto name = parse_lane_row_key(recipient.place);
  return !recipient.place.empty() && lane_row_key(addresses_.resolved(name.identity), name.provider) == lane_row;
}

warmup::LaneCommandResult LaneTable::apply(const LaneKey& key, const warmup::LaneCommandRequest& wish, bool alert) {
  Lane& found = change(key);
  auto done = warmup::apply(found.with_rules(), wish, world_.calendar.now());
  for (auto& made : done.changes) made.alert = made.alert || alert;
  tell(key, done.changes);
  return done;
}

void LaneTable::tell(const LaneKey& key, const warmup::Changes& changes) {
  if (changes.empty()) return;
  const Lane& lane = lanes_.at(key);
  for (const auto& change : changes) {
    LaneEvent told;
    told.source = key.source;
    told.provider = key.shown_provider();
    told.change = change.change;
    told.reason = change.reason;
    if (lane.rules && lane.rules->plan != nullptr) told.stage = lane.record.stage;
    told.cap = lane.record.today.cap;
    for (const auto& each : change.evidence) told.evidence.push_back(each.text);
    told.alert = change.alert;
    told.observed = lane.record.observed;
    transaction_.event(told);
    const auto level = change.alert ? spdlog::level::warn : spdlog::level::info;
    spdlog::log(level, "lane {} {}: {}: {}", key.source, key.shown_provider(), change.change, change.reason);
  }
  observers_.changed(key, changes);
}

void LaneTable::closed(const LaneKey& key) {
  Lane& ended = lane(key);
  ENSURE(ended.open > 0);
  --ended.open;
  freed_.insert(key);
}

// Records go out with the batch that changed them; lanes without connections leave memory when there are many; queues that they hold look
// again by themselves.
void LaneTable::flush(queue::Batch& batch) {
  for (const auto& key : std::exchange(dirty_, {})) {
    if (const auto at = lanes_.find(key); at != lanes_.end()) flush_one(batch, at->second);
  }
  if (lanes_.size() <= lanes_in_memory) return;
  const auto at = world_.calendar.now();
  std::erase_if(lanes_, [&](const auto& row) {
    return row.second.open == 0 && !observers_.is_wanted(row.first) && !row.second.limited(at) && !row.first.overall();
  });
}

void LaneTable::flush_one(queue::Batch& batch, Lane& changed) {
  batch.put(Family::lane, changed.row, encode(changed.record));
  if (!std::exchange(changed.days_changed, false)) return;
  std::set<std::string> kept;
  for (const auto& day : changed.record.history) {
    const auto row = day_row_key(changed.row, day.date);
    batch.put(Family::lane, row, encode(day));
    kept.insert(row);
  }
  const auto from = day_row_key(changed.row, ""), to = day_row_key(changed.row, every_day);
  for (auto cursor = store_->scan(Family::lane, from, to); cursor.valid(); cursor.next()) {
    if (!kept.contains(std::string(cursor.key()))) batch.erase(Family::lane, cursor.key());
  }
}

LaneTable::Inquiry::~Inquiry() {
  table_.invented_ = nullptr;
  for (const auto& key : invented_) {
    table_.lanes_.erase(key);
    table_.dirty_.erase(key);
    table_.freed_.erase(key);
  }
}

}  // namespace mta
