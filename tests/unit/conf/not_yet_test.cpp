#include <algorithm>

#include "tests/unit/conf/workshop.h"

namespace conf {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class NotYet : public Workshop {
 protected:
  // The key stands on the last line of `text`; its own line and words are all there is.
  void refused(const std::string& text, const std::string& words) const {
    const auto line = std::count(text.begin(), text.end(), '\n');
    EXPECT_THAT(problems(text + least),
                ElementsAre("warmupd.toml:" + std::to_string(line) + ": " + words + " is not available in this version"));
  }
};

TEST_F(NotYet, WhatWouldHaveToActIsRefusedAtItsLine) {
  refused("[suppression]\nnever = [\"@example.com\"]\n", "suppression.never");
  refused("[suppression]\nat_rcpt = false\n", "suppression.at_rcpt = false");
  refused("[suppression]\nafter = 3\n", "suppression.after = 3");
  refused("[suppression]\nexpire = \"0s\"\n", "suppression.expire = \"0s\"");
  refused("[bounces]\ndomain = \"b.example.com\"\n", "bounces.domain = \"b.example.com\"");
  refused("[control]\nlisten = \"127.0.0.1:8025\"\n", "control.listen = \"127.0.0.1:8025\"");
  refused("[events]\nwebhook = \"https://example.com/x\"\n", "events.webhook = \"https://example.com/x\"");
  refused("[doctor]\nat_start = \"enforce\"\n", "doctor.at_start = \"enforce\"");
  refused("[doctor]\ndnsbl = [\"bl.example.org\"]\n", "doctor.dnsbl");
  refused("[dns]\ntrust_ad = true\n", "dns.trust_ad = true");
  refused("[[sender]]\n", "sender");
}

TEST_F(NotYet, DefaultsMayBeWritten) {
  EXPECT_THAT(
      problems(
          "[suppression]\nenabled = true\nnever = []\nat_rcpt = true\nafter = 2\nexpire = \"180d\"\n[bounces]\ndomain = \"\"\n"
          "[control]\nlisten = \"\"\n[events]\nwebhook = \"\"\n[doctor]\nat_start = \"off\"\ndnsbl = []\n[dns]\ntrust_ad = "
          "false\n" +
          least),
      IsEmpty());
}

TEST_F(NotYet, ValuesAreCheckedAllTheSame) {
  EXPECT_THAT(problems("[control]\nlisten = \"0.0.0.0:8025\"\n" + least),
              ElementsAre("warmupd.toml:2: control.listen: 0.0.0.0:8025 can be reached from other hosts; set token_file",
                          "warmupd.toml:2: control.listen = \"0.0.0.0:8025\" is not available in this version"));
}

class Reload : public Workshop {
 protected:
  std::vector<std::string> changed(const std::string& from, const std::string& to) const {
    return not_reloadable(load(from + least).config, load(to + least).config);
  }
};

TEST_F(Reload, SaysWhatMayNotChangeWhileRunning) {
  EXPECT_THAT(changed("", ""), IsEmpty());
  EXPECT_THAT(changed("", "min_free = \"1GiB\"\n[retry]\nfirst = \"1m\"\n"), IsEmpty());
  EXPECT_THAT(changed("", "spool = \"/tmp/x\"\nthreads = 3\n[control]\nsocket = \"/tmp/y\"\n"),
              ElementsAre("spool", "threads", "control.socket"));
}

TEST_F(Reload, ARehearsalStaysWhatItIs) {
  EXPECT_THAT(changed("", "[rehearsal]\ntime_scale = 60\n"), ElementsAre("rehearsal"));
  EXPECT_THAT(changed("", "[rehearsal]\ndeliver_to = \"127.0.0.1:2526\"\n"), ElementsAre("rehearsal"));
  EXPECT_THAT(changed("[rehearsal]\ntime_scale = 60\n", "\n\n[rehearsal]\ntime_scale = 60.0\n"), IsEmpty());
}

}  // namespace
}  // namespace conf
