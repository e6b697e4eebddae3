#include "mta/smtp/lines.h"

#include <gtest/gtest.h>

#include "tests/sim/world/world.h"

namespace mta::smtp {
namespace {

class Lines : public ::testing::Test {
 protected:
  // Everything the reader hands out of `octets`, as "text|" CRLF, "text/" bare LF, "text…" too long.
  std::string read(const std::string& octets, std::size_t limit, std::size_t capacity = 64) {
    auto listener = world.net.listen(world.loop.outside(), *Endpoint::parse("192.0.2.25:25"));
    world.loop.spawn(world.loop.outside(), "writer", write(*listener, octets));
    return world.loop.run(collect(limit, capacity));
  }

  static awaitable<void> write(Listener& listener, std::string octets) {
    const auto stream = co_await listener.accept(co_await asio::this_coro::executor);
    stream->expires_after(std::chrono::minutes(1));
    co_await stream->write(octets);
    co_await stream->shut();
  }

  awaitable<std::string> collect(std::size_t limit, std::size_t capacity) {
    const auto stream = co_await world.net.connect(std::nullopt, *Endpoint::parse("192.0.2.25:25"), std::chrono::seconds(30));
    stream->expires_after(std::chrono::minutes(1));
    LineReader reader(*stream, capacity);
    std::string result;
    try {
      while (true) {
        const Line line = co_await reader.read_line(limit);
        result += line.text;
        result += line.end == LineEnd::crlf ? "|" : line.end == LineEnd::bare_lf ? "/" : "~";
      }
    } catch (const StreamLost& end) {
      EXPECT_EQ(end.loss, Loss::eof);
    }
    co_return result + std::string(reader.pending());
  }

  sim::SimWorld world{sim::seed_from_env_or(1)};
};

TEST_F(Lines, EndInCrlf) { EXPECT_EQ(read("a\r\n\r\nb c\r\nrest", 20), "a||b c|rest"); }
TEST_F(Lines, ABareLfIsToldApart) { EXPECT_EQ(read("a\nb\r\n\n", 20), "a/b|/"); }
TEST_F(Lines, ABareCrIsPartOfTheLine) { EXPECT_EQ(read("a\rb\r\n", 20), "a\rb|"); }
TEST_F(Lines, AsLongAsTheLimitIsFine) { EXPECT_EQ(read("12345\r\n", 5), "12345|"); }
TEST_F(Lines, OverTheLimitIsCutAndTheRestComesAsTheNextLines) {
  EXPECT_EQ(read("123456\r\nnext\r\nxxxxxyyyyyzz\r\nz\r\n", 5), "12345~6|next|xxxxx~yyyyy~zz|z|");
}

TEST_F(Lines, ShortReadsAndASmallBufferChangeNothing) {
  world.net.everywhere().short_reads = true;
  std::string octets, expected;
  for (int i = 0; i < 200; ++i) {
    const std::string line = std::string(static_cast<std::size_t>(i % 13), 'a');
    octets += line + "\r\n";
    expected += line.size() > 10 ? line.substr(0, 10) + "~" + line.substr(10) + "|" : line + "|";
  }
  EXPECT_EQ(read(octets, 10, 13), expected);
}

}  // namespace
}  // namespace mta::smtp
