#include "warmup/overflow.h"

#include <algorithm>

namespace warmup {

namespace {
using namespace std::chrono_literals;
constexpr auto a_moment = 1min;  // a conversation ends
constexpr auto full_again = 1h;
constexpr auto look_again = 1h;  // at what an operator paused; `resume` wakes what waits sooner

OverflowAnswer ask_way(const Lane& lane, const OverflowSite& site, Instant now) {
  if (lane.operator_hold.state == OperatorHold::paused) {
    const Instant until = lane.operator_hold.until.value_or(Instant::max());
    return {Takes::nothing, "paused by an operator", std::clamp(until, now + 1ms, now + look_again), false};
  }
  const bool braked = lane.brake.state != Brake::none;
  if (!braked && !site.closed) return {};
  const std::string_view why = braked ? name(lane.brake.state) : "does not answer";
  const Instant opens = std::max(braked ? lane.brake.until : now, site.closed ? site.opens : now);
  if (opens > now) return {Takes::nothing, why, opens, false};
  const bool being_tried = site.tried || (braked && (lane.brake.probing || lane.reserved() > 0));
  if (being_tried) return {Takes::nothing, why, now + a_moment, true};
  return {Takes::one, why, now, false};
}
}  // namespace

OverflowAnswer ask_overflow(const Lane& lane, const OverflowSite& site, Instant now) {
  const auto answer = ask_way(lane, site, now);
  const bool full = site.left && site.waiting >= *site.left;
  if (answer.takes == Takes::nothing || !full) return answer;
  return {Takes::nothing, "full", now + full_again, false};
}

}  // namespace warmup
