#include "dkim/key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "post.h"

namespace dkim::test {
namespace {

using testing::HasSubstr;

std::string complaint(const std::string& pem) {
  try {
    inspect(pem);
  } catch (const KeyError& error) {
    return error.what();
  }
  return "none";
}

TEST(DkimKey, AnRsaKeyTellsItsSizeAndItsRecord) {
  const KeyFacts facts = inspect(key_text("rsa2048"));
  EXPECT_EQ(facts.type, KeyType::rsa);
  EXPECT_EQ(facts.bits, 2048U);
  // p= is the SubjectPublicKeyInfo, which is what public.pem holds between its two lines.
  std::string published;
  std::istringstream lines(key_text("public"));
  for (std::string line; std::getline(lines, line);)
    if (line.rfind("-----", 0) != 0) published += line;
  EXPECT_EQ(facts.public_base64, published);
}

TEST(DkimKey, AnEd25519KeyIsPublishedAsItsThirtyTwoOctets) {
  const KeyFacts facts = inspect(key_text("ed25519"));
  EXPECT_EQ(facts.type, KeyType::ed25519);
  EXPECT_EQ(facts.public_base64, "+WX3I6MQFFauvjGfy6g6SclDPgv5md8sr5aCD6OQYl4=");
}

TEST(DkimKey, AThousandAndTwentyFourBitsAreEnoughInEitherWriting) {
  EXPECT_EQ(inspect(key_text("rsa1024")).bits, 1024U);
  EXPECT_EQ(inspect(key_text("rsa1024_traditional")).public_base64, inspect(key_text("rsa1024")).public_base64);
}

TEST(DkimKey, WhatIsNoSigningKeyIsCalledByItsName) {
  EXPECT_THAT(complaint(""), HasSubstr("empty"));
  EXPECT_THAT(complaint("hello\n"), HasSubstr("not a PEM file"));
  EXPECT_THAT(complaint(key_text("encrypted")), HasSubstr("encrypted"));
  EXPECT_THAT(complaint(key_text("encrypted_traditional")), HasSubstr("encrypted"));
  EXPECT_THAT(complaint(key_text("public")), HasSubstr("a public key"));
  EXPECT_THAT(complaint(key_text("certificate")), HasSubstr("a certificate"));
  EXPECT_THAT(complaint(key_text("ec")), HasSubstr("elliptic curve"));
  EXPECT_THAT(complaint(key_text("x25519")), HasSubstr("X25519"));
  EXPECT_THAT(complaint(key_text("rsa_pss")), HasSubstr("RSA-PSS"));
  EXPECT_THAT(complaint(key_text("rsa512")), HasSubstr("512 bits"));
  EXPECT_THAT(complaint(key_text("mismatched")), HasSubstr("do not belong together"));
  std::string torn = key_text("rsa2048");
  torn.erase(400, 64);
  EXPECT_THAT(complaint(torn), HasSubstr("damaged"));
}

TEST(DkimKey, AComplaintNamesDomainSelectorAndFile) {
  try {
    Signer({key("example.com", "s1", "public")});
    FAIL() << "a public key was taken";
  } catch (const KeyError& error) {
    EXPECT_THAT(error.what(), HasSubstr("example.com/s1 (public.pem)"));
  }
}

TEST(DkimKey, TextAroundTheKeyDoesNotHinderSigning) {
  KeyOptions odd = key("example.com", "s1", "rsa1024");
  odd.pem = "\nBag Attributes\n  friendlyName: mail\n" + odd.pem;
  const std::string line = sign(Signer({odd}), "example.com/s1", Message());
  EXPECT_THAT(verdicts(Message().text(line), {odd}), testing::ElementsAre("rsa-sha256 pass"));
}

TEST(DkimKey, NamesThatCannotStandInASignatureAreRefused) {
  for (const char* domain :
       {"", "exa mple.com", "example.com;x", "bücher.example", ".example.com", "example.com.", "a..b", "a/b", "a,b"})
    EXPECT_THROW(Signer({key(domain, "s1", "ed25519")}), KeyError) << domain;
  EXPECT_THROW(Signer({key("example.com", "s/1", "ed25519")}), KeyError);
  EXPECT_THROW(Signer({key("example.com", "s1", "ed25519"), key("EXAMPLE.com", "s1", "rsa1024")}), KeyError)
      << "configured twice";
}

}  // namespace
}  // namespace dkim::test
