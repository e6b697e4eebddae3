// Envelope addresses: what is one, and what its parts are.
#include "mta/smtp/address.h"

#include <gtest/gtest.h>

namespace mta::smtp {
namespace {

std::string path(std::string_view text) {
  std::string wrong;
  const auto read = read_path(text, wrong);
  return read ? read->address : "wrong: " + wrong;
}

TEST(Address, PathsAreReadWithoutTheirSourceRoute) {
  EXPECT_EQ(path("<a@example.com>"), "a@example.com");
  EXPECT_EQ(path("<@one.example,@two.example:a@example.com>"), "a@example.com");
  EXPECT_EQ(path("<>"), "");
  EXPECT_EQ(path("<\"a b>\\\"@\"@example.com>"), "\"a b>\\\"@\"@example.com");
  EXPECT_EQ(path("<a@[192.0.2.1]>"), "a@[192.0.2.1]");
  EXPECT_EQ(path("<a@[IPv6:2001:db8::1]>"), "a@[IPv6:2001:db8::1]");
  EXPECT_EQ(path("<a..b.@docomo.example>"), "a..b.@docomo.example");
}

TEST(Address, WhatIsNoAddressIsRefused) {
  for (const auto* text : {"a@b",     "<a@b",          "<a@>",      "<@b>",      "<a@b c>",         "<a b@c>",
                           "<a@b>x>", "<a@-b>",        "<a@b..c>",  "<a@b.>",    "<a@[300.1.1.1]>", "<a@[2001:db8::1]>",
                           "<\"a@b>", "<\"a\"b@c>",    "<a\xFF@b>", "<a@b\xC3>", "<a\r\n@b>",       "<@one:>",
                           "<a@b@c>", "<\"a\r\nb\"@c>"}) {
    std::string wrong;
    const auto read = read_path(text, wrong);
    EXPECT_TRUE(!read || read->used < std::string_view(text).size()) << text;
  }
}

TEST(Address, ALiteralHoldsNothingButAnAddress) {
  EXPECT_TRUE(is_literal("[IPv6:2001:DB8::1]"));
  EXPECT_FALSE(is_literal(std::string("[192.0.2.1\0]", 12)));
  EXPECT_FALSE(is_literal(std::string("[IPv6:2001:db8::1\0x]", 20)));
  EXPECT_FALSE(is_literal("[IPv6:fe80::1%eth0]"));
}

TEST(Address, PartsAreSplitAtTheLastAtSign) {
  EXPECT_EQ(domain_of("\"a@b\"@example.com"), "example.com");
  EXPECT_EQ(local_part_of("\"a@b\"@example.com"), "\"a@b\"");
  EXPECT_EQ(domain_of("postmaster"), "");
}

TEST(Address, DomainsHaveTheLengthsOfTheRfc) {
  const std::string label(63, 'x');
  EXPECT_TRUE(is_domain(label + "." + label + "." + label + "." + std::string(63, 'y')));
  EXPECT_FALSE(is_domain(label + "." + label + "." + label + "." + label + ".y"));
  EXPECT_FALSE(is_domain(label + "x"));
  EXPECT_TRUE(is_address("a@b"));
  EXPECT_FALSE(is_address("a"));
}

}  // namespace
}  // namespace mta::smtp
