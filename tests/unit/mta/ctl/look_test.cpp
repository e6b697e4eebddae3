// What a terminal is given: widths, cuts, colours, and nothing that steers it.
#include "mta/ctl/look.h"

#include <gtest/gtest.h>

#include "mta/ctl/table.h"

namespace mta::ctl {
namespace {

const Look utf8{.utf8 = true, .colour = false, .width = 40};
const Look ascii{.utf8 = false, .colour = false, .width = 40};

TEST(Look, ColoursAreOnlyForTerminalsThatWantThem) {
  EXPECT_TRUE(look_for({{"TERM", "xterm"}}, true, 80).colour);
  EXPECT_FALSE(look_for({{"TERM", "xterm"}}, false, 0).colour);
  EXPECT_FALSE(look_for({{"TERM", "xterm"}, {"NO_COLOR", "1"}}, true, 80).colour);
  EXPECT_FALSE(look_for({{"TERM", "dumb"}}, true, 80).colour);
}

TEST(Look, TheLocaleDecidesAboutUtf8WithTheUsualPrecedence) {
  EXPECT_TRUE(look_for({{"LANG", "C.UTF-8"}}, true, 80).utf8);
  EXPECT_TRUE(look_for({{"LC_CTYPE", "ja_JP.utf8"}, {"LANG", "C"}}, true, 80).utf8);
  EXPECT_FALSE(look_for({{"LC_ALL", "C"}, {"LANG", "C.UTF-8"}}, true, 80).utf8);
  EXPECT_FALSE(look_for({}, true, 80).utf8);
}

TEST(Look, APipeIsAHundredColumnsWide) {
  EXPECT_EQ(look_for({}, false, 0).width, 100U);
  EXPECT_EQ(look_for({}, true, 140).width, 140U);
  EXPECT_EQ(look_for({{"COLUMNS", "180"}}, false, 0).width, 180U);
  EXPECT_EQ(look_for({{"COLUMNS", "wide"}}, false, 0).width, 100U);
  EXPECT_EQ(look_for({}, true, 20).width, 60U);
}

TEST(Look, NothingThatARemoteSaidSteersTheTerminal) {
  EXPECT_EQ(shown("550 \x1b[2Jgone\r\n", utf8), "550  [2Jgone  ");
  EXPECT_EQ(shown("csi \302\2332J", utf8), "csi  2J");
  EXPECT_EQ(shown("bidi \342\200\256x", utf8), "bidi  x");
  EXPECT_EQ(shown("bad \xff\xc0\xaf", utf8), "bad ???");
}

TEST(Look, AnAsciiTerminalGetsAscii) { EXPECT_EQ(shown("B\303\274cher", ascii), "B?cher"); }

TEST(Look, WideLettersCountTwice) {
  EXPECT_EQ(columns_of("受験"), 4U);
  EXPECT_EQ(cut("受験番号", 6, utf8), "受験…");
  EXPECT_EQ(cut("application", 6, ascii), "appl..");
}

TEST(Table, NumbersStandAtTheRightAndNothingTrails) {
  Table table({{"NAME"}, {"WAITING", true}}, "WHY");
  table.add({{"a"}, {"1"}});
  table.add({{"longer"}, {"1,234"}});
  EXPECT_EQ(table.draw(utf8), "NAME    WAITING\na             1\nlonger    1,234\n");
}

TEST(Table, NotesThatFitStandBesideTheRow) {
  Table table({{"NAME"}}, "WHY");
  table.add({{"a"}}, {"cap reached"});
  EXPECT_EQ(table.draw(utf8), "NAME  WHY\na     cap reached\n");
}

TEST(Table, NotesThatDoNotFitStandBeneathIt) {
  Table table({{"NAME"}}, "WHY");
  table.add({{"a"}}, {"421 4.7.28 our system has detected an unusual rate"});
  table.add({{"b"}});
  EXPECT_EQ(table.draw(utf8), "NAME\na\n  └ 421 4.7.28 our system has detected\n    an unusual rate\nb\n");
}

TEST(Table, TheWidestColumnThatMayBeCutGives) {
  Table table({{"PROVIDER", false, 10}, {"STATE"}}, "WHY");
  table.add({{"other:a-very-long-name-of-a-host.example.co.uk"}, {"warm"}});
  EXPECT_EQ(table.draw(utf8), "PROVIDER                           STATE\nother:a-very-long-name-of-a-host…  warm\n");
}

TEST(Table, InkChangesNoWidth) {
  const Look coloured{.utf8 = true, .colour = true, .width = 40};
  Table table({{"STATE"}, {"N", true}}, "");
  table.add({{"paused", Ink::alarm}, {"1"}});
  EXPECT_EQ(table.draw(coloured), "\x1b[2mSTATE\x1b[0m   \x1b[2mN\x1b[0m\n\x1b[1;31mpaused\x1b[0m  1\n");
}

}  // namespace
}  // namespace mta::ctl
