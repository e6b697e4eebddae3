#include "mta/deliver/verdict.h"

#include <algorithm>
#include <array>
#include <utility>

namespace mta {
namespace {

constexpr std::array names = {
    std::pair{Verdict::delivered, "delivered"},
    std::pair{Verdict::greylisted, "greylisted"},
    std::pair{Verdict::rate_limited, "rate_limited"},
    std::pair{Verdict::connection_limit, "connection_limit"},
    std::pair{Verdict::reputation_block, "reputation_block"},
    std::pair{Verdict::recipient_rate, "recipient_rate"},
    std::pair{Verdict::mailbox_full, "mailbox_full"},
    std::pair{Verdict::unknown_user, "unknown_user"},
    std::pair{Verdict::mailbox_disabled, "mailbox_disabled"},
    std::pair{Verdict::auth_failure, "auth_failure"},
    std::pair{Verdict::bad_rdns, "bad_rdns"},
    std::pair{Verdict::bad_sender, "bad_sender"},
    std::pair{Verdict::policy, "policy"},
    std::pair{Verdict::spam_content, "spam_content"},
    std::pair{Verdict::virus, "virus"},
    std::pair{Verdict::too_large, "too_large"},
    std::pair{Verdict::too_many_rcpts, "too_many_rcpts"},
    std::pair{Verdict::tls_required, "tls_required"},
    std::pair{Verdict::protocol, "protocol"},
    std::pair{Verdict::relay_denied, "relay_denied"},
    std::pair{Verdict::dns_failure, "dns_failure"},
    std::pair{Verdict::connection_failed, "connection_failed"},
    std::pair{Verdict::temporary, "temporary"},
    std::pair{Verdict::permanent, "permanent"},
};

std::string_view what_happens(Action action) {
  switch (action) {
    case Action::done: return "delivered, nothing more to do";
    case Action::retry: return "tried again after the usual back-off";
    case Action::greylist_retry:
      return "tried again after the delay named (else 5 minutes, doubling), from the same source to the same server";
    case Action::site_backoff:
      return "the next server of the site is tried, then the whole site waits 1 minute, doubling to 1 hour";
    case Action::bounce: return "returned to the sender";
  }
  return "";
}

// What else the verdict does beside this recipient (warmup-rules §8).
std::string_view beside_that(Verdict verdict) {
  switch (verdict) {
    case Verdict::rate_limited: return "; the lane cools";
    case Verdict::connection_limit: return "; one connection and fewer messages on it for an hour";
    case Verdict::reputation_block:
      return "; another source or the overflow may carry it; once confirmed the lane pauses, and after 24 hours it bounces";
    case Verdict::too_many_rcpts: return ", in a new transaction";
    case Verdict::auth_failure:
    case Verdict::bad_rdns:
    case Verdict::tls_required:
    case Verdict::relay_denied:
      return "; after three such messages the sender's domain waits at this provider, and an event says so";
    case Verdict::unknown_user:
    case Verdict::mailbox_disabled: return "; counts for the day of a lane that follows a plan, though nothing was sent";
    default: return "";
  }
}

}  // namespace

std::string_view name(Verdict verdict) {
  const auto found = std::find_if(names.begin(), names.end(), [&](const auto& known) { return known.first == verdict; });
  return found == names.end() ? "permanent" : found->second;
}

std::optional<Verdict> verdict_named(std::string_view text) {
  const auto found = std::find_if(names.begin(), names.end(), [&](const auto& known) { return known.second == text; });
  if (found == names.end()) return std::nullopt;
  return found->first;
}

Action action(Verdict verdict, bool permanent_reply) {
  switch (verdict) {
    case Verdict::delivered: return Action::done;
    case Verdict::greylisted: return Action::greylist_retry;
    case Verdict::connection_failed: return Action::site_backoff;  // a 5xx banner too: next MX, then defer
    case Verdict::rate_limited:
    case Verdict::connection_limit:
    case Verdict::reputation_block:
    case Verdict::recipient_rate:
    case Verdict::mailbox_full:
    case Verdict::temporary:
    case Verdict::too_many_rcpts: return Action::retry;
    case Verdict::dns_failure: return permanent_reply ? Action::bounce : Action::site_backoff;
    case Verdict::permanent: return Action::bounce;
    default: return permanent_reply ? Action::bounce : Action::retry;
  }
}

std::string describe_action(Verdict verdict, bool permanent_reply) {
  const Action what = action(verdict, permanent_reply);
  return std::string(what_happens(what)).append(beside_that(verdict)) + '.';
}

}  // namespace mta
