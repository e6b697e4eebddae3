// The clock is set back while a message is in conversation: the day that it was in comes again, with what was used of it.
#include <gtest/gtest.h>

#include "days.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;

TEST(WarmupClock, SetBackIntoADayThatIsUsedUpTheMessageInConversationWaits) {
  Town town{seed_from_env_or(81)};
  auto& gmail = town.receiver("gmail.test");
  auto plan = plan_of(10, 1.5, 500);
  plan.pace = warmup::Pace::none;
  auto& out = town.mta({.plan = plan, .change = [](conf::Config& config) {
                          for (auto& each : config.classes) each.reserve = 0;
                        }});
  out.submit(30, bulk_to("gmail.test"));
  town.pass(24h - 10s);
  ASSERT_EQ(gmail.accepted(), 10U);
  gmail.manners.delays[Stage::mail] = 30s;  // RCPT and DATA come after it, when the client does not pipeline
  gmail.manners.pipelining = false;
  town.pass(20s);
  ASSERT_GT(gmail.open_sessions(), 0U);
  town.world().calendar.jump(-2h);
  town.pass(1h);
  EXPECT_EQ(gmail.accepted(), 10U) << town.story();
  town.pass(2h);
  EXPECT_GT(gmail.accepted(), 10U);
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

}  // namespace
}  // namespace mta::sim
