// The rules of the warm-up as a season plays them.
#include <fmt/format.h>

#include <functional>

#include "mta/simulate/random.h"
#include "tests/unit/mta/simulate/played.h"

namespace mta::simulate {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

const std::string source = "[[config.source]]\nname = \"ip-1\"\naddress = \"192.0.2.1\"\nplan = \"default\"\n";
const std::string to_google = "to = { google = 1 }\n";
const std::string big_backlog = "[[burst]]\nrecipients = 100000\n" + to_google;

// Answers as the test says.
class Answering : public Receiver {
 public:
  explicit Answering(std::function<std::vector<SimulatedReply>(const Attempt&)> how) : how_(std::move(how)) {}
  std::vector<SimulatedReply> answer(const Attempt& attempt) override { return how_(attempt); }

 private:
  std::function<std::vector<SimulatedReply>(const Attempt&)> how_;
};

std::vector<SimulatedReply> yes(const Attempt& attempt) {
  return {{warmup::Verdict::delivered, attempt.recipients, false, true}};
}

TEST(Simulation, ABigBacklogLeavesAlongTheCurve) {
  const SimulationReport report = played("days = 14\n" + big_backlog);
  EXPECT_THAT(delivered_by_day(report), ElementsAre(100, 120, 144, 172, 207, 248, 298, 358, 429, 515, 619, 743, 891, 1069));
  EXPECT_EQ(report.lanes.front().days.back().stage, 13U);
  expect_nothing_lost(report);
}

TEST(Simulation, ALaneOfAPlanThatLearnsGrowsByMoreWhileItsDaysAreFullAndClean) {
  const std::string plan = "[[config.plan]]\nname = \"default\"\ngrowth_max = 1.3\n" + source;
  const SimulationReport report = played("days = 7\n" + big_backlog + plan);
  EXPECT_THAT(delivered_by_day(report), ElementsAre(100, 120, 147, 185, 239, 311, 405));
  EXPECT_EQ(report.lanes.front().days.back().growth, 1.3);
  EXPECT_EQ(report.lanes.front().days.at(2).growth, 1.26);
  EXPECT_EQ(report.lanes.front().growth, 1.3);
  EXPECT_FALSE(played("days = 2\n" + big_backlog).lanes.front().growth);
  expect_nothing_lost(report);
  expect_no_cap_exceeded(report);
}

TEST(Simulation, TheStepChangesNoDaysCount) {
  const auto days = delivered_by_day(played("days = 10\nstep = \"5m\"\n" + big_backlog));
  for (const char* step : {"1s", "1m", "7m", "1h"})
    EXPECT_EQ(delivered_by_day(played(fmt::format("days = 10\nstep = \"{}\"\n", step) + big_backlog)), days) << step;
}

TEST(Simulation, ADayIsPacedAndItsCapReachedAt95Percent) {
  Welcoming receiver;
  played("days = 1\nstep = \"1s\"\n" + big_backlog, &receiver);
  Recipients sent = 0;
  const Instant midnight = std::chrono::floor<std::chrono::days>(receiver.attempts.front().at);
  for (const auto& attempt : receiver.attempts) {
    sent += attempt.recipients;
    const double f = static_cast<double>((attempt.at - midnight).count()) / static_cast<double>(Duration(24h).count());
    EXPECT_LE(static_cast<double>(sent), std::ceil(100 * std::min(1.0, f / 0.95 + 1.0 / 24)) + 1e-6);
  }
  EXPECT_EQ(sent, 100U);
  EXPECT_LE(receiver.attempts.back().at - midnight, 23h);
}

TEST(Simulation, DaysAreThoseOfThePlansTimeZone) {
  const SimulationReport report = played("days = 3\nstart = \"2026-03-28\"\n" + big_backlog + source +
                                         "[[config.plan]]\nname = \"default\"\ntimezone = \"Europe/Berlin\"\n");
  EXPECT_EQ(report.timezone, "Europe/Berlin");
  EXPECT_EQ(report.end - report.start, Duration(71h));  // clocks go forward on the 29th
  EXPECT_THAT(delivered_by_day(report), ElementsAre(100, 120, 144));
}

TEST(Simulation, WithoutAPlanNothingHoldsMailBack) {
  const SimulationReport report = played("days = 2\n" + big_backlog + "[[config.source]]\nname = \"ip-1\"\n");
  EXPECT_THAT(delivered_by_day(report), ElementsAre(100000, 0));
}

TEST(Simulation, APlanThatIsOnlyWatchedLetsTheCollapseHappen) {
  const std::string receiver = "[[receiver]]\nprovider = \"google\"\nstranger = 500\n";
  const std::string watched = "[[config.plan]]\nname = \"default\"\nenforce = false\n";
  const SimulationReport collapse = played("days = 3\n" + big_backlog + receiver + source + watched);
  const SimulationReport warmed = played("days = 3\n" + big_backlog + receiver + source);
  EXPECT_GT(collapse.total.blocked + collapse.total.rate_limited, 5U);
  EXPECT_LT(collapse.total.delivered, 1000U);
  EXPECT_TRUE(collapse.changes.contains("paused"));
  EXPECT_EQ(warmed.total.blocked + warmed.total.rate_limited, 0U);
  EXPECT_THAT(delivered_by_day(warmed), ElementsAre(100, 120, 144));
}

TEST(Simulation, TransactionalMailBehindABigBacklogGoesAtOnceWithinItsReserve) {
  const SimulationReport report =
      played("days = 1\n" + big_backlog + "[[burst]]\nclass = \"transactional\"\nat = \"12:00\"\nrecipients = 20\n" + to_google);
  const auto& urgent = report.classes.at("transactional");
  EXPECT_EQ(urgent.counts.delivered, 20U);
  EXPECT_LE(urgent.waits.longest(), 1min);
  EXPECT_EQ(report.classes.at("bulk").counts.delivered, 80U);
}

TEST(Simulation, LanesOfOneProviderShareALineAndTheirCapsAddUp) {
  const SimulationReport report = played("days = 2\n" + big_backlog + source +
                                         "[[config.source]]\nname = \"ip-2\"\naddress = \"192.0.2.2\"\nplan = \"default\"\n");
  EXPECT_THAT(delivered_by_day(report), ElementsAre(200, 240));
}

TEST(Simulation, TheTotalOfASourceBindsWhenManySmallSitesAddUp) {
  std::string to = "to = {";
  for (int i = 0; i < 20; ++i) to += fmt::format("{}\"site{}.example\" = 0.05", i == 0 ? "" : ", ", i);
  const SimulationReport report =
      played("days = 2\n[[burst]]\nrecipients = 20000\n" + to + "}\n" + source + "overall_factor = 5\n");
  EXPECT_THAT(delivered_by_day(report), ElementsAre(500, 600));
}

TEST(Simulation, DomainsOfAProviderAndItsNameAreOneLane) {
  const SimulationReport report =
      played("days = 1\n[[burst]]\nrecipients = 1000\nto = { google = 0.5, \"gmail.com\" = 0.25, \"googlemail.com\" = 0.25 }\n");
  EXPECT_EQ(report.total.delivered, 100U);
  EXPECT_EQ(report.lanes.size(), 1U);
}

TEST(Simulation, ARouteSendsAClassByItsOwnPool) {
  const SimulationReport report =
      played("days = 1\n" + big_backlog + source +
             "[[config.source]]\nname = \"ip-2\"\naddress = \"192.0.2.2\"\n"
             "[[config.pool]]\nname = \"default\"\nsources = [\"ip-1\"]\n[[config.pool]]\nname = \"mass\"\nsources = "
             "[\"ip-2\"]\n[[config.route]]\nclass = \"bulk\"\npool = \"mass\"\n");
  EXPECT_EQ(report.total.delivered, 100000U);
}

TEST(Simulation, GreylistedMailComesBackAndKeepsItsPlace) {
  const SimulationReport report =
      played("days = 3\n" + big_backlog + "[[receiver]]\nprovider = \"google\"\naccepts = 0\ngreylist = \"5m\"\nknown = 50\n");
  EXPECT_THAT(delivered_by_day(report), ElementsAre(100, 120, 144));
  EXPECT_GT(report.total.greylisted, 0U);
  EXPECT_TRUE(report.changes.contains("advanced"));
}

TEST(Simulation, ARateLimitCoolsTheLaneAndADayOfItEarnsNoStage) {
  Answering receiver([day = Instant{}](const Attempt& attempt) mutable -> std::vector<SimulatedReply> {
    if (day == Instant{}) day = attempt.now;
    if (attempt.now - day < 24h) return {{warmup::Verdict::rate_limited, 1, false, false, "421 4.7.0 slow down"}};
    return yes(attempt);
  });
  const SimulationReport report = played("days = 3\n" + big_backlog, &receiver);
  EXPECT_EQ(report.days[0].all.delivered, 0U);
  EXPECT_GE(report.days[0].all.rate_limited, 12U);  // google: 10 min for an hour, then doubling to 4 h
  EXPECT_LE(report.days[0].all.rate_limited, 15U);
  EXPECT_EQ(report.lanes.front().days.at(1).stage, 0U);
  EXPECT_GT(report.days[1].all.delivered, 0U);
  expect_nothing_lost(report);
}

TEST(Simulation, AConfirmedBlockPausesStepsBackAndBouncesAfterADay) {
  Answering receiver([](const Attempt&) -> std::vector<SimulatedReply> {
    return {{warmup::Verdict::reputation_block, 1, true, true, "550 5.7.1 low reputation"}};
  });
  const SimulationReport report = played("days = 6\n[[burst]]\nrecipients = 2\n" + to_google, &receiver);
  EXPECT_TRUE(report.changes.contains("paused"));
  EXPECT_TRUE(report.changes.contains("stepped_back"));
  EXPECT_EQ(report.total.bounced, 2U);
  expect_nothing_lost(report);
}

TEST(Simulation, ADirtyListIsChargedAndHeld) {
  const SimulationReport report =
      played("days = 4\n" + big_backlog + "[[receiver]]\nprovider = \"google\"\naccepts = 0\nunknown_users = 0.3\n");
  EXPECT_TRUE(report.changes.contains("held"));
  EXPECT_LE(report.days[0].all.sent, 100U);
  expect_no_cap_exceeded(report);
}

TEST(Simulation, ASiteThatIsOutBacksOffAndItsMailIsNotCharged) {
  const SimulationReport report = played("days = 2\n[[burst]]\nrecipients = 50\nat = \"08:00\"\nover = \"4h\"\n" + to_google +
                                         "[[outage]]\nprovider = \"google\"\nat = \"07:00\"\nlasts = \"6h\"\n");
  EXPECT_GT(report.total.unreachable, 5U);
  EXPECT_LT(report.total.unreachable, 15U);  // one probe a minute, doubling to an hour
  EXPECT_EQ(report.total.sent, 50U);
  EXPECT_EQ(report.total.delivered, 50U);
  EXPECT_GE(report.classes.at("bulk").waits.longest(), 5h);
}

TEST(Simulation, MailForASiteThatNeverAnswersExpires) {
  const SimulationReport report =
      played("days = 8\n[[burst]]\nrecipients = 50\n" + to_google + "[[outage]]\nprovider = \"google\"\nlasts = \"8d\"\n");
  EXPECT_EQ(report.total.expired, 50U);
  EXPECT_EQ(report.days[4].all.expired, 0U);
  EXPECT_EQ(report.days[5].all.expired, 50U);
}

TEST(Simulation, WhatIsPutOffIsTriedAgainUntilItsLifetimeIsUsed) {
  Answering receiver([](const Attempt& attempt) -> std::vector<SimulatedReply> {
    return {{warmup::Verdict::temporary, attempt.recipients, false, false, "451 4.3.0"}};
  });
  const SimulationReport report = played("days = 8\n[[burst]]\nrecipients = 1\n" + to_google, &receiver);
  EXPECT_EQ(report.total.expired, 1U);
  EXPECT_GT(report.total.put_off, 25U);
  EXPECT_LT(report.total.put_off, 45U);
}

const std::string relay = source +
                          "[[config.source]]\nname = \"relay\"\nsmarthost = \"relay.example.net:25\"\n"
                          "[[config.pool]]\nname = \"default\"\nsources = [\"ip-1\"]\noverflow = \"relay\"\n";

TEST(Simulation, WhatIsFullTodayOverflowsAtOnceButPaceAloneNever) {
  const std::string overflowing = "[[config.class]]\nname = \"bulk\"\nwhen_full = \"overflow\"\n";
  const SimulationReport full = played("days = 1\n[[burst]]\nrecipients = 300\n" + to_google + relay + overflowing);
  EXPECT_EQ(full.total.overflowed, 229U);  // ceil(30 · 23/24) of the 100 are kept for transactional mail
  const SimulationReport paced = played("days = 1\n[[burst]]\nrecipients = 60\n" + to_google + relay + overflowing);
  EXPECT_EQ(paced.total.overflowed, 0U);
  EXPECT_EQ(paced.total.delivered, 60U);
}

TEST(Simulation, MailThatWaitedTooLongOverflowsOrBouncesOrWaitsAsTheClassSays) {
  const std::string mail =
      "days = 3\n[[burst]]\nrecipients = 500\n" + to_google + relay + "[[config.class]]\nname = \"bulk\"\nmax_wait = \"1d\"\n";
  const SimulationReport waits = played(mail);
  EXPECT_EQ(waits.total.waiting, 500U - 364U);
  const SimulationReport overflows = played(mail + "on_max_wait = \"overflow\"\n");
  EXPECT_EQ(overflows.total.overflowed + overflows.total.delivered, 500U);
  const SimulationReport bounces = played(mail + "on_max_wait = \"bounce\"\n");
  EXPECT_EQ(bounces.total.bounced + bounces.total.delivered, 500U);
  EXPECT_GT(bounces.total.bounced, 250U);
}

// As in the daemon: confirmed or not, and whatever `when_full` says.
TEST(Simulation, WhoIsRefusedForGoodForOurReputationGoesByTheOverflowAtOnce) {
  Answering receiver([](const Attempt& attempt) -> std::vector<SimulatedReply> {
    if (attempt.source == "relay") return yes(attempt);
    return {{warmup::Verdict::reputation_block, attempt.recipients, true, true, "550 5.7.1 low reputation"}};
  });
  const SimulationReport report = played("days = 2\n[[burst]]\nrecipients = 4\n" + to_google + relay, &receiver);
  EXPECT_EQ(report.total.overflowed, report.total.blocked);
  EXPECT_GE(report.total.overflowed, 1U);
  EXPECT_EQ(report.total.bounced, 0U);
  expect_nothing_lost(report);
}

TEST(Simulation, ABlockBouncesADayAfterItsFirstRefusalThoughTheLaneOpenedMeanwhile) {
  Instant begin{};
  Answering receiver([&begin](const Attempt& attempt) -> std::vector<SimulatedReply> {
    if (begin == Instant{}) begin = attempt.now;
    if (attempt.now - begin > 30h) return yes(attempt);
    return {{warmup::Verdict::reputation_block, 1, true, true, "550 5.7.1 low reputation"}};
  });
  const SimulationReport report = played("days = 4\n[[burst]]\nrecipients = 1\n" + to_google, &receiver);
  EXPECT_EQ(report.days[1].all.bounced, 1U) << "24 hours after the first, not at the next try behind them";
  expect_nothing_lost(report);
}

// As in the daemon: one message tries the way, the others wait for the pool's own lanes.
TEST(Simulation, MailInAnOverflowThatDoesNotAnswerComesBack) {
  Answering receiver([](const Attempt& attempt) -> std::vector<SimulatedReply> {
    if (attempt.source == "relay") return {{warmup::Verdict::connection_failed, attempt.recipients, false, false, "refused"}};
    return yes(attempt);
  });
  const SimulationReport report = played("days = 4\n[[burst]]\nrecipients = 300\n" + to_google + relay +
                                             "[[config.class]]\nname = \"bulk\"\nwhen_full = \"overflow\"\n",
                                         &receiver);
  EXPECT_EQ(report.total.overflowed, 0U);
  EXPECT_GE(report.total.delivered, 299U);
  expect_nothing_lost(report);
}

TEST(Simulation, AnOverflowThatIsBrakedIsSkipped) {
  Answering receiver([](const Attempt& attempt) -> std::vector<SimulatedReply> {
    if (attempt.source == "relay") return {{warmup::Verdict::rate_limited, 1, false, false, "421 4.7.0 no"}};
    return yes(attempt);
  });
  const SimulationReport report = played("days = 4\n[[burst]]\nrecipients = 400\n" + to_google + relay +
                                             "[[config.class]]\nname = \"bulk\"\nwhen_full = \"overflow\"\n",
                                         &receiver);
  EXPECT_EQ(report.total.overflowed, 0U);
  EXPECT_GE(report.total.delivered, 350U);
  expect_nothing_lost(report);
}

TEST(Simulation, AnOverflowThatWasBrakedIsAskedAgainOneMessageAtATimeAndThenTakesTheRest) {
  unsigned refused = 0;
  Answering receiver([&refused, begin = Instant{}](const Attempt& attempt) mutable -> std::vector<SimulatedReply> {
    if (begin == Instant{}) begin = attempt.now;
    if (attempt.source != "relay" || attempt.now - begin > 6h) return yes(attempt);
    EXPECT_TRUE(refused == 0 || attempt.recipients == 1U) << "a probe";
    ++refused;
    return {{warmup::Verdict::rate_limited, 1, false, false, "421 4.7.0 no"}};
  });
  const SimulationReport report = played("days = 1\n[[burst]]\nrecipients = 400\n" + to_google + relay +
                                             "[[config.class]]\nname = \"bulk\"\nwhen_full = \"overflow\"\n",
                                         &receiver);
  EXPECT_LE(refused, 9U);  // 5 min, doubling
  EXPECT_EQ(report.total.waiting, 0U);
  EXPECT_GE(report.total.overflowed, 300U);
  expect_nothing_lost(report);
}

TEST(Simulation, ARecipientThatMeetsRateLimitsForAWeekDoesNotExpire) {
  Answering receiver([begin = Instant{}](const Attempt& attempt) mutable -> std::vector<SimulatedReply> {
    if (begin == Instant{}) begin = attempt.now;
    if (attempt.now - begin > 24h * 7) return yes(attempt);
    return {{warmup::Verdict::rate_limited, 1, false, false, "421 4.7.0 no"}};
  });
  const SimulationReport report = played("days = 9\n[[burst]]\nrecipients = 1\n" + to_google, &receiver);
  EXPECT_EQ(report.total.expired, 0U);
  EXPECT_EQ(report.total.delivered, 1U);
}

TEST(Simulation, MailToADomainOfOurOwnIsCountedByNoLedger) {
  const std::string exempt = source + "[config.warmup]\nexempt = [\"own.example\"]\n";
  const SimulationReport report = played("days = 1\n[[burst]]\nrecipients = 400\nto = { \"mail.own.example\" = 1 }\n" + exempt);
  EXPECT_EQ(report.total.delivered, 400U);
  for (const auto& lane : report.lanes)
    for (const auto& day : lane.days) EXPECT_EQ(day.sent, 0U) << lane.provider;
  expect_nothing_lost(report);
}

TEST(Simulation, AFullLineRefusesAtTheDoorWhereTheClassSaysSo) {
  const SimulationReport report = played("days = 2\n[[arrivals]]\nper_day = 3000\n" + to_google + source +
                                         "[[config.class]]\nname = \"bulk\"\nmax_wait = \"1d\"\nwhen_full = \"tempfail\"\n");
  EXPECT_GT(report.total.refused, 3000U);
  EXPECT_EQ(report.total.refused + report.total.arrived, 6000U);
  expect_nothing_lost(report);
}

TEST(Simulation, TheOperatorsHandIsFollowed) {
  const SimulationReport report =
      played("days = 4\n" + big_backlog +
             "[[operator]]\nday = 2\ndoes = \"pause\"\nsource = \"ip-1\"\nprovider = \"google\"\nfor = \"1d\"\n"
             "[[operator]]\nday = 4\ndoes = \"set\"\nsource = \"ip-1\"\nprovider = \"google\"\nstage = 5\n");
  EXPECT_THAT(delivered_by_day(report), ElementsAre(100, 0, 120, 248));
}

TEST(Simulation, ARefusedHandIsReported) {
  const SimulationReport report =
      played("days = 1\n" + big_backlog + "[[operator]]\ndoes = \"resume\"\nsource = \"ip-1\"\nprovider = \"google\"\n");
  EXPECT_TRUE(report.changes.contains("refused"));
}

TEST(Simulation, MailComesInTheVolumesDaysAndHoursThatWereSaid) {
  const SimulationReport report =
      played("start = \"2026-03-02\"\ndays = 14\n[[arrivals]]\nper_day = 70\nweekdays = [\"tue\", \"sun\"]\n" + to_google +
             "[[arrivals]]\neach_day = [5, 7]\nfrom = 3\n" + to_google);
  std::vector<Recipients> arrived;
  for (const auto& day : report.days) arrived.push_back(day.all.arrived);
  EXPECT_THAT(arrived, ElementsAre(0, 70, 5, 7, 0, 0, 70, 0, 70, 0, 0, 0, 0, 70));
}

TEST(Simulation, SharesOfARecipientAddUpOverTheDays) {
  const SimulationReport report =
      played("days = 30\n[[arrivals]]\nper_day = 1\nto = { google = 0.5, yahoo = 0.3, icloud = 0.2 }\n");
  EXPECT_EQ(report.providers.at("google").arrived, 15U);
  EXPECT_EQ(report.providers.at("yahoo").arrived, 9U);
  EXPECT_EQ(report.providers.at("icloud").arrived, 6U);
}

}  // namespace
}  // namespace mta::simulate
