#include "mta/smtp/reply.h"

#include <gtest/gtest.h>

namespace mta::smtp {
namespace {

Reply parse(const std::vector<std::string>& lines) {
  ReplyParser parser;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto expected = i + 1 == lines.size() ? ReplyParser::State::done : ReplyParser::State::more;
    EXPECT_EQ(parser.add(lines[i]), expected) << lines[i];
  }
  return parser.take();
}

TEST(Reply, OneLineHasCodeEnhancedCodeAndText) {
  const Reply reply = parse({"550 5.1.1 No such user here"});
  EXPECT_EQ(reply.code, 550);
  EXPECT_EQ(reply.enhanced, "5.1.1");
  EXPECT_EQ(reply.text(), "No such user here");
  EXPECT_TRUE(reply.permanent());
}

TEST(Reply, ACodeAloneIsAReply) {
  EXPECT_EQ(parse({"250"}), make_reply(250, ""));
  EXPECT_EQ(parse({"250 "}).code, 250);
}

TEST(Reply, RepeatedEnhancedCodesLeaveTheText) {
  const Reply reply =
      parse({"550-5.1.1 The email account that you tried to reach", "550-5.1.1 does not exist.", "550 5.1.1 gsmtp"});
  EXPECT_EQ(reply.text(), "The email account that you tried to reach does not exist. gsmtp");
}

TEST(Reply, AVersionNumberIsNoEnhancedCode) {
  EXPECT_EQ(parse({"220 2.0.0.1 server"}).enhanced, "");
  EXPECT_EQ(parse({"250 4.7 is no code"}).enhanced, "");
  EXPECT_EQ(parse({"550 5.1234.1 neither"}).enhanced, "");
  EXPECT_EQ(parse({"354 2.0.0 go"}).enhanced, "");
}

TEST(Reply, TheLastLinesCodeCounts) { EXPECT_EQ(parse({"250-mx.example.org", "421 4.3.2 going down"}).code, 421); }

TEST(Reply, ControlCharactersAndBadUtf8BecomeHarmless) {
  EXPECT_EQ(parse({std::string("550 a\tb\x1b[31m\x00z\x7f\xff", 16)}).text(), "a b [31m z??");
  EXPECT_EQ(parse({"550 \xe5\xae\x9b\xe5\x85\x88\xe4\xb8\x8d\xe6\x98\x8e"}).text(),
            "\xe5\xae\x9b\xe5\x85\x88\xe4\xb8\x8d\xe6\x98\x8e");
  EXPECT_EQ(printable("\xc2\x9b"
                      "1m\xed\xa0\x80\xf4\x90\x80\x80\xc0\x80"),
            "??1m?????????");
}

TEST(Reply, WhatIsNoReplyIsBad) {
  for (const char* line : {"", "25", "HTTP/1.1 400 Bad Request", "150 no", "650 no", "2x0 no", "250+no", "\xff\xfe", "250_"}) {
    ReplyParser parser;
    EXPECT_EQ(parser.add(line), ReplyParser::State::bad) << line;
  }
}

TEST(Reply, AnEndlessReplyIsCutOff) {
  for (const std::string& line : {std::string("250-"), "250-" + std::string(1000, 'x')}) {
    ReplyParser parser;
    std::size_t lines = 0;
    while (parser.add(line) == ReplyParser::State::more) ++lines;
    EXPECT_LE(lines, max_reply_bytes / 64);
    EXPECT_GE(lines, max_reply_bytes / 1100);
  }
}

TEST(Reply, OursIsMadeFromText) {
  const Reply reply = make_reply(451, "4.4.2 lost\n4.4.2 after RCPT");
  EXPECT_EQ(reply.enhanced, "4.4.2");
  EXPECT_EQ(reply.text(), "lost after RCPT");
  EXPECT_TRUE(reply.transient());
}

TEST(StatusOf, IsOfTheClassOfTheOutcomeAndOfWhatTheReplyCodeSays) {
  EXPECT_EQ(status_of(5, 550, "5.1.1"), "5.1.1");
  EXPECT_EQ(status_of(5, 550, "4.1.1"), "5.1.1");
  EXPECT_EQ(status_of(2, 250, "4.0.0"), "2.0.0");
  EXPECT_EQ(status_of(4, 250, "2.0.0"), "4.0.0");
  EXPECT_EQ(status_of(4, 354, ""), "4.0.0");
  EXPECT_EQ(status_of(5, 450, "4.2.1"), "5.0.0");  // given up by an operator
  EXPECT_EQ(status_of(4, 0, ""), "4.0.0");
}

TEST(Written, LeavesOutWhatIsNotThere) {
  EXPECT_EQ(written(make_reply(550, "5.1.1 no such user")), "550 5.1.1 no such user");
  EXPECT_EQ(written(make_reply(250, "")), "250");
  EXPECT_EQ(written(Reply()), "");
}

}  // namespace
}  // namespace mta::smtp
