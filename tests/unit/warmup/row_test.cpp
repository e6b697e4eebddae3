// A lane as rows: what is written comes back, what is older or broken is read as far as it goes.
#include "warmup/lane_row.h"

#include "road.h"

namespace warmup {
namespace {

TEST(Row, EverythingComesBackButTheHistoryAndAProbe) {
  Road road;
  for (int day = 0; day < 3; ++day) road.use_day(*road.lane.today.limit);
  road.send(7);
  road.take(3, "transactional");
  keep_place(road.lane, "transactional");
  road.answers(Verdict::unknown_user, 12);
  bounces_within_the_day(road.lane, road.rules, road.now);
  refund(road.lane, "transactional", 2);
  road.block("m\"1\\\n\xC3\xA9", "a@example.com");
  road.probe_meets(Verdict::reputation_block);
  road.hand(LaneCommand::hold, std::nullopt, 5h);
  road.lane.brake.probing = true;
  road.lane.clock_behind_since = {"boot", 7h};
  auto back = decode_lane(encode(road.lane));
  ASSERT_TRUE(back);
  EXPECT_TRUE(back->history.empty());
  EXPECT_FALSE(back->brake.probing);
  back->history = road.lane.history;
  back->brake.probing = true;
  EXPECT_EQ(*back, road.lane);
}

TEST(Row, DaysComeBack) {
  Road road;
  road.answers(Verdict::unknown_user, 3);
  road.answers(Verdict::spam_content, 1);
  road.use_day(70);
  const Day& day = road.lane.history.back();
  EXPECT_EQ(decode_day(encode(day)), day);
  EXPECT_EQ(decode_day(encode(Day{})), Day{});
}

TEST(Row, TheLargestNumbersComeBack) {
  Day day;
  day.limit = std::numeric_limits<Recipients>::max();
  day.sent_by_provider["google"] = 7;
  day.sent_by_class["bulk"] = std::numeric_limits<Recipients>::max();
  EXPECT_EQ(decode_day(encode(day)), day);
}

TEST(Row, WhatHasItsDefaultTakesNoRoom) {
  EXPECT_EQ(encode(Lane{}), R"({"lane":1})");
  Lane lane;
  lane.today.limit = 0;  // is not the same as none
  EXPECT_EQ(encode(lane), R"({"lane":1,"today":{"limit":0}})");
  EXPECT_EQ(decode_lane(encode(lane)), lane);
  lane.open["bulk"] = {};
  lane.evidence.emplace_back();
  lane.today.samples["rate_limited"] = {};
  EXPECT_EQ(decode_lane(encode(lane)), lane);
}

TEST(Row, OfAnOlderVersionHasDefaultsForWhatItLacks) {
  const auto lane = decode_lane(R"({"lane":1,"stage":4,"phase":1,"today":{"date":"2026-11-20","sent":9}})");
  ASSERT_TRUE(lane);
  EXPECT_EQ(lane->stage, 4U);
  EXPECT_EQ(lane->phase, Phase::warming);
  EXPECT_EQ(lane->today.sent, 9U);
  EXPECT_FALSE(lane->today.limit);
  EXPECT_EQ(lane->undo, Undo{});
}

TEST(Row, MembersOfAnotherTypeAreTakenForMissing) {
  const auto lane =
      decode_lane(R"({"lane":1,"stage":"four","phase":9,"held":3,"today":[],"brake":7,"pin":null,"evidence":[1,{}],"undo":""})");
  ASSERT_TRUE(lane);
  EXPECT_EQ(lane->stage, 0U);
  EXPECT_EQ(lane->phase, Phase::cold);
  EXPECT_EQ(lane->evidence.size(), 1U);
}

TEST(Row, WhatIsNoRowIsNone) {
  for (const auto* text :
       {"", "{", "[]", "7", "{\"stage\":1}", "{\"lane\":1,\"open\":{\"bulk\":[1]}}", "{\"lane\":1,\"hour\":[[1,\"x\"]]}",
        "{\"lane\":1,\"open\":{\"bulk\":[-1,0]}}", "{\"lane\":1,\"hour\":[[1.5,1e300]]}"}) {
    EXPECT_FALSE(decode_lane(text)) << text;
  }
  EXPECT_FALSE(decode_day("null"));
}

}  // namespace
}  // namespace warmup
