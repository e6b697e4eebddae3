// What a report says, and what nobody can make it say.
#include "mta/bounce/dsn.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/mta/bounce/report_reader.h"

namespace mta {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using namespace std::chrono_literals;

const Instant nine = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21) + 9h;

class Dsn : public testing::Test {
 protected:
  Dsn() {
    message.id = {0x0123456789AB0001ULL};
    message.sender = "app@sender.example";
    message.accepted = nine - 2h;
    message.message_id = "<1@sender.example>";
    failed("nobody@gmail.example", {550, "5.1.1", "no such user"});
  }

  struct Said {
    std::uint16_t code;
    std::string enhanced, text;
  };
  queue::Recipient& failed(const std::string& address, const Said& said) {
    queue::Recipient recipient;
    recipient.address = address;
    recipient.fate = queue::Fate::failed;
    recipient.last = {"unknown_user", said.code, said.enhanced, said.text, "mx1.gmail.example", "ip-1", nine - 1min};
    addressees.push_back({static_cast<std::uint32_t>(addressees.size()), recipient});
    return addressees.back().recipient;
  }
  queue::Recipient& only() { return addressees.front().recipient; }

  std::string written(bool whole = false) {
    report.message = &message;
    report.addressees = &addressees;
    report.now = nine;
    const ReportText text = write_report(report, whole);
    return text.begin + original + text.end;
  }
  // The group of fields about the nth recipient; 0 is the group about the message.
  std::string group(std::size_t n) {
    const std::string status = read_report(written()).parts.at(1).body;
    std::size_t at = 0;
    for (; n > 0; --n) at = status.find("\r\n\r\n", at) + 4;
    return status.substr(at, status.find("\r\n\r\n", at) + 2 - at);
  }

  queue::Message message;
  std::vector<Addressee> addressees;
  Report report{ReportKind::failed, "mta1.example.com", "postmaster@example.com", "036WC87ZCA000", {}, {}, nullptr, nullptr};
  std::string original = "From: <app@sender.example>\r\nSubject: hello\r\n";
};

TEST_F(Dsn, HasThreePartsAndSaysThatAMachineWroteIt) {
  const std::string mail = written();
  const ReadReport read = read_report(mail);
  EXPECT_EQ(trouble_with_lines(mail), "");
  EXPECT_EQ(field(read.header, "From"), "Mail Delivery System <postmaster@example.com>");
  EXPECT_EQ(field(read.header, "To"), "<app@sender.example>");
  EXPECT_EQ(field(read.header, "Auto-Submitted"), "auto-replied");  // RFC 3834 §5
  EXPECT_EQ(field(read.header, "References"), "<1@sender.example>");
  EXPECT_THAT(field(read.header, "Content-Type"), StartsWith("multipart/report; report-type=delivery-status;"));
  ASSERT_EQ(read.parts.size(), 3U) << mail;
  EXPECT_EQ(field(read.parts[0].header, "Content-Type"), "text/plain; charset=us-ascii");
  EXPECT_THAT(read.parts[0].body,
              HasSubstr("<nobody@gmail.example>:\r\n    host mx1.gmail.example said: 550 5.1.1 no such user"));
  EXPECT_EQ(field(read.parts[1].header, "Content-Type"), "message/delivery-status");
  EXPECT_EQ(field(read.parts[2].header, "Content-Type"), "text/rfc822-headers");
  EXPECT_EQ(read.parts[2].body, original);
}

TEST_F(Dsn, TheWholeOriginalComesBackAsAMessage) {
  original = "Subject: hello\r\n\r\nbody\r\n--not/ours\r\n";
  const ReadReport read = read_report(written(true));
  ASSERT_EQ(read.parts.size(), 3U);
  EXPECT_EQ(field(read.parts[2].header, "Content-Type"), "message/rfc822");
  EXPECT_EQ(read.parts[2].body, original);
}

TEST_F(Dsn, EveryRecipientHasItsGroupOfFields) {
  failed("other@gmail.example", {0, "", ""}).last.mx.clear();
  EXPECT_EQ(field(group(0), "Reporting-MTA"), "dns; mta1.example.com");
  EXPECT_EQ(field(group(0), "Arrival-Date"), "Sat, 21 Nov 2026 07:00:00 +0000");
  EXPECT_EQ(field(group(1), "Final-Recipient"), "rfc822; nobody@gmail.example");
  EXPECT_EQ(field(group(1), "Action"), "failed");
  EXPECT_EQ(field(group(1), "Status"), "5.1.1");
  EXPECT_EQ(field(group(1), "Remote-MTA"), "dns; mx1.gmail.example");
  EXPECT_EQ(field(group(1), "Diagnostic-Code"), "smtp; 550 5.1.1 no such user");
  EXPECT_EQ(field(group(1), "Last-Attempt-Date"), "Sat, 21 Nov 2026 08:59:00 +0000");
  EXPECT_EQ(field(group(1), "Will-Retry-Until"), "(none)");
  EXPECT_EQ(field(group(2), "Final-Recipient"), "rfc822; other@gmail.example");
  EXPECT_EQ(field(group(2), "Status"), "5.0.0");
  EXPECT_EQ(field(group(2), "Diagnostic-Code"), "(none)");  // nobody said anything
  EXPECT_EQ(field(group(2), "Remote-MTA"), "(none)");
}

TEST_F(Dsn, AReplyWithoutAnEnhancedCodeGetsTheStatusItMeans) {
  only().last.enhanced.clear();
  EXPECT_EQ(field(group(1), "Status"), "5.1.1");  // unknown_user
  only().last.verdict = "mailbox_full";
  EXPECT_EQ(field(group(1), "Status"), "5.2.2");
  only().last.verdict = "permanent";
  EXPECT_EQ(field(group(1), "Status"), "5.0.0");
  only().last = {"unknown_user", 450, "", "later", "mx1.gmail.example", "ip-1", nine};  // an operator gave up
  EXPECT_EQ(field(group(1), "Status"), "5.0.0");
}

TEST_F(Dsn, TheClassOfTheStatusFitsTheAction) {  // RFC 3463 §3
  only().last.code = 450;                        // and an operator gave up
  only().last.enhanced = "4.2.1";
  EXPECT_EQ(field(group(1), "Status"), "5.0.0");
  report.kind = ReportKind::delayed;
  EXPECT_EQ(field(group(1), "Status"), "4.2.1");
  EXPECT_EQ(field(group(1), "Action"), "delayed");
  only().last.code = 550;
  only().last.enhanced = "5.1.1";
  EXPECT_EQ(field(group(1), "Status"), "4.0.0");
  report.kind = ReportKind::relayed;
  EXPECT_EQ(field(group(1), "Status"), "2.0.0");
  EXPECT_EQ(field(group(1), "Action"), "relayed");  // RFC 3461 §5.2.6
}

TEST_F(Dsn, WhereAServerMixesClassesItsReplyCodeCounts) {
  only().last.code = 550;
  only().last.enhanced = "4.1.1";
  EXPECT_EQ(field(group(1), "Status"), "5.1.1");
  EXPECT_EQ(field(group(1), "Diagnostic-Code"), "smtp; 550 4.1.1 no such user");
}

TEST_F(Dsn, WhatWeSayOurselvesHasNoCodeOfAServer) {  // RFC 3464 §2.3.6
  only().last = {"connection_failed", 451, "4.4.1", "mx1.gmail.example (192.0.2.25:25): connection refused", "", "ip-1", nine};
  only().fate = queue::Fate::expired;
  EXPECT_EQ(field(group(1), "Diagnostic-Code"), "X-warmupd; mx1.gmail.example (192.0.2.25:25): connection refused");
  EXPECT_EQ(field(group(1), "Remote-MTA"), "(none)");
  EXPECT_THAT(written(), HasSubstr("The last answer was:\r\n    mx1.gmail.example (192.0.2.25:25): connection refused\r\n"));
}

TEST_F(Dsn, WhatExpiredSaysSoWithAndWithoutALastAnswer) {
  only().fate = queue::Fate::expired;
  only().last.enhanced = "4.4.1";
  EXPECT_EQ(field(group(1), "Status"), "4.4.7");
  EXPECT_THAT(written(), HasSubstr("the time for delivery is over. The last answer was:\r\n    host mx1"));
  only().last = {};
  EXPECT_THAT(written(), HasSubstr("<nobody@gmail.example>: given up, the time for delivery is over\r\n"));
}

TEST_F(Dsn, ADelayNoticeSaysUntilWhenItIsTried) {
  report.kind = ReportKind::delayed;
  report.retry_until = nine + 72h;
  EXPECT_EQ(field(group(1), "Will-Retry-Until"), "Tue, 24 Nov 2026 09:00:00 +0000");
  EXPECT_THAT(written(), HasSubstr("you need not send it again"));
}

TEST_F(Dsn, WhatTheSenderGaveComesBackDecoded) {
  message.envid = "job+2B17";
  only().orcpt = "rfc822;Alice+2BNews@Original.example";
  EXPECT_EQ(field(group(0), "Original-Envelope-Id"), "job+17");
  EXPECT_EQ(field(group(1), "Original-Recipient"), "rfc822;Alice+News@Original.example");
  only().orcpt = "x400;broken+4";  // no xtext: as it was given
  EXPECT_EQ(field(group(1), "Original-Recipient"), "x400;broken+4");
}

TEST_F(Dsn, NobodyAddsFieldsOrParts) {
  const std::string evil =
      "x\r\nFinal-Recipient: rfc822; evil@example.com\r\n\r\n--036WC87ZCA000/mta1.example.com--\r\n\r\n.\r\n";
  only().last.text = evil;
  only().last.mx = evil;
  only().last.enhanced = "5.1.1";
  message.message_id = evil;
  message.envid = "a+0D+0AFinal-Recipient:+20rfc822;+20evil@example.com+0D+0A+0D+0A";
  only().orcpt = "rfc822;a+0D+0A+0D+0AFinal-Recipient:+20rfc822;+20evil@example.com";
  const std::string mail = written();
  EXPECT_EQ(trouble_with_lines(mail), "");
  const ReadReport read = read_report(mail);
  ASSERT_EQ(read.parts.size(), 3U) << mail;
  EXPECT_EQ(fields(read.parts[1].body, "Final-Recipient"), std::vector<std::string>{"rfc822; nobody@gmail.example"});
  EXPECT_EQ(fields(read.header, "Final-Recipient").size(), 0U);
  EXPECT_EQ(read.parts[2].body, original);
}

TEST_F(Dsn, LinesStayWithinTheLimitsWhateverIsSaid) {
  only().last.text = std::string(64U << 10U, 'x');
  only().orcpt = "rfc822;" + std::string(5000, 'y');
  message.envid = std::string(5000, 'z');
  message.message_id = "<" + std::string(5000, 'm') + ">";
  EXPECT_EQ(trouble_with_lines(written()), "");
}

TEST_F(Dsn, AReportInAsciiIsAscii) {
  only().last.text =
      "b\xC3\xBC"
      "cher \xFF";
  only().orcpt = "rfc822;b+C3+BC@example.org";
  const std::string mail = written();
  EXPECT_TRUE(std::ranges::none_of(mail, [](char c) { return static_cast<unsigned char>(c) > 127; })) << mail;
  EXPECT_THAT(mail, HasSubstr("b??cher ?"));
}

TEST_F(Dsn, AnInternationalReportIsUtf8WhateverItQuotes) {  // RFC 6533
  message.smtputf8 = message.eight_bit = true;
  only().address = "b\xC3\xBC@gmail.example";
  only().last.text = "bad \xFF\xC0\xAF octets";
  only().orcpt = "utf-8;b\xC3\xBC+FF@example.org";
  const std::string mail = written();
  EXPECT_TRUE(is_utf8(mail)) << mail;
  const ReadReport read = read_report(mail);
  ASSERT_EQ(read.parts.size(), 3U);
  EXPECT_THAT(field(read.header, "Content-Type"), StartsWith("multipart/report; report-type=global-delivery-status;"));
  EXPECT_EQ(field(read.parts[0].header, "Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(field(read.parts[1].header, "Content-Type"), "message/global-delivery-status");
  EXPECT_EQ(field(read.parts[1].header, "Content-Transfer-Encoding"), "8bit");
  EXPECT_EQ(field(read.parts[2].header, "Content-Type"), "message/global-headers");
  EXPECT_EQ(field(group(1), "Final-Recipient"), "utf-8; b\xC3\xBC@gmail.example");
}

TEST_F(Dsn, ACutNeverTearsALetterApart) {
  message.smtputf8 = true;
  for (std::size_t shift = 0; shift < 4; ++shift) {
    only().last.text = std::string(shift, 'x');
    for (int i = 0; i < 500; ++i) only().last.text += "\xE5\x8F\x97";
    EXPECT_TRUE(is_utf8(written())) << shift;
  }
}

TEST_F(Dsn, EightBitOriginalsAreDeclared) {
  message.eight_bit = true;
  const ReadReport read = read_report(written(true));
  EXPECT_EQ(field(read.header, "Content-Transfer-Encoding"), "8bit");
  EXPECT_EQ(field(read.parts.at(2).header, "Content-Transfer-Encoding"), "8bit");
  EXPECT_EQ(field(read.parts.at(1).header, "Content-Transfer-Encoding"), "(none)");
}

TEST_F(Dsn, ALongHostNameStillMakesABoundaryThatReadersTake) {  // RFC 2046 §5.1.1: at most 70
  report.hostname = std::string(60, 'a') + "." + std::string(60, 'b') + ".example";
  const ReadReport read = read_report(written());
  EXPECT_EQ(read.parts.size(), 3U);
  const std::string type = field(read.header, "Content-Type");
  EXPECT_LE(type.size() - type.find("boundary=\"") - 11, 70U) << type;
}

TEST(DsnDates, AreThoseOfTheRfcInEveryLocale) {
  EXPECT_EQ(rfc5322_date(Instant{}), "Thu, 01 Jan 1970 00:00:00 +0000");
  EXPECT_EQ(rfc5322_date(std::chrono::sys_days(std::chrono::year(2028) / 2 / 29) + 23h + 59min + 59s + 999ms),
            "Tue, 29 Feb 2028 23:59:59 +0000");
}

}  // namespace
}  // namespace mta
