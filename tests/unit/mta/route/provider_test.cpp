// Which provider a domain belongs to, by the shipped providers.toml.
#include "mta/route/provider.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "conf/load.h"

namespace mta {
namespace {

const Providers& shipped() {
  static const Providers providers(conf::load_providers(WARMUPD_SOURCE_DIR "/conf/providers.toml"));
  return providers;
}

std::string of(const std::vector<std::string>& best) { return shipped().of_hosts(best).name; }

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

// tests/data/mx_providers.tsv: provider, match, pattern, … The Japanese access providers stay apart, each its own.
TEST(ShippedProviders, HoldEveryKnownPattern) {
  std::ifstream lines(std::string(TEST_DATA) + "/mx_providers.tsv");
  std::string line;
  std::getline(lines, line);
  int rows = 0;
  while (std::getline(lines, line)) {
    const auto row = split(line, '\t');
    ++rows;
    const std::string provider = row[0] == "office365-dane" ? "office365" : row[0];
    if (row[1] != "rcpt_domain") {
      EXPECT_EQ(of({row[1] == "mx_suffix" ? "mx7" + row[2] : row[2]}), provider) << row[2];
      continue;
    }
    for (const std::string& domain : split(row[2], ','))
      EXPECT_EQ(shipped().of_domain(domain).name, provider == "jp_isp" ? "" : provider) << domain;
  }
  EXPECT_GE(rows, 40);
}

TEST(ShippedProviders, KnowWorkspaceDomainsByTheirMxAndGmailByName) {
  EXPECT_EQ(of({"aspmx.l.google.com"}), "google");
  EXPECT_EQ(of({"alt1.aspmx.l.google.com", "mail.example.com"}), "google") << "any host of the lowest preference";
  EXPECT_EQ(shipped().of_domain("gmail.com").name, "google");
  EXPECT_EQ(shipped().of_domain("example.com").name, "");
}

TEST(ShippedProviders, KeepYahooJapanAndConsumerOutlookApart) {
  EXPECT_EQ(of({"mx1.mail.yahoo.co.jp"}), "yahoo_jp");
  EXPECT_EQ(of({"mta7.am0.yahoodns.net"}), "yahoo");
  EXPECT_EQ(of({"outlook-com.olc.protection.outlook.com"}), "outlook");
  EXPECT_EQ(of({"example-com.mail.protection.outlook.com"}), "office365");
  EXPECT_EQ(of({"example-com.o-v1.mx.microsoft"}), "office365");
}

TEST(ShippedProviders, BringTheirLimits) {
  EXPECT_EQ(shipped().limits("google").connections, 5U);
  EXPECT_EQ(shipped().limits("docomo").recipients_per_message, 1U);
  EXPECT_EQ(shipped().limits("yahoo_jp").rate, 10.0);
  EXPECT_EQ(shipped().limits("other:example.org").connections, conf::Provider().connections);
  EXPECT_EQ(shipped().limits("*").messages_per_connection, conf::Provider().messages_per_connection);
}

TEST(ShippedProviders, ClaimNoDomainAndNoPatternTwice) {
  std::vector<std::string> claimed;
  for (const conf::Provider& provider : conf::load_providers(WARMUPD_SOURCE_DIR "/conf/providers.toml")) {
    claimed.insert(claimed.end(), provider.mx.begin(), provider.mx.end());
    for (const std::string& domain : provider.domains) claimed.push_back("domain " + domain);
  }
  std::sort(claimed.begin(), claimed.end());
  EXPECT_EQ(std::adjacent_find(claimed.begin(), claimed.end()), claimed.end());
}

TEST(OtherProviders, AreTheRegistrableDomainOfTheBestMx) {
  EXPECT_EQ(of({"mx1.mail.example.co.uk"}), "other:example.co.uk");
  EXPECT_EQ(of({"mail.example.jp"}), "other:example.jp");
  EXPECT_EQ(of({"mx.sub.city.kawasaki.jp"}), "other:city.kawasaki.jp");
  EXPECT_EQ(shipped().of_hosts({"mx.example.org"}).rule, "registrable domain of mx.example.org");
}

TEST(OtherProviders, DoNotDependOnTheOrderOfEqualHosts) {
  EXPECT_EQ(of({"b.example.net", "a.example.org"}), of({"a.example.org", "b.example.net"}));
}

TEST(OtherProviders, AreNeverADomainThatAPatternCovers) {
  EXPECT_EQ(of({"google.com"}), "google");
  EXPECT_EQ(of({"notgoogle.com"}), "other:notgoogle.com");
}

TEST(OtherProviders, AddressLiteralsAreTheirOwn) {
  EXPECT_EQ(of({"192.0.2.1"}), "other:192.0.2.1");
  EXPECT_EQ(of({"2001:db8::1"}), "other:2001:db8::1");
}

TEST(Providers, TheFirstInFileOrderWinsAndIsNamedWithItsLine) {
  conf::Provider own, shipped;
  own.where = {"/etc/warmupd/warmupd.toml", 12};
  own.name = "mine";
  own.mx = {"mx.example.org"};
  shipped.where = {"/usr/share/warmupd/providers.toml", 99};
  shipped.name = "theirs";
  shipped.mx = {"*.example.org"};
  const Providers providers({own, shipped});
  EXPECT_EQ(providers.of_hosts({"mx.example.org"}).name, "mine");
  EXPECT_EQ(providers.of_hosts({"mx.example.org"}).rule, "warmupd.toml:12 mx mx.example.org");
  EXPECT_EQ(providers.of_hosts({"mx2.example.org"}).rule, "providers.toml:99 mx *.example.org");
}

TEST(SiteKey, IsTheSameForTheSameHostsInAnyOrder) {
  EXPECT_EQ(site_key({"b.example", "a.example"}), "a.example,b.example");
  EXPECT_EQ(site_key({"a.example", "b.example", "a.example"}), "a.example,b.example");
}

TEST(RegistrableDomain, OfWhatIsNoSubdomainIsItself) {
  EXPECT_EQ(registrable_domain("co.uk"), "co.uk");
  EXPECT_EQ(registrable_domain("localhost"), "localhost");
  EXPECT_EQ(registrable_domain("example.org"), "example.org");
}

}  // namespace
}  // namespace mta
