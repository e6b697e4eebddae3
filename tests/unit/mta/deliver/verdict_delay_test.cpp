// Delays that remotes name, as they write them.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>

#include "mta/deliver/verdict.h"

namespace mta {
namespace {

using namespace std::chrono_literals;

TEST(NamedDelay, IsReadInEveryFormThatServersUse) {
  const std::vector<std::pair<std::string, std::chrono::milliseconds>> said = {
      {"Greylisted, try again in 500 seconds", 500s},
      {"Greylisting in action, please come back in 00:05:00", 5min},
      {"try again in 300s", 300s},
      {"wait 5 min", 5min},
      {"please retry in 1 hour", 1h},
      {"retry after 5 minutes.", 5min},
      {"come back in an hour", 1h},
      {"one minute please", 1min},
      {"try again in 1 hour and 30 minutes", 90min},
      {"Greylisted for 300 seconds (see http://isg.ee.example.org/tools/postgrey/help/x.html)", 300s},
      {"you are being greylisted for 240 seconds, 4.7.1 from 192.0.2.7", 240s},
      {"retry in 2 days", 48h},
  };
  for (const auto& [text, delay] : said) EXPECT_EQ(named_delay(text), delay) << text;
}

TEST(NamedDelay, IsNothingWhereNumbersMeanSomethingElse) {
  for (const std::string text : {"Greylisted, please try again later", "4.7.1 s", "host 2001:db8:00:05:00::1 greylisted",
                                 "mx7.example.org greylisted", "", "400 messages"})
    EXPECT_FALSE(named_delay(text)) << text;
}

TEST(NamedDelay, AnEndlessNumberIsNoDelay) { EXPECT_FALSE(named_delay("in " + std::string(5000, '9') + " seconds")); }

}  // namespace
}  // namespace mta
