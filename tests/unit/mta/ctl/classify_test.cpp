// `warmupctl classify` and its batches.
#include "mta/ctl/classify.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <sstream>

#include "conf/load.h"

namespace mta::ctl {
namespace {

const Judge& shipped_judge() {
  static const Judge judge(conf::load_responses(WARMUPD_SOURCE_DIR "/conf/responses.toml"));
  return judge;
}

struct Batch {
  int strange = 0, unknown = 0;
  std::vector<boost::json::object> objects;
};

Batch classify_lines(const std::string& lines) {
  std::istringstream in(lines);
  std::ostringstream out;
  Batch batch;
  const auto find = [](std::string_view called) {
    return NamedProvider{std::string(called), called == "gogle" ? "there is no gogle" : ""};
  };
  const BatchFaults faults = classify_batch(in, out, shipped_judge(), find);
  batch.strange = faults.no_replies;
  batch.unknown = faults.mistyped_providers;
  std::istringstream made(out.str());
  for (std::string line; std::getline(made, line);) batch.objects.push_back(boost::json::parse(line).as_object());
  return batch;
}

TEST(Classify, ALineGivesOneObjectWithVerdictRuleAndAction) {
  const Batch batch = classify_lines("550\t5.1.1\tUser unknown\tpostfix\n");
  ASSERT_EQ(batch.objects.size(), 1U);
  EXPECT_EQ(batch.objects[0].at("verdict"), "unknown_user");
  EXPECT_TRUE(batch.objects[0].at("rule").as_string().starts_with("responses.toml:"));
  EXPECT_TRUE(batch.objects[0].at("action").as_string().starts_with("returned to the sender"));
}

TEST(Classify, HeaderAndEmptyLinesGiveNothingAndCarriageReturnsGoAway) {
  const Batch batch = classify_lines("code\tenhanced\ttext\tprovider\r\n\r\n421\t4.7.0\t[TS01] Messages deferred\tyahoo\r\n");
  ASSERT_EQ(batch.objects.size(), 1U);
  EXPECT_EQ(batch.objects[0].at("verdict"), "rate_limited");
  EXPECT_EQ(batch.strange, 0);
}

TEST(Classify, ProviderAndEnhancedCodeMayBeMissingOrStandInTheText) {
  const Batch batch = classify_lines("552\t\t5.2.2 xyzzy\n552\t5.2.2\txyzzy\t\n");
  ASSERT_EQ(batch.objects.size(), 2U);
  EXPECT_EQ(batch.objects[0].at("verdict"), "mailbox_full");
  EXPECT_EQ(batch.objects[0], batch.objects[1]);
}

TEST(Classify, AnUnknownProviderIsReportedInItsPlaceBesideWhatTheRulesForAllSay) {
  const Batch batch = classify_lines("550\t5.1.1\tUser unknown\tgogle\n550\t5.1.1\tUser unknown\tgoogle\n");
  EXPECT_EQ(batch.unknown, 1);
  EXPECT_EQ(batch.strange, 0);
  ASSERT_EQ(batch.objects.size(), 2U);
  EXPECT_EQ(batch.objects[0].at("error"), "there is no gogle");
  EXPECT_EQ(batch.objects[0].at("line"), 1);
  EXPECT_EQ(batch.objects[0].at("verdict"), "unknown_user");
  EXPECT_FALSE(batch.objects[1].contains("error"));
}

TEST(Classify, ALineThatIsNoReplyIsReportedInItsPlace) {
  const Batch batch = classify_lines("hello\n999\t\tx\t\n250\t2.0.0\tok\t\n");
  EXPECT_EQ(batch.strange, 2);
  ASSERT_EQ(batch.objects.size(), 3U);
  EXPECT_EQ(batch.objects[1].at("line"), 2);
  EXPECT_EQ(batch.objects[2].at("verdict"), "delivered");
}

}  // namespace
}  // namespace mta::ctl
