// What is in conversation: ids, recipients, and those that wait for more mail of their queue.
#include "mta/scheduler/conversations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mta {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const LaneKey google{"ip-1", "google"}, yahoo{"ip-1", "yahoo"};
const queue::RecipientId recipient{{7}, 0};

// A reply that nothing waits for.
PendingReply<std::optional<Assignment>> some_caller() {
  return {[](std::optional<Assignment>) {}, {}};
}

TEST(Conversations, AnIdIsNeverUsedTwice) {
  Conversations open;
  const auto first = open.open(google, "q", nullptr).first;
  open.close(first);
  EXPECT_NE(open.open(google, "q", nullptr).first, first);
  EXPECT_EQ(open.find(first), nullptr);
  EXPECT_EQ(open.count(), 1U);
}

TEST(Conversations, ARecipientIsInOneUntilItIsReleased) {
  Conversations open;
  const auto id = open.open(google, "q", nullptr).first;
  open.take(recipient, id);
  EXPECT_TRUE(open.has(recipient));
  EXPECT_EQ(open.release(recipient).conversation, id);
  EXPECT_FALSE(open.has(recipient));
}

TEST(Conversations, WhatAnOperatorDecidesWaitsForTheSettlement) {
  Conversations open;
  EXPECT_FALSE(open.decide(recipient, QueueAction::drop, "ann", "spam")) << "it is in no conversation";
  open.take(recipient, open.open(google, "q", nullptr).first);
  EXPECT_TRUE(open.decide(recipient, QueueAction::drop, "ann", "spam"));
  const auto released = open.release(recipient);
  EXPECT_EQ(released.pending_action, QueueAction::drop);
  EXPECT_EQ(released.by, "ann");
}

TEST(Conversations, ThoseThatWaitAreFoundByLaneAndByHowLong) {
  Conversations open;
  const std::chrono::steady_clock::time_point began{};
  const auto one = open.open(google, "q", nullptr).first, two = open.open(yahoo, "r", nullptr).first;
  EXPECT_THAT(open.idle(), IsEmpty());
  for (const auto id : {one, two}) open.at(id).idle.emplace(some_caller());
  open.at(one).idle_since = began;
  open.at(two).idle_since = began + 5s;
  EXPECT_THAT(open.idle(), ElementsAre(one, two));
  EXPECT_THAT(open.idle_of(yahoo), ElementsAre(two));
  EXPECT_THAT(open.idle_since(began + 4s), ElementsAre(one));
  open.forget_idle();
  EXPECT_THAT(open.idle(), IsEmpty());
}

TEST(Conversations, ARenamedLaneTakesThemAlong) {
  Conversations open;
  const auto id = open.open(google, "q", nullptr).first;
  open.rename({{google, {"out-1", "google"}}});
  EXPECT_EQ(open.at(id).lane.source, "out-1");
}

}  // namespace
}  // namespace mta
