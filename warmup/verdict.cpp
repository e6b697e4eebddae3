#include "warmup/verdict.h"

#include <algorithm>
#include <array>

namespace warmup {

namespace {

using enum Verdict;
using enum Action;
constexpr FailureKind well = FailureKind::none;
constexpr About recipient = About::recipient, lane = About::lane, site = About::site, from = About::from_domain;

// In the order of the enumeration.
constexpr std::array meanings{
    Meaning{delivered, "delivered", done, done, well, recipient, true, false},
    Meaning{greylisted, "greylisted", greylist_retry, greylist_retry, well, recipient, true, false},
    Meaning{rate_limited, "rate_limited", wait_in_place, wait_in_place, FailureKind::rate_limits, lane, true, false},
    Meaning{connection_limit, "connection_limit", retry, retry, well, lane, true, false},
    Meaning{reputation_block, "reputation_block", wait_in_place, wait_blocked, well, lane, true, false},
    Meaning{delisting, "delisting", wait_in_place, wait_blocked, well, lane, true, false},
    Meaning{recipient_rate, "recipient_rate", retry, retry, well, recipient, true, false},
    Meaning{mailbox_full, "mailbox_full", retry, retry, well, recipient, true, false},
    Meaning{unknown_user, "unknown_user", retry, bounce, FailureKind::bounces, recipient, true, true},
    Meaning{mailbox_disabled, "mailbox_disabled", retry, bounce, FailureKind::bounces, recipient, true, true},
    Meaning{auth_failure, "auth_failure", retry, bounce, FailureKind::rejections, from, true, false},
    Meaning{bad_rdns, "bad_rdns", retry, bounce, well, from, true, false},
    Meaning{bad_sender, "bad_sender", retry, bounce, well, recipient, true, false},
    Meaning{policy, "policy", retry, bounce, FailureKind::rejections, recipient, true, false},
    Meaning{spam_content, "spam_content", retry, bounce, FailureKind::rejections, recipient, true, false},
    Meaning{virus, "virus", retry, bounce, well, recipient, true, false},
    Meaning{too_large, "too_large", retry, bounce, well, recipient, true, false},
    Meaning{too_many_rcpts, "too_many_rcpts", retry, retry, well, recipient, true, false},
    Meaning{tls_required, "tls_required", retry, bounce, well, from, true, false},
    Meaning{protocol, "protocol", retry, bounce, well, recipient, true, false},
    Meaning{relay_denied, "relay_denied", retry, bounce, well, from, true, false},
    Meaning{dns_failure, "dns_failure", site_backoff, bounce, well, site, false, false},
    Meaning{connection_failed, "connection_failed", site_backoff, site_backoff, well, site, false, false},  // 5xx: a banner
    Meaning{temporary, "temporary", retry, retry, well, recipient, true, false},
    Meaning{permanent, "permanent", bounce, bounce, well, recipient, true, false},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < meanings.size(); ++i)
    if (static_cast<std::size_t>(meanings[i].verdict) != i) return false;
  return meanings.back().verdict == permanent;
}
static_assert(in_order());

}  // namespace

const Meaning& meaning(Verdict verdict) { return meanings[static_cast<std::size_t>(verdict)]; }

std::string_view name(Verdict verdict) { return meaning(verdict).name; }

std::optional<Verdict> verdict_named(std::string_view text) {
  const auto* found = std::ranges::find(meanings, text, &Meaning::name);
  return found == meanings.end() ? std::nullopt : std::optional(found->verdict);
}

Action action(Verdict verdict, bool permanent_reply) {
  const Meaning& of = meaning(verdict);
  return permanent_reply ? of.at_5xx : of.at_4xx;
}

bool is_block(Verdict verdict) { return verdict == reputation_block || verdict == delisting; }

bool waits_for_lane(Action what) { return what == wait_in_place || what == wait_blocked; }

}  // namespace warmup
