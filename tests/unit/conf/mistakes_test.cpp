// What an operator reads after a typical mistake, to the letter.
#include "tests/unit/conf/workshop.h"

namespace conf {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Mistakes : public Workshop {};

TEST_F(Mistakes, AMisspeltKeyNamesTheNearest) {
  EXPECT_THAT(problems("hostnmae = \"mta1.example.com\"\n" + least),
              ElementsAre("warmupd.toml:1: unknown key \"hostnmae\", did you mean \"hostname\"?"));
  EXPECT_THAT(problems("[limits]\nmesage_size = \"1MiB\"\n" + least),
              ElementsAre("warmupd.toml:2: unknown key \"mesage_size\" in [limits], did you mean \"message_size\"?"));
  EXPECT_THAT(problems("[[plan]]\nname = \"default\"\n[plan.providers.google]\nname = \"x\"\n" + least),
              ElementsAre("warmupd.toml:4: unknown key \"name\" in [plan.providers.google]; the nearest known name is \"pace\""));
}

TEST_F(Mistakes, AMisspeltKeyThatIsNeededIsNamedToo) {
  EXPECT_THAT(problems("[[pool]]\nnmae = \"default\"\nsources = [\"ip-1\"]\n" + least),
              ElementsAre("warmupd.toml:1: pool.name is missing, for example name = \"default\"",
                          "warmupd.toml:1: pool: there is no pool \"default\"; mail that no route sends elsewhere uses it",
                          "warmupd.toml:2: unknown key \"nmae\" in [pool], did you mean \"name\"?"));
}

TEST_F(Mistakes, AMisspeltTableNamesTheNearest) {
  EXPECT_THAT(problems("[deliver]\nport = 25\n" + least),
              ElementsAre("warmupd.toml:1: unknown key \"deliver\", did you mean \"delivery\"?"));
}

TEST_F(Mistakes, AKeyBelowTheWrongTableIsSaidToBelongToTheTop) {
  EXPECT_THAT(problems("[limits]\nspool = \"/tmp\"\n" + least),
              ElementsAre("warmupd.toml:2: unknown key \"spool\" in [limits]; it belongs before the first [table]"));
}

TEST_F(Mistakes, AWrongTypeSaysWhatWasExpectedAndFound) {
  EXPECT_THAT(problems("threads = \"many\"\n" + least),
              ElementsAre("warmupd.toml:1: threads: expected a whole number from 0 to 1024, found \"many\""));
  EXPECT_THAT(problems("threads = -1\n" + least),
              ElementsAre("warmupd.toml:1: threads: expected a whole number from 0 to 1024, found -1"));
  EXPECT_THAT(problems("threads = 1.5\n" + least),
              ElementsAre("warmupd.toml:1: threads: expected a whole number from 0 to 1024, found 1.5"));
  EXPECT_THAT(problems("[delivery]\nallow_loopback = \"yes\"\n" + least),
              ElementsAre("warmupd.toml:2: delivery.allow_loopback: expected true or false, found \"yes\""));
  EXPECT_THAT(problems("spool = 7\n" + least), ElementsAre("warmupd.toml:1: spool: expected text in quotes, found 7"));
  EXPECT_THAT(
      problems("[dns]\nservers = \"127.0.0.1:53\"\n" + least),
      ElementsAre(
          "warmupd.toml:2: dns.servers: expected a list [\"…\"], each an address and port like \"127.0.0.1:53\" or \"[::1]:53\", "
          "found \"127.0.0.1:53\""));
  EXPECT_THAT(problems("[retry]\njitter = nan\n" + least),
              ElementsAre("warmupd.toml:2: retry.jitter: expected a number from 0 to 0.9, found nan"));
}

TEST_F(Mistakes, ABadUnitShowsGoodOnes) {
  EXPECT_THAT(
      problems("shutdown_grace = \"1.5h\"\n" + least),
      ElementsAre("warmupd.toml:1: shutdown_grace: expected a duration like \"90s\", \"5m\", \"4h\" or \"5d\", found \"1.5h\""));
  EXPECT_THAT(
      problems("shutdown_grace = 30\n" + least),
      ElementsAre("warmupd.toml:1: shutdown_grace: expected a duration like \"90s\", \"5m\", \"4h\" or \"5d\", found 30"));
  EXPECT_THAT(problems("[limits]\nmessage_size = \"50 megs\"\n" + least),
              ElementsAre("warmupd.toml:2: limits.message_size: expected a size like \"50MiB\", found \"50 megs\""));
  EXPECT_THAT(problems("[[provider]]\nname = \"google\"\nrate = \"20\"\n" + least),
              ElementsAre("warmupd.toml:3: provider.rate: expected a rate like \"20/s\", \"600/min\" or \"1000/h\", or \"\" for "
                          "none, found \"20\""));
  EXPECT_THAT(problems("[dns]\ntimeout = \"0s\"\n" + least),
              ElementsAre("warmupd.toml:2: dns.timeout: expected at least \"1s\", found \"0s\""));
}

TEST_F(Mistakes, AWordThatIsNoChoiceShowsTheChoices) {
  EXPECT_THAT(problems("[delivery]\ntls = \"maybe\"\n" + least),
              ElementsAre("warmupd.toml:2: delivery.tls: expected \"off\", \"may\", \"encrypt\" or \"verify\", found \"maybe\""));
}

TEST_F(Mistakes, OneBracketOrTwo) {
  EXPECT_THAT(problems("[[limits]]\nhops = 5\n" + least),
              ElementsAre("warmupd.toml:1: limits: there is only one, write [limits], not [[limits]]"));
  EXPECT_THAT(problems("[listener]\naddress = \"127.0.0.1:0\"\n[[source]]\nname = \"a\"\n"),
              ElementsAre("warmupd.toml:1: listener: there may be several, write [[listener]], not [listener]"));
  EXPECT_THAT(problems("limits = 5\n" + least), ElementsAre("warmupd.toml:1: limits: expected a table [limits], found 5"));
}

TEST_F(Mistakes, BrokenSyntaxHasItsLine) {
  const auto found = problems("threads = 1\nspool = \n" + least);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_THAT(found[0], testing::StartsWith("warmupd.toml:2: this is not TOML: "));
}

TEST_F(Mistakes, ATableWithoutANameIsBrokenSyntax) {
  for (const char* header : {"[=]", "[[ .x]]", "[]", "[[]]", "[", "[[", "[a.]", "= 1", "a. = 1"}) {
    const auto found = problems(std::string("threads = 1\n") + header + "\n" + least);
    ASSERT_EQ(found.size(), 1U) << header;
    EXPECT_THAT(found[0], testing::MatchesRegex("warmupd.toml:[23]: this is not TOML: .*")) << header;
  }
}

TEST_F(Mistakes, ControlOctetsOfAValueDoNotReachTheTerminal) {
  EXPECT_THAT(problems("spool = \"\\u001b[31m\"\n" + least),
              ElementsAre("warmupd.toml:1: spool: expected one line without control characters, found \"\\x1b[31m\""));
}

TEST_F(Mistakes, AMissingFileIsNamed) {
  try {
    load_file(path("none.toml"), "mta1.example.com");
    FAIL() << "loaded";
  } catch (const ConfigError& error) {
    EXPECT_EQ(std::string(error.what()), path("none.toml") + ": cannot read the configuration: No such file or directory");
  }
}

TEST_F(Mistakes, AllOfThemAreReportedInOneGoInTheOrderOfTheFile) {
  const std::string text = "threads = \"x\"\n[retry]\nfactor = 0\n[limits]\nhops = 0\nhopps = 1\n[[route]]\npool = \"fast\"\n" +
                           least + "[[source]]\naddress = \"x\"\n";
  EXPECT_THAT(
      problems(text),
      ElementsAre(
          "warmupd.toml:1: threads: expected a whole number from 0 to 1024, found \"x\"",
          "warmupd.toml:3: retry.factor: expected a number from 1 to 100, found 0",
          "warmupd.toml:5: limits.hops: expected a whole number from 1 to 10000, found 0",
          "warmupd.toml:6: unknown key \"hopps\" in [limits], did you mean \"hops\"?",
          "warmupd.toml:8: route.pool: there is no pool \"fast\", only \"default\"",
          "warmupd.toml:14: source.name is missing, for example name = \"ip-1\"",
          "warmupd.toml:15: source.address: expected an IP address like \"203.0.113.10\" or \"2001:db8::1\", found \"x\""));
}

TEST_F(Mistakes, WhatIsOneALineForAPerson) {
  try {
    load("threads = 9999\nspool = \"\"\n" + least);
    FAIL() << "loaded";
  } catch (const ConfigError& error) {
    EXPECT_EQ(std::string(error.what()),
              "warmupd.toml:1: threads: expected a whole number from 0 to 1024, found 9999\n"
              "warmupd.toml:2: spool: expected the path of a directory, found \"\"");
  }
}

TEST_F(Mistakes, AnEmptyFileSaysWhatIsNeeded) {
  EXPECT_THAT(problems(""),
              ElementsAre("warmupd.toml:1: there is no [[listener]]; write one, for example with address = \"127.0.0.1:587\"",
                          "warmupd.toml:1: there is no [[source]]; write one, for example with name = \"ip-1\" and "
                          "address = \"203.0.113.10\""));
}

TEST_F(Mistakes, AHostWithoutAProperNameIsTold) {
  try {
    load_text(least, "warmupd.toml", "my host");
    FAIL() << "loaded";
  } catch (const ConfigError& error) {
    EXPECT_EQ(std::string(error.what()),
              "warmupd.toml:1: hostname: this host's own name is \"my host\", which other mail servers do not take; write "
              "hostname = \"mta1.example.com\"");
  }
  EXPECT_THAT(load_text(least, "warmupd.toml", "box").warnings[0].line(),
              "warmupd.toml:1: hostname: \"box\" has no domain; other mail servers expect a full name like \"mta1.example.com\"");
}

TEST_F(Mistakes, TheLeastLoadsWithoutAWord) {
  EXPECT_THAT(problems(least), IsEmpty());
  EXPECT_THAT(warnings(least), IsEmpty());
}

}  // namespace
}  // namespace conf
