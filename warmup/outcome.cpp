#include "warmup/outcome.h"

#include <algorithm>
#include <utility>

#include "warmup/held.h"

namespace warmup {

namespace {
constexpr int longer_unanswered = 4;  // times the usual interval

// A day after the first refusal it bounces.
NextStep hold_blocked(Tries& tries, std::optional<Instant> before, Instant now) {
  tries.blocked_since = before.value_or(now);
  const bool ends = block_ends({*tries.blocked_since, true}, now);
  return {ends ? Follows::bounce : Follows::wait_blocked, *tries.blocked_since};
}
}  // namespace

NextStep follow(Tries& tries, const AnswerTo& answer, const RetryOptions& options, const std::function<double()>& luck,
                Instant now) {
  const Action said = action(answer.verdict, answer.permanent);
  const bool withheld = answer.withheld > Duration(0);
  const Action what = said == Action::bounce && withheld ? Action::retry : said;
  if (what == Action::site_backoff && answer.site_waits) return {Follows::site_waits, now};
  if (!waits_for_lane(what) || answer.permanent) ++tries.attempts;
  const auto blocked = std::exchange(tries.blocked_since, std::nullopt);
  switch (what) {
    case Action::done: return {Follows::done, now};
    case Action::bounce: return {Follows::bounce, now};
    case Action::wait_in_place: return {Follows::wait_in_place, now};
    case Action::wait_blocked: return hold_blocked(tries, blocked, now);
    case Action::greylist_retry:
    case Action::site_backoff:
    case Action::retry: break;
  }
  NextStep next;
  if (what == Action::greylist_retry) {
    tries.greylist_delay = answer.delay ? *answer.delay : greylist_interval(tries.greylist_delay);
    if (!tries.bound_at) tries.bound_at = now;
    next = {Follows::bound_retry, now + tries.greylist_delay};
  } else {
    const auto usual = retry_interval(options, tries.attempts, luck());
    next = {Follows::retry, now + std::max(answer.sent_unanswered ? usual * longer_unanswered : usual, answer.withheld)};
  }
  if (expired(options, answer.null_sender, tries.backoff_used)) return {Follows::expire, now};
  tries.backoff_used += next.due - now;
  return next;
}

}  // namespace warmup
