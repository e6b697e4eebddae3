// What an answer means, row by row: WARMUP.md §4, §7 and §8.
#include "warmup/verdict.h"

#include <gtest/gtest.h>

#include <array>

#include "warmup/ledger.h"

namespace warmup {
namespace {

struct Row {
  Verdict verdict;
  const char* name;
  Action at_4xx, at_5xx;
  FailureKind ill;
  About about;
};

const std::array rows{
    Row{Verdict::delivered, "delivered", Action::done, Action::done, FailureKind::none, About::recipient},
    Row{Verdict::greylisted, "greylisted", Action::greylist_retry, Action::greylist_retry, FailureKind::none, About::recipient},
    Row{Verdict::rate_limited, "rate_limited", Action::wait_in_place, Action::wait_in_place, FailureKind::rate_limits,
        About::lane},
    Row{Verdict::connection_limit, "connection_limit", Action::retry, Action::retry, FailureKind::none, About::lane},
    Row{Verdict::reputation_block, "reputation_block", Action::wait_in_place, Action::wait_blocked, FailureKind::none,
        About::lane},
    Row{Verdict::delisting, "delisting", Action::wait_in_place, Action::wait_blocked, FailureKind::none, About::lane},
    Row{Verdict::recipient_rate, "recipient_rate", Action::retry, Action::retry, FailureKind::none, About::recipient},
    Row{Verdict::mailbox_full, "mailbox_full", Action::retry, Action::retry, FailureKind::none, About::recipient},
    Row{Verdict::unknown_user, "unknown_user", Action::retry, Action::bounce, FailureKind::bounces, About::recipient},
    Row{Verdict::mailbox_disabled, "mailbox_disabled", Action::retry, Action::bounce, FailureKind::bounces, About::recipient},
    Row{Verdict::auth_failure, "auth_failure", Action::retry, Action::bounce, FailureKind::rejections, About::from_domain},
    Row{Verdict::bad_rdns, "bad_rdns", Action::retry, Action::bounce, FailureKind::none, About::from_domain},
    Row{Verdict::bad_sender, "bad_sender", Action::retry, Action::bounce, FailureKind::none, About::recipient},
    Row{Verdict::policy, "policy", Action::retry, Action::bounce, FailureKind::rejections, About::recipient},
    Row{Verdict::spam_content, "spam_content", Action::retry, Action::bounce, FailureKind::rejections, About::recipient},
    Row{Verdict::virus, "virus", Action::retry, Action::bounce, FailureKind::none, About::recipient},
    Row{Verdict::too_large, "too_large", Action::retry, Action::bounce, FailureKind::none, About::recipient},
    Row{Verdict::too_many_rcpts, "too_many_rcpts", Action::retry, Action::retry, FailureKind::none, About::recipient},
    Row{Verdict::tls_required, "tls_required", Action::retry, Action::bounce, FailureKind::none, About::from_domain},
    Row{Verdict::protocol, "protocol", Action::retry, Action::bounce, FailureKind::none, About::recipient},
    Row{Verdict::relay_denied, "relay_denied", Action::retry, Action::bounce, FailureKind::none, About::from_domain},
    Row{Verdict::dns_failure, "dns_failure", Action::site_backoff, Action::bounce, FailureKind::none, About::site},
    Row{Verdict::connection_failed, "connection_failed", Action::site_backoff, Action::site_backoff, FailureKind::none,
        About::site},
    Row{Verdict::temporary, "temporary", Action::retry, Action::retry, FailureKind::none, About::recipient},
    Row{Verdict::permanent, "permanent", Action::bounce, Action::bounce, FailureKind::none, About::recipient},
};

TEST(Verdicts, EachHasTheRowThatTheRulesGiveIt) {
  for (const Row& row : rows) {
    EXPECT_EQ(name(row.verdict), row.name);
    EXPECT_EQ(action(row.verdict, false), row.at_4xx) << row.name;
    EXPECT_EQ(action(row.verdict, true), row.at_5xx) << row.name;
    EXPECT_EQ(meaning(row.verdict).ill, row.ill) << row.name;
    EXPECT_EQ(meaning(row.verdict).about, row.about) << row.name;
    EXPECT_EQ(meaning(row.verdict).answer, row.about != About::site) << row.name << ": of a site nobody spoke";
    EXPECT_EQ(meaning(row.verdict).charged_unsent, row.ill == FailureKind::bounces)
        << row.name << ": a dirty list is charged (§4)";
  }
}

TEST(Verdicts, EachNameLeadsBack) {
  for (const Row& row : rows) EXPECT_EQ(verdict_named(row.name), row.verdict);
  EXPECT_EQ(rows.size(), static_cast<std::size_t>(Verdict::permanent) + 1);
  EXPECT_FALSE(verdict_named("nonsense"));
  EXPECT_FALSE(verdict_named(""));
}

TEST(Verdicts, TwoOfThemAreBlocksOfOurAddress) {
  for (const Row& row : rows)
    EXPECT_EQ(is_block(row.verdict), row.at_5xx == Action::wait_blocked)
        << row.name << ": its mail goes by another source or the overflow";
}

TEST(Permits, AreChargedKeptOrRefundedByWhatWasSaid) {
  using enum Permitted;
  const auto said = [](Verdict verdict, bool permanent = false, bool has_place = false) {
    return permitted({verdict, permanent, false, has_place});
  };
  EXPECT_EQ(permitted({Verdict::temporary, false, true, false}), charged) << "the dot was sent, whatever the answer";
  EXPECT_EQ(permitted({std::nullopt, false, true, false}), charged) << "and no answer at all";
  EXPECT_EQ(permitted({std::nullopt, false, false, false}), refunded);
  for (const Verdict at_rcpt : {Verdict::unknown_user, Verdict::mailbox_disabled}) EXPECT_EQ(said(at_rcpt, true), charged);
  EXPECT_EQ(said(Verdict::greylisted), kept);
  EXPECT_EQ(said(Verdict::temporary), refunded);
  EXPECT_EQ(said(Verdict::temporary, false, true), kept) << "its place was kept before: until it ends";
  EXPECT_EQ(said(Verdict::spam_content, true, true), refunded) << "it ends";
  EXPECT_EQ(said(Verdict::rate_limited, false, true), kept);
}

}  // namespace
}  // namespace warmup
