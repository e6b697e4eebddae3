// The tables of WARMUP.md §4, §6, §7 and §8: each row of the page has a case here, by the words of its first cell, and each case a row.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "road.h"
#include "warmup/health.h"
#include "warmup/held.h"
#include "warmup/verdict.h"
#include "warmup/withheld_sender.h"

namespace warmup {
namespace {

using Cases = std::map<std::string, std::function<void()>>;

// The first cells of the rows of the table whose header begins so.
std::vector<std::string> first_cells(const std::string& header) {
  std::ifstream page(WARMUPD_SOURCE_DIR "/warmup/WARMUP.md");
  std::vector<std::string> cells;
  bool inside = false;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with("| " + header + " |")) inside = true;
    if (!line.starts_with("|")) inside = false;
    if (inside) cells.push_back(line.substr(2, line.find(" |", 2) - 2));
  }
  if (cells.size() > 2) cells.erase(cells.begin(), cells.begin() + 2);  // the header and the line below it
  return cells;
}

void play(const std::string& header, const Cases& cases) {
  std::vector<std::string> wanted;
  for (const auto& [row, check] : cases) wanted.push_back(row);
  EXPECT_THAT(first_cells(header), testing::UnorderedElementsAreArray(wanted)) << "a row without a case, or a case without a row";
  for (const auto& [row, check] : cases) {
    SCOPED_TRACE(row);
    check();
  }
}

Permitted permit_after(std::optional<Verdict> said, bool permanent, bool dot_sent, bool has_place) {
  return permitted({said, permanent, dot_sent, has_place});
}

TEST(Tables, WhatBecomesOfAPermit) {
  using enum Permitted;
  play(
      "what became of a recipient",
      {{"the final dot (or last BDAT octet) was sent, whatever the answer",
        [] {
          for (const auto said : {std::optional(Verdict::delivered), std::optional(Verdict::temporary), std::optional<Verdict>()})
            EXPECT_EQ(permit_after(said, false, true, false), charged);
        }},
       {"it was sent and not answered, and the message would go again at once without CHUNKING",
        [] {
          Road road;
          road.take(1);
          charge(road.lane, "bulk", 1, road.now);  // the copy that left
          EXPECT_EQ(road.lane.today.sent, 1U);
          EXPECT_EQ(road.lane.reserved(), 0U) << "the second copy needs a permit of its own";
        }},
       {"refused with `unknown_user` or `mailbox_disabled` before that",
        [] {
          for (const auto said : {Verdict::unknown_user, Verdict::mailbox_disabled})
            EXPECT_EQ(permit_after(said, true, false, false), charged);
        }},
       {"greylisted", [] { EXPECT_EQ(permit_after(Verdict::greylisted, false, false, false), kept); }},
       {"a retry that uses such a place and is put off again, whatever the reason",
        [] {
          for (const auto said : {Verdict::greylisted, Verdict::temporary, Verdict::rate_limited, Verdict::mailbox_full})
            EXPECT_EQ(permit_after(said, false, false, true), kept);
        }},
       {"everything else that ends before the dot", [] {
          EXPECT_EQ(permit_after(Verdict::temporary, false, false, false), refunded);
          EXPECT_EQ(permit_after(Verdict::spam_content, true, false, true), refunded);
          EXPECT_EQ(permit_after(std::nullopt, false, false, false), refunded);
        }}});
}

const Instant that_noon = utc("2026-11-20 12:00");

ClassOptions told(WhenFull when_full, OnMaxWait on_max_wait) {
  ClassOptions made;
  made.when_full = when_full;
  made.on_max_wait = on_max_wait;
  made.max_wait = 10h;
  return made;
}
Lane with_brake(Brake state, Duration left) {
  Lane lane;
  lane.brake.state = state;
  lane.brake.until = that_noon + left;
  return lane;
}

void pace_never_overflows() {
  Road road;  // 100 a day: five at midnight
  road.send(5);
  EXPECT_EQ(road.held().why, Why::pace);
  const auto left = left_today(road.with_rules(), "bulk", road.now);
  EXPECT_EQ(left, 66U) << "what the class can still get: 71 beside the reserve, at midnight";
  EXPECT_FALSE(is_full(told(WhenFull::overflow, OnMaxWait::wait), {false, left}, false, 60));
}
void a_braked_overflow_gives_back() {
  const std::function<bool()> no = [] { return false; };
  Lane paused;
  paused.operator_hold.state = OperatorHold::paused;
  EXPECT_TRUE(leaves_overflow(with_brake(Brake::cooling, 1min), false, false, no, that_noon));
  EXPECT_TRUE(leaves_overflow(paused, false, false, no, that_noon));
  EXPECT_FALSE(leaves_overflow(Lane{}, false, false, no, that_noon));
}
void a_silent_overflow_keeps_one() {
  const std::function<bool()> no = [] { return false; };
  EXPECT_TRUE(leaves_overflow(Lane{}, true, true, no, that_noon));
  EXPECT_FALSE(leaves_overflow(Lane{}, true, false, no, that_noon)) << "it tries the site";
}

TEST(Tables, WhatBecomesOfTheHeadThatNoLaneTakes) {
  const Head fresh{that_noon - 1min, false}, old{that_noon - 10h - 1ms, false}, blocked{that_noon - 1min, true},
      blocked_long_ago{that_noon - 24h, true};
  const ClassOptions overflows = told(WhenFull::overflow, OnMaxWait::wait);
  play("the head of a queue that no lane takes",
       {{R"(`when_full = "overflow"`, and at least as much waits ahead as its class can still get today by limit and reserves)",
         [&] {
           EXPECT_TRUE(is_full(overflows, {false, 5}, false, 5));
           EXPECT_FALSE(is_full(overflows, {false, 6}, false, 5));
           EXPECT_TRUE(may_overflow(overflows, fresh, true, that_noon));
         }},
        {R"(`when_full = "overflow"`, and every lane it may use is paused, or cools for over an hour more)",
         [&] {
           EXPECT_TRUE(is_braked_for_long(with_brake(Brake::paused, 1min), that_noon));
           EXPECT_TRUE(is_braked_for_long(with_brake(Brake::cooling, 1h + 1ms), that_noon));
           EXPECT_FALSE(is_braked_for_long(with_brake(Brake::cooling, 1h), that_noon));
           EXPECT_TRUE(is_full(overflows, {true, 5}, false, 0));
         }},
        {"refused `5xx` for our reputation",
         [&] {
           EXPECT_TRUE(may_overflow(told(WhenFull::accept, OnMaxWait::wait), blocked, false, that_noon));
           EXPECT_FALSE(block_ends(blocked, that_noon));
           EXPECT_TRUE(block_ends(blocked_long_ago, that_noon));
         }},
        {R"(it waited for `max_wait`, `on_max_wait = "overflow"`)",
         [&] {
           const auto of = told(WhenFull::accept, OnMaxWait::overflow);
           EXPECT_FALSE(may_overflow(of, fresh, false, that_noon));
           EXPECT_TRUE(may_overflow(of, old, false, that_noon));
           EXPECT_EQ(waits_too_long(of, old, that_noon), TooLong::warn);
         }},
        {R"(it waited for `max_wait`, `on_max_wait = "wait"`)",
         [&] {
           const auto of = told(WhenFull::accept, OnMaxWait::wait);
           EXPECT_FALSE(may_overflow(of, old, false, that_noon));
           EXPECT_EQ(waits_too_long(of, old, that_noon), TooLong::warn);
         }},
        {R"(it waited for `max_wait`, `on_max_wait = "bounce"`)",
         [&] {
           const auto of = told(WhenFull::accept, OnMaxWait::bounce);
           EXPECT_EQ(waits_too_long(of, fresh, that_noon), TooLong::no);
           EXPECT_EQ(waits_too_long(of, old, that_noon), TooLong::bounce);
         }},
        {"held by the pace alone", pace_never_overflows},
        {"held in an overflow that is braked, or that an operator paused", a_braked_overflow_gives_back},
        {"held in an overflow whose site does not answer", a_silent_overflow_keeps_one}});
}

// Of 1,000 answered so, `bad` of them with this verdict.
Tally tally(Verdict verdict, unsigned bad) {
  Tally made;
  for (unsigned n = 0; n < 1000; ++n) made.count(n < bad ? verdict : Verdict::delivered);
  return made;
}
void expect_bounds(std::initializer_list<Verdict> verdicts, unsigned holds_at, std::optional<unsigned> steps_back_at) {
  const PlanOptions plan;
  for (const Verdict verdict : verdicts) {
    SCOPED_TRACE(name(verdict));
    EXPECT_FALSE(reason_to_hold(tally(verdict, holds_at - 1), plan));
    EXPECT_TRUE(reason_to_hold(tally(verdict, holds_at), plan));
    EXPECT_FALSE(reason_to_step_back(tally(verdict, steps_back_at.value_or(1000) - 1), plan));
    EXPECT_EQ(reason_to_step_back(tally(verdict, steps_back_at.value_or(1000)), plan).has_value(), steps_back_at.has_value());
  }
}

TEST(Tables, WhatIsCountedAtTheDaysEnd) {
  play("what is counted", {{"rate limits: `rate_limited`", [] { expect_bounds({Verdict::rate_limited}, 62, 221); }},
                           {"bounces: `unknown_user`, `mailbox_disabled`",
                            [] {
                              expect_bounds({Verdict::unknown_user, Verdict::mailbox_disabled}, 39, 116);
                            }},
                           {"rejections: `spam_content`, `policy`, `auth_failure`",
                            [] {
                              expect_bounds({Verdict::spam_content, Verdict::policy, Verdict::auth_failure}, 62, std::nullopt);
                            }},
                           {"complaints", [] {
                              const PlanOptions plan;
                              Tally made = tally(Verdict::delivered, 0);
                              made.complaints = 4;
                              EXPECT_FALSE(reason_to_hold(made, plan)) << "fewer than five";
                              made.complaints = 5;
                              EXPECT_TRUE(reason_to_hold(made, plan));
                              EXPECT_FALSE(reason_to_step_back(made, plan));
                              made.complaints = 6;
                              EXPECT_TRUE(reason_to_step_back(made, plan));
                            }}});
}

void expect_actions(std::initializer_list<Verdict> verdicts, Action at_4xx, Action at_5xx) {
  for (const Verdict verdict : verdicts) {
    SCOPED_TRACE(name(verdict));
    EXPECT_EQ(action(verdict, false), at_4xx);
    EXPECT_EQ(action(verdict, true), at_5xx);
  }
}

void a_listing_pauses_at_once() {
  expect_actions({Verdict::delisting}, Action::wait_in_place, Action::wait_blocked);
  Road road;
  road.meet_listing();
  EXPECT_TRUE(road.lane.brake.state == Brake::paused);
  EXPECT_EQ(road.lane.brake.until, road.now + 24h) << "one probe a day";
}

TEST(Tables, WhatAReplyDoes) {
  using enum Verdict;
  play("verdict",
       {{"`greylisted`", [] { expect_actions({greylisted}, Action::greylist_retry, Action::greylist_retry); }},
        {"`rate_limited`",
         [] {
           expect_actions({rate_limited}, Action::wait_in_place, Action::wait_in_place);
           Road road;
           road.rate_limit();
           EXPECT_TRUE(road.lane.brake.state == Brake::cooling);
         }},
        {"`connection_limit`",
         [] {
           expect_actions({connection_limit}, Action::retry, Action::retry);
           EXPECT_EQ(meaning(connection_limit).about, About::lane);
         }},
        {"`recipient_rate`, `mailbox_full`, `temporary`",
         [] {
           expect_actions({recipient_rate, mailbox_full, temporary, too_many_rcpts}, Action::retry, Action::retry);
           for (const Verdict one : {recipient_rate, mailbox_full, temporary}) EXPECT_EQ(meaning(one).about, About::recipient);
         }},
        {"`connection_failed`, `dns_failure`",
         [] {
           for (const Verdict one : {connection_failed, dns_failure}) {
             EXPECT_EQ(action(one, false), Action::site_backoff);
             EXPECT_EQ(meaning(one).ill, FailureKind::none) << "no health";
             EXPECT_FALSE(meaning(one).answer);
           }
         }},
        {"`reputation_block`",
         [] {
           expect_actions({reputation_block}, Action::wait_in_place, Action::wait_blocked);
           Road road;
           road.block("m1", "news@example.org", true);
           EXPECT_TRUE(road.lane.brake.state == Brake::paused) << "confirmed: at MAIL";
         }},
        {"`delisting`", a_listing_pauses_at_once},
        {"`auth_failure`, `bad_rdns`, `tls_required`, `relay_denied`",
         [] {
           expect_actions({auth_failure, bad_rdns, tls_required, relay_denied}, Action::retry, Action::bounce);
           for (const Verdict one : {auth_failure, bad_rdns, tls_required, relay_denied})
             EXPECT_EQ(meaning(one).about, About::from_domain);
           WithheldSender sender;
           EXPECT_EQ(withhold(sender, "m1", that_noon, that_noon).waits, 0h);
           EXPECT_EQ(withhold(sender, "m2", that_noon, that_noon).waits, 0h);
           EXPECT_EQ(withhold(sender, "m3", that_noon, that_noon).waits, 1h);
         }},
        {"`unknown_user`, `mailbox_disabled`",
         [] {
           expect_actions({unknown_user, mailbox_disabled}, Action::retry, Action::bounce);
           for (const Verdict one : {unknown_user, mailbox_disabled}) EXPECT_EQ(meaning(one).ill, FailureKind::bounces);
         }},
        {"others", [] {
           expect_actions({bad_sender, policy, spam_content, virus, too_large, protocol}, Action::retry, Action::bounce);
         }}});
}

TEST(Tables, WhatAnOperatorMayDo) {
  play("verb", {{"`pause`, `hold`",
                 [] {
                   Road road;
                   road.hand(LaneCommand::pause, {}, 4h);
                   EXPECT_EQ(road.granted(), 0U);
                   road.pass(4h);
                   EXPECT_GT(road.granted(), 0U) << "--for 4h";
                   road.hand(LaneCommand::hold);
                   EXPECT_GT(road.granted(), 0U);
                   const unsigned stage = road.lane.stage;
                   road.use_day(80);
                   EXPECT_EQ(road.lane.stage, stage);
                 }},
                {"`resume`",
                 [] {
                   Road road;
                   road.rate_limit();
                   road.hand(LaneCommand::resume);
                   EXPECT_TRUE(road.lane.brake.state == Brake::none);
                   EXPECT_EQ(road.lane.brake.cooling, 0h) << "its next cooling is short again";
                 }},
                {"`set --stage N`",
                 [] {
                   Road road;
                   road.send(5);
                   road.hand(LaneCommand::set, 3);
                   EXPECT_EQ(road.lane.stage, 3U);
                   EXPECT_EQ(road.lane.today.sent, 5U);
                   EXPECT_GT(road.lane.today.limit.value_or(0), 100U);
                 }},
                {"`undo`",
                 [] {
                   Road road;
                   road.use_day(80);
                   EXPECT_EQ(road.lane.stage, 1U);
                   road.hand(LaneCommand::undo);
                   EXPECT_EQ(road.lane.stage, 0U);
                 }},
                {"`ack`",
                 [] {
                   Road road;
                   road.rate_limit();
                   road.hand(LaneCommand::ack);
                   EXPECT_TRUE(road.lane.acknowledged);
                   EXPECT_NE(road.lane.reason, "") << "it is still said";
                 }},
                {"`history`", [] {
                   Road road;
                   road.use_day(80);
                   ASSERT_EQ(road.lane.history.size(), 1U);
                   EXPECT_EQ(road.lane.history[0].delivered, 80U);
                 }}});
}

}  // namespace
}  // namespace warmup
