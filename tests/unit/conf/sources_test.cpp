#include <fmt/format.h>

#include "tests/unit/conf/workshop.h"

namespace conf {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Sources : public Workshop {
 protected:
  static std::string listener() { return "[[listener]]\naddress = \"127.0.0.1:0\"\n"; }  // lines 1 and 2
  std::vector<std::string> of(const std::string& sources) const { return problems(listener() + sources); }
};

TEST_F(Sources, TwoWithOneAddressAreRefusedHoweverItIsWritten) {
  EXPECT_THAT(of("[[source]]\nname = \"a\"\naddress = \"192.0.2.1\"\n[[source]]\nname = \"b\"\naddress = \"192.0.2.1\"\n"),
              ElementsAre("warmupd.toml:8: source.address: 192.0.2.1 is used already, by source \"a\" at warmupd.toml:3"));
  EXPECT_THAT(of("[[source]]\nname = \"a\"\naddress = \"2001:db8::1\"\n[[source]]\nname = \"b\"\naddress = \"2001:db8:0::1\"\n"),
              ElementsAre("warmupd.toml:8: source.address: 2001:db8:0::1 is used already, by source \"a\" at warmupd.toml:3"));
  EXPECT_THAT(
      of("[[source]]\nname = \"a\"\n[[source]]\nname = \"b\"\n"),
      ElementsAre(
          "warmupd.toml:5: source.address: the kernel's choice of ipv4 is used already, by source \"a\" at warmupd.toml:3"));
}

TEST_F(Sources, AnAddressIsOneFromWhichMailCanCome) {
  for (const char* address : {"224.0.0.9", "255.255.255.255", "0.0.0.0", "::", "ff02::1"})
    EXPECT_THAT(
        of(fmt::format("[[source]]\nname = \"a\"\naddress = \"{}\"\n", address)),
        ElementsAre(fmt::format("warmupd.toml:5: source.address: expected an address of one host, which mail can come from, "
                                "found \"{}\"; \"\" is the kernel's choice",
                                address)));
  for (const char* address : {"223.255.255.1", "2001:db8::1", "127.0.0.5", "::1"})
    EXPECT_THAT(of(fmt::format("[[source]]\nname = \"a\"\naddress = \"{}\"\n", address)), IsEmpty());
}

TEST_F(Sources, TheLanesOfAnAddressGoOverToOneSourceOnly) {
  EXPECT_THAT(
      of("[[source]]\nname = \"a\"\naddress = \"2001:db8::1\"\nwas = \"2001:db8::9\"\n"
         "[[source]]\nname = \"b\"\naddress = \"2001:db8::2\"\nwas = \"2001:db8:0::9\"\n"),
      ElementsAre("warmupd.toml:10: source.was: 2001:db8:0::9 is `was` of source \"a\" at warmupd.toml:3 already, and its "
                  "lanes go over to one source only; take `was` out at one of the two"));
}

TEST_F(Sources, AnAddressThatASourceStillHasIsNotWhatAnotherWas) {
  const std::string was = "[[source]]\nname = \"a\"\naddress = \"192.0.2.1\"\nwas = \"192.0.2.2\"\n";
  const std::string other = "[[source]]\nname = \"b\"\naddress = \"192.0.2.2\"\n";
  const auto fault = [](int line, int at) {
    return fmt::format(
        "warmupd.toml:{}: source.was: 192.0.2.2 is the address of source \"b\" at warmupd.toml:{}, and lanes go over only from "
        "an address that no source has; take `was` out (what went over already stays), or give that source another address",
        line, at);
  };
  EXPECT_THAT(of(was + other), ElementsAre(fault(6, 7)));
  EXPECT_THAT(of(other + was), ElementsAre(fault(9, 3)));
}

TEST_F(Sources, TheAddressThatTheKernelChoseMayBeNamedAsWhatItWas) {
  EXPECT_THAT(of("[[source]]\nname = \"a\"\naddress = \"192.0.2.1\"\nwas = \"192.0.2.1\"\n"
                 "[[source]]\nname = \"relay\"\nsmarthost = \"r.example.net:25\"\n"),
              IsEmpty());
}

TEST_F(Sources, TheKernelMayChooseOnceAFamily) {
  EXPECT_THAT(of("[[source]]\nname = \"a\"\naddress = \"\"\n[[source]]\nname = \"b\"\naddress = \"\"\nfamily = \"ipv6\"\n"),
              IsEmpty());
}

TEST_F(Sources, NamesAreUnique) {
  EXPECT_THAT(of("[[source]]\nname = \"a\"\naddress = \"192.0.2.1\"\n[[source]]\nname = \"a\"\naddress = \"192.0.2.2\"\n"),
              ElementsAre("warmupd.toml:7: source.name: \"a\" is taken already, at warmupd.toml:3"));
  EXPECT_THAT(of("[[source]]\nname = \"a|b\"\n"),
              ElementsAre("warmupd.toml:4: source.name: expected a name of letters, digits, '-', '_' and '.', found \"a|b\""));
}

TEST_F(Sources, TheFamilyIsTheAddresssOwn) {
  EXPECT_EQ(load(listener() + "[[source]]\nname = \"a\"\naddress = \"2001:db8::1\"\n").config.sources[0].family, "ipv6");
  EXPECT_THAT(of("[[source]]\nname = \"a\"\naddress = \"192.0.2.1\"\nfamily = \"ipv6\"\n"),
              ElementsAre("warmupd.toml:6: source.family: \"ipv6\", but 192.0.2.1 is ipv4"));
  EXPECT_THAT(
      of("[[source]]\nname = \"a\"\naddress = \"192.0.2.1\"\npublic_address = \"2001:db8::1\"\n"),
      ElementsAre(
          "warmupd.toml:6: source.public_address: expected an address of this source's family, ipv4, found \"2001:db8::1\""));
}

TEST_F(Sources, PlansThatTheyFollowExist) {
  const std::string source = "[[source]]\nname = \"a\"\naddress = \"192.0.2.9\"\n";
  EXPECT_THAT(of(source + "plan = \"defualt\"\n"),
              ElementsAre("warmupd.toml:6: source.plan: there is no plan \"defualt\", did you mean \"default\"?"));
  EXPECT_THAT(of(source + "overall = \"total\"\n"),
              ElementsAre("warmupd.toml:6: source.overall: there is no plan \"total\", only \"default\""));
  EXPECT_THAT(of(source + "plan = \"default\"\noverall = \"off\"\n"), IsEmpty());
}

TEST_F(Sources, EhloIsTheHostnameUnlessGiven) {
  const auto loaded = load("hostname = \"out.example.com\"\n" + least +
                           "[[source]]\nname = \"b\"\naddress = \"192.0.2.2\"\nehlo = \"b.example.com\"\n");
  EXPECT_EQ(loaded.config.sources[0].ehlo, "out.example.com");
  EXPECT_EQ(loaded.config.sources[1].ehlo, "b.example.com");
}

TEST_F(Sources, ASmarthostReadsItsPassword) {
  const auto file = put("relay.pass", "s3cret\n");
  const auto loaded =
      load(least + "[[source]]\nname = \"relay\"\nsmarthost = \"relay.example.net:587\"\nusername = \"u\"\npassword_file = \"" +
           file + "\"\n");
  EXPECT_EQ(loaded.config.sources[1].password, "s3cret");
  EXPECT_TRUE(loaded.config.sources[1].is_smarthost());
  EXPECT_EQ(loaded.config.sources[1].tls, TlsLevel::verify);
  EXPECT_THAT(loaded.warnings, IsEmpty());
}

TEST_F(Sources, ASmarthostIsCheckedWhole) {
  EXPECT_THAT(of("[[source]]\nname = \"a\"\nsmarthost = \"relay.example.net\"\n"),
              ElementsAre("warmupd.toml:5: source.smarthost: expected a host and port like \"relay.example.net:587\", found "
                          "\"relay.example.net\""));
  EXPECT_THAT(of("[[source]]\nname = \"a\"\nsmarthost = \"r.example.net:25\"\nusername = \"u\"\n"),
              ElementsAre("warmupd.toml:3: source.password_file: username and password_file belong together"));
  EXPECT_THAT(of("[[source]]\nname = \"a\"\nsmarthost = \"r.example.net:25\"\naddress = \"192.0.2.1\"\n"),
              ElementsAre("warmupd.toml:6: source.address: a source has an address or a smarthost, not both"));
  EXPECT_THAT(of("[[source]]\nname = \"a\"\nusername = \"u\"\n"),
              ElementsAre("warmupd.toml:5: source.username: is for a smarthost, and this source has none"));
  const auto none = path("none");
  EXPECT_THAT(
      of("[[source]]\nname = \"a\"\nsmarthost = \"r.example.net:25\"\nusername = \"u\"\npassword_file = \"" + none + "\"\n"),
      ElementsAre("warmupd.toml:7: source.password_file: cannot read " + none + ": No such file or directory"));
  const auto empty = put("empty", "\n");
  EXPECT_THAT(
      of("[[source]]\nname = \"a\"\nsmarthost = \"r.example.net:25\"\nusername = \"u\"\npassword_file = \"" + empty + "\"\n"),
      ElementsAre("warmupd.toml:7: source.password_file: " + empty + " is empty; its first line must be the password"));
  EXPECT_THAT(
      of("[[source]]\nname = \"a\"\nsmarthost = \"r.example.net:25\"\n[[source]]\nname = \"b\"\nsmarthost = "
         "\"R.example.net:25\"\n"),
      ElementsAre("warmupd.toml:8: source.smarthost: R.example.net:25 is used already, by source \"a\" at warmupd.toml:3"));
}

TEST_F(Sources, WithoutAPoolAllThatDeliverByMxAreTheDefault) {
  const auto loaded = load(
      least +
      "[[source]]\nname = \"relay\"\nsmarthost = \"r.example.net:25\"\n[[source]]\nname = \"ip-2\"\naddress = \"192.0.2.2\"\n");
  ASSERT_NE(loaded.config.pool("default"), nullptr);
  EXPECT_THAT(loaded.config.pool("default")->sources, ElementsAre("ip-1", "ip-2"));
  const auto only = load(listener() + "[[source]]\nname = \"relay\"\nsmarthost = \"r.example.net:25\"\n");
  EXPECT_THAT(only.config.pool("default")->sources, ElementsAre("relay"));
}

class Pools : public Workshop {};

TEST_F(Pools, ReferToSourcesThatExist) {
  EXPECT_THAT(problems("[[pool]]\nname = \"default\"\nsources = [\n  \"ip-1\",\n  \"ip_1\",\n  \"ip-1\",\n]\n" + least),
              ElementsAre("warmupd.toml:5: pool.sources: there is no source \"ip_1\", did you mean \"ip-1\"?",
                          "warmupd.toml:6: pool.sources: \"ip-1\" is named twice"));
  EXPECT_THAT(problems("[[pool]]\nname = \"default\"\nsources = []\n" + least),
              ElementsAre("warmupd.toml:3: pool.sources: expected at least one source, found an empty list"));
}

TEST_F(Pools, OneIsTheDefault) {
  EXPECT_THAT(problems("[[pool]]\nname = \"fast\"\nsources = [\"ip-1\"]\n" + least),
              ElementsAre("warmupd.toml:1: pool: there is no pool \"default\"; mail that no route sends elsewhere uses it"));
}

TEST_F(Pools, ASourceInNoneIsMentioned) {
  EXPECT_THAT(warnings("[[pool]]\nname = \"default\"\nsources = [\"ip-1\"]\n" + least +
                       "[[source]]\nname = \"ip-2\"\naddress = \"192.0.2.2\"\n"),
              ElementsAre("warmupd.toml:9: source \"ip-2\" is in no pool, so no mail leaves by it"));
}

class Routes : public Workshop {};

TEST_F(Routes, ReferToPoolsClassesAndUsers) {
  EXPECT_THAT(problems("[[route]]\nclass = \"bluk\"\npool = \"default\"\n[[route]]\npool = \"defualt\"\n" + least),
              ElementsAre("warmupd.toml:2: route.class: there is no class \"bluk\", did you mean \"bulk\"?",
                          "warmupd.toml:5: route.pool: there is no pool \"defualt\", did you mean \"default\"?"));
  EXPECT_THAT(warnings("[[route]]\nuser = \"shop\"\n" + least),
              ElementsAre("warmupd.toml:2: route.user: there is no user \"shop\""));
}

TEST_F(Routes, KeepTheirOrderAndTheirConditions) {
  const auto loaded = load(
      "[[route]]\nfrom_domain = \"News.example.com\"\nclass = \"bulk\"\nkeep_sender = true\n[[route]]\nto_domain = "
      "\"*.example.org\"\n" +
      least);
  EXPECT_EQ(loaded.config.routes[0].from_domain, "news.example.com");
  EXPECT_EQ(loaded.config.routes[0].mail_class, "bulk");
  EXPECT_TRUE(loaded.config.routes[0].keep_sender);
  EXPECT_EQ(loaded.config.routes[1].to_domain, "*.example.org");
  EXPECT_EQ(loaded.config.routes[1].pool, "default");
}

TEST_F(Routes, BelowOneThatTakesEverythingAreNeverUsed) {
  EXPECT_THAT(warnings("[[route]]\npool = \"default\"\n[[route]]\nclass = \"bulk\"\n" + least),
              ElementsAre("warmupd.toml:3: route: never used, the route at warmupd.toml:1 takes everything"));
}

}  // namespace
}  // namespace conf
