// Lines of the log in the shape that operators' tools read.
#include "mta/observe/mail_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mta {
namespace {

using testing::ElementsAre;
using namespace std::chrono_literals;

std::vector<MailLine> lines(const Event& event, bool maillog = true) {
  std::vector<MailLine> made;
  append_mail_lines(made, event, maillog);
  return made;
}

AttemptReport attempt() {
  AttemptReport report;
  report.subject.id = "06B2M3N4P5Q6R";
  report.subject.recipient = "ann@example.org";
  report.subject.source = "ip-1";
  report.subject.provider = "google";
  report.subject.mx = "mx1.example.org";
  report.remote = "192.0.2.25:25";
  report.reply = {"delivered", 250, "2.0.0", "OK queued"};
  report.delay = 3420ms;
  report.connecting = 310ms;
  report.sending = 45ms;
  return report;
}

std::vector<std::string> texts(const std::vector<MailLine>& made) {
  std::vector<std::string> found;
  for (const auto& line : made) found.push_back(std::string(name(line.program)) + " " + line.text + line.more);
  return found;
}

TEST(MailLines, ADeliveryIsOneLineInPostfixsShapeWithLaneAndVerdict) {
  EXPECT_THAT(
      texts(lines(DeliveredEvent{attempt()})),
      ElementsAre("smtp 06B2M3N4P5Q6R: to=<ann@example.org>, relay=mx1.example.org[192.0.2.25]:25, delay=3.4, "
                  "delays=0/3.1/0.31/0.04, dsn=2.0.0, status=sent (250 2.0.0 OK queued), lane=ip-1/google, verdict=delivered"));
}

TEST(MailLines, ALineThatWasLostNamesTheHostAndHasNoCodeOfAServer) {
  auto report = attempt();
  report.subject.mx = "";
  report.host = "mx1.example.org";
  report.reply = {"connection_failed", 451, "4.4.2", "the connection was lost at rcpt"};
  EXPECT_THAT(lines(DeferredEvent{report, {}}).at(0).text,
              testing::AllOf(testing::HasSubstr("relay=mx1.example.org[192.0.2.25]:25,"),
                             testing::HasSubstr("dsn=4.4.2, status=deferred (the connection was lost at rcpt)")));
}

TEST(MailLines, TheDsnIsOfTheClassThatTheStatusSays) {
  auto report = attempt();
  report.reply = {"protocol", 250, "2.0.0", "ok"};  // in answer to DATA
  EXPECT_THAT(lines(DeferredEvent{report, {}}).at(0).text, testing::HasSubstr("dsn=4.0.0, status=deferred"));
  report.reply = {"protocol", 354, "", "go"};
  EXPECT_THAT(lines(DeferredEvent{report, {}}).at(0).text, testing::HasSubstr("dsn=4.0.0, status=deferred"));
  report.reply = {"unknown_user", 550, "4.1.1", "temporarily?"};
  EXPECT_THAT(lines(BouncedEvent{report, {}}).at(0).text, testing::HasSubstr("dsn=5.1.1, status=bounced"));
  report.reply = {"delivered", 250, "4.0.0", "taken"};
  EXPECT_THAT(lines(DeliveredEvent{report}).at(0).text, testing::HasSubstr("dsn=2.0.0, status=sent"));
}

TEST(MailLines, ARefusalSaysWhoSaidIt) {
  auto report = attempt();
  report.reply.code = 450;
  report.reply.enhanced = "";
  report.reply.text = "try later";
  report.reply.verdict = "temporary";
  report.remote = "[2001:db8::25]:2525";
  EXPECT_THAT(texts(lines(DeferredEvent{report, {}})),
              ElementsAre("smtp 06B2M3N4P5Q6R: to=<ann@example.org>, relay=mx1.example.org[2001:db8::25]:2525, delay=3.4, "
                          "delays=0/3.1/0.31/0.04, dsn=4.0.0, status=deferred (host mx1.example.org[2001:db8::25] said: 450 try "
                          "later), lane=ip-1/google, verdict=temporary"));
  report.reply.code = 550;
  report.reply.enhanced = "5.1.1";
  EXPECT_THAT(lines(BouncedEvent{report, {}}).at(0).text, testing::HasSubstr("dsn=5.1.1, status=bounced (host mx1.example.org["));
}

TEST(MailLines, AServerThatWasNeverReachedIsNoRelay) {
  auto report = attempt();
  report.subject.mx = "";
  report.reply.code = 451;
  report.reply.enhanced = "4.4.1";
  report.reply.text = "mx1.example.org (192.0.2.25:25): connection refused";
  EXPECT_THAT(lines(DeferredEvent{report, {}}).at(0).text,
              testing::HasSubstr("relay=none, delay=3.4, delays=0/3.1/0.31/0.04, dsn=4.4.1, status=deferred (mx1.example.org"));
}

TEST(MailLines, ArrivalEndAndRemovalAreThoseOfPostfix) {
  AcceptedEvent arrived{{}, "192.0.2.1", "app", 512, 2};
  arrived.subject.id = "I";
  arrived.subject.message_id = "<1@x>";
  arrived.subject.sender = "a@b.test";
  EXPECT_THAT(texts(lines(arrived)),
              ElementsAre("smtpd I: client=unknown[192.0.2.1], sasl_username=app", "cleanup I: message-id=<1@x>",
                          "qmgr I: from=<a@b.test>, size=512, nrcpt=2 (queue active)"));
  EXPECT_EQ(lines(arrived, false).size(), 1U) << "what only a maillog has costs nothing without one";
  AcceptedEvent report{{}, "bounce", "", 900, 1};
  report.subject.id = "I";
  report.subject.message_id = "<2@x>";
  EXPECT_THAT(texts(lines(report)),
              ElementsAre("cleanup I: message-id=<2@x>", "qmgr I: from=<>, size=900, nrcpt=1 (queue active)"));
  ExpiredEvent expired{attempt().subject, 4, 3420ms, SaidReply{"temporary", 450, "", "later"}};
  expired.subject.sender = "a@b.test";
  const auto made = lines(expired);
  ASSERT_EQ(made.size(), 2U);
  EXPECT_TRUE(made[0].for_journal && !made[0].for_maillog);
  EXPECT_EQ(
      made[0].text,
      "06B2M3N4P5Q6R: to=<ann@example.org>, relay=none, delay=3.4, delays=0/3.4/0/0, dsn=4.4.7, status=expired (it waited too "
      "long; last: host mx1.example.org said: 450 later)");
  EXPECT_EQ(made[1].text, "06B2M3N4P5Q6R: from=<a@b.test>, status=expired, returned to sender");
  EXPECT_EQ(removed_line("I").text, "I: removed");
}

TEST(MailLines, AnAddressOfAStrangerCannotForgeALineOrTurnItAround) {
  auto report = attempt();
  report.subject.recipient = "x\u202e\u0085\n@example.org";
  report.reply.text = "ok \u009b2J\u2028";
  const auto line = lines(DeliveredEvent{report}).at(0).text;
  EXPECT_THAT(line, testing::HasSubstr("to=<x\\u202e\\u0085\\u000a@example.org>"));
  EXPECT_THAT(line, testing::HasSubstr("(250 2.0.0 ok \\u009b2J\\u2028)"));
}

TEST(MailLines, NothingIsLoggedOfOtherEvents) { EXPECT_TRUE(lines(LaneEvent{}).empty()); }

}  // namespace
}  // namespace mta
