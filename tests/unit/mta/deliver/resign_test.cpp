#include "mta/deliver/resign.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "mta/deliver/message_body.h"
#include "tests/sim/world/world.h"

namespace mta {
namespace {

std::string rsa_key() {
  EVP_PKEY* key = EVP_RSA_gen(1024);
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  char* text = nullptr;
  const auto length = BIO_get_mem_data(out, &text);
  std::string pem(text, static_cast<std::size_t>(length));
  BIO_free(out);
  EVP_PKEY_free(key);
  return pem;
}

class ResignTest : public ::testing::Test {
 protected:
  // The signature over a message that comes in the pieces given; the time is fixed, so equal content has equal signatures.
  std::string sign(const std::vector<std::string>& pieces) {
    const auto signature = signer.begin("example.com/s1", std::chrono::sys_seconds(std::chrono::seconds(1'767'571'200)));
    SignatureFeed feed(*signature);
    for (const auto& piece : pieces) feed.add(piece);
    return feed.finish();
  }
  dkim::Signer signer{{{"example.com", "s1", true, rsa_key(), "test"}}};
};

const std::string message =
    "From: a@example.com\r\nSubject: a\r\n folded\r\n\tline\r\nTo: b@example.org\r\n\r\nhello\r\n\r\nFrom: not a header\r\n";

TEST_F(ResignTest, EverySplitSignsTheSame) {
  const std::string whole = sign({message});
  EXPECT_TRUE(whole.starts_with("DKIM-Signature:"));
  for (std::size_t i = 0; i <= message.size(); ++i) EXPECT_EQ(sign({message.substr(0, i), message.substr(i)}), whole) << i;
}

TEST_F(ResignTest, WhatIsSignedMatters) {
  std::string other = message;
  other.replace(other.find("hello"), 5, "hullo");
  EXPECT_NE(sign({other}), sign({message}));
  other = message;
  other.replace(other.find("folded"), 6, "golded");
  EXPECT_NE(sign({other}), sign({message}));
}

TEST_F(ResignTest, AMessageOfNothingButAHeaderIsSigned) {
  EXPECT_TRUE(sign({"From: a@example.com\r\n"}).starts_with("DKIM-Signature:"));
  EXPECT_EQ(sign({"From: a@example.com\r\n\r\n"}), sign({"From: a@example.com\r\n"}));
}

TEST_F(ResignTest, AFaultyHeaderIsRefusedByTheSignerWhereverItIsCut) {
  const auto refusal_of = [this](const std::string& octets, std::size_t cut) -> std::string {
    try {
      return sign({octets.substr(0, cut), octets.substr(cut)});
    } catch (const std::runtime_error& error) {
      return error.what();
    }
  };
  const std::pair<std::string, std::string> faulty[] = {
      {"From: a@example.com\r\nno field\r\n\r\nhello\r\n", "header line \"no field\" has no colon"},
      {"From: a@example.com\r\nno end", "header line \"no end\" has no colon"},
      {"From: a@example.com\r\nTo: b\nCc: c\r\n\r\nhello\r\n", "header field To holds a bare LF"},
      {"From: a@example.com\r\nTo: b\rc\r\n\r\nhello\r\n", "header field To holds a bare CR"},
      {std::string("From: a@example.com\r\nTo: b\0c\r\n\r\n", 32), "header field To holds the control character 0x00"}};
  for (const auto& [octets, why] : faulty)
    for (std::size_t cut = 0; cut <= octets.size(); ++cut) EXPECT_EQ(refusal_of(octets, cut), "DKIM signature: " + why) << cut;
}

TEST_F(ResignTest, ASignatureIsStaleWhenItIsOldOrItsKeyIsGone) {
  queue::Message queued;
  queued.from_domain = "example.com";
  queued.signed_with = "example.com/s1";
  queued.signed_at = sim::world_began;
  EXPECT_FALSE(signature_is_stale(queued, signer, sim::world_began + std::chrono::hours(72)));
  EXPECT_TRUE(signature_is_stale(queued, signer, sim::world_began + std::chrono::hours(73)));
  queued.signed_with = "example.com/s0";
  EXPECT_TRUE(signature_is_stale(queued, signer, sim::world_began));
  queued.signed_with = "";
  EXPECT_TRUE(signature_is_stale(queued, signer, sim::world_began));
  queued.from_domain = "elsewhere.example";
  EXPECT_FALSE(signature_is_stale(queued, signer, sim::world_began));
}

TEST_F(ResignTest, WhatCannotBeSignedHasNoSignature) {
  sim::SimWorld world{1};
  auto begin = [&] { return signer.begin("example.com/s1", std::chrono::sys_seconds(std::chrono::seconds(1))); };
  const auto good = world.loop.run(sign_again(begin(), std::make_unique<TextBody>(message), world.work));
  EXPECT_TRUE(good && good->starts_with("DKIM-Signature:"));
  const auto bad = world.loop.run(sign_again(begin(), std::make_unique<TextBody>("Subject: nobody\r\n\r\n"), world.work));
  EXPECT_FALSE(bad);
}

}  // namespace
}  // namespace mta
