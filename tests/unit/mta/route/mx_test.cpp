// Where mail for a domain goes: RFC 5321 §5.1, and the mistakes that zones make.
#include "mta/route/mx.h"

#include <gmock/gmock.h>

#include <set>

#include "tests/unit/mta/route/fake_resolver.h"

namespace mta {
namespace {

using Outcome = LookupResult;
using testing::ElementsAre;

class Mx : public testing::Test {
 protected:
  Exchanges find(const std::string& domain) { return finished(find_exchanges(dns, domain, dice)); }
  static std::vector<std::string> names(const Exchanges& made) {
    std::vector<std::string> hosts;
    for (const Exchange& each : made.hosts) hosts.push_back(each.host);
    return hosts;
  }
  FakeResolver dns;
  LoadedDice dice{{0}};
};

TEST_F(Mx, TheLowestPreferenceComesFirst) {
  dns.mx("example.com", 20, "b.example.com");
  dns.mx("example.com", 5, "a.example.com");
  dns.mx("example.com", 30, "c.example.com");
  const Exchanges made = find("example.com");
  EXPECT_EQ(made.outcome, Outcome::found);
  EXPECT_THAT(names(made), ElementsAre("a.example.com", "b.example.com", "c.example.com"));
  EXPECT_THAT(made.best(), ElementsAre("a.example.com"));
  EXPECT_EQ(made.ttl, std::chrono::seconds(60));
}

TEST_F(Mx, EqualPreferencesAreShuffledByTheDiceAndNeverBeforeALowerOne) {
  for (const std::string name : {"a", "b", "c"}) dns.mx("example.com", 10, name + ".example.com");
  dns.mx("example.com", 20, "z.example.com");
  std::set<std::vector<std::string>> orders;
  for (std::uint64_t first = 0; first < 12; ++first) {
    for (std::uint64_t second = 0; second < 6; ++second) {
      dice = LoadedDice({first, second, first + second});
      orders.insert(names(find("example.com")));
      EXPECT_EQ(names(find("example.com")).back(), "z.example.com");
    }
  }
  EXPECT_EQ(orders.size(), 6U) << "every order of three equal hosts comes up";
}

TEST_F(Mx, TheOrderOfTheAnswerDoesNotMatterForTheSameDice) {
  FakeResolver other;
  for (const std::string name : {"a", "b", "c"}) dns.mx("example.com", 10, name + ".example.com");
  for (const std::string name : {"c", "a", "b"}) other.mx("example.com", 10, name + ".example.com");
  LoadedDice same{{0}};
  EXPECT_EQ(names(find("example.com")), names(finished(find_exchanges(other, "example.com", same))));
}

TEST_F(Mx, WithoutMxTheDomainItselfTakesMailIfItHasAnAddress) {
  dns.address("v4.example", "192.0.2.1");
  dns.address("v6.example", "2001:db8::1");
  for (const std::string domain : {"v4.example", "v6.example"}) {
    const Exchanges made = find(domain);
    EXPECT_EQ(made.outcome, Outcome::found) << domain;
    EXPECT_TRUE(made.implicit);
    EXPECT_THAT(names(made), ElementsAre(domain));
  }
}

TEST_F(Mx, ADomainWithNeitherMxNorAddressCannotBeUsed) {
  dns.exists("bare.example");
  const Exchanges made = find("bare.example");
  EXPECT_EQ(made.outcome, Outcome::unusable);
  EXPECT_EQ(made.detail, "bare.example has neither MX nor address records");
}

TEST_F(Mx, NullMxMeansThatNoMailIsAccepted) {
  dns.mx("null.example", 0, "");
  EXPECT_EQ(find("null.example").outcome, Outcome::null_mx);
}

TEST_F(Mx, ARootTargetBesideOthersIsSkippedWithANote) {
  dns.mx("odd.example", 0, "");
  dns.mx("odd.example", 10, "mx.odd.example");
  const Exchanges made = find("odd.example");
  EXPECT_THAT(names(made), ElementsAre("mx.odd.example"));
  EXPECT_EQ(made.notes.size(), 1U);
}

TEST_F(Mx, NoSuchDomainNoDataAndFailureAreKeptApart) {
  dns.fails("broken.example", RecordType::mx);
  dns.exists("half.example");
  dns.fails("half.example", RecordType::aaaa);
  EXPECT_EQ(find("nowhere.example").outcome, Outcome::no_such_domain);
  EXPECT_EQ(find("broken.example").outcome, Outcome::failed);
  EXPECT_EQ(find("broken.example").detail, "broken.example: SERVFAIL from 127.0.0.1:5353");
  EXPECT_EQ(find("half.example").outcome, Outcome::failed) << "nobody knows whether it has an address";
}

TEST_F(Mx, AFailedMxQuestionIsNeverTakenForAMissingMx) {
  dns.fails("example.com", RecordType::mx);
  dns.address("example.com", "192.0.2.1");
  EXPECT_EQ(find("example.com").outcome, Outcome::failed);
}

TEST_F(Mx, AnAliasIsFollowedByTheResolver) {
  dns.alias("alias.example", "example.com");
  dns.mx("example.com", 10, "mx.example.com");
  EXPECT_THAT(names(find("alias.example")), ElementsAre("mx.example.com"));
}

// The incident: three addresses with a trailing dot, and one host name.
TEST_F(Mx, TargetsThatAreAddressesAreSkippedAndNamed) {
  dns.mx("school.example", 10, "198.51.100.157");
  dns.mx("school.example", 10, "198.51.100.66.");
  dns.mx("school.example", 10, "[198.51.100.218]");
  dns.mx("school.example", 15, "2001:db8::25");
  dns.mx("school.example", 20, "feedback.example.net");
  const Exchanges made = find("school.example");
  EXPECT_EQ(made.outcome, Outcome::found);
  EXPECT_THAT(names(made), ElementsAre("feedback.example.net"));
  ASSERT_EQ(made.notes.size(), 4U);
  EXPECT_EQ(made.notes[0], "MX 10 of school.example is the IP address 198.51.100.157., not a host name: skipped");
}

TEST_F(Mx, AnAddressWrittenWithoutTheTrailingDotIsFoundInsideItsZone) {
  dns.mx("school.example", 10, "198.51.100.157.school.example");
  dns.mx("school.example", 20, "mx.school.example");
  const Exchanges made = find("school.example");
  EXPECT_THAT(names(made), ElementsAre("mx.school.example"));
  ASSERT_EQ(made.notes.size(), 1U);
  EXPECT_NE(made.notes[0].find("without a trailing dot"), std::string::npos);
}

TEST_F(Mx, OnlyAddressesAsTargetsAreUnusableAndSayWhy) {
  dns.mx("school.example", 10, "198.51.100.157");
  const Exchanges made = find("school.example");
  EXPECT_EQ(made.outcome, Outcome::unusable);
  EXPECT_NE(made.detail.find("is the IP address 198.51.100.157."), std::string::npos) << made.detail;
}

TEST_F(Mx, NamesThatAreNoHostNamesAreSkipped) {
  for (const std::string bad :
       {"mx..example.com", "-mx.example.com", "mx example.com", "mx1.example.com,mx2.example.com", "mx\r\nQUIT.example.com"})
    dns.mx("example.com", 10, bad);
  dns.mx("example.com", 10, std::string(64, 'a') + ".example.com");
  const Exchanges made = find("example.com");
  EXPECT_EQ(made.outcome, Outcome::unusable);
  EXPECT_EQ(made.notes.size(), 6U);
}

TEST_F(Mx, AHostNamedTwiceIsTriedOnceAndNamesAreLowerCase) {
  dns.mx("example.com", 10, "MX.Example.Com.");
  dns.mx("example.com", 20, "mx.example.com");
  EXPECT_THAT(names(find("example.com")), ElementsAre("mx.example.com"));
}

TEST_F(Mx, AddressLiteralsNeedNoDns) {
  const Exchanges v4 = find("[192.0.2.1]");
  EXPECT_EQ(v4.outcome, Outcome::found);
  EXPECT_TRUE(v4.literal);
  EXPECT_THAT(names(v4), ElementsAre("192.0.2.1"));
  EXPECT_THAT(names(find("[ipv6:2001:db8::1]")), ElementsAre("2001:db8::1"));
  for (const std::string bad : {"[192.0.2]", "[2001:db8::1]", "[ipv6:192.0.2.1]", "[x]", "[]", "[192.0.2.1"})
    EXPECT_EQ(find(bad).outcome, Outcome::unusable) << bad;
  EXPECT_EQ(dns.questions, 0);
}

}  // namespace
}  // namespace mta
