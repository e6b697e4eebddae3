// What clients that may not relay can make us write.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "days.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;

std::uint64_t number_behind(const std::string& text, const std::string& key) {
  const auto at = text.find("\"" + key + "\":");
  return at == std::string::npos ? 0 : std::stoull(text.substr(at + key.size() + 3));
}

TEST(Strangers, ThousandsOfRefusalsAreAFewEventsThatCountThemAll) {
  Town town{seed_from_env_or(130)};
  town.receiver("gmail.test");
  auto& out = town.mta();
  Clients stranger(town.world(), asio::ip::make_address("203.0.113.5"));
  stranger.server = out.clients.server;
  stranger.tries = 1;
  Mail mail = to("gmail.test");
  mail.recipients.clear();
  for (int n = 0; n < 20; ++n) mail.recipients.push_back("user" + std::to_string(n) + "@gmail.test");
  for (int n = 0; n < 200; ++n) stranger.submit(mail);
  ASSERT_TRUE(town.pass_until([&] { return stranger.idle(); }, 30min));
  town.pass(3min);
  const auto seen = look_into(out);
  std::uint64_t rows = 0, counted = 0, octets = 0;
  for (const auto& event : seen.events) {
    if (event.type != "refused") continue;
    ++rows;
    octets += event.text.size();
    counted += number_behind(event.text, "count");
    EXPECT_THAT(event.text, ::testing::HasSubstr("\"since\":\"20"));
    EXPECT_EQ(event.client, "203.0.113.5");
  }
  EXPECT_GE(counted, 200U) << town.story();
  EXPECT_LE(rows, 40U) << town.story();
  EXPECT_LE(octets, 20'000U);
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

TEST(Strangers, UnsignedMailIsAnEventOnceADomainAndHour) {
  Town town{seed_from_env_or(131)};
  town.receiver("gmail.test");
  auto& out = town.mta();
  out.submit(50, to("gmail.test"));
  town.pass(30min);
  const auto seen = look_into(out);
  EXPECT_EQ(count_of(seen, "unsigned"), 1U) << town.story();
  for (const auto& event : seen.events) {
    if (event.type != "unsigned") continue;
    EXPECT_THAT(event.text, ::testing::HasSubstr("\"reason\":\"no DKIM key is configured for "));
  }
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

}  // namespace
}  // namespace mta::sim
