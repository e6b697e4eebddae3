#include "mta/deliver/downgrade.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace mta {
namespace {

bool seven_bit(const std::string& text) { return text.find_first_of("\xc3\xa4\x83\xe3\x81") == std::string::npos; }

TEST(Downgrade, TextBecomesQuotedPrintable) {
  const auto made = downgrade(
      "Subject: hi\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: "
      "8bit\r\n\r\nGr\xc3\xb6\xc3\x9f"
      "e, and a good deal of plain text around it\r\n");
  ASSERT_TRUE(made);
  EXPECT_NE(made->find("Gr=C3=B6=C3=9Fe, and a good deal of plain text around it"), std::string::npos) << *made;
  EXPECT_NE(made->find("Content-Transfer-Encoding: quoted-printable\r\n"), std::string::npos) << *made;
  EXPECT_TRUE(made->starts_with("Subject: hi\r\n"));
}

TEST(Downgrade, OnlyThePartsThatNeedItAreTouched) {
  const auto made = downgrade(
      "Subject: hi\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: "
      "text/plain\r\n\r\nplain = text\r\n"
      "--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nplain text with one \xc3\xa4 in "
      "it\r\n--b--\r\n");
  ASSERT_TRUE(made);
  EXPECT_NE(made->find("plain = text\r\n"), std::string::npos) << *made;
  EXPECT_NE(made->find("=C3=A4"), std::string::npos) << *made;
  EXPECT_TRUE(seven_bit(*made));
}

TEST(Downgrade, AMessageWithoutMimeFieldsGetsThem) {
  const auto made = downgrade("Subject: hi\r\n\r\n\xc3\xa4\r\n");
  ASSERT_TRUE(made);
  EXPECT_NE(made->find("MIME-Version: 1.0\r\n"), std::string::npos) << *made;
  EXPECT_NE(made->find("Content-Transfer-Encoding: "), std::string::npos) << *made;
}

bool all_seven_bit(const std::string& text) {
  return std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) > 0x7F; });
}

TEST(Downgrade, RawOctetsInTheHeaderBecomeEncodedWords) {
  const auto made = downgrade(
      "From: J\xc3\xbcrgen <j@example.com>\r\nSubject: Gr\xc3\xbc\xc3\x9f"
      "e\r\n\r\nplain\r\n");
  ASSERT_TRUE(made);
  EXPECT_TRUE(all_seven_bit(*made)) << *made;
  EXPECT_NE(made->find("<j@example.com>"), std::string::npos) << *made;
  EXPECT_NE(made->find("Subject: =?"), std::string::npos) << *made;
  EXPECT_TRUE(made->ends_with("\r\n\r\nplain\r\n")) << *made;
  const auto latin = downgrade(
      "Subject: Gr\xfc\xdf"
      "e\r\n\r\nplain\r\n");
  ASSERT_TRUE(latin);
  EXPECT_TRUE(all_seven_bit(*latin)) << *latin;
}

TEST(Downgrade, TextThatIsCalledSevenBitAndIsNotIsEncoded) {
  for (const std::string label : {"Content-Transfer-Encoding: 7bit\r\n", "", "Content-Transfer-Encoding: binary\r\n"}) {
    const auto made = downgrade("Subject: hi\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n" + label +
                                "\r\nplain text with one \xc3\xa4 in it\r\n");
    ASSERT_TRUE(made) << label;
    EXPECT_TRUE(all_seven_bit(*made)) << *made;
    EXPECT_NE(made->find("=C3=A4"), std::string::npos) << *made;
  }
}

TEST(Downgrade, NamesOfAttachmentsAndMessagesWithinAreEncodedToo) {
  const auto made = downgrade(
      "Subject: hi\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
      "--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=\"\xc3\xa4.pdf\"\r\n\r\nxx\r\n"
      "--b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\nSubject: "
      "\xc3\xa4\r\n\r\n\xc3\xa4\r\n--b--\r\n");
  ASSERT_TRUE(made);
  EXPECT_TRUE(all_seven_bit(*made)) << *made;
  EXPECT_EQ(made->find("8bit"), std::string::npos) << *made;
}

TEST(Downgrade, SignedPartsAreLeftAlone) {
  EXPECT_FALSE(
      downgrade("Subject: hi\r\nMIME-Version: 1.0\r\nContent-Type: multipart/signed; boundary=b; "
                "protocol=\"application/pgp-signature\"\r\n\r\n"
                "--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n\xc3\xa4\r\n"
                "--b\r\nContent-Type: application/pgp-signature\r\n\r\nxx\r\n--b--\r\n"));
}

}  // namespace
}  // namespace mta
