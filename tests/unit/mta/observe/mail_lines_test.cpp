// Lines of the log in the shape that operators' tools read.
#include "mta/observe/mail_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mta {
namespace {

namespace json = boost::json;
using testing::ElementsAre;

std::vector<MailLine> lines(std::string_view type, const json::object& fields, bool maillog = true) {
  std::vector<MailLine> made;
  append_mail_lines(made, type, fields, maillog);
  return made;
}

json::object attempt() {
  return {{"id", "06B2M3N4P5Q6R"},
          {"recipient", "ann@example.org"},
          {"source", "ip-1"},
          {"provider", "google"},
          {"mx", "mx1.example.org"},
          {"remote", "192.0.2.25:25"},
          {"code", 250},
          {"enhanced", "2.0.0"},
          {"text", "OK queued"},
          {"verdict", "delivered"},
          {"delay_ms", 3420},
          {"connect_ms", 310},
          {"send_ms", 45}};
}

std::vector<std::string> texts(const std::vector<MailLine>& made) {
  std::vector<std::string> found;
  for (const auto& line : made) found.push_back(std::string(name(line.program)) + " " + line.text + line.more);
  return found;
}

TEST(MailLines, ADeliveryIsOneLineInPostfixsShapeWithLaneAndVerdict) {
  EXPECT_THAT(
      texts(lines("delivered", attempt())),
      ElementsAre("smtp 06B2M3N4P5Q6R: to=<ann@example.org>, relay=mx1.example.org[192.0.2.25]:25, delay=3.4, "
                  "delays=0/3.1/0.31/0.04, dsn=2.0.0, status=sent (250 2.0.0 OK queued), lane=ip-1/google, verdict=delivered"));
}

TEST(MailLines, ARefusalSaysWhoSaidIt) {
  auto fields = attempt();
  fields["code"] = 450;
  fields["enhanced"] = "";
  fields["text"] = "try later";
  fields["verdict"] = "temporary";
  fields["remote"] = "[2001:db8::25]:2525";
  EXPECT_THAT(texts(lines("deferred", fields)),
              ElementsAre("smtp 06B2M3N4P5Q6R: to=<ann@example.org>, relay=mx1.example.org[2001:db8::25]:2525, delay=3.4, "
                          "delays=0/3.1/0.31/0.04, dsn=4.0.0, status=deferred (host mx1.example.org[2001:db8::25] said: 450 try "
                          "later), lane=ip-1/google, verdict=temporary"));
  fields["code"] = 550;
  fields["enhanced"] = "5.1.1";
  EXPECT_THAT(lines("bounced", fields).at(0).text, testing::HasSubstr("dsn=5.1.1, status=bounced (host mx1.example.org["));
}

TEST(MailLines, AServerThatWasNeverReachedIsNoRelay) {
  auto fields = attempt();
  fields["mx"] = "";
  fields["code"] = 451;
  fields["enhanced"] = "4.4.1";
  fields["text"] = "mx1.example.org (192.0.2.25:25): connection refused";
  EXPECT_THAT(
      lines("deferred", fields).at(0).text,
      testing::HasSubstr("relay=none, delay=3.4, delays=0/3.1/0.31/0.04, dsn=4.4.1, status=deferred (451 4.4.1 mx1.example.org"));
}

TEST(MailLines, ArrivalEndAndRemovalAreThoseOfPostfix) {
  const json::object arrived{{"id", "I"},     {"message_id", "<1@x>"}, {"sender", "a@b.test"}, {"client", "192.0.2.1"},
                             {"user", "app"}, {"size", 512},           {"recipients", 2}};
  EXPECT_THAT(texts(lines("accepted", arrived)),
              ElementsAre("smtpd I: client=unknown[192.0.2.1], sasl_username=app", "cleanup I: message-id=<1@x>",
                          "qmgr I: from=<a@b.test>, size=512, nrcpt=2 (queue active)"));
  EXPECT_EQ(lines("accepted", arrived, false).size(), 1U) << "what only a maillog has costs nothing without one";
  const json::object report{{"id", "I"}, {"client", "bounce"}, {"message_id", "<2@x>"}, {"size", 900}, {"recipients", 1}};
  EXPECT_THAT(texts(lines("accepted", report)),
              ElementsAre("cleanup I: message-id=<2@x>", "qmgr I: from=<>, size=900, nrcpt=1 (queue active)"));
  auto expired = attempt();
  expired["sender"] = "a@b.test";
  const auto made = lines("expired", expired);
  ASSERT_EQ(made.size(), 2U);
  EXPECT_TRUE(made[0].for_journal && !made[0].for_maillog);
  EXPECT_EQ(made[1].text, "06B2M3N4P5Q6R: from=<a@b.test>, status=expired, returned to sender");
  EXPECT_EQ(removed_line("I").text, "I: removed");
}

TEST(MailLines, AnAddressOfAStrangerCannotForgeALineOrTurnItAround) {
  auto fields = attempt();
  fields["recipient"] = "x\u202e\u0085\n@example.org";
  fields["text"] = "ok \u009b2J\u2028";
  const auto line = lines("delivered", fields).at(0).text;
  EXPECT_THAT(line, testing::HasSubstr("to=<x\\u202e\\u0085\\u000a@example.org>"));
  EXPECT_THAT(line, testing::HasSubstr("(250 2.0.0 ok \\u009b2J\\u2028)"));
}

TEST(MailLines, NothingIsLoggedOfOtherEvents) { EXPECT_TRUE(lines("lane", {{"id", "I"}}).empty()); }

}  // namespace
}  // namespace mta
