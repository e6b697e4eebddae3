// Lines above 998 octets: what is encoded, what is folded, what is refused; the content stays the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dkim/signer.h"
#include "mta/submit/reencode.h"
#include "tests/unit/mta/submit/post_office.h"

namespace mta {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// What becomes of a message that is read in pieces of `step` octets; "refused: …" when it cannot be made short.
std::string shortened(const std::string& message, std::size_t step = 1000) {
  LongLines survey;
  for (std::size_t at = 0; at < message.size(); at += step) survey.add(std::string_view(message).substr(at, step));
  survey.finish();
  if (!survey.fault().empty()) return "refused: " + survey.fault();
  Reencoder reencoder(survey.parts());
  std::string head, body;
  for (std::size_t at = 0; at < message.size(); at += step) {
    reencoder.add(std::string_view(message).substr(at, step));
    head += reencoder.take_head(), body += reencoder.take();
  }
  reencoder.finish();
  head += reencoder.take_head(), body += reencoder.take();
  return head + body;
}

std::size_t longest_line(const std::string& text) {
  std::size_t longest = 0, begin = 0;
  for (auto end = text.find("\r\n"); end != std::string::npos; end = text.find("\r\n", begin)) {
    longest = std::max(longest, end - begin);
    begin = end + 2;
  }
  return std::max(longest, text.size() - begin);
}

// Quoted-printable undone, by the book.
std::string decoded(const std::string& text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      plain += text[i];
    } else if (text.compare(i, 3, "=\r\n") == 0) {
      i += 2;
    } else {
      plain += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    }
  }
  return plain;
}

std::string body_of(const std::string& message) { return message.substr(message.find("\r\n\r\n") + 4); }

const std::string long_text = [] {
  std::string text;
  while (text.size() < 5000)
    text +=
        "Gr\xC3\xBC\xC3\x9F"
        "e = 1; ";
  return text + " \r\n.leading dot\r\nFrom here\t\r\n\r\nend\r\n";
}();

TEST(LongLines, APlainMessageBecomesQuotedPrintableAndReadsTheSame) {
  const auto result = shortened("From: a@example.com\r\nSubject: x\r\n\r\n" + long_text);
  EXPECT_THAT(result, StartsWith("From: a@example.com\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
                                 "Content-Transfer-Encoding: quoted-printable\r\n\r\n"));
  EXPECT_LE(longest_line(result), 76U);
  EXPECT_EQ(decoded(body_of(result)), long_text);
}

TEST(LongLines, AnySplitGivesTheSame) {
  const std::string message = "Content-Type: multipart/mixed; boundary=\"b 1\"\r\n\r\n--b 1\r\n\r\n" + long_text + "--b 1--\r\n";
  const auto whole = shortened(message, message.size());
  for (const std::size_t step : {1U, 7U, 100U, 999U}) EXPECT_EQ(shortened(message, step), whole) << step;
}

TEST(LongLines, OnlyThePartThatHasThemChanges) {
  const std::string before =
      "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n\tboundary=\"outer\"\r\n\r\npreamble\r\n"
      "--outer\r\nContent-Type: multipart/alternative; boundary=inner\r\n\r\n"
      "--inner\r\nContent-Type: text/plain\r\nContent-Transfer-Encoding: 8bit\r\n\r\nshort \xC3\xBC\r\n";
  const std::string html = "<p>" + std::string(3000, 'x') + "</p>\r\n";
  const std::string after =
      "--inner--\r\n\r\n--outer\r\nContent-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
      "AAAA\r\n--outer--\r\nepilogue\r\n";
  const auto result = shortened(before +
                                "--inner\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
                                "Content-Language: de\r\n\r\n" +
                                html + after);
  EXPECT_THAT(result, StartsWith(before + "--inner\r\nContent-Type: text/html; charset=utf-8\r\n"
                                          "Content-Transfer-Encoding: quoted-printable\r\nContent-Language: de\r\n\r\n<p>xxx"));
  EXPECT_THAT(result, EndsWith("</p>\r\n" + after));
  EXPECT_LE(longest_line(result), 100U);
}

TEST(LongLines, Base64InOneLineIsWrapped) {
  const std::string octets(3000, '\x07');
  const auto result = shortened("Content-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64(octets) + "\r\n");
  EXPECT_THAT(result, HasSubstr("Content-Transfer-Encoding: base64\r\n"));
  EXPECT_LE(longest_line(result), 76U);
  auto lines = body_of(result);
  EXPECT_THAT(lines, EndsWith("\r\n"));
  std::erase_if(lines, [](char c) { return c == '\r' || c == '\n'; });
  EXPECT_EQ(lines, base64(octets));
}

TEST(LongLines, QuotedPrintableThatIsNotWrappedIsWrapped) {
  const std::string text = std::string(1500, 'y') + "=C3=BC\r\nnext=20=\r\nline\r\n";
  const auto result = shortened("Content-Transfer-Encoding: Quoted-Printable\r\n\r\n" + text);
  EXPECT_LE(longest_line(result), 76U);
  EXPECT_EQ(decoded(body_of(result)), decoded(text));
}

TEST(LongLines, APartWithoutALastLineEndStaysComplete) {
  const auto result = shortened("Subject: x\r\n\r\n" + std::string(2000, 'x'));
  EXPECT_LE(longest_line(result), 76U);
  EXPECT_THAT(decoded(body_of(result)), StartsWith(std::string(2000, 'x')));
}

TEST(LongLines, AMessageInTheMessageIsReachedToo) {
  const auto result = shortened("Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\n" + long_text);
  EXPECT_THAT(result, StartsWith("Content-Type: message/rfc822\r\n\r\nSubject: inner\r\nMIME-Version: 1.0\r\n"
                                 "Content-Transfer-Encoding: quoted-printable\r\n\r\n"));
}

// The header of every part, and what stands in the parts.
class Parts final : public MimeReader {
 public:
  explicit Parts(const std::string& message) {
    MimeWalk walk(*this);
    walk.add(message);
    walk.finish();
  }
  void header(const MimePart&, const std::string& text) override { found.push_back(text); }
  void body(const MimePart&, std::string_view line) override { found.back() += line; }
  void between(std::string_view, bool) override {}
  std::vector<std::string> found;
};

TEST(LongLines, TextAroundThePartsIsCutAndNoPieceOfItIsABoundary) {
  const std::string wide(998, 'w'), blanks(2000, ' ');
  const std::string type = "Content-Type: multipart/mixed; boundary=b\r\n\r\n", part = "Content-Type: text/html\r\n\r\nx\r\n";
  for (const std::string& around :
       {wide + "w", wide + "--b", wide + " --b--", wide + wide + wide, wide + blanks, blanks, "w" + blanks + "--b"}) {
    const std::string plain = type + "w\r\n--b\r\n" + part + "--b\r\n" + part + "--b--\r\n";
    const auto result = shortened(type + around + "\r\n--b" + blanks + "\r\n" + part + "--b\r\n" + part + "--b--" + blanks +
                                  "\r\n" + around + "\r\n");
    EXPECT_LE(longest_line(result), 998U);
    EXPECT_EQ(Parts(result).found, Parts(plain).found) << result;
    EXPECT_THAT(result, Not(HasSubstr("\n\n")));
  }
}

TEST(LongLines, ABoundaryThatFitsInNoLineCannotBeKept) {
  const std::string boundary(990, 'b');
  EXPECT_THAT(shortened("Content-Type: multipart/mixed; boundary=\"" + boundary + "\"\r\n\r\n--" + boundary + "\r\n\r\n" +
                        std::string(2000, 'x') + "\r\n--" + boundary + "--\r\n"),
              HasSubstr("its boundary is missing or too long"));
}

TEST(LongLines, BlanksAtTheEndOfAFieldMakeNoLineOfTheirOwn) {
  EXPECT_EQ(fold_long_fields("X-Blank: a" + std::string(3000, ' ') + "\r\nTo: b\r\n\r\n"), "X-Blank: a\r\nTo: b\r\n\r\n");
}

TEST(LongLines, WhatIsSignedOrEncryptedIsLeftAloneAndRefusedOnlyForItsOwnLines) {
  const std::string wide(2000, 'x');
  const auto in = [&](const std::string& type, const std::string& inner) {
    return "Content-Type: " + type + "; boundary=s\r\n\r\n--s\r\nContent-Type: text/plain\r\n\r\n" + inner + "\r\n--s--\r\n";
  };
  EXPECT_THAT(shortened(in("multipart/signed; protocol=\"application/pgp-signature\"", wide)),
              HasSubstr("signed (multipart/signed)"));
  EXPECT_THAT(shortened(in("multipart/encrypted", wide)), HasSubstr("encrypted (multipart/encrypted)"));
  EXPECT_THAT(shortened("Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n\r\n" + wide + "\r\n"),
              HasSubstr("S/MIME"));
  const std::string sealed = in("multipart/signed", "short");
  const auto beside = "Content-Type: multipart/mixed; boundary=m\r\n\r\n--m\r\n" + sealed + "\r\n--m\r\n\r\n";
  EXPECT_THAT(shortened(beside + wide + "\r\n--m--\r\n"), StartsWith(beside.substr(0, beside.size() - 2)));
  EXPECT_THAT(shortened(std::string("X-Wide: ") + wide + "\r\n" + sealed), EndsWith("\r\n" + sealed))
      << "its own header is not sealed";
}

TEST(LongLines, HeaderFieldsAreFoldedAndUnfoldToTheSame) {
  std::string references = "References:";
  while (references.size() < 4000) references += " <0123456789@example.com>";
  std::string folded = fold_long_fields(references + "\r\nSubject: x\r\n\r\n");
  EXPECT_LE(longest_line(folded), 998U);
  std::string unfolded = folded;
  for (auto at = unfolded.find("\r\n "); at != std::string::npos; at = unfolded.find("\r\n ")) unfolded.erase(at, 2);
  EXPECT_EQ(unfolded, references + "\r\nSubject: x\r\n\r\n");
  std::string to = "To: ";
  while (to.size() < 4000) to += "user" + std::to_string(to.size()) + "@example.com,";
  folded = fold_long_fields(to + "last@example.com\r\n");
  EXPECT_LE(longest_line(folded), 998U);
  EXPECT_THAT(folded, HasSubstr(",\r\n user")) << "between two addresses";
  folded = fold_long_fields("X-Blob: " + std::string(5000, 'b') + "\r\n");
  EXPECT_LE(longest_line(folded), 998U);
  EXPECT_THAT(folded, Not(HasSubstr(":\r\n")));
}

TEST(LongLines, AreTakenUpToTheLimitByDataAndByBdat) {
  PostOffice context([](conf::Config& config) { config.limits.line_length = 10'000; });
  auto client = context.greeted();
  const std::string mail = "From: a@example.com\r\n\r\n" + std::string(10'000, 'x') + "\r\n";
  EXPECT_THAT(client.mail(mail), StartsWith("250 2.0.0 queued as "));
  client.say("MAIL FROM:<a@example.com>"), client.say("RCPT TO:<b@example.org>");
  client.send("BDAT " + std::to_string(mail.size()) + " LAST\r\n" + mail);
  EXPECT_THAT(client.hear(), StartsWith("250 2.0.0 queued as "));
  EXPECT_EQ(client.mail("From: a@example.com\r\n\r\n" + std::string(10'001, 'x') + "\r\n"),
            "550 5.6.0 line longer than 10000 octets in the message");
  ASSERT_EQ(context.spool.letters.size(), 2U);
  for (const auto& letter : context.spool.letters) {
    EXPECT_LE(longest_line(letter.content), 998U);
    EXPECT_EQ(decoded(body_of(letter.content)), std::string(10'000, 'x') + "\r\n");
    EXPECT_THAT(letter.content, HasSubstr(" id " + letter.message.id.text())) << "the trace line names the message that is kept";
  }
  EXPECT_TRUE(context.spool.unfinished.empty()) << "what was stored first is forgotten";
}

TEST(LongLines, WhatIsSentIsSigned) {
  const dkim::KeyOptions key{
      "example.com", "s1", true,
      "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIDOxPDnkwpBkRvMUV3bv+ZuixYdZz9McspLtkWHMb9h9\n-----END PRIVATE "
      "KEY-----\n",
      ""};
  PostOffice context;
  context.signer = std::make_shared<dkim::Signer>(std::vector<dkim::KeyOptions>{key});
  std::string text;
  while (text.size() < 400'000) text += "short\r\n" + std::string(40'000, 'x') + "\r\n";
  EXPECT_THAT(context.greeted().mail("From: a@example.com\r\nContent-Type: text/html\r\n\r\n" + text), StartsWith("250"));
  const auto& letter = context.only_letter();
  EXPECT_LE(longest_line(letter.content), 998U);
  EXPECT_EQ(decoded(body_of(letter.content)), text);
  dkim::Signer signer(std::vector<dkim::KeyOptions>{key});
  auto again = signer.begin("example.com/s1", std::chrono::floor<std::chrono::seconds>(letter.message.signed_at));
  smtp::HeaderSection header;
  header.add(letter.content);
  for (const auto& field : header.fields()) again->header(field.to_sign());
  again->body(header.rest());
  EXPECT_EQ(letter.message.prefix, again->finish());
  EXPECT_EQ(context.submission.context().memory.used(), 0U);
}

TEST(LongLines, ThatBreakTheOnlySignatureAreSaidOnceADomainAndHour) {
  PostOffice context;
  auto client = context.greeted();
  const std::string header = "DKIM-Signature: v=1; a=rsa-sha256;\r\n d=Example.com; s=x; b=x\r\nFrom: a@news.example.com\r\n";
  const std::string wide(2000, 'x');
  EXPECT_THAT(client.mail(header + "\r\nshort\r\n"), StartsWith("250"));
  EXPECT_THAT(client.mail(header + "References: <a@b>" + std::string(1000, ' ') + "<c@d>\r\n\r\nshort\r\n"), StartsWith("250"));
  EXPECT_TRUE(context.unsigned_mail.empty()) << "it arrives whole, or is folded, which relaxed signatures survive";
  EXPECT_THAT(client.mail(header + "\r\n" + wide + "\r\n"), StartsWith("250"));
  EXPECT_THAT(client.mail(header + "\r\n" + wide + "\r\n"), StartsWith("250"));
  ASSERT_EQ(context.unsigned_mail.size(), 1U);
  EXPECT_EQ(context.unsigned_mail[0].domain, "news.example.com");
  EXPECT_EQ(context.unsigned_mail[0].reason,
            "a line longer than 998 octets must be encoded, which breaks its signature by example.com (d=)");
}

TEST(LongLines, ThatBreakTheOnlySignatureAreRefusedWhereUnsignedMailIs) {
  PostOffice context([](conf::Config& config) { config.lacking.dkim_unsigned = conf::Unsigned::refuse; });
  auto client = context.greeted();
  EXPECT_THAT(
      client.mail("DKIM-Signature: v=1; d=example.com; s=x; b=x\r\nFrom: a@example.com\r\n\r\n" + std::string(2000, 'x') +
                  "\r\n"),
      StartsWith("550 5.7.1 a line longer than 998 octets must be encoded, which breaks its signature by example.com (d=)"));
  EXPECT_TRUE(context.spool.unfinished.empty());
  EXPECT_THAT(client.mail("DKIM-Signature: v=1; d=example.com; s=x; b=x\r\n" + small_mail), StartsWith("250"));
}

TEST(LongLines, FiftyMebibytesOfThemPassInBoundedMemory) {
  PostOffice context;
  std::string text;
  while (text.size() < (40U << 20U)) text += std::string(60'000, 'x') + "\r\n";
  EXPECT_THAT(context.greeted().mail("From: a@example.com\r\n\r\n" + text), StartsWith("250"));
  EXPECT_LE(longest_line(context.only_letter().content), 998U);
  EXPECT_LE(context.submission.context().memory.most(), 2U << 20U);
  EXPECT_TRUE(context.spool.unfinished.empty());
}

TEST(LongLines, ASignedMessageIsRefusedWithTheReason) {
  PostOffice context;
  auto client = context.greeted();
  EXPECT_EQ(client.mail("From: a@example.com\r\nContent-Type: multipart/signed; boundary=s\r\n\r\n--s\r\n\r\n" +
                        std::string(2000, 'x') + "\r\n--s--\r\n"),
            "550 5.6.0 a line of the message is longer than 998 octets, and its part cannot be encoded: it is signed "
            "(multipart/signed)");
  EXPECT_TRUE(context.spool.unfinished.empty());
  EXPECT_THAT(client.mail(small_mail), StartsWith("250"));
}

}  // namespace
}  // namespace mta
