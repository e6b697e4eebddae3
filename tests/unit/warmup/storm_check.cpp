// What must hold of a ledger after whatever happened (storm.h).
#include <algorithm>

#include "storm.h"
#include "storm_oracle.h"
#include "warmup/lane_row.h"

namespace warmup {

namespace {

std::map<std::string, Open> without_empty(std::map<std::string, Open> open) {
  std::erase_if(open, [](const auto& row) { return row.second == Open{}; });
  return open;
}

Recipients sum_of(const ByName& counts) {
  Recipients sum = 0;
  for (const auto& [name, n] : counts) sum += n;
  return sum;
}

}  // namespace

void Storm::check(Ledger& ledger) {
  Lane& lane = ledger.lane;
  // §1, §4: reserved, pending and sent are what was taken, kept and charged, by class, on every day.
  const std::map<std::string, Open> open(lane.open.begin(), lane.open.end());
  EXPECT_EQ(without_empty(open), without_empty(ledger.open));
  const auto& today = ledger.charged[lane.today.started];
  EXPECT_EQ(lane.today.sent, sum_of(today));
  EXPECT_EQ(lane.today.sent_by_class, today);
  // Promise 2 of the design: no enforced lane exceeds its cap in a day.
  if (ledger.plan.enforce) {
    EXPECT_LE(lane.today.sent + lane.reserved(), ledger.most[lane.today.started]);
  }
  check_hour(ledger);
  if (!dice_.chance(0.05)) return;
  check_days(ledger);
  check_row(ledger);
}

void Storm::check_days(Ledger& ledger) {
  for (const auto& day : ledger.lane.history) {
    if (!ledger.charged.contains(day.started)) continue;
    EXPECT_EQ(day.sent, sum_of(ledger.charged[day.started])) << day.date;
    if (ledger.plan.enforce) {
      EXPECT_LE(day.sent, ledger.most[day.started]) << day.date;
    }
  }
}

// §5: no hour more than its share, whichever 60 minutes are looked at.
void Storm::check_hour(Ledger& ledger) const {
  const auto minute = std::chrono::floor<std::chrono::minutes>(now_).time_since_epoch().count();
  std::erase_if(ledger.hour, [&](const Charge& each) { return each.minute < minute - 61; });
  if (!ledger.plan.enforce || clock_is_set_ || !ledger.lane.today.limit) return;
  Recipients in_hour = 0, most = 0;
  for (const auto& charge : ledger.hour) {
    if (charge.at <= now_ - 60min) continue;
    ++in_hour;
    most = std::max(most, charge.hourly);
  }
  EXPECT_LE(in_hour, most);
}

void Storm::check_row(const Ledger& ledger) const {
  auto back = decode_lane(encode(ledger.lane));
  ASSERT_TRUE(back);
  back->history = ledger.lane.history;
  back->brake.probing = ledger.lane.brake.probing;
  EXPECT_EQ(*back, ledger.lane);
  EXPECT_EQ(decode_day(encode(ledger.lane.today)), ledger.lane.today);
}

}  // namespace warmup
