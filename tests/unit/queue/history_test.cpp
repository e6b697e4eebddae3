// Rows of ended recipients.
#include "queue/history.h"

#include <gtest/gtest.h>

namespace queue {
namespace {

using namespace std::chrono_literals;

Ended some() {
  Ended row;
  row.id = {{0x0199AABBCCDD0001ULL}, 3};
  row.ended = Instant{1'767'600'000'123ms};
  row.accepted = row.ended - 4s;
  row.end = End::bounced;
  row.recipient = "Ann@example.org";
  row.sender = "app@sender.test";
  row.message_id = "<1@sender.test>";
  row.mail_class = "bulk";
  row.provider = "google";
  row.attempts = 2;
  row.last = {"unknown_user", 550, "5.1.1", "no such user", "mx.example.org", "ip-1", row.ended};
  row.by = "root";
  row.reason = "a test";
  return row;
}

TEST(History, ARowComesBackAsItWas) {
  const Ended row = some();
  EXPECT_EQ(decode_ended(history_key(row.ended, row.id), encode(row)), row);
  EXPECT_LT(encode(row).size(), 200U);
}

TEST(History, LongTextsAreCutBetweenCharacters) {
  Ended row = some();
  row.last.text = std::string(Ended::longest_text - 1, 'x') + "é and much more";
  const auto back = decode_ended(history_key(row.ended, row.id), encode(row));
  ASSERT_TRUE(back.has_value());
  EXPECT_EQ(back->last.text, std::string(Ended::longest_text - 1, 'x'));
}

TEST(History, RowsOfAnHourStandTogetherBehindItsCount) {
  const Instant nine{std::chrono::sys_days{std::chrono::year{2026} / 11 / 30} + 9h};
  const RecipientId first{{1}, 0}, last{{UINT64_MAX}, UINT32_MAX};
  const HourNumber hour = hour_of(nine);
  EXPECT_LT(history_hour_key(hour), history_key(nine, first));
  EXPECT_LT(history_key(nine + 59min, last), history_hour_key(hour + 1));
  EXPECT_EQ(decode_history_hour(history_key(nine, last)), hour);
  EXPECT_TRUE(is_history_hour(history_hour_key(hour)));
  EXPECT_FALSE(is_history_hour(history_key(nine, first)));
}

TEST(History, WhatIsNoRowGivesNothing) {
  const Ended row = some();
  const std::string key = history_key(row.ended, row.id), value = encode(row);
  for (std::size_t n = 0; n < value.size(); ++n) EXPECT_FALSE(decode_ended(key, value.substr(0, n))) << n;
  EXPECT_FALSE(decode_ended(key.substr(1), value));
  EXPECT_FALSE(decode_ended(key, value + "x"));
}

}  // namespace
}  // namespace queue
