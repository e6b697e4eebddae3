// The ledgers of sender domains: their keys among lanes, and the mark of a bulk sender. What they count: lane_table_test.cpp.
#include "warmup/sender.h"

#include <gtest/gtest.h>

namespace warmup {
namespace {

TEST(SenderLedger, IsKeptAmongLanesAndIsNone) {
  const LaneKey key = sender_key("example.com", "google");
  EXPECT_TRUE(is_sender(key));
  EXPECT_FALSE(is_sender(LaneKey{"ip-1", "google"}));
  EXPECT_FALSE(key.overall());
  EXPECT_EQ(sender_domain_of(key), "example.com");
  EXPECT_EQ(sender_text(key), "example.com to google");
}

TEST(SenderLedger, RowsOfAllDomainsLieTogetherBetweenThoseOfAddressesAndOfSmarthosts) {
  const auto row = [](const std::string& identity) { return lane_row_key(identity, "google"); };
  EXPECT_LT(row("203.0.113.10"), row(sender_rows("0.test")));
  EXPECT_LT(row("2001:db8::1"), row(sender_rows("0.test")));
  EXPECT_LT(day_row_key(row(sender_rows("zz.test")), "2026-11-20"), behind_senders());
  EXPECT_LT(behind_senders(), row("any ipv4"));
  EXPECT_LT(behind_senders(), row("relay.example.net:587"));
  EXPECT_TRUE(is_sender_identity(parse_lane_row_key(row(sender_rows("a.test"))).identity));
}

TEST(SenderLedger, ADomainIsABulkSenderFromItsFiveThousandthRecipientOfADay) {
  EXPECT_FALSE(becomes_bulk(0, 4999));
  EXPECT_TRUE(becomes_bulk(4999, 5000));
  EXPECT_TRUE(becomes_bulk(0, 9000));
  EXPECT_FALSE(becomes_bulk(5000, 5001)) << "it is one already";
}

}  // namespace
}  // namespace warmup
