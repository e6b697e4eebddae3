#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dkim/signer.h"
#include "post.h"

namespace dkim::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct DkimSignature : testing::Test {
  const std::vector<KeyOptions> keys{key("example.com", "rsa", "rsa2048"), key("example.com", "ed", "ed25519")};
  const Signer signer{keys};
  const std::string both = "example.com/rsa,example.com/ed";

  std::string sign(const Message& message, std::size_t piece = std::string::npos) const {
    return test::sign(signer, both, message, piece);
  }
  std::vector<std::string> judged(const Message& message) const { return verdicts(message.text(sign(message)), keys); }
  std::string complaint(const Message& message) const {
    try {
      sign(message);
    } catch (const std::runtime_error& error) {
      return error.what();
    }
    return "none";
  }
  // Does the text still verify after `change` did something to it?
  template <class Change>
  std::vector<std::string> after(const Message& message, Change change) const {
    std::string text = message.text(sign(message));
    change(text);
    return verdicts(text, keys);
  }
};

const auto both_pass = ElementsAre("rsa-sha256 pass", "ed25519-sha256 pass");
const auto both_fail = ElementsAre("rsa-sha256 fail", "ed25519-sha256 fail");

TEST_F(DkimSignature, AMessageCarriesBothSignaturesRsaFirst) {
  const std::string lines = sign(Message());
  EXPECT_EQ(lines.rfind("DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=example.com; s=rsa;", 0), 0U) << lines;
  EXPECT_THAT(lines, HasSubstr("\r\nDKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed; d=example.com;\r\n\ts=ed;"));
  EXPECT_THAT(judged(Message()), both_pass);
}

TEST_F(DkimSignature, ItsLinesFoldWithCrlfAndStayShort) {
  std::istringstream lines(sign(Message()));
  for (std::string line; std::getline(lines, line);) {
    ASSERT_TRUE(line.ends_with('\r')) << line;
    EXPECT_LE(line.size(), 79U) << line;
    EXPECT_EQ(line.find('\r'), line.size() - 1) << line;
  }
}

TEST_F(DkimSignature, TheTimeIsTheOneGiven) {
  EXPECT_THAT(sign(Message()), HasSubstr("t=1790000000;"));
  const auto later = signer.begin("example.com/ed", noon + std::chrono::seconds{5});
  const auto earlier = signer.begin("example.com/ed", noon);
  for (const auto* one : {&later, &earlier}) (*one)->header("From: a@example.com");
  EXPECT_THAT(earlier->finish(), HasSubstr("t=1790000000;"));
  EXPECT_THAT(later->finish(), HasSubstr("t=1790000005;"));
}

TEST_F(DkimSignature, TheSameMessageAtTheSameTimeGetsTheSameSignature) { EXPECT_EQ(sign(Message()), sign(Message())); }

TEST_F(DkimSignature, HowTheBodyIsCutMakesNoDifference) {
  Message message;
  message.body = "  a \t b  \r\n\r\n \r\n.dot\r\n..\r\nend\t\r\n\r\n\r\n";
  const std::string whole = sign(message);
  for (const std::size_t piece : {1U, 2U, 3U, 7U}) EXPECT_EQ(sign(message, piece), whole) << piece;
}

TEST_F(DkimSignature, OneChangedOctetAnywhereIsNoticed) {
  const Message message;
  const auto flip = [](const char* what) {
    return [what](std::string& text) { text[text.find(what)] = static_cast<char>(text[text.find(what)] ^ 1); };
  };
  EXPECT_THAT(after(message, flip("well.")), both_fail);
  EXPECT_THAT(after(message, flip("Hello")), both_fail);
  EXPECT_THAT(after(message, flip("ann@")), both_fail);
  EXPECT_THAT(after(message, flip("1@example")), both_fail);
}

TEST_F(DkimSignature, ASecondFieldOfAnOversignedNameIsNoticed) {
  for (const char* added :
       {"From: eve@example.org", "To: eve@example.org", "Subject: Pay", "Date: Sat, 21 Nov 2026 10:00:00 +0000",
        "Message-ID: <2@example.org>", "Reply-To: eve@example.org", "Cc: eve@example.org", "MIME-Version: 1.0",
        "Content-Type: text/html", "Content-Transfer-Encoding: base64"})
    EXPECT_THAT(after(Message(), [&](std::string& text) { text = added + std::string("\r\n") + text; }), both_fail) << added;
}

TEST_F(DkimSignature, WhatOnTheWayIsAddedLegitimatelyDoesNotBreakIt) {
  for (const char* added :
       {"Received: from a by b; Fri, 20 Nov 2026 10:00:00 +0000", "Return-Path: <ann@example.com>", "X-Spam: no",
        "List-Unsubscribe: <https://lists.example.net/u>", "Authentication-Results: mx.example.net; dkim=pass"})
    EXPECT_THAT(after(Message(), [&](std::string& text) { text = added + std::string("\r\n") + text; }), both_pass) << added;
}

TEST_F(DkimSignature, AnUnsubscribeFieldIsSignedAndASecondOneIsNoticed) {
  const Message mailing =
      Message().with("List-Unsubscribe: <https://example.com/u/1>").with("List-Unsubscribe-Post: List-Unsubscribe=One-Click");
  EXPECT_THAT(judged(mailing), both_pass);
  EXPECT_THAT(after(mailing, [](std::string& text) { text = "List-Unsubscribe: <https://eve.example/>\r\n" + text; }), both_fail);
  EXPECT_THAT(after(mailing, [](std::string& text) { text.replace(text.find("/u/1"), 4, "/u/2"); }), both_fail);
}

TEST_F(DkimSignature, AwkwardButLawfulMessagesVerify) {
  Message folded =
      Message().with("Subject: a\r\n\tb\r\n  c  \td   ").with("reply-TO :  x@example.com").with("Cc:").with("X-Empty:");
  EXPECT_THAT(judged(folded), both_pass);
  EXPECT_THAT(judged(Message().with("To: second@example.net").with("to: third@example.net")), both_pass);
  EXPECT_THAT(judged(Message().with("Subject: gr\xC3\xBC\xC3\x9F dich \xE9\xFF")), both_pass);
  EXPECT_THAT(judged(Message().with("DKIM-Signature: this is no signature")), Not(ElementsAre()));
  EXPECT_THAT(judged(Message().with("In Between: a name with a space")), both_pass);
  for (const std::string& body :
       {std::string(), std::string("\r\n\r\n"), std::string("no line end"), std::string("blank at the end \t \r\n\r\n \r\n"),
        std::string(200'000, 'x') + "\r\n", std::string("a\0b\r\n", 5), std::string(".\r\n..\r\n.a\r\n")}) {
    Message message;
    message.body = body;
    Message carried = message;  // delivery ends the last line
    if (!body.empty() && !body.ends_with("\r\n")) carried.body += "\r\n";
    EXPECT_THAT(verdicts(carried.text(sign(message)), keys), both_pass) << body.substr(0, 40);
  }
}

TEST_F(DkimSignature, ADkimSignatureFieldOfSomebodyElseIsLeftAlone) {
  for (const char* field :
       {"DKIM-Signature: v=1; a=rsa-sha256; d=example.net; s=x; h=from; bh=AAAA; b=AAAA", "DKIM-Signature: ;;=;\x01"})
    EXPECT_EQ(complaint(Message().with(field)), "none");
}

TEST_F(DkimSignature, AMessageWithoutFromIsNotSigned) {
  Message message;
  message.fields = {"To: bob@example.net"};
  EXPECT_THAT(complaint(message), HasSubstr("no From"));
  message.fields.clear();
  message.body.clear();
  EXPECT_THAT(complaint(message), HasSubstr("no From"));
}

TEST_F(DkimSignature, FieldsThatCannotBeSignedAreToldInWords) {
  const std::pair<std::string, const char*> table[] = {
      {"X;Y: z", "semicolon"},
      {"no colon here", "no colon"},
      {"", "no colon"},
      {"X\xC3\xBC: z", "not printable"},
      {std::string("X\0Y: z", 6), "not printable"},
      {std::string("Subject: a\0b", 12), "control character 0x00"},
      {"Subject: page\fbreak", "control character 0x0c"},
      {"Subject: a\rb", "bare CR"},
      {"Subject: a\nb", "bare LF"},
      {"Subject: a\r\nBcc: eve@example.org", "does not fold"},
  };
  for (const auto& [field, words] : table) EXPECT_THAT(complaint(Message().with(field)), HasSubstr(words)) << field;
}

TEST_F(DkimSignature, EvenAMonstrousHeaderIsNoMoreThanAnException) {
  EXPECT_EQ(complaint(Message().with(std::string(10'000, 'X') + ": long name")), "none");  // not among the signed ones
  EXPECT_EQ(complaint(Message().with("Subject: " + std::string(300'000, 'x'))), "none");
  Message crowd;
  for (int i = 0; i < 2'000; ++i) crowd.fields.push_back("To: " + std::to_string(i) + "@example.net");
  EXPECT_THAT(complaint(crowd), HasSubstr("too many"));
  Message few;
  for (int i = 0; i < 500; ++i) few.fields.push_back((i % 2 != 0 ? "To: " : "Cc: ") + std::to_string(i) + "@example.net");
  EXPECT_THAT(judged(few), both_pass);
}

}  // namespace
}  // namespace dkim::test
