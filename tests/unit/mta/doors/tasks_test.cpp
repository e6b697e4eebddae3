// Who owns a coroutine, and what may leave one.
#include "mta/doors/tasks.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace mta {
namespace {

awaitable<void> ends_at_once() { co_return; }

awaitable<void> loses_its_stream() {
  throw StreamLost(Loss::reset, "connection reset");
  co_return;
}

awaitable<void> has_a_bug() {
  throw std::logic_error("a bug");
  co_return;
}

TEST(Tasks, CountsThoseThatRunUntilTheyEnd) {
  asio::io_context loop;
  Tasks tasks;
  tasks.spawn(loop.get_executor(), "one", ends_at_once());
  tasks.spawn(loop.get_executor(), "two", ends_at_once());
  EXPECT_EQ(tasks.running(), 2U);
  loop.run();
  EXPECT_EQ(tasks.running(), 0U);
}

TEST(Tasks, ALostStreamMayLeaveATask) {
  asio::io_context loop;
  Tasks tasks;
  tasks.spawn(loop.get_executor(), "session", loses_its_stream());
  loop.run();
  EXPECT_EQ(tasks.running(), 0U);
}

TEST(TasksDeathTest, AnythingElseEndsTheProcess) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(
      {
        asio::io_context loop;
        Tasks tasks;
        tasks.spawn(loop.get_executor(), "session", has_a_bug());
        loop.run();
      },
      "");
}

TEST(Endpoint, IsReadAsItIsWritten) {
  for (const char* text : {"192.0.2.1:25", "[2001:db8::1]:587"}) {
    const auto read = Endpoint::parse(text);
    ASSERT_TRUE(read.has_value()) << text;
    EXPECT_EQ(read->text(), text);
  }
}

TEST(Endpoint, RefusesWhatIsNotOne) {
  for (const char* text :
       {"", ":25", "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "2001:db8::1:25", "[192.0.2.1]:25", "host:25"})
    EXPECT_FALSE(Endpoint::parse(text).has_value()) << text;
}

}  // namespace
}  // namespace mta
