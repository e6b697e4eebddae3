#include "mta/scheduler/spool_damage.h"

#include <spdlog/spdlog.h>

#include "queue/bytes.h"
#include "queue/damage.h"
#include "queue/keys.h"

namespace mta {

using queue::Family;

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

// After a start with --accept-damage: the event, once.
void tell_damage(SchedulerState& state) {
  const auto row = state.store->get(Family::meta, queue::damage_key);
  const auto damage = row ? queue::decode_damage(*row) : std::nullopt;
  if (!damage || told_at(*state.store, *row)) return;
  spdlog::error("spool {}: {}. {}", state.policy.config->spool, damage->text, what_is_lost(*damage));
  state.transaction.event(DamagedEvent{"log", {}, damage->lost_since, {}, damage->text});
  std::string told;
  queue::append_instant(told, state.now());
  state.transaction.batch().put(Family::meta, told_key, told + *row);
}

std::vector<DamageReport> report_damage(const SchedulerState& state) {
  std::vector<DamageReport> found;
  const auto row = state.store->get(Family::meta, queue::damage_key);
  const auto damage = row ? queue::decode_damage(*row) : std::nullopt;
  if (damage && told_at(*state.store, *row).value_or(state.now()) + shown_for > state.now())
    found.push_back({"log", damage->lost_since, std::nullopt, damage->text + ". " + what_is_lost(*damage)});
  const auto count = state.mail.damaged().count();
  if (count == 0) return found;
  found.push_back({"body", std::nullopt, count,
                   count == 1
                       ? "1 message cannot be read and is set aside: warmupctl spool verify names it"
                       : fmt::format("{} messages cannot be read and are set aside: warmupctl spool verify names them", count)});
  return found;
}

}  // namespace mta
