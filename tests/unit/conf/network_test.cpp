#include <gtest/gtest.h>

#include "conf/config.h"

namespace conf {
namespace {

bool inside(const std::string& network, const std::string& address) {
  const auto parsed = Network::parse(network);
  return parsed && parsed->contains(address);
}

TEST(Network, ContainsTheAddressesThatShareItsPrefix) {
  EXPECT_TRUE(inside("127.0.0.0/8", "127.255.0.1"));
  EXPECT_FALSE(inside("127.0.0.0/8", "128.0.0.1"));
  EXPECT_TRUE(inside("192.0.2.128/25", "192.0.2.200"));
  EXPECT_FALSE(inside("192.0.2.128/25", "192.0.2.127"));
  EXPECT_TRUE(inside("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(inside("2001:db8::/33", "2001:db8:8000::1"));
  EXPECT_TRUE(inside("0.0.0.0/0", "203.0.113.9"));
}

TEST(Network, AnAddressAloneIsANetworkOfOne) {
  EXPECT_TRUE(inside("192.0.2.1", "192.0.2.1"));
  EXPECT_FALSE(inside("192.0.2.1", "192.0.2.2"));
  EXPECT_TRUE(inside("::1", "0:0:0:0:0:0:0:1"));
}

TEST(Network, HostBitsDoNotMatter) { EXPECT_TRUE(inside("10.1.2.3/8", "10.200.0.1")); }

TEST(Network, Ipv4InsideIpv6CountsAsIpv4) {
  EXPECT_TRUE(inside("127.0.0.0/8", "::ffff:127.0.0.1"));
  EXPECT_TRUE(inside("::ffff:10.0.0.0/104", "10.9.9.9"));
  EXPECT_FALSE(inside("::/0", "192.0.2.1"));
  EXPECT_FALSE(inside("0.0.0.0/0", "2001:db8::1"));
}

TEST(Network, AZoneOfAnAddressIsIgnored) { EXPECT_TRUE(inside("fe80::/10", "fe80::1%eth0")); }

TEST(Network, OtherTextIsNoNetworkAndNoAddress) {
  for (const char* wrong : {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "::1/129", "example.com",
                            "10.0.0.0/8x", "::ffff:1.2.3.4/64"}) {
    EXPECT_FALSE(Network::parse(wrong)) << wrong;
  }
  EXPECT_FALSE(inside("0.0.0.0/0", ""));
  EXPECT_FALSE(inside("0.0.0.0/0", "localhost"));
}

}  // namespace
}  // namespace conf
