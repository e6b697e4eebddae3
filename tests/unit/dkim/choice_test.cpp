#include <gtest/gtest.h>

#include "dkim/signer.h"
#include "post.h"

namespace dkim::test {
namespace {

struct DkimChoice : testing::Test {
  Signer signer{{key("example.com", "ed", "ed25519"), key("example.com", "rsa", "rsa1024"), key("example.com", "next", "rsa1024"),
                 key("news.example.com", "n1", "ed25519"), key("shop.example.com", "own", "rsa1024", false),
                 key("Example.ORG", "o", "rsa1024", false)}};
};

TEST_F(DkimChoice, TheMostSpecificDomainSignsWithOneKeyOfEachType) {
  const std::pair<const char*, const char*> table[] = {
      {"example.com", "example.com/rsa,example.com/ed"},         // RSA first, the first configured of its type
      {"EXAMPLE.Com", "example.com/rsa,example.com/ed"},         // names are compared without case
      {"example.com.", "example.com/rsa,example.com/ed"},        // a final dot says nothing
      {"a.b.example.com", "example.com/rsa,example.com/ed"},     // a parent with subdomains
      {"news.example.com", "news.example.com/n1"},               // exact is more specific, even with fewer keys
      {"x.news.example.com", "news.example.com/n1"},             //
      {"shop.example.com", "shop.example.com/own"},              //
      {"x.shop.example.com", "example.com/rsa,example.com/ed"},  // shop signs for itself only
      {"example.org", "example.org/o"},                          //
      {"www.example.org", ""},                                   // no subdomains there
      {"notexample.com", ""},                                    // a label, not a suffix of letters
      {"com", ""},                                               //
      {"", ""},                                                  //
      {"..", ""},                                                //
  };
  for (const auto& [from, keys] : table) EXPECT_EQ(signer.keys_for(from), keys) << from;
}

TEST_F(DkimChoice, ASignatureIsKnownWhileEveryKeyOfItIsConfigured) {
  EXPECT_TRUE(signer.knows("example.com/rsa,example.com/ed"));
  EXPECT_TRUE(signer.knows("example.com/next"));
  EXPECT_FALSE(signer.knows("example.com/rsa,example.com/old"));
  EXPECT_FALSE(signer.knows("example.net/rsa"));
  EXPECT_FALSE(signer.knows("example.com"));
  EXPECT_TRUE(signer.knows(""));
}

TEST_F(DkimChoice, AKeyThatIsNotConfiguredIsNotBegunWith) {
  EXPECT_THROW(signer.begin("example.com/old", noon), std::runtime_error);
}

TEST_F(DkimChoice, ASignatureOutlivesTheSignerThatAReloadReplaces) {
  auto old = std::make_unique<Signer>(std::vector{key("example.com", "s", "rsa1024")});
  const auto signature = old->begin("example.com/s", noon);
  old.reset();
  const Message message;
  for (const auto& field : message.fields) signature->header(field);
  signature->body(message.body);
  EXPECT_EQ(verdicts(message.text(signature->finish()), {key("example.com", "s", "rsa1024")}),
            std::vector<std::string>{"rsa-sha256 pass"});
}

}  // namespace
}  // namespace dkim::test
