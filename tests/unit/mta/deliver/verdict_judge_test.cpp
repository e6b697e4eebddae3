// What decides when: rules in order, then the enhanced code, then the code; and what is done about it.
#include <gtest/gtest.h>

#include <chrono>

#include "tests/unit/mta/deliver/verdict_fixture.h"

namespace mta {
namespace {

using namespace std::chrono_literals;

class VerdictJudge : public testing::Test {
 protected:
  conf::ResponseRule& rule(const std::string& verdict) {
    rules_.emplace_back();
    rules_.back().where = {"/etc/warmupd/own.toml", rules_.size() * 10};
    rules_.back().verdict = verdict;
    return rules_.back();
  }
  Judgement hear(int code, const std::string& text, const std::string& provider = "", smtp::Stage stage = smtp::Stage::rcpt) {
    return Judge(rules_).judge(smtp::make_reply(code, text), provider, stage);
  }
  static Judgement shipped(int code, const std::string& text, smtp::Stage stage = smtp::Stage::rcpt) {
    return shipped_judge().judge(smtp::make_reply(code, text), "", stage);
  }

 private:
  std::vector<conf::ResponseRule> rules_;
};

TEST_F(VerdictJudge, TheFirstRuleThatMatchesDecidesAndIsNamed) {
  rule("virus").text = {"eicar"};
  rule("spam_content").text = {"reject"};
  rule("policy").text = {"rejected"};
  EXPECT_EQ(hear(550, "Message REJECTED").verdict, Verdict::spam_content);
  EXPECT_EQ(hear(550, "Message rejected").rule, "own.toml:20");
  EXPECT_EQ(hear(550, "rejected: eicar").verdict, Verdict::virus);
}

TEST_F(VerdictJudge, AllConditionsOfARuleMustHold) {
  auto& strict = rule("policy");
  strict.codes = {"55x"};
  strict.enhanced = {"5.7.*"};
  strict.providers = {"google"};
  strict.stages = {"dot"};
  strict.text = {"no"};
  EXPECT_EQ(hear(550, "5.7.9 no", "google", smtp::Stage::dot).verdict, Verdict::policy);
  EXPECT_NE(hear(550, "5.7.9 no", "google", smtp::Stage::rcpt).rule, "own.toml:10");
  EXPECT_NE(hear(550, "5.7.9 no", "yahoo", smtp::Stage::dot).rule, "own.toml:10");
  EXPECT_NE(hear(550, "5.1.9 no", "google", smtp::Stage::dot).rule, "own.toml:10");
  EXPECT_NE(hear(541, "5.7.9 no", "google", smtp::Stage::dot).rule, "own.toml:10");
  EXPECT_NE(hear(550, "5.7.9 yes", "google", smtp::Stage::dot).rule, "own.toml:10");
}

TEST_F(VerdictJudge, WithoutARuleTheEnhancedCodeThenTheCodeDecides) {
  EXPECT_EQ(hear(550, "5.1.1 xyzzy").verdict, Verdict::unknown_user);
  EXPECT_EQ(hear(550, "5.1.1 xyzzy").rule, "enhanced code 5.1.1");
  EXPECT_EQ(hear(552, "xyzzy").verdict, Verdict::mailbox_full);
  EXPECT_EQ(hear(552, "xyzzy").rule, "code 552");
  EXPECT_EQ(hear(599, "9.9.9 xyzzy").verdict, Verdict::permanent);
  EXPECT_EQ(hear(421, "xyzzy").verdict, Verdict::temporary);
  EXPECT_EQ(hear(0, "").verdict, Verdict::connection_failed);
  EXPECT_EQ(hear(250, "2.0.0 ok").verdict, Verdict::delivered);
}

TEST_F(VerdictJudge, AnEnhancedCodeInsideTheTextCountsUnlessItIsAnAddressOrAVersion) {
  EXPECT_EQ(hear(550, "xyzzy (#5.2.2)").verdict, Verdict::mailbox_full);
  EXPECT_EQ(hear(550, "from 195.1.1.8 xyzzy").rule, "code 550");
  EXPECT_EQ(hear(550, "from 5.1.1.8 xyzzy").rule, "code 550");
  EXPECT_EQ(hear(550, "version 5.12.2 xyzzy").rule, "code 550");
}

TEST_F(VerdictJudge, AFourHundredNeverEndsAnAddressAndByItsCodeAloneSaysNothingOfIt) {
  EXPECT_EQ(hear(450, "4.1.1 xyzzy").verdict, Verdict::temporary);
  EXPECT_EQ(hear(450, "4.7.1 xyzzy").verdict, Verdict::temporary);
  for (const char* text : {"4.1.1 <a@example.org>: Recipient address rejected: User unknown in virtual alias table",
                           "4.1.1 <a@example.org>... user unknown", "No such user here"}) {
    EXPECT_EQ(shipped(450, text).verdict, Verdict::unknown_user) << text;
    EXPECT_EQ(action(shipped(450, text).verdict, false), Action::retry) << text;
  }
  for (const char* text : {"4.1.1 <a@example.org>: Recipient address rejected: unverified address: connection timed out",
                           "4.2.0 mailbox unavailable", "4.4.3 look-up failure"})
    EXPECT_EQ(shipped(450, text).verdict, Verdict::temporary) << text;
}

TEST_F(VerdictJudge, AtMailAnAddressFaultIsTheSenders) {
  EXPECT_EQ(hear(550, "5.1.0 xyzzy", "", smtp::Stage::mail).verdict, Verdict::bad_sender);
}

TEST_F(VerdictJudge, A421AtTheBannerWithoutRateWordsIsAFailedConnection) {
  EXPECT_EQ(shipped(421, "Service not available, closing transmission channel", smtp::Stage::banner).verdict,
            Verdict::connection_failed);
  EXPECT_EQ(shipped(421, "Service not available, closing transmission channel", smtp::Stage::rcpt).verdict, Verdict::temporary);
  EXPECT_EQ(shipped(421, "Too many connections from your host", smtp::Stage::banner).verdict, Verdict::connection_limit);
  EXPECT_EQ(shipped(554, "Your IP is listed at zen.spamhaus.org", smtp::Stage::banner).verdict, Verdict::reputation_block);
  EXPECT_EQ(shipped(554, "No SMTP service here", smtp::Stage::banner).verdict, Verdict::connection_failed);
}

// The address of a recipient must not decide what a reply means.
TEST_F(VerdictJudge, WordsInsideMailAddressesDoNotCount) {
  EXPECT_EQ(shipped(550, "5.1.1 <mailboxfull@spamhaus.example>: User unknown").verdict, Verdict::unknown_user);
  EXPECT_EQ(shipped(550, "greylist@example.org: no such user").verdict, Verdict::unknown_user);
}

TEST_F(VerdictJudge, BlockedMeansTheMailboxOrTheSender) {
  EXPECT_EQ(shipped(550, "The recipient account is blocked").verdict, Verdict::mailbox_disabled);
  EXPECT_EQ(shipped(550, "Your server 192.0.2.1 is blocked").verdict, Verdict::reputation_block);
  EXPECT_EQ(shipped(550, "5.7.1 You have been blocked by the recipient").verdict, Verdict::policy);
}

TEST_F(VerdictJudge, GreylistingAndRateLimitsBringTheDelayTheyName) {
  EXPECT_EQ(shipped(450, "4.7.1 Greylisted, try again in 500 seconds").named_delay, 500s);
  EXPECT_EQ(shipped(451, "4.7.1 Rate limit exceeded, wait 10 minutes").named_delay, 10min);
  EXPECT_FALSE(shipped(550, "5.1.1 User unknown since 3 days").named_delay);
}

TEST_F(VerdictJudge, AllBadRulesAreReportedAtOnceWithTheirPlaces) {
  rule("greylist").text = {"a"};
  rule("virus").text = {"(unclosed", "a++b"};
  try {
    hear(550, "x");
    FAIL() << "bad rules were taken";
  } catch (const conf::ConfigError& error) {
    ASSERT_EQ(error.problems.size(), 3U) << error.what();
    EXPECT_EQ(error.problems[0].where.line, 10U);
    EXPECT_NE(error.problems[0].text.find("there is no verdict \"greylist\""), std::string::npos);
    EXPECT_NE(error.problems[1].text.find("(unclosed"), std::string::npos);
    EXPECT_EQ(error.problems[2].where.line, 20U);
  }
}

// Exponential for a backtracking engine: RE2 does it in one pass, and no more than 4 KiB are read.
TEST_F(VerdictJudge, ANastyPatternOverALongTextIsStillLinear) {
  rule("policy").text = {"(a+)+$", "(a|aa)+b"};
  EXPECT_EQ(hear(550, std::string(1U << 16U, 'a') + "!").verdict, Verdict::policy);
  EXPECT_EQ(hear(550, std::string(4000, 'a') + "!").rule, "code 550");
}

TEST(VerdictActions, AreDescribedInOneSentence) {
  EXPECT_EQ(describe_action(Verdict::policy, true), "returned to the sender.");
  EXPECT_EQ(describe_action(Verdict::too_many_rcpts, false), "tried again after the usual back-off, in a new transaction.");
}

}  // namespace
}  // namespace mta
