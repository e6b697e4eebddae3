// Who is told what: NOTIFY, RET, ENVID and ORCPT from the client's command to the report in the sender's mailbox.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dkim/signer.h"
#include "tests/sim/town.h"
#include "tests/unit/mta/bounce/report_reader.h"

namespace mta::sim {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using namespace std::chrono_literals;

class Bouncer : public testing::Test {
 protected:
  Bouncer() { gmail.manners.unknown = {"nobody@gmail.test", "noone@gmail.test"}; }
  ~Bouncer() override { EXPECT_TRUE(!only_failures || town.every_recipient_is_somewhere_exactly_once()); }

  // Submits one message, lets time pass, and returns how many reports came home.
  std::size_t reports_of(Mail mail, Duration after = 10min) {
    const std::size_t before = home.accepted();
    out.submit(std::move(mail));
    town.pass(after);
    return home.accepted() - before;
  }
  static Mail mail_to(std::vector<std::string> recipients, const std::string& parameters = "") {
    Mail mail;
    mail.recipients = std::move(recipients);
    mail.recipient_parameters = parameters;
    return mail;
  }
  ReadReport last() const { return read_report(home.copies().back().letter->body); }

  bool only_failures = true;  // what the town's judge expects to be reported
  Town town{seed_from_env_or(21)};
  Receiver& gmail = town.receiver("gmail.test");
  Receiver& home = town.receiver("sender.test");
  Daemon& out = town.mta({.retry = {.warn_after = 1h}});
};

TEST_F(Bouncer, AFailureIsReportedUnlessNotifySaysOtherwise) {
  EXPECT_EQ(reports_of(mail_to({"nobody@gmail.test"})), 1U);
  EXPECT_EQ(reports_of(mail_to({"nobody@gmail.test"}, " NOTIFY=FAILURE")), 1U);
  EXPECT_EQ(reports_of(mail_to({"nobody@gmail.test"}, " NOTIFY=SUCCESS,FAILURE,DELAY")), 1U);
  EXPECT_EQ(reports_of(mail_to({"nobody@gmail.test"}, " NOTIFY=SUCCESS")), 0U);
  EXPECT_EQ(reports_of(mail_to({"nobody@gmail.test"}, " NOTIFY=DELAY")), 0U);
  EXPECT_EQ(reports_of(mail_to({"nobody@gmail.test"}, " NOTIFY=NEVER")), 0U);
  EXPECT_EQ(out.waiting(), 0U);
}

TEST_F(Bouncer, SuccessIsReportedOnlyWhenAskedForAndTheNextServerDoesNot) {
  only_failures = false;
  EXPECT_EQ(reports_of(mail_to({"a@gmail.test"}, " NOTIFY=SUCCESS")), 0U) << "gmail.test speaks DSN and was told";
  EXPECT_THAT(gmail.copies().back().parameters, HasSubstr("NOTIFY=SUCCESS"));
  gmail.manners.dsn = false;
  EXPECT_EQ(reports_of(mail_to({"a@gmail.test"})), 0U);
  EXPECT_EQ(reports_of(mail_to({"a@gmail.test"}, " NOTIFY=FAILURE,DELAY")), 0U);
  ASSERT_EQ(reports_of(mail_to({"a@gmail.test"}, " NOTIFY=SUCCESS")), 1U);
  EXPECT_THAT(last().parts.at(1).body, HasSubstr("Action: relayed\r\nStatus: 2.0.0\r\n"));
}

TEST_F(Bouncer, ADelayIsToldOnceToThoseWhoWantToKnow) {
  only_failures = false;
  gmail.now_answers("451 4.3.0 try later", Stage::rcpt);
  EXPECT_EQ(reports_of(mail_to({"a@gmail.test"}, " NOTIFY=FAILURE"), 12h), 0U);
  EXPECT_EQ(reports_of(mail_to({"b@gmail.test"}, " NOTIFY=NEVER"), 12h), 0U);
  ASSERT_EQ(reports_of(mail_to({"c@gmail.test"}, " NOTIFY=DELAY"), 24h), 1U);
  EXPECT_THAT(last().parts.at(1).body, HasSubstr("Action: delayed\r\nStatus: 4.3.0\r\n"));
  EXPECT_NE(field(last().parts.at(1).body.substr(last().parts.at(1).body.find("Final")), "Will-Retry-Until"), "(none)");
  EXPECT_EQ(reports_of(mail_to({"d@gmail.test"}), 24h), 1U);
  EXPECT_EQ(out.waiting(), 4U);
  gmail.now_behaves();
  town.pass(12h);
  EXPECT_EQ(out.waiting(), 0U) << "a delay notice ends nothing";
}

TEST_F(Bouncer, RetSaysHowMuchComesBack) {
  Mail mail = mail_to({"nobody@gmail.test"});
  mail.mail_parameters = " RET=HDRS ENVID=job+2B17";
  ASSERT_EQ(reports_of(mail), 1U);
  EXPECT_EQ(field(last().parts.at(2).header, "Content-Type"), "text/rfc822-headers");
  EXPECT_THAT(last().parts.at(2).body, Not(HasSubstr("\r\n\r\n")));
  EXPECT_THAT(last().parts.at(1).body, HasSubstr("Original-Envelope-Id: job+17\r\n"));

  mail.mail_parameters = " RET=FULL";
  ASSERT_EQ(reports_of(mail), 1U);
  EXPECT_EQ(field(last().parts.at(2).header, "Content-Type"), "message/rfc822");
  EXPECT_THAT(last().parts.at(2).body, HasSubstr(compose(mail, 2)));  // behind our Received

  mail.bytes = 3U << 20U;  // too much for a report
  ASSERT_EQ(reports_of(mail), 1U);
  EXPECT_EQ(field(last().parts.at(2).header, "Content-Type"), "text/rfc822-headers");
  EXPECT_EQ(field(last().parts.at(2).body, "X-Town-Message"), "3");
}

TEST_F(Bouncer, AReportThatFillsSeveralChunksArrivesWhole) {
  Mail mail = mail_to({"nobody@gmail.test"});
  mail.mail_parameters = " RET=FULL";
  mail.bytes = 700U << 10U;
  ASSERT_EQ(reports_of(mail), 1U);
  ASSERT_EQ(last().parts.size(), 3U);
  EXPECT_THAT(last().parts.at(2).body, HasSubstr(compose(mail, 1)));
}

TEST_F(Bouncer, OneReportTellsOfAllRecipientsThatFailedTogetherAndOfNoOther) {
  ASSERT_EQ(reports_of(mail_to({"nobody@gmail.test", "a@gmail.test", "noone@gmail.test"})), 1U);
  EXPECT_EQ(fields(last().parts.at(1).body, "Final-Recipient"),
            (std::vector<std::string>{"rfc822; nobody@gmail.test", "rfc822; noone@gmail.test"}));
}

TEST_F(Bouncer, TheOriginalRecipientIsTheOneTheClientNamed) {
  ASSERT_EQ(reports_of(mail_to({"nobody@gmail.test"}, " ORCPT=rfc822;Al+2Bias@Club.Example")), 1U);
  EXPECT_THAT(last().parts.at(1).body, HasSubstr("Original-Recipient: rfc822;Al+ias@Club.Example\r\n"));
}

TEST_F(Bouncer, NobodyIsToldOfMailFromNobody) {
  Mail mail = mail_to({"nobody@gmail.test"}, " NOTIFY=SUCCESS,FAILURE");
  mail.sender = "";
  EXPECT_EQ(reports_of(mail), 0U);
  EXPECT_EQ(out.waiting(), 0U);
}

TEST_F(Bouncer, AReportIsSignedWhereThereIsAKeyForPostmaster) {
  conf::DkimKey key;
  key.domain = "sender.test";
  key.selector = "s1";
  key.pem =
      "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIDOxPDnkwpBkRvMUV3bv+ZuixYdZz9McspLtkWHMb9h9\n-----END PRIVATE "
      "KEY-----\n";
  out.config().dkim_keys = {key};
  out.restart();
  ASSERT_EQ(reports_of(mail_to({"nobody@gmail.test"})), 1U);
  const std::string mail = home.copies().back().letter->body;
  const auto end_of_field = [&mail](std::size_t at) {
    auto end = mail.find("\r\n", at);
    while (mail[end + 2] == ' ' || mail[end + 2] == '\t') end = mail.find("\r\n", end + 2);
    return end;
  };
  const auto signature = mail.substr(0, end_of_field(0) + 2);
  ASSERT_THAT(signature, StartsWith("DKIM-Signature: "));
  const std::chrono::seconds at(std::stoll(signature.substr(signature.find(" t=") + 3)));
  const dkim::Signer signer({{key.domain, key.selector, true, key.pem, ""}});
  const auto again = signer.begin("sender.test/s1", std::chrono::sys_seconds(at));
  std::size_t begin = signature.size();
  for (; mail.compare(begin, 2, "\r\n") != 0; begin = end_of_field(begin) + 2)
    again->header(std::string_view(mail).substr(begin, end_of_field(begin) - begin));
  again->body(std::string_view(mail).substr(begin + 2));
  EXPECT_EQ(again->finish(), signature);
}

TEST_F(Bouncer, AReportIsFromNobodyAndAsksForNone) {
  ASSERT_EQ(reports_of(mail_to({"nobody@gmail.test"})), 1U);
  EXPECT_EQ(home.copies().back().letter->sender, "");
  EXPECT_THAT(home.copies().back().parameters, HasSubstr("NOTIFY=NEVER"));  // RFC 3461 §6.1
}

}  // namespace
}  // namespace mta::sim
