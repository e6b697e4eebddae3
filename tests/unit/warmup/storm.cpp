#include "storm.h"

#include <algorithm>

#include "storm_oracle.h"
#include "warmup/lane_row.h"

namespace warmup {

double Chance::fraction() {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
  return static_cast<double>((z ^ (z >> 31U)) >> 11U) * 0x1.0p-53;
}

std::uint64_t Chance::between(std::uint64_t least, std::uint64_t most) {
  return least + static_cast<std::uint64_t>(fraction() * static_cast<double>(most - least + 1));
}

Duration Chance::some_time(Duration most) {
  const double share = fraction();
  return Duration(1 + static_cast<Duration::rep>(static_cast<double>(most.count()) * share * share * share));
}

Met& Met::operator+=(const Met& more) {
  permits += more.permits, holds += more.holds, probes += more.probes, charged += more.charged, refunded += more.refunded;
  kept += more.kept, retried += more.retried, crashed += more.crashed, withdrawn += more.withdrawn, days += more.days;
  advanced += more.advanced, stepped_back += more.stepped_back, decayed += more.decayed, jumps += more.jumps;
  late += more.late, hands += more.hands, full_days += more.full_days, learned += more.learned;
  return *this;
}

Storm::Storm(std::uint64_t seed) : dice_(seed) {
  roll_plans();
  now_ += dice_.some_time(30 * 24h);
  clock_is_set_ = dice_.chance(0.2);
  quiet_ = dice_.chance(0.2);
  ill_ = dice_.chance(0.5) ? 0.02 : dice_.fraction() * 0.6;
  advance_to();
}

void Storm::roll_plans() {
  classes_ = {{.name = "transactional", .reserve = dice_.chance(0.8) ? 0.3 : 0.0, .weight = 3, .pace = dice_.chance(0.1)},
              {.name = "bulk", .pace = dice_.chance(0.9)}};
  if (dice_.chance(0.3)) classes_.push_back({.name = "reminders", .reserve = dice_.fraction() * 0.5, .pace = dice_.chance(0.5)});
  for (Ledger* ledger : {&lane_, &total_}) {
    const bool overall = ledger == &total_;
    ledger->plan = roll_plan(overall);
    ledger->rules = {&ledger->plan, Curve(ledger->plan), DayRule(ledger->plan), overall, &classes_};
  }
}

PlanOptions Storm::roll_plan(bool overall) {
  PlanOptions plan;
  plan.start = dice_.between(1, overall ? 400 : 80);
  plan.growth = 1.05 + dice_.fraction() * 1.5;
  plan.target = plan.start + dice_.between(0, 2000);
  if (dice_.chance(0.2)) plan.table = {plan.start, plan.start + 3, plan.start + 20, plan.target + 30};
  if (!plan.table.empty()) plan.target = plan.table.back();
  constexpr std::array<const char*, 3> presets{"ses", "sparkpost", "sendgrid"};
  if (overall && dice_.chance(0.2)) plan.preset = presets.at(dice_.between(0, 2));
  if (dice_.chance(0.5)) plan.growth_max = plan.growth + dice_.fraction() * 0.5;
  plan.growth_min = 1 + (plan.growth - 1) * (0.1 + 0.9 * dice_.fraction());
  plan.advance = dice_.chance(0.3) ? Advance::calendar : Advance::sending_days;
  plan.use = dice_.fraction();
  plan.pace = dice_.chance(0.6) ? Pace::even : Pace::none;
  plan.hourly = 0.05 + dice_.fraction() * 0.95;
  plan.surge = dice_.chance(0.7) ? 1 + dice_.fraction() * 2 : 0;
  plan.step_back = static_cast<unsigned>(dice_.between(0, 3));
  plan.enforce = !dice_.chance(0.1);
  constexpr std::array<const char*, 3> zones{"UTC", "Asia/Tokyo", "America/New_York"};
  plan.timezone = zones.at(dice_.between(0, 2));
  plan.day_start = std::chrono::minutes(dice_.between(0, 23) * 60);
  return plan;
}

void Storm::blow(unsigned events) {
  for (unsigned i = 0; i < events && !testing::Test::HasFailure(); ++i) {
    SCOPED_TRACE("event " + std::to_string(i) + " at " + text_of(now_));
    event();
    for (Ledger* ledger : {&lane_, &total_}) check(*ledger);
  }
}

void Storm::event() {
  const double what = dice_.fraction();
  if (what < 0.30) return take(false);
  if (what < 0.38) return take(true);
  if (what < 0.65) return finish();
  if (what < 0.90) return go_on(dice_.some_time(dice_.chance(quiet_ ? 0.5 : 0.9) ? Duration(2h) : Duration(quiet_ ? 300h : 72h)));
  if (what < 0.95) return go_on(lane_.lane.today.ends - now_ + Duration(dice_.between(0, 2)) - 1ms);
  if (what < 0.97) return crash();
  if (what < 0.99 || !clock_is_set_) return hand();
  jump();
}

// --- time --------------------------------------------------------------------------------------------------------------------

void Storm::go_on(Duration span) {
  if (span <= Duration(0)) return;
  now_ += span;
  boot_.since += span;
  advance_to();
}

void Storm::jump() {
  ++met_.jumps;
  const Duration by = dice_.some_time(60h);
  now_ += dice_.chance(0.5) ? by : -by;
  if (dice_.chance(0.3)) boot_ = {"boot " + std::to_string(++messages_), 1min};
  advance_to();
}

void Storm::advance_to() {
  for (Ledger* ledger : {&lane_, &total_}) roll_ledger(*ledger);
}

void Storm::roll_ledger(Ledger& ledger) {
  Lane& lane = ledger.lane;
  const bool first = lane.today.date.empty();
  const bool ends = !first && now_ >= lane.today.ends;
  const Lane before = ends ? lane : Lane{};
  const Instant day = lane.today.started;
  warmup::advance_to({&lane, &ledger.rules}, {now_, boot_});
  if (!first && day == lane.today.started) return;
  if (ends && !clock_is_set_) check_day_end(ledger, before);
  const bool again = ledger.most.contains(lane.today.started);
  if (!again && !clock_is_set_) {
    EXPECT_EQ(lane.today.limit, oracle::limit_of_day(ledger.rules, lane, lane.today.started));
  }
  // What is in conversation went on into this day: it may be charged to it whatever the limit is.
  auto& most = ledger.most[lane.today.started];
  most = std::max({most, lane.today.limit.value_or(oracle::without_end), lane.today.sent + lane.reserved()});
}

void Storm::check_day_end(Ledger& ledger, const Lane& before) {
  const Lane& lane = ledger.lane;
  const auto ended =
      std::find_if(lane.history.begin(), lane.history.end(), [&](const Day& day) { return day.started == before.today.started; });
  const auto skipped = static_cast<std::uint64_t>((lane.today.started - before.today.started) / 20h);
  if (ended == lane.history.end()) {
    EXPECT_GT(skipped, 34U) << "a day was forgotten";
    return;
  }
  EXPECT_TRUE(ended->judged);
  EXPECT_GE(ended->ends - ended->started, 12h);
  EXPECT_LE(ended->ends - ended->started, 37h);
  ++met_.days;
  if (before.today.limit && ended->sent == *before.today.limit) ++met_.full_days;
  if (before.today.ends != lane.today.started) return;  // some days at once
  if (before.today.judged) return;
  EXPECT_EQ(lane.stage, oracle::stage_after(ledger.rules, before, *ended)) << "after stage " << before.stage;
  if (ledger.rules.learns()) {
    EXPECT_NEAR(oracle::growth_of(ledger.rules, lane), oracle::growth_after(ledger.rules, before, *ended), 2e-6);
    ASSERT_EQ(lane.growth.steps.size(), lane.stage);
    if (lane.stage > before.stage) {
      EXPECT_NEAR(lane.growth.steps.back() / 1e6, oracle::growth_of(ledger.rules, before), 1e-6) << "as it stood before";
    }
    met_.learned += oracle::growth_of(ledger.rules, lane) > oracle::growth_of(ledger.rules, before) ? 1U : 0U;
  }
  met_.advanced += lane.stage > before.stage ? 1U : 0U;
  met_.stepped_back += lane.stage < before.stage && ended->delivered > 0 ? 1U : 0U;
  met_.decayed += lane.stage < before.stage && ended->delivered == 0 ? 1U : 0U;
}

// --- permits -----------------------------------------------------------------------------------------------------------------

std::string Storm::some_class() { return classes_[dice_.between(0, classes_.size() - 1)].name; }

Recipients Storm::in_hour(const Ledger& ledger) const {
  if (clock_is_set_) return ledger.lane.hour.in_last_hour(now_);  // whatever an hour is then
  const auto minute = std::chrono::floor<std::chrono::minutes>(now_).time_since_epoch().count();
  Recipients sum = 0;
  for (const auto& charge : ledger.hour) sum += charge.minute >= minute - 60 ? 1U : 0U;
  return sum;
}

void Storm::check_permit(const Ask& request, const Answer& answer) {
  Recipients room = request.wanted;
  for (Ledger* ledger : {&lane_, &total_}) {
    if (!ledger->plan.enforce) continue;
    const LaneView of{&ledger->lane, &ledger->rules};
    room = std::min(room, oracle::room(of, request, in_hour(*ledger), now_));
  }
  const Lane& lane = lane_.lane;
  const bool braked = lane.brake.state != Brake::none;
  const bool pinned = lane.operator_hold.state == OperatorHold::paused || total_.lane.operator_hold.state == OperatorHold::paused;
  const auto* permit = std::get_if<Permit>(&answer);
  if (permit == nullptr) {
    ++met_.holds;
    EXPECT_GT(std::get<Hold>(answer).until, now_);
    EXPECT_TRUE(room == 0 || braked || pinned) << "held though " << room << " fit: " << name(std::get<Hold>(answer).why);
    return;
  }
  ++met_.permits;
  EXPECT_FALSE(pinned);
  EXPECT_EQ(permit->probe, braked);
  EXPECT_EQ(permit->recipients, braked ? std::min<Recipients>(1, room) : room);
  if (braked) {
    EXPECT_GE(now_, lane.brake.until);
    EXPECT_EQ(lane.reserved(), 0U) << "a probe is alone";
  }
}

void Storm::take(bool greylisted) {
  const std::string mail_class = some_class();
  if (greylisted && lane_.lane.pending_of(mail_class) == 0) return;
  const Ask request{mail_class, dice_.between(1, dice_.chance(0.5) ? 10 : 400), greylisted};
  const auto ledgers = with_rules();
  const Answer answer = ask(ledgers, request, now_);
  check_permit(request, answer);
  const auto* permit = std::get_if<Permit>(&answer);
  if (permit == nullptr) {
    const Instant until = std::get<Hold>(answer).until;
    if (dice_.chance(0.3) && until - now_ < 24h) go_on(until - now_);
    return;
  }
  Talk talk{mail_class, dice_.between(1, permit->recipients), greylisted, permit->probe, now_, lane_.lane.today.ends, {}};
  if (greylisted) talk.count = std::min(talk.count, lane_.lane.pending_of(mail_class));
  for (Ledger* ledger : {&lane_, &total_}) {
    const auto limit = ledger->lane.today.limit;
    talk.hourly.at(ledger == &total_ ? 1 : 0) = limit ? oracle::most_in_an_hour(ledger->plan, *limit) : oracle::without_end;
    auto& open = ledger->open[mail_class];
    open.reserved += talk.count;
    if (greylisted) open.pending -= talk.count, met_.retried += talk.count;
    for (Recipients i = 0; greylisted && i < talk.count; ++i) use_place(ledger->lane, mail_class);
    if (!greylisted) reserve(ledger->lane, mail_class, talk.count);
  }
  if (talk.probe) ++met_.probes, probe_leaves(lane_.lane);
  talks_.push_back(talk);
}

// --- answers -----------------------------------------------------------------------------------------------------------------

// A permit of an earlier day asks again before the message begins (§3).
bool Storm::still_permitted(Talk& talk) {
  if (now_ < talk.permit_ends && now_ >= talk.began) return true;
  const Ask request{talk.mail_class, talk.count, false, talk.count};
  const auto ledgers = with_rules();
  const Answer answer = ask(ledgers, request, now_);
  const auto* permit = std::get_if<Permit>(&answer);
  talk.permit_ends = lane_.lane.today.ends;
  return permit != nullptr && permit->recipients >= talk.count;
}

// Before the dot: refunded, but who was greylisted keeps his place.
void Storm::withdraw(Talk& talk) {
  for (Ledger* ledger : {&lane_, &total_}) {
    auto& open = ledger->open[talk.mail_class];
    open.reserved -= talk.count;
    if (talk.slots) open.pending += talk.count;
    for (Recipients i = 0; talk.slots && i < talk.count; ++i) keep_place(ledger->lane, talk.mail_class);
    if (!talk.slots) refund(ledger->lane, talk.mail_class, talk.count);
  }
  met_.refunded += talk.slots ? 0 : talk.count;
  if (talk.probe) probe_unanswered(lane_.lane, now_);
}

void Storm::finish() {
  if (talks_.empty()) return;
  const auto at = static_cast<std::ptrdiff_t>(dice_.between(0, talks_.size() - 1));
  Talk talk = talks_[static_cast<std::size_t>(at)];
  talks_.erase(talks_.begin() + at);
  if (!still_permitted(talk)) return ++met_.withdrawn, withdraw(talk);
  answer_all(talk);
}

void Storm::answer_all(Talk& talk) {
  constexpr std::array<Verdict, 9> bad{Verdict::rate_limited, Verdict::rate_limited, Verdict::reputation_block,
                                       Verdict::unknown_user, Verdict::unknown_user, Verdict::mailbox_disabled,
                                       Verdict::greylisted,   Verdict::spam_content, Verdict::temporary};
  if (dice_.chance(0.05)) return withdraw(talk);  // the connection failed
  const Instant dot = now_;
  if (!clock_is_set_ && dice_.chance(0.3)) go_on(dice_.some_time(3h));  // the answer takes its time
  const Verdict of_all = dice_.chance(ill_) ? bad.at(dice_.between(0, bad.size() - 1)) : Verdict::delivered;
  const bool same = dice_.chance(0.7);
  for (Recipients i = 0; i < talk.count; ++i) {
    const bool other = !same && dice_.chance(0.3);
    answer_one(talk, other ? bad.at(dice_.between(0, bad.size() - 1)) : of_all, dot);
  }
  if (dice_.chance(0.01)) complained(lane_.lane, dice_.between(1, 20), now_);
}

void Storm::answer_one(Talk& talk, Verdict verdict, Instant dot) {
  const bool at_rcpt = verdict == Verdict::unknown_user || verdict == Verdict::mailbox_disabled;
  const bool charged =
      at_rcpt || verdict == Verdict::delivered || (verdict == Verdict::spam_content && !talk.slots);  // the last at the dot
  const bool keeps = !charged && (verdict == Verdict::greylisted || talk.slots);
  if (charged) charge_one(talk, at_rcpt ? now_ : dot);
  for (Ledger* ledger : {&lane_, &total_}) {
    if (!charged) --ledger->open[talk.mail_class].reserved;
    if (keeps) ++ledger->open[talk.mail_class].pending, keep_place(ledger->lane, talk.mail_class);
    if (!charged && !keeps) refund(ledger->lane, talk.mail_class, 1);
    count(ledger->lane, {verdict, "news@example.com", {}, !(talk.slots && verdict == Verdict::greylisted)}, now_);
  }
  met_.kept += keeps ? 1U : 0U;
  met_.refunded += !charged && !keeps ? 1U : 0U;
  react(talk, verdict);
  talk.probe = false;
}

void Storm::react(const Talk& talk, Verdict verdict) {
  Lane& lane = lane_.lane;
  const std::string id = std::to_string(++messages_);
  const Refusal refusal{{now_, "421 4.7.28 …"}, talk.began, id, "news@example.com", id, dice_.chance(0.3), talk.probe};
  warmup::react(lane, lane_.rules, verdict, refusal, 1, now_);
}

void Storm::charge_one(const Talk& talk, Instant dot) {
  const auto minute = std::chrono::floor<std::chrono::minutes>(dot).time_since_epoch().count();
  for (Ledger* ledger : {&lane_, &total_}) {
    charge(ledger->lane, talk.mail_class, 1, dot);
    --ledger->open[talk.mail_class].reserved;
    const bool of_today = clock_is_set_ || dot >= ledger->lane.today.started;
    const Instant day = of_today ? ledger->lane.today.started : std::prev(ledger->most.upper_bound(dot))->first;
    met_.late += of_today ? 0U : 1U;
    ++ledger->charged[day][talk.mail_class];
    const auto last = ledger->hour.empty() ? minute : std::max(minute, ledger->hour.back().minute);
    ledger->hour.push_back({last, dot, talk.hourly.at(ledger == &total_ ? 1 : 0)});
  }
  ++met_.charged;
}

// --- accidents ---------------------------------------------------------------------------------------------------------------

// §4: every open attempt is charged at the restart; what comes back from the store is what was there.
void Storm::crash() {
  for (const auto& talk : talks_)
    for (Recipients i = 0; i < talk.count; ++i) ++met_.crashed, charge_one(talk, now_);
  talks_.clear();
  for (Ledger* ledger : {&lane_, &total_}) {
    auto back = decode_lane(encode(ledger->lane));
    ASSERT_TRUE(back);
    for (const auto& day : ledger->lane.history) {
      auto same = decode_day(encode(day));
      ASSERT_TRUE(same);
      back->history.push_back(std::move(*same));
    }
    ledger->lane.brake.probing = false;
    EXPECT_EQ(*back, ledger->lane);
    ledger->lane = std::move(*back);
    forget_open(ledger->lane);
  }
}

void Storm::hand() {
  Ledger& ledger = dice_.chance(0.8) ? lane_ : total_;
  const auto which = static_cast<LaneCommand>(dice_.between(0, 5));
  const Recipients sent = ledger.lane.today.sent;
  const auto last = ledger.rules.curve.last();
  LaneCommandRequest request{which, std::nullopt, std::nullopt, "ann", "a test"};
  if (which == LaneCommand::set) request.stage = static_cast<unsigned>(dice_.between(0, std::min(last + 1, 30U)));
  if (dice_.chance(0.8)) request.lasts = dice_.some_time(30h);
  const LaneCommandResult done = apply({&ledger.lane, &ledger.rules}, request, now_);
  met_.hands += done.refused.empty() ? 1U : 0U;
  EXPECT_EQ(ledger.lane.today.sent, sent) << "an operator's hand never lowers what was sent";
  auto& most = ledger.most[ledger.lane.today.started];
  most = std::max(most, ledger.lane.today.limit.value_or(oracle::without_end));
}

}  // namespace warmup
