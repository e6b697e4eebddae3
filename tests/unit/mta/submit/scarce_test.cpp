// Connections when they are scarce, bodies that trickle, refusals that are counted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mta/submit/body_rate.h"
#include "mta/submit/refusal_tally.h"
#include "mta/submit/seats.h"
#include "mta/submit/stranger_mail.h"
#include "mta/submit/throttle.h"

namespace mta {
namespace {

using namespace std::chrono_literals;
using Time = std::chrono::steady_clock::time_point;

const Time began{std::chrono::hours(1)};

void take(Seats& seats, const std::string& client, std::size_t count) {
  for (; count > 0; --count) seats.take(client);
}

TEST(Seats, ANetworkIsASlash24OrASlash64) {
  EXPECT_EQ(client_network("192.0.2.77"), "192.0.2.0/24");
  EXPECT_EQ(client_network("2001:db8:1:2:3::4"), "2001:db8:1:2::/64");
}

TEST(Seats, WhileThereArePlentyOnlyTheLimitsHold) {
  Seats seats;
  take(seats, "198.51.100.1", 50);
  EXPECT_TRUE(seats.ask("198.51.100.2", true, {100, 50}).admitted);
  EXPECT_FALSE(seats.ask("198.51.100.1", true, {100, 50}).admitted);
  EXPECT_FALSE(seats.scarce({100, 50}));
}

TEST(Seats, WhenScarceANetworkOfStrangersHoldsNoMoreThanItsShare) {
  Seats seats;
  take(seats, "198.51.100.1", 41), take(seats, "198.51.100.2", 10), take(seats, "203.0.113.1", 31);
  ASSERT_TRUE(seats.scarce({100, 50}));
  EXPECT_FALSE(seats.ask("198.51.100.9", true, {100, 100}).gives_up_client.empty())
      << "51 of 50: only by a rival of its own network";
  EXPECT_TRUE(seats.ask("203.0.113.2", true, {100, 50}).admitted);
  EXPECT_TRUE(seats.ask("198.51.100.9", false, {100, 50}).gives_up_network.empty()) << "one that may relay is not limited by it";
}

TEST(Seats, WhenAllAreTakenTheNetworkThatHoldsMostMakesRoom) {
  Seats seats;
  for (int host = 1; host <= 12; ++host) take(seats, "198.51.100." + std::to_string(host), 8);
  take(seats, "203.0.113.1", 4);
  const auto answer = seats.ask("192.0.2.9", true, {100, 100});
  EXPECT_TRUE(answer.admitted);
  EXPECT_EQ(answer.gives_up_network, "198.51.100.0/24");
  const auto same_network = seats.ask("198.51.100.99", false, {100, 100});
  EXPECT_TRUE(same_network.admitted);
  EXPECT_THAT(same_network.gives_up_client, ::testing::StartsWith("198.51.100."));
  seats.gives_up();
  EXPECT_TRUE(seats.ask("192.0.2.9", true, {100, 100}).gives_up_network.empty()) << "one goes already";
}

TEST(Seats, WithinEqualSharesNobodyHasToGo) {
  Seats seats;
  for (int net = 0; net < 50; ++net) take(seats, "198.51." + std::to_string(net) + ".1", 2);
  EXPECT_FALSE(seats.ask("198.51.1.1", true, {100, 100}).admitted);
  EXPECT_TRUE(seats.ask("203.0.113.1", true, {100, 100}).admitted) << "a network that has none comes before one that has two";
}

TEST(BodyRate, TooSlowIsLessThanTheLeastOverAnyMinute) {
  BodyRate rate(500);
  EXPECT_EQ(rate.patience(), 60s);
  for (int second = 0; second < 60; ++second) rate.came(500), rate.waited(1s);
  EXPECT_GT(rate.patience(), 0s);
  EXPECT_EQ(rate.patience(), 1s) << "the next minute begins with what came in its first second";
  rate.came(100'000);
  EXPECT_EQ(rate.patience(), 61s) << "60 s behind this one";
  rate.waited(59s);
  EXPECT_EQ(rate.patience(), 2s);
  rate.waited(2s);
  EXPECT_EQ(rate.patience(), 0s);
}

TEST(BodyRate, ALetterASecondIsTooSlowAfterAMinute) {
  BodyRate rate(500);
  for (int second = 0; second < 59; ++second) rate.came(1), rate.waited(1s);
  EXPECT_EQ(rate.patience(), 1s);
  rate.came(1), rate.waited(1s);
  EXPECT_EQ(rate.patience(), 0s);
}

Refused refused_by(const std::string& client, const std::string& enhanced = "5.7.1") {
  return {{550, enhanced, "relaying denied"}, smtp::Stage::rcpt, client, "", "a@example.com", "b@example.org", 0, {}};
}

TEST(RefusalTally, OneReportAClientReasonAndMinute) {
  RefusalTally tally;
  const auto first = tally.add(refused_by("198.51.100.7"), began, Instant{1s});
  ASSERT_TRUE(first.has_value()) << "the first is told at once";
  EXPECT_EQ(first->count, 1U);
  for (int n = 0; n < 999; ++n) EXPECT_FALSE(tally.add(refused_by("198.51.100.7"), began + 10s, Instant{11s}).has_value());
  EXPECT_TRUE(tally.add(refused_by("198.51.100.7", "5.6.7"), began, Instant{1s}).has_value()) << "another reason";
  EXPECT_TRUE(tally.due(began + 59s).empty());
  const auto due = tally.due(began + 60s);
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].count, 999U);
  EXPECT_EQ(due[0].since, Instant{11s});
  EXPECT_EQ(due[0].recipient, "b@example.org") << "one example";
  EXPECT_FALSE(tally.pending());
}

TEST(RefusalTally, AThousandClientsMakeFewRows) {
  RefusalTally tally;
  std::size_t reports = 0, counted = 0;
  for (int second = 0; second < 4 * 3600; ++second) {
    for (int n = 0; n < 20; ++n) {
      const auto client = "198.51." + std::to_string(second % 200) + "." + std::to_string(n);
      if (const auto row = tally.add(refused_by(client), began + second * 1s, {})) ++reports, counted += row->count;
    }
    for (const auto& row : tally.due(began + second * 1s)) ++reports, counted += row.count;
  }
  for (const auto& row : tally.rest()) counted += row.count;
  EXPECT_EQ(counted, 4U * 3600 * 20) << "every refusal is in one count";
  EXPECT_LE(reports, 4U * (RefusalTally::most_rows + 60));
}

TEST(StrangerMail, WhatStrangersStoreInAnHourIsBounded) {
  StrangerMail mail;
  std::uint64_t stored = 0;
  for (int second = 0; second < 3600; ++second) {
    for (int n = 0; n < 10; ++n) stored += mail.take(1U << 20U, began + second * 1s) ? 1U << 20U : 0;
  }
  EXPECT_GE(stored, StrangerMail::an_hour);
  EXPECT_LE(stored, 2 * StrangerMail::an_hour);
}

TEST(Throttle, SaysAThingOnceASpanAndForgetsNothing) {
  Throttle throttle(1min, 2);
  EXPECT_EQ(throttle.pass("a", began), 0U);
  EXPECT_FALSE(throttle.pass("a", began + 59s).has_value());
  EXPECT_EQ(throttle.pass("b", began), 0U);
  EXPECT_FALSE(throttle.pass("c", began + 1s).has_value()) << "the table is full";
  EXPECT_EQ(throttle.pass("a", began + 60s), 1U);
  EXPECT_EQ(throttle.pass("c", began + 61s), 0U);
}

}  // namespace
}  // namespace mta
