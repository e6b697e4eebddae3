// The shipped responses.toml against real replies.
#include <gmock/gmock.h>

#include <algorithm>
#include <iterator>
#include <set>

#include "tests/unit/mta/deliver/verdict_fixture.h"

namespace mta {
namespace {

smtp::Stage stage_for(const conf::ResponseRule& rule) {
  const bool at_rcpt = rule.stages.empty() || std::count(rule.stages.begin(), rule.stages.end(), "rcpt") > 0;
  return at_rcpt ? smtp::Stage::rcpt : smtp::Stage::banner;
}

template <class Row>  // with a code, an enhanced code and a text
smtp::Reply reply_of(const Row& row) {
  smtp::Reply reply = smtp::make_reply(row.code, row.text);
  if (reply.enhanced.empty()) reply.enhanced = row.enhanced;
  return reply;
}

// "CODE TEXT: VERDICT by RULE" of every reply that got a verdict nobody accepts.
std::vector<std::string> misjudged(const std::vector<KnownReply>& replies) {
  std::vector<std::string> wrong;
  for (const KnownReply& known : replies) {
    const Judgement made = shipped_judge().judge(reply_of(known), known.provider, smtp::Stage::rcpt);
    if (!known.takes(name(made.verdict)))
      wrong.push_back(std::to_string(known.code) + " " + known.text + ": " + std::string(name(made.verdict)) + " by " +
                      made.rule + ", not " + known.accepted);
  }
  return wrong;
}

std::vector<KnownReply> replies_of_both_tables() {
  auto replies = known_replies("replies_more.tsv");
  std::ranges::move(known_replies("replies_kinds.tsv"), std::back_inserter(replies));
  return replies;
}

TEST(VerdictTable, EveryExampleIsCaughtByItsOwnRule) {
  for (const conf::ResponseRule& rule : shipped_rules()) {
    for (const auto& example : rule.examples) {
      const Judgement made = shipped_judge().judge(reply_of(example), example.provider, stage_for(rule));
      EXPECT_EQ(made.rule, "responses.toml:" + std::to_string(rule.where.line)) << example.code << " " << example.text;
    }
  }
}

TEST(VerdictTable, EveryVerdictThatARemoteCanCauseHasARule) {
  std::set<std::string> has;
  for (const conf::ResponseRule& rule : shipped_rules()) has.insert(rule.verdict);
  for (int number = static_cast<int>(Verdict::greylisted); number <= static_cast<int>(Verdict::permanent); ++number)
    EXPECT_TRUE(has.count(std::string(name(static_cast<Verdict>(number))))) << name(static_cast<Verdict>(number));
}

TEST(VerdictTable, CollectedRepliesGetAnAcceptedVerdict) {
  const auto replies = known_replies("replies.tsv");
  ASSERT_GE(replies.size(), 58U);
  EXPECT_THAT(misjudged(replies), testing::IsEmpty());
}

TEST(VerdictTable, FurtherRepliesGetAnAcceptedVerdict) {
  const auto replies = known_replies("replies_more.tsv");
  ASSERT_GE(replies.size(), 500U);
  EXPECT_THAT(misjudged(replies), testing::IsEmpty());
}

// Many servers and providers, kind by kind: limits with a provider's code, numbers alone, lists of the remote's own, users unknown for now.
TEST(VerdictTable, RepliesOfAllKindsGetAnAcceptedVerdict) {
  const auto replies = known_replies("replies_kinds.tsv");
  ASSERT_GE(replies.size(), 270U);
  EXPECT_THAT(misjudged(replies), testing::IsEmpty());
}

// The provider may be unknown (a smarthost, a domain never seen): words alone must nearly always do.
TEST(VerdictTable, RepliesAreUnderstoodWithoutTheProvider) {
  auto replies = replies_of_both_tables();
  for (KnownReply& reply : replies) reply.provider = "";
  EXPECT_LE(misjudged(replies).size() * 50, replies.size());
}

// Many servers send no enhanced code.
TEST(VerdictTable, RepliesAreUnderstoodWithoutTheEnhancedCode) {
  auto replies = replies_of_both_tables();
  for (KnownReply& reply : replies) reply.enhanced = "";
  EXPECT_LE(misjudged(replies).size() * 25, replies.size());
}

}  // namespace
}  // namespace mta
