#include "warmup/held.h"

#include <algorithm>

namespace warmup {

namespace {
using namespace std::chrono_literals;
constexpr Duration braked_long = 1h, held_longest = 4h;
constexpr Duration just_after = 1ms;
constexpr Duration ask_pool_again = 10min;  // that grants, but no more than what waits for it already
}  // namespace

bool is_braked_for_long(const Lane& lane, Instant now) {
  const bool cooling_long = lane.brake.state == Brake::cooling && lane.brake.until - now > braked_long;
  return lane.brake.state == Brake::paused || lane.operator_hold.state == OperatorHold::paused || cooling_long;
}

bool is_held_back(const Lane& lane, Instant now) {
  return lane.operator_hold.state == OperatorHold::paused || (lane.brake.state != Brake::none && now < lane.brake.until);
}

bool is_full(const ClassOptions& mail_class, const Room& room, bool exempt, Recipients ahead) {
  if (mail_class.when_full != WhenFull::overflow) return false;
  return room.all_braked_for_long || (!exempt && room.left && ahead >= *room.left);
}

bool may_overflow(const ClassOptions& mail_class, const Head& head, bool full, Instant now) {
  const bool too_long = now - head.due > mail_class.max_wait && mail_class.on_max_wait == OnMaxWait::overflow;
  return too_long || head.blocked || full;
}

TooLong waits_too_long(const ClassOptions& mail_class, const Head& head, Instant now) {
  if (now - head.due <= mail_class.max_wait) return TooLong::no;
  return mail_class.on_max_wait == OnMaxWait::bounce ? TooLong::bounce : TooLong::warn;
}

bool block_ends(const Head& head, Instant now) { return head.blocked && now - head.due >= blocked_longest; }

Instant looks_again(const ClassOptions& mail_class, const Head& head, Instant opens, bool bound, Instant now) {
  const Instant too_long = head.due + mail_class.max_wait + just_after;
  Instant until = opens;
  if (!bound && too_long > now) until = std::min(until, too_long);
  if (head.blocked) until = std::min(until, head.due + blocked_longest);
  return std::max(until, now + just_after);
}

PoolRoom room_in_pool(std::span<const Answer> answers, Recipients waiting, std::optional<Instant> closed_until, Instant now) {
  if (closed_until) return {0, std::max(*closed_until, now + ask_pool_again)};
  std::optional<Instant> opens;
  Recipients granted = 0;
  for (const Answer& answer : answers) {
    if (const auto* hold = std::get_if<Hold>(&answer))
      opens = std::min(opens.value_or(hold->until), hold->until);
    else
      granted += std::get<Permit>(answer).recipients;
  }
  if (granted > waiting) return {granted - waiting, now};
  return {0, granted > 0 || !opens ? now + ask_pool_again : *opens};
}

bool leaves_overflow(const Lane& lane, bool site_closed, bool another, const std::function<bool()>& pool_takes, Instant now) {
  if (is_held_back(lane, now)) return true;
  return site_closed && (another || pool_takes());
}

bool is_unbound(const Lane& lane, Instant bound_at, Duration greylist_delay, Instant now) {
  if (now - bound_at >= bound_longest) return true;
  const bool paused = lane.operator_hold.state == OperatorHold::paused;
  if (!paused && lane.brake.state == Brake::none) return false;
  const Instant opens = paused ? lane.operator_hold.until.value_or(Instant::max()) : lane.brake.until;
  return opens - now > std::max(held_longest, 3 * greylist_delay);
}

}  // namespace warmup
