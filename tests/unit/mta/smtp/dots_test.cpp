#include "mta/smtp/dots.h"

#include <gtest/gtest.h>

namespace mta::smtp {
namespace {

std::string stuffed(const std::vector<std::string>& pieces) {
  DotStuffer dots;
  std::string out;
  for (const auto& piece : pieces) dots.add(piece, out);
  dots.finish(out);
  return out;
}

TEST(Dots, ABodyEndsWithItsDot) {
  EXPECT_EQ(stuffed({"hello\r\n"}), "hello\r\n.\r\n");
  EXPECT_EQ(stuffed({"hello"}), "hello\r\n.\r\n");
  EXPECT_EQ(stuffed({"hello\r"}), "hello\r\r\n.\r\n");
  EXPECT_EQ(stuffed({"hello\n"}), "hello\n\r\n.\r\n");
  EXPECT_EQ(stuffed({}), ".\r\n");
}

TEST(Dots, DotsAtTheBeginningOfALineAreDoubled) {
  EXPECT_EQ(stuffed({".a\r\n.\r\n..b\r\nc.d\r\n"}), "..a\r\n..\r\n...b\r\nc.d\r\n.\r\n");
  EXPECT_EQ(stuffed({"x\n.\r\n"}), "x\n..\r\n.\r\n");
}

TEST(Dots, EverySplitGivesTheSame) {
  const std::string body = ".\r\n..\r\n.a\r\n\r\n.\r\nb.\r\n.";
  const std::string whole = stuffed({body});
  for (std::size_t i = 0; i <= body.size(); ++i)
    for (std::size_t j = i; j <= body.size(); ++j)
      EXPECT_EQ(stuffed({body.substr(0, i), body.substr(i, j - i), body.substr(j)}), whole) << i << ' ' << j;
}

TEST(Dots, NothingInABodyEndsItEarly) {
  std::string body;
  for (unsigned n = 0; n < 4096; ++n)
    for (unsigned bits = n, i = 0; i < 6; ++i, bits /= 4) body += "\r\n.x"[bits % 4];
  const std::string out = stuffed({body});
  EXPECT_EQ(out.find("\r\n.\r\n"), out.size() - 5);
}

TEST(Dots, TheStufferIsReadyForAnotherBody) {
  DotStuffer dots;
  std::string out;
  dots.add("a", out);
  dots.finish(out);
  dots.add(".b\r\n", out);
  dots.finish(out);
  EXPECT_EQ(out, "a\r\n.\r\n..b\r\n.\r\n");
}

}  // namespace
}  // namespace mta::smtp
