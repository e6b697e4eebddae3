// The table of lanes: what it loads, brings to the present, saves, lets go and renames.
#include "warmup/lane_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "road.h"
#include "warmup/ledger.h"

namespace warmup {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

// Keeps lanes in memory and notes what was saved.
class LaneShelf : public LaneStore {
 public:
  std::string row_of(const LaneKey& key) override { return lane_row_key("address of " + key.source, key.provider); }
  std::optional<Lane> load(const std::string& row) override {
    ++loads;
    const auto found = rows.find(row);
    return found == rows.end() ? std::nullopt : std::optional(found->second);
  }
  void save(const std::string& row, const Lane& lane, bool days) override {
    rows[row] = lane;
    saved.emplace_back(parse_lane_row_key(row).provider, days);
  }

  std::map<std::string, Lane> rows;
  std::vector<std::pair<std::string, bool>> saved;  // provider, with its days
  unsigned loads = 0;
};

// ip-1 has a total of 150 over everything, ip-2 has none; each lane may send 100 on its first day.
class TwoSources : public LaneRules {
 public:
  TwoSources() {
    total_plan_.start = 150;
    plan_.pace = total_plan_.pace = Pace::none;
    plan_.hourly = total_plan_.hourly = 1;
  }
  bool has_source(const std::string& name) const override { return name == "ip-1" || name == "ip-2" || is_sender_identity(name); }
  std::shared_ptr<const Rules> rules_of(const LaneKey& key) const override {
    if (is_sender(key)) return no_plan();
    if (key.overall()) return key.source == "ip-1" ? make(total_plan_, true) : nullptr;
    return has_source(key.source) ? make(plan_, false) : no_plan();
  }
  std::shared_ptr<const Rules> no_plan() const override {
    return std::make_shared<Rules>(Rules{nullptr, Curve(), DayRule(), false, &classes_});
  }
  Total total(const std::string& source) const override { return source == "ip-1" ? Total::all : Total::none; }
  unsigned most_connections(const std::string& provider) const override { return provider == "small" ? 2 : 20; }

 private:
  std::shared_ptr<const Rules> make(const PlanOptions& plan, bool overall) const {
    return std::make_shared<Rules>(Rules{&plan, Curve(plan), DayRule(plan), overall, &classes_});
  }
  PlanOptions plan_, total_plan_;
  std::vector<ClassOptions> classes_{ClassOptions{.name = "bulk"}};
};

class LaneTableTest : public testing::Test {
 protected:
  LaneTableTest() { open(); }
  void open() {
    table = std::make_unique<LaneTable>(shelf, std::make_shared<TwoSources>(),
                                        LaneTable::LaneClock{[this] { return now; },
                                                             [this] {
                                                               return Moment{now, {"boot", now - utc("2026-11-01 00:00")}};
                                                             }});
    table->set_observers({[this](const LiveLane& lane, const Changes& changes) {
                            told.push_back(is_sender(lane.key) ? sender_text(lane.key) + " " + changes.front().change
                                                               : lane.key.provider);
                          },
                          [this](const LaneKey& key) { new_days.push_back(key.provider); },
                          [this](const LaneKey& key) { return wanted.contains(key); }});
  }
  void charge(const Ledgers& key, Recipients recipients) {
    table->on_ledgers(key, [&](Lane& ledger) {
      reserve(ledger, "bulk", recipients);
      warmup::charge(ledger, "bulk", recipients, now);
    });
  }
  Recipients granted(const LaneKey& key) {
    const auto answer = table->permit(key, {"bulk", 1'000'000});
    return std::holds_alternative<Permit>(answer) ? std::get<Permit>(answer).recipients : 0;
  }
  std::map<LaneKey, LaneKey> rename(const std::string& from, const std::string& to) {
    return table->reload(std::make_shared<TwoSources>(),
                         [&](const LiveLane& lane) { return lane.key.source == from ? to : lane.key.source; });
  }

  LaneShelf shelf;
  Instant now = utc("2026-11-20 10:00");
  std::vector<std::string> told, new_days;
  std::set<LaneKey> wanted;
  std::unique_ptr<LaneTable> table;
  const LaneKey google{"ip-1", "google"}, yahoo{"ip-1", "yahoo"}, alone{"ip-2", "google"}, total{"ip-1", ""};
};

TEST_F(LaneTableTest, ALaneIsLoadedOnceAndBroughtToThePresent) {
  EXPECT_EQ(table->at(google).record.today.date, "2026-11-20");
  EXPECT_EQ(table->at(google).record.today.cap, 100U);
  EXPECT_EQ(shelf.loads, 1U);
  now += 24h;
  EXPECT_EQ(table->at(google).record.today.date, "2026-11-21");
  EXPECT_THAT(new_days, ElementsAre("google", "google"));
}

TEST_F(LaneTableTest, WhatChangedIsSavedOnceAndItsDaysWhenADayEnded) {
  table->at(google);
  table->flush();
  table->flush();
  EXPECT_THAT(shelf.saved, ElementsAre(Pair("google", false))) << "its first day began";
  shelf.saved.clear();
  now += 24h;
  table->look_at_all();
  table->flush();
  EXPECT_THAT(shelf.saved, ElementsAre(Pair("google", true)));
}

TEST_F(LaneTableTest, ALaneThatWasSavedGoesOnAfterAStart) {
  charge(google, 60);
  table->flush();
  open();
  EXPECT_EQ(table->at(google).record.today.sent, 60U);
  EXPECT_EQ(granted(google), 40U);
}

TEST_F(LaneTableTest, APermitIsTheLeastOfTheLaneAndItsTotal) {
  EXPECT_EQ(granted(google), 100U);
  charge(google, 80);
  EXPECT_EQ(granted(google), 20U) << "by the lane";
  EXPECT_EQ(granted(yahoo), 70U) << "by the total of ip-1";
  EXPECT_EQ(granted(alone), 100U) << "ip-2 has no total";
  EXPECT_EQ(table->left_on(yahoo, "bulk"), 70U);
  EXPECT_EQ(table->total_of(google), total);
  EXPECT_EQ(table->total_of(alone), std::nullopt);
  EXPECT_EQ(table->total_of(total), std::nullopt) << "a total counts in none";
  EXPECT_EQ(table->total_text("ip-1"), "all mail by ip-1");
}

TEST_F(LaneTableTest, WhatEndsFreesTheLaneOnceUntilItEndsAgain) {
  charge(google, 1);
  EXPECT_THAT(table->take_freed(), ElementsAre(google));
  EXPECT_THAT(table->take_freed(), IsEmpty());
  table->opened(google);
  EXPECT_THAT(table->take_freed(), IsEmpty());
  table->closed(google);
  EXPECT_THAT(table->take_freed(), ElementsAre(google));
  EXPECT_THROW(table->closed(google), std::logic_error) << "it had one connection";
}

TEST_F(LaneTableTest, AWindowOfConnectionsGrowsWithAnswersAndShrinksWithFailures) {
  const auto free = [&](const LaneKey& key, unsigned most) { return table->at(key).free_connections(most, now); };
  EXPECT_EQ(free(google, 20), 5U);
  for (int n = 0; n < 5; ++n) table->answered(google);
  EXPECT_EQ(free(google, 20), 5U) << "five answers of a fifth and less";
  table->answered(google);
  EXPECT_EQ(free(google, 20), 6U);
  for (int n = 0; n < 40; ++n) table->failed(google);
  EXPECT_EQ(free(google, 20), 1U) << "one always may try";
  EXPECT_EQ(free({"ip-1", "small"}, 2), 2U);
  table->one_connection_until(yahoo, now + 1h);
  EXPECT_EQ(free(yahoo, 20), 1U);
  now += 1h;
  EXPECT_EQ(free(yahoo, 20), 5U);
}

TEST_F(LaneTableTest, AnInquiryLeavesNoLaneBehindThatItInvented) {
  charge(google, 1);
  {
    const LaneTable::Inquiry question(*table);
    table->at(google);
    table->at(yahoo);
  }
  EXPECT_TRUE(table->all().contains(google));
  EXPECT_FALSE(table->all().contains(yahoo));
  shelf.saved.clear();
  table->flush();
  for (const auto& [provider, days] : shelf.saved) EXPECT_NE(provider, "yahoo");
}

TEST_F(LaneTableTest, ARenamedSourceKeepsItsLanes) {
  table->opened(google);
  charge(google, 7);
  const auto renamed = rename("ip-1", "ip-2");
  EXPECT_THAT(renamed, testing::Contains(Pair(google, alone)));
  EXPECT_EQ(table->at(alone).record.today.sent, 7U);
  EXPECT_EQ(table->at(alone).open, 1U);
  EXPECT_THAT(table->take_freed(), ElementsAre(alone)) << "by its new name";
}

TEST_F(LaneTableTest, OfTwoLanesThatBecomeOneTheBusierStaysAndAllConnectionsCount) {
  table->opened(google);
  table->opened(google);
  table->opened(alone);
  charge(google, 7);
  rename("ip-1", "ip-2");
  EXPECT_EQ(table->at(alone).open, 3U);
  EXPECT_EQ(table->at(alone).record.today.sent, 7U);
}

TEST_F(LaneTableTest, WhatWasSentTodayUnderAnotherLaneCountsForTheOneThatContinuesIt) {
  Lane before = table->at(google).record;
  before.today.sent = 30;
  table->add_today(alone, before);
  EXPECT_EQ(granted(alone), 70U);
  before.today.ends = now;
  table->add_today(alone, before);
  EXPECT_EQ(granted(alone), 70U) << "of a day that ended nothing counts";
}

TEST_F(LaneTableTest, TheLaneOfASourceThatIsGoneStandsStill) {
  const LaneKey gone{"ip-9", "google"};
  EXPECT_EQ(table->at(gone).record.today.date, "");
  now += 24h;
  EXPECT_EQ(table->at(gone).record.today.date, "");
  EXPECT_FALSE(table->is_scarce(gone));
}

TEST_F(LaneTableTest, AnOperatorsCommandIsSavedAndToldOnce) {
  const auto done = table->apply(google, {LaneCommand::pause, {}, {}, "alice", "a test"});
  EXPECT_EQ(done.refused, "");
  EXPECT_THAT(told, ElementsAre("google"));
  EXPECT_TRUE(table->at(google).record.operator_hold.state == OperatorHold::paused);
  EXPECT_EQ(granted(google), 0U);
  table->flush();
  EXPECT_THAT(shelf.saved, testing::Contains(Pair("google", false)));
}

TEST_F(LaneTableTest, WithTheLaneOfACommandTheDayOfItsTotalBegins) {
  table->apply(google, {LaneCommand::hold, {}, {}, "alice", ""});
  ASSERT_TRUE(table->all().contains(total));
  EXPECT_EQ(table->all().at(total).record.today.date, "2026-11-20");
}

TEST_F(LaneTableTest, WhenThereAreManyThoseWithoutAConnectionLeaveMemory) {
  for (int n = 0; n < 5000; ++n) table->at({"ip-2", "other:site-" + std::to_string(n) + ".test"});
  const LaneKey busy{"ip-2", "other:site-7.test"}, waited_for{"ip-2", "other:site-8.test"};
  table->opened(busy);
  wanted.insert(waited_for);
  table->at(total);
  table->flush();
  EXPECT_EQ(table->all().size(), 3U);
  EXPECT_TRUE(table->all().contains(busy) && table->all().contains(waited_for) && table->all().contains(total));
}

// 100,000 senders are 100,000 rows; what is in memory is bounded, and what a sender sent is there when its mail moves again.
TEST_F(LaneTableTest, LedgersOfSendersCostDiskNotMemory) {
  const auto nth = [](int n) { return sender_key("domain-" + std::to_string(n) + ".test", "google"); };
  std::size_t most = 0;
  for (int n = 0; n < 100'000; ++n) {
    charge({{"ip-2", "google"}, nth(n)}, 1);
    if (n % 100 == 0) table->flush();
    most = std::max(most, table->all().size());
  }
  table->flush();
  EXPECT_LE(most, 4096U + 100U);
  EXPECT_EQ(shelf.rows.size(), 100'001U);
  charge({{"ip-2", "google"}, nth(7)}, 2);
  EXPECT_EQ(table->at(nth(7)).record.today.sent, 3U);
}

TEST_F(LaneTableTest, ASenderIsCountedOverAllSourcesWithTheLaneAndItsTotal) {
  const LaneKey sender = sender_key("example.com", "google");
  charge({google, sender}, 10);
  charge({{"ip-2", "google"}, sender}, 5);
  EXPECT_EQ(table->at(sender).record.today.sent, 15U);
  EXPECT_EQ(table->at(google).record.today.sent, 10U);
  EXPECT_EQ(table->at(total).record.today.sent, 10U);
  EXPECT_FALSE(table->at(sender).record.today.limit) << "it is only counted";
}

TEST_F(LaneTableTest, ThatASenderPassedTheMarkOfBulkIsToldAsItHappens) {
  const Ledgers ledgers{{"ip-2", "google"}, sender_key("example.com", "google")};
  charge(ledgers, 4999);
  EXPECT_THAT(told, IsEmpty());
  charge(ledgers, 1);
  charge(ledgers, 1);
  EXPECT_THAT(told, ElementsAre("example.com to google bulk"));
}

}  // namespace
}  // namespace warmup
