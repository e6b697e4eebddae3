#include "mta/route/target.h"

#include <gtest/gtest.h>

namespace mta {
namespace {

std::string why(const std::string& address, const TargetRules& rules = {}) {
  return why_never({asio::ip::make_address(address), 25}, rules);
}

TEST(Targets, NoMxMayNameAnAddressThatIsNoHostsWhateverIsAllowed) {
  TargetRules all;
  all.loopback = true;
  for (const std::string text : {"0.0.0.0",
                                 "0.1.2.3",
                                 "169.254.0.1",
                                 "169.254.169.254",
                                 "224.0.0.1",
                                 "239.255.255.255",
                                 "240.0.0.1",
                                 "255.255.255.255",
                                 "::",
                                 "::7f00:1",
                                 "::c000:201",
                                 "fe80::1",
                                 "febf::1",
                                 "ff02::1",
                                 "ff0e::1",
                                 "::ffff:0.0.0.0",
                                 "::ffff:169.254.169.254",
                                 "::ffff:224.0.0.1",
                                 "::ffff:255.255.255.255",
                                 "64:ff9b::a9fe:a9fe"})
    EXPECT_FALSE(why(text, all).empty()) << text;
}

TEST(Targets, LoopbackInEveryFormOnlyWhenAllowed) {
  TargetRules allowed;
  allowed.loopback = true;
  for (const std::string text : {"127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"}) {
    EXPECT_EQ(why(text), "is this machine") << text;
    EXPECT_EQ(why(text, allowed), "") << text;
  }
}

TEST(Targets, PrivateNetworksAsConfigured) {
  TargetRules refused;
  refused.private_networks = false;
  for (const std::string text : {"10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "100.64.0.1",
                                 "100.127.255.255", "fc00::1", "fdff::1", "::ffff:10.0.0.1"}) {
    EXPECT_EQ(why(text), "") << text;
    EXPECT_NE(why(text, refused).find("private_networks is \"refuse\""), std::string::npos) << text;
  }
}

TEST(Targets, AllOthersMayBeNamed) {
  TargetRules strict;
  strict.private_networks = false;
  for (const std::string text :
       {"1.0.0.1",         "9.255.255.255", "11.0.0.1",   "100.63.255.255", "100.128.0.1", "126.0.0.1",       "128.0.0.1",
        "169.253.255.255", "169.255.0.1",   "172.15.0.1", "172.32.0.1",     "192.0.2.1",   "192.167.0.1",     "192.169.0.1",
        "223.255.255.255", "2001:db8::1",   "fbff::1",    "fe00::1",        "::1:0:0:1",   "::ffff:192.0.2.1"})
    EXPECT_EQ(why(text, strict), "") << text;
}

TEST(Targets, ThisServerItselfIsNeverOne) {
  TargetRules rules;
  rules.loopback = true;
  rules.ours = {{asio::ip::make_address("192.0.2.10"), 25}, {asio::ip::make_address("127.0.0.1"), 587}};
  EXPECT_EQ(why("192.0.2.10", rules), "is this server itself");
  EXPECT_EQ(why("::ffff:192.0.2.10", rules), "is this server itself");
  EXPECT_EQ(why("127.0.0.1", rules), "") << "another port is another server's";
  EXPECT_EQ(why_never({asio::ip::make_address("127.0.0.1"), 587}, rules), "is this server itself");
}

TEST(Targets, AListenerOnEveryAddressIsAtTheSources) {
  conf::Config config;
  conf::ListenerOptions listener;
  listener.address = "0.0.0.0:25";
  config.listeners = {listener};
  conf::Source source;
  source.address = "10.0.0.5";
  source.public_address = "203.0.113.10";
  config.sources = {source};
  const TargetRules rules = target_rules(config);
  EXPECT_EQ(why("10.0.0.5", rules), "is this server itself");
  EXPECT_EQ(why("203.0.113.10", rules), "is this server itself");
  EXPECT_EQ(why("203.0.113.11", rules), "");
}

}  // namespace
}  // namespace mta
