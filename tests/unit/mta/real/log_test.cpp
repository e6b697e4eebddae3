// The program's own log: nothing waits for its reader, and nothing that strangers wrote steers the reader's terminal.
#include "mta/real/log.h"

#include <gmock/gmock.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <future>

namespace mta::real {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;

class LogTest : public testing::Test {
 protected:
  LogTest() {
    EXPECT_EQ(::pipe(ends.data()), 0);
    logger = std::make_shared<spdlog::logger>("test", std::make_shared<LogSink>(ends[1]));
  }
  ~LogTest() override {
    logger.reset();
    ::close(ends[0]);
    ::close(ends[1]);
  }
  std::string read() {
    std::string text(200'000, '\0');
    const ssize_t got = ::read(ends[0], text.data(), text.size());
    text.resize(got < 0 ? 0 : static_cast<std::size_t>(got));
    return text;
  }
  std::array<int, 2> ends{};
  std::shared_ptr<spdlog::logger> logger;
};

TEST_F(LogTest, ALineHasItsTimeWithTheZone) {
  logger->warn("client {}: gone", "192.0.2.1");
  logger->flush();
  EXPECT_THAT(read(),
              MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}[-+][0-9]{2}:[0-9]{2} warning "
                           "client 192.0.2.1: gone\n"));
}

TEST_F(LogTest, ControlsOfStrangersAreShownNotObeyed) {
  logger->info("to <{}>", "a\u009b2J\u202e\nforged line\u2028@b.test");
  logger->flush();
  EXPECT_THAT(read(), HasSubstr("to <a\\u009b2J\\u202e\\u000aforged line\\u2028@b.test>\n"));
}

TEST_F(LogTest, AReaderThatDoesNotReadHoldsUpNobodyAndTheLossIsSaid) {
  const std::string text(1000, 'x');
  auto logging = std::async(std::launch::async, [&] {
    for (int n = 0; n < 10'000; ++n) logger->info("{} {}", n, text);
  });
  ASSERT_EQ(logging.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  std::string all;
  while (all.find("lines of the log are missing here") == std::string::npos && all.size() < 20U << 20U) all += read();
  EXPECT_THAT(all, HasSubstr("lines of the log are missing here"));
  EXPECT_LT(all.size(), LogSink::most_waiting + (1U << 20U));
}

TEST_F(LogTest, WhatIsCriticalIsWrittenBeforeTheCallReturns) {
  logger->info("before");
  logger->critical("broken promise");
  const std::string text = read();
  EXPECT_LT(text.find("before"), text.find("broken promise"));
  EXPECT_THAT(text, HasSubstr("broken promise"));
}

}  // namespace
}  // namespace mta::real
