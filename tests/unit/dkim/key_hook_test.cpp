#include "dkim/key_hook.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dkim/thread_keys.h"
#include "post.h"

namespace dkim::test {
namespace {

struct DkimKeyHook : testing::Test {
  const std::vector<KeyOptions> keys{key("example.com", "rsa", "rsa1024"), key("example.com", "ed", "ed25519")};
  const Signer signer{keys};
  const KeySlot before = key_slot();

  std::uint64_t served() const { return key_slot().served - before.served; }
  std::uint64_t parsed() const { return key_slot().parsed - before.parsed; }
};

// This is the test that notices when libopendkim no longer asks for its keys by PEM_read_bio_PrivateKey, or the hook is not
// linked.
TEST_F(DkimKeyHook, AHundredSignaturesOfEachKindParseEachKeyOnce) {
  for (int i = 0; i < 100; ++i) sign(signer, "example.com/rsa,example.com/ed", Message());
  EXPECT_EQ(served(), 200U);
  EXPECT_EQ(parsed(), 2U);
}

TEST_F(DkimKeyHook, TheProgramKnowsThatTheCacheWorks) { EXPECT_TRUE(key_cache_active()); }

TEST_F(DkimKeyHook, TheSlotIsEmptyBetweenSignatures) {
  sign(signer, "example.com/rsa", Message());
  EXPECT_EQ(key_slot().key, nullptr);
}

TEST_F(DkimKeyHook, ASignatureThatFailsLeavesTheSlotEmpty) {
  const auto signature = signer.begin("example.com/rsa", noon);
  EXPECT_THROW(signature->finish(), std::runtime_error);
  EXPECT_EQ(key_slot().key, nullptr);
}

TEST_F(DkimKeyHook, AKeyIsParsedAgainLongBeforeItsReferencesRunOut) {
  const auto one = std::make_shared<const Key>(checked(keys[1]));
  const auto parsed_before = key_slot().parsed;
  for (std::uint32_t i = 0; i < uses_before_renewal; ++i) ASSERT_NE(parsed_here(one), nullptr);
  EXPECT_EQ(key_slot().parsed - parsed_before, 1U);
  ASSERT_NE(parsed_here(one), nullptr);
  EXPECT_EQ(key_slot().parsed - parsed_before, 2U);
}

TEST_F(DkimKeyHook, KeysOfAConfigurationThatIsGoneAreNotUsedForTheNext) {
  for (const char* file : {"rsa1024", "rsa2048", "ed25519", "rsa1024"}) {
    const std::vector<KeyOptions> now{key("example.com", "s", file)};
    const std::string line = sign(Signer(now), "example.com/s", Message());
    EXPECT_THAT(verdicts(Message().text(line), now), testing::ElementsAre(testing::HasSubstr("pass"))) << file;
  }
}

}  // namespace
}  // namespace dkim::test
