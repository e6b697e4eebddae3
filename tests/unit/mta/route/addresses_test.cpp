// Addresses of a host, names of domains, loopback.
#include <gmock/gmock.h>

#include "mta/route/mx.h"
#include "tests/unit/mta/route/fake_resolver.h"

namespace mta {
namespace {

class HostAddresses : public testing::Test {
 protected:
  Addresses find(const std::string& host, IpFamily family) { return finished(find_addresses(dns, host, family)); }
  FakeResolver dns;
};

TEST_F(HostAddresses, OnlyTheFamilyAskedForIsFound) {
  dns.address("mx.example", "192.0.2.1");
  dns.address("mx.example", "192.0.2.2");
  dns.address("mx.example", "2001:db8::1");
  EXPECT_EQ(find("mx.example", IpFamily::ipv4).found.size(), 2U);
  ASSERT_EQ(find("mx.example", IpFamily::ipv6).found.size(), 1U);
  EXPECT_EQ(find("mx.example", IpFamily::ipv6).found[0].to_string(), "2001:db8::1");
  EXPECT_EQ(dns.questions, 3) << "one question each, of the one family";
}

TEST_F(HostAddresses, WhyThereIsNoneIsSaid) {
  dns.exists("bare.example");
  dns.fails("broken.example", RecordType::a);
  EXPECT_EQ(find("nowhere.example", IpFamily::ipv4).detail, "nowhere.example: no such host");
  EXPECT_EQ(find("nowhere.example", IpFamily::ipv4).rcode, Rcode::nxdomain);
  EXPECT_EQ(find("bare.example", IpFamily::ipv6).detail, "bare.example has neither A nor AAAA records");
  EXPECT_EQ(find("bare.example", IpFamily::ipv6).rcode, Rcode::nxdomain) << "proven: there is none at all";
  EXPECT_EQ(find("broken.example", IpFamily::ipv4).detail, "broken.example: SERVFAIL from 127.0.0.1:5353");
  EXPECT_EQ(find("broken.example", IpFamily::ipv4).rcode, Rcode::failed);
}

TEST_F(HostAddresses, OneOfTheOtherFamilyIsNoProofThatThereIsNone) {
  dns.address("six.example", "2001:db8::1");
  EXPECT_EQ(find("six.example", IpFamily::ipv4).rcode, Rcode::ok);
  EXPECT_EQ(find("six.example", IpFamily::ipv4).detail, "six.example has no A record");
  dns.fails("six.example", RecordType::aaaa);
  EXPECT_EQ(find("six.example", IpFamily::ipv4).rcode, Rcode::failed) << "nobody knows whether it has one of the other";
}

TEST_F(HostAddresses, ANameThatExistsForOneTypeAndNotForAnotherProvesNothing) {
  dns.exists("odd.example");
  dns.denies("odd.example", RecordType::aaaa);
  EXPECT_EQ(find("odd.example", IpFamily::ipv4).rcode, Rcode::failed);
  EXPECT_EQ(find("odd.example", IpFamily::ipv6).rcode, Rcode::failed);
}

TEST_F(HostAddresses, AnAddressIsItsOwnAddressInItsFamily) {
  EXPECT_EQ(find("192.0.2.1", IpFamily::ipv4).found.size(), 1U);
  EXPECT_EQ(find("192.0.2.1", IpFamily::ipv6).found.size(), 0U);
  EXPECT_EQ(find("192.0.2.1", IpFamily::ipv6).detail, "192.0.2.1 is not an IPv6 address");
  EXPECT_EQ(dns.questions, 0);
}

TEST(AsciiDomain, FoldsCaseAndEncodesOtherScripts) {
  EXPECT_EQ(ascii_domain("Example.COM"), "example.com");
  EXPECT_EQ(ascii_domain("example.com."), "example.com");
  EXPECT_EQ(ascii_domain("Bücher.example"), "xn--bcher-kva.example");
  EXPECT_EQ(ascii_domain("faß.example"), "xn--fa-hia.example") << "IDNA 2008, not transitional";
  EXPECT_EQ(ascii_domain("例え.jp"), "xn--r8jz45g.jp");
  EXPECT_EQ(ascii_domain("xn--bcher-kva.example"), "xn--bcher-kva.example");
  EXPECT_EQ(ascii_domain("_spf.r3---sn.example"), "_spf.r3---sn.example");
}

TEST(AsciiDomain, GivesNothingForWhatIsNoDomain) {
  for (const std::string text : {"", ".", "a..b", ".example.com", "-a.example", "a-.example", "a b.example", "a@b.example",
                                 "192.0.2.1", "[192.0.2.1]", "exa\rmple.com", "\xff\xfe.example"})
    EXPECT_FALSE(ascii_domain(text)) << text;
  EXPECT_FALSE(ascii_domain(std::string(64, 'a') + ".example"));
  EXPECT_FALSE(ascii_domain(std::string("a\0b.example", 11)));
  std::string longest;
  for (int i = 0; i < 50; ++i) longest += "abcde.";
  EXPECT_FALSE(ascii_domain(longest + "example"));
}

}  // namespace
}  // namespace mta
