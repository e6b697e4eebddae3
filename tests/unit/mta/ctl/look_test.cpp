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

TEST(Look, OnlyATerminalCuts) {
  EXPECT_FALSE(look_for({}, false, 0).cuts);
  EXPECT_FALSE(look_for({{"COLUMNS", "80"}}, false, 0).cuts);
  EXPECT_TRUE(look_for({}, true, 140).cuts);
  EXPECT_EQ(look_for({}, true, 140).width, 140U);
  EXPECT_EQ(look_for({}, true, 0).width, 80U) << "a terminal that does not say how wide it is";
  EXPECT_EQ(look_for({{"COLUMNS", "120"}}, true, 0).width, 120U);
  EXPECT_EQ(look_for({}, true, 20).width, 60U);
  EXPECT_EQ(look_for({{"COLUMNS", "wide"}}, false, 0).width, 100U) << "of charts";
}

TEST(TextTable, InAPipeNothingIsCutAndARowIsALine) {
  const Look pipe{.utf8 = true, .colour = false, .width = 40, .cuts = false};
  TextTable table({{"PROVIDER", false, 10}, {"STATE", false, 1, 1}}, "WHY");
  const std::string host = "other:a-very-long-name-of-a-host.example.co.uk", why(200, 'x');
  table.add({{host}, {"warm"}}, {why + " " + why});
  EXPECT_EQ(table.draw(pipe),
            "PROVIDER" + std::string(host.size() - 6, ' ') + "STATE  WHY\n" + host + "  warm   " + why + " " + why + "\n");
}

TEST(TextTable, ATerminalThatIsTooNarrowGetsFewerColumnsAndIsTold) {
  TextTable table({{"DAY"}, {"ARRIVED", true}, {"DELIVERED", true}, {"BOUNCED", true, 0, 2}, {"EXPIRED", true, 0, 1}}, "");
  table.add({{"2026-01-01"}, {"1,234"}, {"1,000"}, {"234"}, {"0"}});
  EXPECT_EQ(table.draw(utf8),
            "DAY        ARRIVED DELIVERED EXPIRED\n2026-01-01   1,234     1,000       0\n  not shown in 40 columns: BOUNCED\n");
}

TEST(Look, NothingThatARemoteSaidSteersTheTerminal) {
  EXPECT_EQ(shown("550 \x1b[2Jgone\r\n", utf8), "550 \\u001b[2Jgone  ");
  EXPECT_EQ(shown("csi \302\2332J", utf8), "csi \\u009b2J");
  EXPECT_EQ(shown("bidi \342\200\256x", utf8), "bidi \\u202ex");
  EXPECT_EQ(shown("bad \xff\xc0\xaf", utf8), "bad \\xff\\xc0\\xaf");
}

TEST(Look, AnAsciiTerminalGetsStandInsAndNeverAQuestionMark) {
  EXPECT_EQ(shown("B\303\274cher", ascii), "B\\u00fccher");
  EXPECT_EQ(shown("stage 8 → 9 – “so” × 2 … ✓", ascii), "stage 8 -> 9 - \"so\" x 2 .. ok");
  EXPECT_EQ(shown("受験", ascii), "\\u53d7\\u9a13");
  EXPECT_EQ(shown_lines("a — b\nc", ascii), "a - b\nc");
}

TEST(Look, WideLettersCountTwice) {
  EXPECT_EQ(columns_of("受験"), 4U);
  EXPECT_EQ(cut("受験番号", 6, utf8), "受験…");
  EXPECT_EQ(cut("application", 6, ascii), "appl..");
}

TEST(TextTable, NumbersStandAtTheRightAndNothingTrails) {
  TextTable table({{"NAME"}, {"WAITING", true}}, "WHY");
  table.add({{"a"}, {"1"}});
  table.add({{"longer"}, {"1,234"}});
  EXPECT_EQ(table.draw(utf8), "NAME    WAITING\na             1\nlonger    1,234\n");
}

TEST(TextTable, NotesThatFitStandBesideTheRow) {
  TextTable table({{"NAME"}}, "WHY");
  table.add({{"a"}}, {"cap reached"});
  EXPECT_EQ(table.draw(utf8), "NAME  WHY\na     cap reached\n");
}

TEST(TextTable, NotesThatDoNotFitStandBeneathIt) {
  TextTable table({{"NAME"}}, "WHY");
  table.add({{"a"}}, {"421 4.7.28 our system has detected an unusual rate"});
  table.add({{"b"}});
  EXPECT_EQ(table.draw(utf8), "NAME\na\n  └ 421 4.7.28 our system has detected\n    an unusual rate\nb\n");
}

TEST(TextTable, TheWidestColumnThatMayBeCutGives) {
  TextTable table({{"PROVIDER", false, 10}, {"STATE"}}, "WHY");
  table.add({{"other:a-very-long-name-of-a-host.example.co.uk"}, {"warm"}});
  EXPECT_EQ(table.draw(utf8), "PROVIDER                           STATE\nother:a-very-long-name-of-a-host…  warm\n");
}

TEST(TextTable, InkChangesNoWidth) {
  const Look coloured{.utf8 = true, .colour = true, .width = 40};
  TextTable table({{"STATE"}, {"N", true}}, "");
  table.add({{"paused", Ink::alarm}, {"1"}});
  EXPECT_EQ(table.draw(coloured), "\x1b[2mSTATE\x1b[0m   \x1b[2mN\x1b[0m\n\x1b[1;31mpaused\x1b[0m  1\n");
}

}  // namespace
}  // namespace mta::ctl
