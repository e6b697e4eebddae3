// What follows for one recipient from what was said of it: WARMUP.md §8, §9.
#include "warmup/outcome.h"

#include <gtest/gtest.h>

namespace warmup {
namespace {

using namespace std::chrono_literals;

const Instant noon{std::chrono::sys_days(std::chrono::year(2026) / 1 / 5) + 12h};

struct Played {
  Tries tries;
  NextStep next;
};

Played play(Tries tries, const AnswerTo& answer) {
  const auto next = follow(
      tries, answer, RetryOptions{}, [] { return 0.5; }, noon);
  return {tries, next};
}

AnswerTo said(Verdict verdict, bool permanent = false) { return {verdict, permanent}; }

// Each verdict at 4xx and 5xx, first tries: what follows, after which time, and whether it costs an attempt.
TEST(Outcome, EachVerdictLeadsToWhatItsActionSays) {
  for (int n = 0; n <= static_cast<int>(Verdict::permanent); ++n) {
    const auto verdict = static_cast<Verdict>(n);
    for (const bool permanent : {false, true}) {
      const auto found = play({}, said(verdict, permanent));
      const auto text = std::string(name(verdict)) + (permanent ? " 5xx" : " 4xx");
      switch (action(verdict, permanent)) {
        case Action::done: EXPECT_EQ(found.next.what, Follows::done) << text; break;
        case Action::bounce: EXPECT_EQ(found.next.what, Follows::bounce) << text; break;
        case Action::wait_in_place: EXPECT_EQ(found.next.what, Follows::wait_in_place) << text; break;
        case Action::wait_blocked: EXPECT_EQ(found.next.what, Follows::wait_blocked) << text; break;
        case Action::greylist_retry: EXPECT_EQ(found.next.what, Follows::bound_retry) << text; break;
        case Action::site_backoff:  // one server said it and the site goes on: its own back-off
        case Action::retry:
          EXPECT_EQ(found.next.what, Follows::retry) << text;
          EXPECT_EQ(found.next.due, noon + 5min) << text;
          EXPECT_EQ(found.tries.backoff_used, 5min) << text;
      }
      const bool about_lane = waits_for_lane(action(verdict, permanent)) && !permanent;
      EXPECT_EQ(found.tries.attempts, about_lane ? 0U : 1U) << text;
    }
  }
}

TEST(Outcome, WhatTheLaneIsToldCostsNeitherAnAttemptNorLifetime) {
  const Tries before{3, 2h};
  const auto found = play(before, said(Verdict::rate_limited));
  EXPECT_EQ(found.tries, before);
}

TEST(Outcome, MailOfAClosedSiteStaysAsItWas) {
  const Tries before{3, 2h, 5min, noon - 1h, noon - 2h};
  AnswerTo answer = said(Verdict::connection_failed);
  answer.site_waits = true;
  const auto found = play(before, answer);
  EXPECT_EQ(found.next.what, Follows::site_waits);
  EXPECT_EQ(found.tries, before);
}

TEST(Outcome, AGreylistersDelayIsHonouredElseItDoublesAndTheSourceIsBoundSinceTheFirst) {
  const auto first = play({}, said(Verdict::greylisted));
  EXPECT_EQ(first.next.due, noon + 5min);
  EXPECT_EQ(first.tries.bound_at, noon);
  Tries later = first.tries;
  later.bound_at = noon - 5min;
  const auto second = play(later, said(Verdict::greylisted));
  EXPECT_EQ(second.next.due, noon + 10min);
  EXPECT_EQ(second.tries.bound_at, noon - 5min);
  AnswerTo named = said(Verdict::greylisted);
  named.delay = 7min;
  EXPECT_EQ(play(second.tries, named).next.due, noon + 7min);
}

TEST(Outcome, WhatIsRefusedForWhatItsFromDomainLacksWaitsForThatInsteadOfBouncing) {
  AnswerTo answer = said(Verdict::auth_failure, true);
  EXPECT_EQ(play({}, answer).next.what, Follows::bounce);
  answer.withheld = 1h;
  const auto found = play({}, answer);
  EXPECT_EQ(found.next.what, Follows::retry);
  EXPECT_EQ(found.next.due, noon + 1h);
  EXPECT_EQ(found.tries.backoff_used, 1h);
  answer.withheld = 1min;
  EXPECT_EQ(play({}, answer).next.due, noon + 5min) << "the longer of both";
}

TEST(Outcome, ABlockLastsADayFromTheFirstRefusalAndEndsWithAnyOtherAnswer) {
  const auto blocked = said(Verdict::reputation_block, true);
  const auto first = play({}, blocked);
  EXPECT_EQ(first.tries.blocked_since, noon);
  EXPECT_EQ(first.next.due, noon);
  Tries again = first.tries;
  again.blocked_since = noon - 24h + 1ms;
  EXPECT_EQ(play(again, blocked).next.what, Follows::wait_blocked);
  EXPECT_EQ(play(again, blocked).next.due, *again.blocked_since) << "the clock is not wound up anew";
  again.blocked_since = noon - 24h;
  EXPECT_EQ(play(again, blocked).next.what, Follows::bounce);
  EXPECT_EQ(play(again, said(Verdict::temporary)).tries.blocked_since, std::nullopt);
  EXPECT_EQ(play(again, said(Verdict::rate_limited)).tries.blocked_since, std::nullopt);
}

TEST(Outcome, ItExpiresWhenItsLifetimeIsUsedUpABounceAfterADay) {
  const auto put_off = said(Verdict::temporary);
  EXPECT_EQ(play({30, 120h - 1ms}, put_off).next.what, Follows::retry);
  EXPECT_EQ(play({30, 120h}, put_off).next.what, Follows::expire);
  EXPECT_EQ(play({30, 120h}, said(Verdict::greylisted)).next.what, Follows::expire);
  EXPECT_EQ(play({30, 120h}, said(Verdict::delivered)).next.what, Follows::done);
  AnswerTo bounce = put_off;
  bounce.null_sender = true;
  EXPECT_EQ(play({9, 24h}, bounce).next.what, Follows::expire);
}

TEST(Outcome, WhatWasSentWholeAndNotAnsweredWaitsFourTimesAsLong) {
  AnswerTo answer = said(Verdict::temporary);
  answer.sent_unanswered = true;
  EXPECT_EQ(play({}, answer).next.due, noon + 20min);
}

TEST(Outcome, OnlyTheTryAfterGreylistingIsNoAttemptOfItsDay) {
  EXPECT_FALSE(is_greylist_retry({}, Verdict::greylisted));
  EXPECT_TRUE(is_greylist_retry({.greylist_delay = 5min}, Verdict::greylisted));
  EXPECT_FALSE(is_greylist_retry({.greylist_delay = 5min}, Verdict::temporary));
  EXPECT_FALSE(is_greylist_retry({.greylist_delay = 5min}, std::nullopt));
}

}  // namespace
}  // namespace warmup
