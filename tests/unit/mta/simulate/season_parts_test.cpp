// The owners of a season's state, each by itself: days, events, queues, arrivals, turns, From domains, what becomes of a head and an answer.
#include "mta/simulate/arrivals.h"
#include "mta/simulate/held_queues.h"
#include "mta/simulate/outcomes.h"
#include "tests/unit/mta/simulate/played.h"

namespace mta::simulate {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

const std::string some_mail = "[[burst]]\nrecipients = 1\nto = { google = 1 }\n";
const std::string two_sources =
    "[[config.source]]\nname = \"ip-1\"\naddress = \"192.0.2.1\"\nplan = \"default\"\n"
    "[[config.source]]\nname = \"old-relay\"\nsmarthost = \"relay.example.org:25\"\n"
    "[[config.pool]]\nname = \"default\"\nsources = [\"ip-1\"]\noverflow = \"old-relay\"\n";

struct Owners {
  explicit Owners(const std::string& scenario = "days = 3\n" + some_mail)
      : read(scenario_of("start = \"2026-01-05\"\n" + scenario + two_sources)), state(read.config->config, read.scenario) {
    state.now = state.days.begins();
  }
  SimulatedQueue& queue(const std::string& mail_class = "bulk", const std::string& to = "google") {
    return state.queues.of({to, mail_class, "", ""});
  }
  Cohort mail(Recipients count) {
    Cohort made;
    made.born = made.due = state.now;
    made.number = arrived;
    made.count = count;
    arrived += count;
    return made;
  }
  Read read;
  SeasonState state;
  std::uint64_t arrived = 0;
};

TEST(SeasonDays, BeginAndEndAtTheMidnightsOfTheirZoneAndHaveItsDates) {
  const Read read = scenario_of("start = \"2026-03-28\"\ndays = 3\ntimezone = \"Europe/Berlin\"\n" + some_mail);
  const SeasonDays days(read.config->config, read.scenario);
  EXPECT_EQ(days.boundaries().size(), 4U);
  EXPECT_EQ(days.end_of(1) - days.begin_of(1), 24h);
  EXPECT_EQ(days.end_of(2) - days.begin_of(2), 23h) << "summer time begins";
  EXPECT_EQ(days.date_ended(days.end_of(1)), "2026-03-28");
  EXPECT_EQ(days.date_at(days.time_of(3, 12h)), "2026-03-30");
  EXPECT_EQ(days.weekday(2), 0U) << "a Sunday";
}

TEST(SeasonEvents, AtOneInstantDaysEndThenTheOperatorActsThenMailArrivesThenQueuesWake) {
  SeasonEvents events;
  const Instant noon{std::chrono::sys_days{std::chrono::year{2026} / 1 / 5} + 12h};
  for (const auto what : {Happens::wake, Happens::arrival, Happens::deed, Happens::day}) events.schedule(noon, what, 1);
  events.schedule(noon, Happens::wake, 2);
  events.schedule(noon - 1ms, Happens::wake, 3);
  EXPECT_EQ(events.next(), noon - 1ms);
  std::vector<std::pair<Happens, std::size_t>> order;
  while (!events.empty()) {
    const auto event = events.pop();
    order.emplace_back(event.what, event.index);
  }
  EXPECT_THAT(order, ElementsAre(std::pair(Happens::wake, 3U), std::pair(Happens::day, 1U), std::pair(Happens::deed, 1U),
                                 std::pair(Happens::arrival, 1U), std::pair(Happens::wake, 1U), std::pair(Happens::wake, 2U)));
}

TEST(Queues, ADomainOfAProviderIsThatProviderAndAnUnlistedOneItsOwn) {
  Owners of;
  EXPECT_EQ(&of.queue("bulk", "gmail.com"), &of.queue("bulk", "google"));
  EXPECT_NE(&of.queue("bulk", "google"), &of.queue("transactional", "google"));
  EXPECT_EQ(of.queue("bulk", "nobody-listed.test").provider, "other:nobody-listed.test");
}

TEST(Queues, AQueueOfAPoolKnowsTheOneOfItsOverflowAndAHeadItsHome) {
  Owners of;
  SimulatedQueue& home = of.queue();
  ASSERT_NE(home.overflow_queue, nullptr);
  EXPECT_EQ(home.overflow_queue->lane().provider, "*");
  Cohort head = of.mail(1);
  EXPECT_EQ(&of.state.queues.home_of(*home.overflow_queue, head), &home);
  head.tries.blocked_since = head.due;
  EXPECT_TRUE(of.state.queues.home_of(home, head).blocked) << "a queue of its own";
  EXPECT_EQ(of.state.queues.bound_to(home, of.mail(1), "ip-1").bound_to->name, "ip-1");
}

TEST(ArrivalPlan, FractionsOfRecipientsAreOwedNotLost) {
  Owners of("days = 3\n[[arrivals]]\nper_day = 1.5\nto = { google = 1 }\n");
  ArrivalPlan plan(of.read.scenario, of.state.days, of.state.queues, 1);
  std::vector<Recipients> days;
  for (unsigned day = 1; day <= 3; ++day) {
    days.push_back(0);
    plan.plan_day(day, [&](const MailArrival& arrival, Instant at) {
      days.back() += arrival.count;
      EXPECT_GE(at, of.state.days.begin_of(day));
      EXPECT_LT(at, of.state.days.end_of(day));
    });
  }
  EXPECT_THAT(days, ElementsAre(1U, 2U, 1U));
}

TEST(AwakeQueues, TheStrongestClaimHasTheTurnAndQueuesThatSleepHaveNone) {
  Owners of;
  SimulatedQueue &bulk = of.queue("bulk"), &urgent = of.queue("transactional");
  EXPECT_TRUE(of.state.awake.empty());
  of.state.put(bulk, of.mail(3));
  of.state.put(urgent, of.mail(3));
  EXPECT_EQ(&of.state.awake.next(of.state.now).queue, &urgent) << "it has not had its reserve";
  const auto turn = of.state.awake.next(of.state.now);
  EXPECT_EQ(&turn.queue, &bulk);
  EXPECT_GE(turn.most, 1U);
  EXPECT_TRUE(of.state.awake.empty()) << "a queue that has its turn leaves";
  of.state.sleep(bulk, of.state.now + 1h);
  of.state.awake.enter(bulk, of.state.now);
  EXPECT_TRUE(of.state.awake.empty());
  of.state.wake_for(bulk.lane());
  EXPECT_FALSE(of.state.awake.empty());
}

TEST(WithheldDomains, AreHeldBackAfterThreeMessagesUntilSomeMailIsTaken) {
  WithheldDomains domains;
  const Instant now{std::chrono::sys_days{std::chrono::year{2026} / 1 / 5} + 12h};
  EXPECT_EQ(domains.refused("a.example", "google", 1, now), 0ms);
  EXPECT_EQ(domains.refused("a.example", "google", 2, now), 0ms);
  EXPECT_EQ(domains.refused("a.example", "google", 3, now), 1h);
  EXPECT_EQ(domains.until("a.example", "google", now), now + 1h);
  EXPECT_EQ(domains.until("a.example", "yahoo", now), std::nullopt);
  domains.taken("a.example", "google", now + 1h);
  EXPECT_EQ(domains.refused("a.example", "google", 4, now + 1h), 0ms) << "forgotten";
}

TEST(HeldQueues, NewMailBeyondWhatItsClassCanGetTodayGoesByTheOverflow) {
  Owners of("days = 3\n[[config.class]]\nname = \"bulk\"\nwhen_full = \"overflow\"\n" + some_mail);
  HeldQueues held(of.state);
  SimulatedQueue& queue = of.queue();
  EXPECT_EQ(held.overflowing(queue, 50), 0U);
  const Recipients over = held.overflowing(queue, 500);
  EXPECT_GE(over, 400U) << "the first day has a hundred";
  EXPECT_LT(over, 500U);
  EXPECT_EQ(held.overflowing(of.queue("transactional"), 500), 0U) << "its class waits";
}

TEST(HeldQueues, AHeadThatWaitedTooLongBouncesWhereItsClassSaysSo) {
  Owners of("days = 3\n[[config.class]]\nname = \"bulk\"\nmax_wait = \"2h\"\non_max_wait = \"bounce\"\n" + some_mail);
  HeldQueues held(of.state);
  SimulatedQueue& queue = of.queue();
  of.state.put(queue, of.mail(3));
  EXPECT_FALSE(held.relieve(queue, queue.mail.front()));
  EXPECT_EQ(held.looks_again(queue, queue.mail.front(), of.state.now + 24h), of.state.now + 2h + 1ms);
  of.state.now += 2h + 1ms;
  EXPECT_TRUE(held.relieve(queue, queue.mail.front()));
  EXPECT_TRUE(queue.mail.empty());
}

TEST(Outcomes, WhatIsPutOffWaitsLongerAndWhatIsTakenEnds) {
  Owners of;
  Outcomes outcomes(of.state, 1);
  SimulatedQueue& queue = of.queue();
  of.state.lanes.bring(queue.lane(), of.state.now);
  const auto offer = [&](warmup::Verdict verdict, bool dot_sent) {
    const Cohort mail = of.mail(1);
    of.state.lanes.reserve(queue.lane(), "bulk", 1, false);
    outcomes.settle({queue, queue.lane(), mail, false}, {verdict, 1, false, dot_sent, ""});
  };
  offer(warmup::Verdict::temporary, false);
  ASSERT_FALSE(queue.mail.empty());
  EXPECT_GT(queue.mail.front().due, of.state.now);
  EXPECT_EQ(queue.lane().record.today.sent, 0U) << "refunded";
  offer(warmup::Verdict::delivered, true);
  EXPECT_EQ(queue.mail.waiting(), 1U);
  EXPECT_EQ(queue.lane().record.today.sent, 1U);
  EXPECT_EQ(queue.lane().record.reserved(), 0U);
}

TEST(SeasonTally, ADayThatEndedIsCountedForItsProvidersAndItsClasses) {
  Owners of;
  SimulatedQueue& queue = of.queue();
  auto& state = of.state;
  state.put(queue, of.mail(2));
  state.tally.count(queue, &Counts::arrived, 3);
  state.tally.count(queue, &Counts::delivered, 1);
  state.tally.close_day("2026-01-05", state.lanes, state.queues);
  const SimulationReport report = state.tally.report(state.scenario, state.days, state.lanes, state.queues);
  ASSERT_EQ(report.days.size(), 1U);
  EXPECT_EQ(report.days.front().providers.at("google").waiting, 2U);
  EXPECT_EQ(report.total.arrived, 3U);
  EXPECT_EQ(report.classes.at("bulk").counts.delivered, 1U);
  EXPECT_EQ(report.classes.at("bulk").counts.waiting, 2U);
}

}  // namespace
}  // namespace mta::simulate
