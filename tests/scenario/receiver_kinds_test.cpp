// The daemon meets the receivers of conf/receivers/, over SMTP, in their own words.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "days.h"
#include "mta/simulate/simulation.h"
#include "tests/sim/remembering_host.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;
using warmup::Verdict;

simulate::ReceiverKind shipped_kind(const std::string& name) {
  return simulate::read_receiver_kind(WARMUPD_SOURCE_DIR "/conf/receivers/" + name + ".toml");
}

// A day's mail at once, each message of a sender of its own.
void submit_a_days_mail(Daemon& out, const std::string& domain, std::size_t count, unsigned day) {
  for (std::size_t n = 0; n < count; ++n) {
    Mail mail = bulk_to(domain);
    mail.sender = fmt::format("news-{}-{}@sender.test", day, n);
    mail.recipient_parameters = " NOTIFY=NEVER";
    out.submit(1, mail);
  }
}

std::size_t said_times(const RememberingHost& host, Verdict verdict) {
  const auto found = host.said().find(verdict);
  return found == host.said().end() ? 0 : found->second;
}

TEST(ReceiverKindsInTown, AWarmUpIsWelcomeAtTheGoogleLikeHost) {
  Town town(11);
  Receiver& host = town.receiver("google-like.test");
  const RememberingHost memory(town, host, shipped_kind("google-like"), {});
  Daemon& out = town.mta({.plan = plan_of(30, 1.2, 500)});
  for (unsigned day = 0; day < 4; ++day) submit_a_days_mail(out, "google-like.test", 60, day), town.pass(24h);
  EXPECT_EQ(said_times(memory, Verdict::rate_limited), 0U);
  EXPECT_EQ(accepted_by_day(host, 4), (std::vector<std::size_t>{30, 36, 43, 51}));
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once()) << town.story();
}

TEST(ReceiverKindsInTown, WithoutAWarmUpTheGoogleLikeHostSays4728AndTheLaneCools) {
  Town town(12);
  Receiver& host = town.receiver("google-like.test");
  auto kind = shipped_kind("google-like");
  kind.quota.stranger = 100;  // a small town's
  const RememberingHost memory(town, host, kind, {});
  Daemon& out = town.mta({.plan = at_once(400)});
  submit_a_days_mail(out, "google-like.test", 300, 0);
  town.pass(23h);
  EXPECT_LE(host.accepted(), 100U);
  EXPECT_GE(host.accepted(), 80U);  // each knock too soon costs some trust, and the quota with it
  EXPECT_GT(said_times(memory, Verdict::rate_limited), 0U);
  EXPECT_LT(said_times(memory, Verdict::rate_limited), 60U) << "it does not knock and knock";
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once()) << town.story();
}

TEST(ReceiverKindsInTown, AJumpIsBlockedByTheMicrosoftLikeHostAndTheLanePausesWithTheMailKept) {
  Town town(13);
  Receiver& host = town.receiver("microsoft-like.test");
  auto kind = shipped_kind("microsoft-like");
  kind.quota.stranger = 40;
  const RememberingHost memory(town, host, kind, {});
  Daemon& out = town.mta({.plan = at_once(400)});
  submit_a_days_mail(out, "microsoft-like.test", 300, 0);
  town.pass(20h);
  EXPECT_EQ(host.accepted(), 100U);
  EXPECT_GE(memory.junk(), 60U);
  EXPECT_GE(said_times(memory, Verdict::delisting), 1U);
  EXPECT_LE(said_times(memory, Verdict::delisting), 30U) << "a list that does not forget is not knocked at";
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once()) << town.story();
}

TEST(ReceiverKindsInTown, TheSmallSiteGreylistsAndThenTakesAll) {
  Town town(14);
  Receiver& host = town.receiver("small-site.test");
  auto kind = shipped_kind("small-site");
  kind.temporary = 0;
  const RememberingHost memory(town, host, kind, {});
  Daemon& out = town.mta({.plan = at_once(400)});
  submit_a_days_mail(out, "small-site.test", 50, 0);
  town.pass(12h);
  EXPECT_EQ(host.accepted(), 50U);
  EXPECT_EQ(said_times(memory, Verdict::greylisted), 50U);
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once()) << town.story();
}

}  // namespace
}  // namespace mta::sim
