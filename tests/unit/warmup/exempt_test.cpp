// Our own domains: WARMUP.md §1.
#include "warmup/exempt.h"

#include "road.h"

namespace warmup {
namespace {

TEST(Exempt, ADomainIsCoveredWithItsSubdomainsAndWithoutItsNeighbours) {
  Exempt own;
  EXPECT_TRUE(own.empty());
  EXPECT_FALSE(own.covers("example.com"));
  own.add("Example.com");
  own.add("b.example.net");
  own.add("");
  for (const auto* domain :
       {"example.com", "EXAMPLE.COM", "example.com.", "mail.example.com", "a.b.c.example.com", "b.example.net"})
    EXPECT_TRUE(own.covers(domain)) << domain;
  for (const auto* domain : {"", "com", "anexample.com", "example.com.org", "example.net", "ab.example.net", "."})
    EXPECT_FALSE(own.covers(domain)) << domain;
}

TEST(Exempt, NoCapHoldsItButABrakeDoes) {
  Road road;
  road.lane.today.sent = 100;
  const LaneView ledger = road.with_rules();
  const Ask own{.mail_class = "bulk", .wanted = 7, .exempt = true};
  EXPECT_EQ(road.held().why, Why::cap);
  const Answer granted = warmup::ask({&ledger, 1}, own, road.now);
  ASSERT_TRUE(std::holds_alternative<Permit>(granted));
  EXPECT_EQ(std::get<Permit>(granted).recipients, 7U);
  road.rate_limit();
  const Answer braked = warmup::ask({&ledger, 1}, own, road.now);
  ASSERT_TRUE(std::holds_alternative<Hold>(braked));
  EXPECT_EQ(std::get<Hold>(braked).why, Why::cooling);
  road.pass(5min);
  const Answer probe = warmup::ask({&ledger, 1}, own, road.now);
  ASSERT_TRUE(std::holds_alternative<Permit>(probe));
  EXPECT_TRUE(std::get<Permit>(probe).probe);
}

}  // namespace
}  // namespace warmup
