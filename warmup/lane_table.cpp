#include "warmup/lane_table.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "warmup/ledger.h"

namespace warmup {

namespace {
constexpr std::size_t lanes_in_memory = 4096;
}

LiveLane& LaneTable::change(const LaneKey& key) {
  LiveLane& found = lane(key);
  dirty_.insert(key);
  return found;
}

void LaneTable::look_at_all() {
  for (auto& [key, found] : lanes_) lane(key);
}

LiveLane& LaneTable::lane(const LaneKey& key) {
  auto [at, created] = lanes_.try_emplace(key);
  LiveLane& found = at->second;
  if (created) {
    found.key = key;
    load(found);
  }
  if (!found.rules) {
    found.rules = rules_->rules_of(key);
    if (!found.rules) found.rules = rules_->no_plan();  // a total that is switched off
    found.brought_to = {};
  }
  if (const Instant now = clock_.now(); found.brought_to != now) {
    found.brought_to = now;
    advance(found);
  }
  return found;
}

void LaneTable::load(LiveLane& into) {
  into.row = store_.row_of(into.key);
  into.start_window(rules_->most_connections(into.key.provider));
  auto record = store_.load(into.row);
  if (record) into.record = std::move(*record);
  if (!record && invented_ != nullptr) invented_->push_back(into.key);
}

// The lane of a source that is gone stands still: should it come back, its days away are processed then (§3).
void LaneTable::advance(LiveLane& lane) {
  if (!rules_->has_source(lane.key.source)) return;
  const std::string date = lane.record.today.date;
  const auto changes = advance_to(lane.with_rules(), clock_.moment());
  const bool new_day = date != lane.record.today.date;
  if (new_day) observers_.new_day(lane.key);
  if (new_day || !changes.empty()) {
    lane.days_changed = lane.days_changed || !date.empty();
    dirty_.insert(lane.key);
  }
  tell(lane.key, changes);
}

std::optional<LaneKey> LaneTable::total_of(const LaneKey& key) const {
  const auto total = key.overall() ? Total::none : rules_->total(key.source);
  if (!counts_in(total, key.provider)) return std::nullopt;
  return LaneKey{key.source, std::string(total_key(total))};
}

std::string LaneTable::total_text(const std::string& source) const { return warmup::total_text(rules_->total(source), source); }

Answer LaneTable::permit(const LaneKey& key, const Ask& request) {
  std::array<LaneView, 2> ledgers{lane(key).with_rules(), {}};
  std::size_t count = 1;
  if (const auto total = total_of(key)) ledgers[count++] = lane(*total).with_rules();
  return ask({ledgers.data(), count}, request, clock_.now());
}

// Observe mode: an enforced plan would have held this one, which is about to leave. What a total would hold, all its lanes would.
void LaneTable::note_would_hold(const LaneKey& key, const Ask& request) {
  const LiveLane& used = lane(key);
  bool held = would_hold(used.with_rules(), request, clock_.now());
  if (const auto total = total_of(key)) {
    const LiveLane& sum = lane(*total);
    const bool by_total = would_hold(sum.with_rules(), request, clock_.now());
    if (by_total) ++change(*total).record.today.would_hold;
    held = held || (by_total && used.record.observed);
  }
  if (held) ++change(key).record.today.would_hold;
}

void LaneTable::on_ledgers(const Ledgers& of, const std::function<void(Lane&)>& count) {
  const LaneKey& key = of.lane;
  if (of.sender) on_sender(*of.sender, count);
  count(lane(key).record);
  dirty_.insert(key);
  freed_.insert(key);
  if (key.overall()) return;
  const auto configured = total_of(key);
  for (const auto each : {Total::all, Total::others}) {
    const LaneKey total{key.source, std::string(total_key(each))};
    const bool was = counts_in(each, key.provider) && lanes_.contains(total);  // switched off, or gone: it may have reserved
    if (configured != total && !was) continue;
    count(lane(total).record);
    dirty_.insert(total);
  }
}

void LaneTable::on_sender(const LaneKey& key, const std::function<void(Lane&)>& count) {
  Lane& ledger = change(key).record;
  const Recipients before = ledger.today.sent;
  count(ledger);
  if (!becomes_bulk(before, ledger.today.sent)) return;
  tell(key,
       {{"bulk", "it sends " + std::to_string(bulk_sender) + " a day there: a bulk sender, of whom the provider asks more", {}}});
}

bool LaneTable::is_scarce(const LaneKey& key) {
  const LiveLane& of = lane(key);
  return of.rules->enforced() || of.record.brake.state != Brake::none;
}

std::optional<Recipients> LaneTable::left_on(const LaneKey& key, const std::string& mail_class) {
  const Instant now = clock_.now();
  auto least = left_today(lane(key).with_rules(), mail_class, now);
  const auto total = total_of(key);
  const auto of_all = total ? left_today(lane(*total).with_rules(), mail_class, now) : std::nullopt;
  if (!least || (of_all && *of_all < *least)) least = of_all;
  return least;
}

LaneCommandResult LaneTable::apply(const LaneKey& key, const LaneCommandRequest& request, bool alert) {
  LiveLane& found = change(key);
  if (const auto total = total_of(key)) lane(*total);  // their days begin together
  auto done = warmup::apply(found.with_rules(), request, clock_.now());
  for (auto& made : done.changes) made.alert = made.alert || alert;
  tell(key, done.changes);
  return done;
}

void LaneTable::tell(const LaneKey& key, const Changes& changes) {
  if (!changes.empty()) observers_.changed(lanes_.at(key), changes);
}

void LaneTable::closed(const LaneKey& key) {
  LiveLane& ended = lane(key);
  if (ended.open == 0) throw std::logic_error("a connection of lane " + key.source + " " + key.provider + " was closed twice");
  --ended.open;
  freed_.insert(key);
}

void LaneTable::forget_open() {
  for (auto& [key, found] : lanes_) warmup::forget_open(found.record);
}

// What the address sent today under lanes of its own counts for those that it has now: a cap is never exceeded.
void LaneTable::add_today(const LaneKey& key, const Lane& of) {
  Lane& into = change(key).record;
  for (const auto& [mail_class, open] : of.open) {
    into.open[mail_class].reserved += open.reserved;
    into.open[mail_class].pending += open.pending;
  }
  if (of.today.ends <= clock_.now()) return;
  into.today.sent += of.today.sent;
  into.today.delivered += of.today.delivered;
  into.today.attempts += of.today.attempts;
  for (const auto& [mail_class, sent] : of.today.sent_by_class) into.today.sent_by_class[mail_class] += sent;
}

std::map<LaneKey, LaneKey> LaneTable::reload(std::shared_ptr<const LaneRules> rules,
                                             const std::function<std::string(const LiveLane&)>& name_now) {
  rules_ = std::move(rules);
  std::map<LaneKey, LaneKey> renamed;
  std::map<LaneKey, LiveLane> lanes;
  for (auto& [key, lane] : lanes_) {
    const LaneKey& is = renamed[key] = {name_now(lane), key.provider};
    lane.rules.reset();
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

// Lanes without connections leave memory when there are many; queues that they hold look again by themselves.
void LaneTable::flush() {
  for (const auto& key : std::exchange(dirty_, {})) {
    const auto at = lanes_.find(key);
    if (at == lanes_.end()) continue;
    store_.save(at->second.row, at->second.record, std::exchange(at->second.days_changed, false));
  }
  if (lanes_.size() <= lanes_in_memory) return;
  const auto now = clock_.now();
  std::erase_if(lanes_, [&](const auto& row) {
    const auto& [key, lane] = row;
    return lane.open == 0 && !observers_.is_wanted(key) && !lane.limited(now) && !key.overall();
  });
}

LaneTable::Inquiry::~Inquiry() {
  table_.invented_ = nullptr;
  for (const auto& key : invented_) {
    table_.lanes_.erase(key);
    table_.dirty_.erase(key);
    table_.freed_.erase(key);
  }
}

}  // namespace warmup
