// What is printed for people cannot steer their terminal, forge a line or read backwards.
#include "mta/base/plain_text.h"

#include <gtest/gtest.h>

namespace mta {
namespace {

TEST(Escaped, LeavesLettersOfEveryScriptAlone) {
  for (const char* text : {"", "plain, with \\ and \"quotes\"", "受験番号", "Grüße", "имя@почта.рф", "\U0001F600"})
    EXPECT_EQ(escaped(text), text);
}

TEST(Escaped, ShowsWhatCouldSteerATerminalOrBeginALine) {
  EXPECT_EQ(escaped("a\x1b[2J"), "a\\u001b[2J");
  EXPECT_EQ(escaped("one\r\ntwo\t\x7f"), "one\\u000d\\u000atwo\\u0009\\u007f");
  EXPECT_EQ(escaped(std::string_view("\0", 1)), "\\u0000");
  EXPECT_EQ(escaped("csi \u009b2J, nel \u0085."), "csi \\u009b2J, nel \\u0085.");
  EXPECT_EQ(escaped("a\u2028b\u2029c"), "a\\u2028b\\u2029c");
}

TEST(Escaped, ShowsWhatTurnsTextAroundOrIsNotSeen) {
  EXPECT_EQ(escaped("x\u202egro.elpmaxe\u202c"), "x\\u202egro.elpmaxe\\u202c");
  EXPECT_EQ(escaped("\u2066\u2069\u200e\u200f\u061c\ufeff\u200b\u00ad"),
            "\\u2066\\u2069\\u200e\\u200f\\u061c\\ufeff\\u200b\\u00ad");
  EXPECT_EQ(escaped("\U000E0041"), "\\U000e0041");
}

TEST(Escaped, ShowsOctetsThatAreNoUtf8) {
  EXPECT_EQ(escaped("\x9b\xff\xc0\xaf"), "\\x9b\\xff\\xc0\\xaf");
  EXPECT_EQ(escaped("cut \xe5\x8f"), "cut \\xe5\\x8f");
  EXPECT_EQ(escaped("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
}

}  // namespace
}  // namespace mta
