#include "mta/simulate/lanes.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "warmup/advance.h"
#include "warmup/ledger.h"

namespace mta::simulate {

namespace {
constexpr std::size_t most_notices = 10'000;
}

Lanes::Lanes(const conf::Config& config, Opened opened) : config_(config), plans_(config), opened_(std::move(opened)) {}

std::uint64_t trigger_of(const SimulatedLane& lane) {
  const auto& text = lane.record.brake.trigger;
  std::uint64_t number = std::numeric_limits<std::uint64_t>::max();
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

SimulatedLane& Lanes::make(const conf::Source& source, const std::string& provider, const warmup::Rules* of) {
  auto& lane = lanes_.emplace_back(std::make_unique<SimulatedLane>());
  lane->index = lanes_.size() - 1;
  lane->source = source.name;
  lane->provider = provider;
  lane->rules = of;
  const auto* limits = config_.provider(provider);
  lane->per_message = std::max(1U, limits == nullptr ? conf::Provider{}.recipients_per_message : limits->recipients_per_message);
  const auto uses = [&](const conf::Pool& pool) { return pool.may_use(source.name); };
  lane->pools = static_cast<std::size_t>(std::count_if(config_.pools.begin(), config_.pools.end(), uses));
  known_[{source.name, provider}] = lane.get();
  return *lane;
}

SimulatedLane& Lanes::open(const conf::Source& source, const std::string& provider, bool overflow) {
  const auto known = known_.find({source.name, provider});
  if (known != known_.end()) {
    known->second->overflow = known->second->overflow && overflow;
    return *known->second;
  }
  const auto total = config_.total_of(source.name);
  if (const auto named = warmup::total_named(provider); named && named == total) return *open_total(source, total);
  SimulatedLane& lane = make(source, provider, &plans_.of_lane(source.name, provider));
  lane.overflow = overflow;
  if (!warmup::counts_in(total, provider)) return lane;
  lane.total = open_total(source, total);
  if (!warmup::is_unlisted(provider)) lane.total->named.push_back(&lane);
  return lane;
}

SimulatedLane* Lanes::open_total(const conf::Source& source, warmup::Total total) {
  const std::string name(warmup::total_name(warmup::total_key(total)));
  const auto known = known_.find({source.name, name});
  if (known != known_.end()) return known->second;
  return &make(source, name, plans_.of_total(source.name));
}

void Lanes::note_days(SimulatedLane& lane) {
  for (const auto& day : lane.record.history) {
    if (day.started <= lane.noted && lane.noted != Instant{}) continue;
    lane.noted = day.started;
    const auto growth = day.growth > 0 ? std::optional(warmup::factor_of(day.growth)) : std::nullopt;
    lane.days.push_back({day.date, day.stage, growth, day.limit, day.sent, day.delivered, ""});
  }
}

void Lanes::bring(SimulatedLane& lane, Instant now) {
  if (lane.total != nullptr) bring(*lane.total, now);
  const auto& record = lane.record;
  const bool unpinned = record.operator_hold.until && now >= *record.operator_hold.until;
  if (!record.today.date.empty() && now < record.today.ends && !unpinned) return;
  const std::string state(record.shown_state());
  const std::size_t before = lane.days.size();
  const auto changes = warmup::advance_to(lane.with_rules(), {now, {}});
  note_days(lane);
  if (lane.days.size() > before) lane.days[before].state = state;
  for (std::size_t i = before + 1; i < lane.days.size(); ++i) lane.days[i].state = std::string(record.shown_state());
  note(lane, changes, now);
  ++lane.opened;
}

void Lanes::bring_all(Instant now) {
  for (std::size_t i = 0; i < lanes_.size(); ++i)
    if (!lanes_[i]->record.today.date.empty()) bring(*lanes_[i], now);  // the first day begins when mail first asks
}

const warmup::Answer& Lanes::ask(LaneAnswer& way, const warmup::Ask& request, Instant now) {
  SimulatedLane& lane = *way.lane;
  bring(lane, now);
  const std::uint64_t changed = lane.changed + (lane.total == nullptr ? 0 : lane.total->changed);
  const std::uint64_t opened = lane.opened + (lane.total == nullptr ? 0 : lane.total->opened);
  if (way.known) {
    const auto* hold = std::get_if<warmup::Hold>(&way.answer);
    const bool holds = hold != nullptr && now < hold->until && way.opened == opened;
    const bool grants = hold == nullptr && way.asked == now && way.changed == changed && way.opened == opened;
    if (holds || grants) return way.answer;
  }
  std::array<warmup::LaneView, 2> ledgers{lane.with_rules(), {}};
  std::size_t count = 1;
  if (lane.total != nullptr) ledgers[count++] = lane.total->with_rules();
  way.answer = warmup::ask({ledgers.data(), count}, request, now);
  way.asked = now;
  way.changed = changed;
  way.opened = opened;
  way.known = true;
  return way.answer;
}

void Lanes::on_ledgers(SimulatedLane& lane, const std::function<void(warmup::Lane&)>& count) {
  count(lane.record);
  ++lane.changed;
  if (lane.total == nullptr) return;
  count(lane.total->record);
  ++lane.total->changed;
}

void Lanes::reserve(SimulatedLane& lane, std::string_view mail_class, Recipients n, bool has_place) {
  on_ledgers(lane, [&](warmup::Lane& ledger) {
    if (!has_place) return warmup::reserve(ledger, mail_class, n);
    for (Recipients i = 0; i < n; ++i) warmup::use_place(ledger, mail_class);
  });
}

void Lanes::charge(SimulatedLane& lane, std::string_view mail_class, Recipients n, Instant now) {
  on_ledgers(lane, [&](warmup::Lane& ledger) { warmup::charge(ledger, mail_class, n, now); });
}

// What is refunded was reserved at this very instant: no answer of the gate knew of it.
void Lanes::refund(SimulatedLane& lane, std::string_view mail_class, Recipients n) {
  on_ledgers(lane, [&](warmup::Lane& ledger) { warmup::refund(ledger, mail_class, n); });
}

void Lanes::keep_slots(SimulatedLane& lane, std::string_view mail_class, Recipients n) {
  on_ledgers(lane, [&](warmup::Lane& ledger) {
    for (Recipients i = 0; i < n; ++i) warmup::keep_place(ledger, mail_class);
  });
}

void Lanes::drop_slots(SimulatedLane& lane, std::string_view mail_class, Recipients n) {
  on_ledgers(lane, [&](warmup::Lane& ledger) {
    for (Recipients i = 0; i < n; ++i) warmup::drop_place(ledger, mail_class);
  });
  let_go(lane);
  if (lane.total != nullptr) let_go(*lane.total);
}

void Lanes::let_go(SimulatedLane& lane) {
  ++lane.opened;
  opened_(lane);
}

void Lanes::note(SimulatedLane& lane, const warmup::Changes& changes, Instant now) {
  for (const auto& change : changes) {
    ++changes_[change.change];
    if (change.change == "warmed" && !lane.warm) lane.warm = now;
    if (notices_.size() < most_notices)
      notices_.push_back({now, lane.source, lane.provider, change.change, change.reason, change.alert});
  }
}

std::optional<Recipients> Lanes::left_today(SimulatedLane& lane, std::string_view mail_class, Instant now) {
  bring(lane, now);
  auto left = warmup::left_today(lane.with_rules(), mail_class, now);
  if (!left || lane.total == nullptr) return left;
  return std::min(*left, warmup::left_today(lane.total->with_rules(), mail_class, now).value_or(*left));
}

}  // namespace mta::simulate
