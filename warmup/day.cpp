#include "warmup/day.h"

#include <date/date.h>
#include <date/tz.h>

#include <map>
#include <mutex>

namespace warmup {

namespace {

using namespace std::chrono_literals;
constexpr auto first_day_at_least = 12h;

// Null for UTC, which needs no data base.
const date::time_zone* zone_of(const std::string& name) {
  if (name == "UTC" || name.empty()) return nullptr;
  static std::mutex mutex;
  static std::map<std::string, const date::time_zone*> known;
  const std::lock_guard lock(mutex);
  const auto [at, created] = known.try_emplace(name, nullptr);
  if (!created) return at->second;
  try {
    at->second = date::locate_zone(name);
  } catch (const std::exception&) {  // conf refused it; a zone that vanished from the host counts as UTC
  }
  return at->second;
}

using Local = date::local_time<std::chrono::milliseconds>;

Local to_local(const date::time_zone* zone, Instant at) {
  return zone == nullptr ? Local(at.time_since_epoch()) : zone->to_local(at);
}

// A local time that does not exist is the first instant after the gap; an ambiguous one is the first of the two.
Instant to_instant(const date::time_zone* zone, Local local) {
  if (zone == nullptr) return Instant(local.time_since_epoch());
  const auto found = zone->get_info(local);
  if (found.result == date::local_info::nonexistent) return date::floor<std::chrono::milliseconds>(found.first.end);
  return zone->to_sys(local, date::choose::earliest);
}

}  // namespace

Instant DayRule::next_boundary(Instant after) const {
  const auto* zone = zone_of(zone_);
  const Local local = to_local(zone, after);
  const auto today = date::floor<date::days>(local);
  for (int days = -1;; ++days) {
    const Instant boundary = to_instant(zone, Local(today + date::days(days)) + start_);
    if (boundary > after) return boundary;
  }
}

Instant DayRule::last_boundary(Instant at) const {
  Instant last = next_boundary(at - 48h);
  for (Instant next = next_boundary(last); next <= at; next = next_boundary(next)) last = next;
  return last;
}

Instant DayRule::first_end(Instant began) const { return next_boundary(began + first_day_at_least - 1ms); }

std::string DayRule::date(Instant end) const {
  const auto day = date::floor<date::days>(to_local(zone_of(zone_), end - 1ms) - start_);
  return date::format("%F", day);
}

}  // namespace warmup
