#include "mta/deliver/verdict.h"

namespace mta {
namespace {

std::string_view what_happens(Action action) {
  switch (action) {
    case Action::done: return "delivered, nothing more to do";
    case Action::retry:
    case Action::wait_in_place:
    case Action::wait_blocked: return "tried again after the usual back-off";
    case Action::greylist_retry:
      return "tried again after the delay named (else 5 minutes, doubling), from the same source to the same server";
    case Action::site_backoff:
      return "the next server of the site is tried, then the whole site waits 1 minute, doubling to 1 hour";
    case Action::bounce: return "returned to the sender";
  }
  return "";
}

// What else the verdict does beside this recipient (WARMUP.md §8).
std::string_view beside_that(Verdict verdict) {
  switch (verdict) {
    case Verdict::rate_limited: return "; the lane cools";
    case Verdict::connection_limit: return "; one connection and fewer messages on it for an hour";
    case Verdict::reputation_block:
      return "; another source or the overflow may carry it; once confirmed the lane pauses, and after 24 hours it bounces";
    case Verdict::delisting:
      return "; the lane pauses and asks once a day until the list has let it go; another source or the overflow may carry "
             "the mail, and after 24 hours it bounces";
    case Verdict::too_many_rcpts: return ", in a new transaction";
    default: break;
  }
  const warmup::Meaning& means = warmup::meaning(verdict);
  if (means.about == warmup::About::from_domain)
    return "; after three such messages the sender's domain waits at this provider, and an event says so";
  return means.charged_unsent ? "; counts for the day of a lane that follows a plan, though nothing was sent" : "";
}

}  // namespace

std::string describe_action(Verdict verdict, bool permanent_reply) {
  const Action what = action(verdict, permanent_reply);
  return std::string(what_happens(what)).append(beside_that(verdict)) + '.';
}

}  // namespace mta
