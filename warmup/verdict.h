// warmup/verdict.h — what an answer of a receiver means, in one table.
//
// What      For each verdict: what becomes of the recipient at a 4xx and at a 5xx reply, what it counts as for the lane's health, whom it
//           is about, and whether it is charged though nothing was sent.
// Units     –
// Promise   Pure. The daemon and `simulate` read the same table.
// Errors    None: every verdict has a row.
// Source    warmup/WARMUP.md §4 (what is charged), §7 (health), §8 (what follows).
// Not here  which reply has which verdict (mta/deliver/verdict.h), what a lane does then (brake.h), intervals (retry.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace warmup {

enum class Verdict : std::uint8_t {
  delivered,
  greylisted,
  rate_limited,
  connection_limit,
  reputation_block,
  delisting,  // our address is on a list that does not forget by itself: somebody has to ask for its removal
  recipient_rate,
  mailbox_full,
  unknown_user,
  mailbox_disabled,
  auth_failure,
  bad_rdns,
  bad_sender,
  policy,
  spam_content,
  virus,
  too_large,
  too_many_rcpts,
  tls_required,
  protocol,
  relay_denied,
  dns_failure,
  connection_failed,
  temporary,
  permanent
};

enum class Action : std::uint8_t {
  done,
  retry,           // after its own back-off
  greylist_retry,  // after the delay named, by the same source to the same host
  wait_in_place,   // the lane brakes, the recipient keeps its place: neither an attempt nor lifetime
  wait_blocked,    // by another source or the overflow at once, else for a day
  site_backoff,    // next MX, then the site waits
  bounce
};

// What a lane's health counts it as.
enum class FailureKind : std::uint8_t { none, rate_limits, bounces, rejections, complaints };

enum class About : std::uint8_t { recipient, lane, site, from_domain };

struct Meaning {
  Verdict verdict;
  std::string_view name;  // in rows, events and JSON
  Action at_4xx, at_5xx;
  FailureKind ill;
  About about;
  bool answer;          // somebody spoke
  bool charged_unsent;  // it counts for the day though no dot left: a dirty list must not be fed to a cold address all day
};
const Meaning& meaning(Verdict);

std::string_view name(Verdict);
std::optional<Verdict> verdict_named(std::string_view);
Action action(Verdict, bool permanent_reply);
bool waits_for_lane(Action);  // wait_in_place and wait_blocked
bool is_block(Verdict);       // of our address: reputation_block and delisting

}  // namespace warmup
