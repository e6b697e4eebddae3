#include "mta/deliver/fit.h"

#include <gtest/gtest.h>

namespace mta {
namespace {

class FitTest : public ::testing::Test {
 protected:
  FitTest() {
    message.sender = "a@example.com";
    message.size = 1000;
    to({"b@example.org"});
  }
  void to(const std::vector<std::string>& addresses) {
    addressees.clear();
    for (std::uint32_t i = 0; i < addresses.size(); ++i) {
      addressees.push_back({i, {}});
      addressees.back().recipient.address = addresses[i];
    }
  }
  Fit made() const { return fit({message, addressees, message.size, header, "mx.example.org"}, offers); }

  queue::Message message;
  std::vector<Addressee> addressees;
  std::string header = "Subject: hi\r\n\r\n\xc3\xa4";
  smtp::Offers offers;
};

TEST_F(FitTest, APlainMessageFitsAnywhere) {
  EXPECT_EQ(made().numbers, (std::vector<std::uint32_t>{0}));
  EXPECT_TRUE(made().refused.empty());
  EXPECT_FALSE(made().convert);
}

TEST_F(FitTest, AMessageKnownToBeTooLargeIsNotEvenOffered) {
  offers.size_limit = 999;
  EXPECT_EQ(made().refused.at(0).reply.enhanced, "5.3.4");
  EXPECT_EQ(made().refused.at(0).verdict, Verdict::too_large);
  EXPECT_TRUE(made().numbers.empty());
  offers.size_limit = 1000;
  EXPECT_TRUE(made().refused.empty());
}

TEST_F(FitTest, OnlyTheAddressThatNeedsSmtputf8IsRefusedWithoutIt) {
  to({"b@example.org", "\xe5\xae\x9b@example.org"});
  EXPECT_EQ(made().numbers, (std::vector<std::uint32_t>{0}));
  EXPECT_EQ(made().refused.at(0).number, 1U);
  EXPECT_EQ(made().refused.at(0).reply.enhanced, "5.6.7");
  offers.smtputf8 = true;
  EXPECT_EQ(made().numbers.size(), 2U);
  EXPECT_TRUE(made().envelope.smtputf8);
}

TEST_F(FitTest, ADomainHasAnAsciiForm) {
  to({"b@b\xc3\xbc"
      "cher.example"});
  EXPECT_EQ(made().envelope.to.at(0).address, "b@xn--bcher-kva.example");
}

TEST_F(FitTest, ASenderThatNeedsSmtputf8RefusesAll) {
  message.sender = "\xe5\xae\x9b@example.com";
  EXPECT_EQ(made().refused.at(0).reply.enhanced, "5.6.7");
}

TEST_F(FitTest, Utf8InTheBodyAloneNeedsNoSmtputf8) {
  message.smtputf8 = message.eight_bit = true;
  offers.eight_bit_mime = true;
  EXPECT_TRUE(header_decides(message, offers));
  EXPECT_TRUE(made().refused.empty());
  header = "Subject: \xc3\xa4\r\n\r\n";
  EXPECT_EQ(made().refused.at(0).reply.enhanced, "5.6.7");
  offers.smtputf8 = true;
  EXPECT_FALSE(header_decides(message, offers));
  EXPECT_TRUE(made().refused.empty());
}

TEST_F(FitTest, EightBitContentIsConvertedUnlessItIsTaken) {
  message.eight_bit = true;
  EXPECT_TRUE(made().convert);
  offers.eight_bit_mime = true;
  EXPECT_FALSE(made().convert);
}

TEST_F(FitTest, AnAddressThatWouldBreakTheCommandIsNeverSaid) {
  to({"b@example.org>\r\nDATA", "c@example.org"});
  EXPECT_EQ(made().refused.at(0).reply.enhanced, "5.1.3");
  EXPECT_EQ(made().numbers, (std::vector<std::uint32_t>{1}));
}

}  // namespace
}  // namespace mta
