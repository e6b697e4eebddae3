// Mail still in memory: bounded, the oldest leave first, never half a message.
#include "mta/scheduler/hot_mail.h"

#include <gtest/gtest.h>

namespace mta {
namespace {

std::shared_ptr<const queue::Message> message(std::uint64_t id, std::uint32_t chunks = 1) {
  queue::Message made;
  made.id = {id};
  made.chunks = chunks;
  return std::make_shared<const queue::Message>(std::move(made));
}

std::vector<queue::Recipient> recipients(std::size_t count) {
  std::vector<queue::Recipient> made(count);
  for (std::size_t i = 0; i < count; ++i) made[i].address = "user" + std::to_string(i) + "@example.com";
  return made;
}

TEST(HotMail, SaysWhatItWasTold) {
  HotMail hot(1U << 20U);
  hot.put(message(1), recipients(2), "body");
  EXPECT_EQ(hot.body({1}), "body");
  EXPECT_EQ(hot.message({1})->id.value, 1U);
  EXPECT_EQ(hot.recipient({{1}, 1})->address, "user1@example.com");
  EXPECT_FALSE(hot.recipient({{1}, 2}));
  EXPECT_FALSE(hot.body({2}));
  EXPECT_EQ(hot.message({2}), nullptr);
}

TEST(HotMail, ForgetsWhatItIsToldToForget) {
  HotMail hot(1U << 20U);
  hot.put(message(1), recipients(1), "body");
  hot.forget({1});
  hot.forget({1});
  EXPECT_FALSE(hot.body({1}));
  EXPECT_FALSE(hot.recipient({{1}, 0}));
}

TEST(HotMail, ABodyOfSeveralChunksIsNotHalfThere) {
  HotMail hot(1U << 20U);
  hot.put(message(1, 3), recipients(1), "the last chunk only");
  EXPECT_FALSE(hot.body({1}));
  EXPECT_NE(hot.message({1}), nullptr);
}

TEST(HotMail, TheOldestLeaveWhenItIsFull) {
  HotMail hot(64U << 10U);
  for (std::uint64_t id = 1; id <= 100; ++id) hot.put(message(id), recipients(1), std::string(3000, 'x'));
  std::size_t kept = 0;
  for (std::uint64_t id = 1; id <= 100; ++id) kept += hot.body({id}) ? 1 : 0;
  EXPECT_GE(kept, 10U);
  EXPECT_LE(kept * 3000, 64U << 10U);
  for (std::uint64_t id = 101 - kept; id <= 100; ++id) EXPECT_TRUE(hot.body({id})) << id;
}

TEST(HotMail, ForgettingMakesRoomAgain) {
  HotMail hot(64U << 10U);
  for (std::uint64_t id = 1; id <= 10'000; ++id) {
    hot.put(message(id), recipients(1), std::string(5000, 'x'));
    ASSERT_TRUE(hot.body({id})) << id;
    if (id % 2 == 0) hot.forget({id});
  }
}

TEST(HotMail, OneMessageCannotPushOutAllOthers) {
  HotMail hot(64U << 10U);
  hot.put(message(1), recipients(1), "small");
  hot.put(message(2), recipients(1), std::string(60U << 10U, 'x'));
  hot.put(message(3), recipients(1000), "small");
  EXPECT_TRUE(hot.body({1}));
  EXPECT_FALSE(hot.body({2}));
  EXPECT_FALSE(hot.body({3}));
}

}  // namespace
}  // namespace mta
