#include "road.h"

#include <date/date.h>

#include <algorithm>
#include <cstdio>

namespace warmup {

Instant utc(const std::string& text) {
  int year = 0;
  unsigned month = 0, day = 0, hour = 0, minute = 0;
  EXPECT_EQ(std::sscanf(text.c_str(), "%4d-%2u-%2u %2u:%2u", &year, &month, &day, &hour, &minute), 5) << text;
  return date::sys_days(date::year(year) / month / day) + std::chrono::hours(hour) + std::chrono::minutes(minute);
}

std::string text_of(Instant at) { return date::format("%F %R", std::chrono::floor<std::chrono::minutes>(at)); }

std::vector<ClassOptions> usual_classes() {
  ClassOptions transactional{.name = "transactional", .reserve = 0.3, .weight = 3, .pace = false, .prefer = Prefer::warm};
  return {transactional, ClassOptions{.name = "bulk"}};
}

PlanOptions with(const std::function<void(PlanOptions&)>& changes) {
  PlanOptions plan;
  changes(plan);
  return plan;
}

PlanOptions with_table(std::vector<Recipients> table) {
  PlanOptions plan;
  plan.table = std::move(table);
  plan.start = plan.table.front();
  plan.target = plan.table.back();
  return plan;
}

Road::Road(PlanOptions options, Instant start) : now(start) {
  follow(std::move(options));
  advance_to();
}

void Road::follow(PlanOptions options) {
  plan = std::make_unique<PlanOptions>(std::move(options));
  rules = {plan.get(), Curve(*plan), DayRule(*plan), rules.overall, &classes, rules.recovery};
}

void Road::no_plan() { rules = {nullptr, Curve(), DayRule(), rules.overall, &classes, rules.recovery}; }

void Road::keep(Changes more) { changes.insert(changes.end(), more.begin(), more.end()); }

void Road::advance_to() { keep(warmup::advance_to(with_rules(), {now, boot})); }

void Road::pass(Duration span) {
  now += span;
  boot.since += span;
  advance_to();
}

void Road::pass_day() { pass(lane.today.ends - now); }

void Road::set_clock(Duration by) {
  now += by;
  advance_to();
}

void Road::reboot() { boot = {boot.id + "'", 1min}; }

Answer Road::ask(std::string_view mail_class, Recipients n) {
  advance_to();
  const LaneView ledger = with_rules();
  return warmup::ask({&ledger, 1}, {mail_class, n}, now);
}

Recipients Road::granted(std::string_view mail_class, Recipients n) {
  const Answer answer = ask(mail_class, n);
  const auto* permit = std::get_if<Permit>(&answer);
  return permit == nullptr ? 0 : permit->recipients;
}

Hold Road::held(std::string_view mail_class, Recipients n) {
  const Answer answer = ask(mail_class, n);
  const auto* hold = std::get_if<Hold>(&answer);
  EXPECT_NE(hold, nullptr) << "a permit for " << (hold == nullptr ? std::get<Permit>(answer).recipients : 0);
  return hold == nullptr ? Hold{} : *hold;
}

void Road::take(Recipients n, std::string_view mail_class) {
  ASSERT_EQ(granted(mail_class, n), n);
  reserve(lane, mail_class, n);
}

void Road::finish(Recipients n, Verdict verdict, std::string_view mail_class) {
  charge(lane, mail_class, n, now);
  for (Recipients i = 0; i < n; ++i) count(lane, {verdict, "news@example.com", {}}, now);
}

void Road::send(Recipients n, std::string_view mail_class) {
  take(n, mail_class);
  finish(n, Verdict::delivered, mail_class);
}

Recipients Road::send_all_day(Recipients n, std::string_view mail_class, Verdict verdict) {
  const Instant ends = lane.today.ends;
  Recipients sent = 0;
  for (int asked = 0; sent < n && now < ends && asked < 10'000; ++asked) {
    const Answer answer = ask(mail_class, n - sent);
    if (const auto* permit = std::get_if<Permit>(&answer)) {
      reserve(lane, mail_class, permit->recipients);
      finish(permit->recipients, verdict, mail_class);
      sent += permit->recipients;
      continue;
    }
    const Instant until = std::get<Hold>(answer).until;
    EXPECT_GT(until, now);
    if (until >= ends) break;
    pass(until - now);
  }
  return sent;
}

void Road::answers(Verdict verdict, Recipients n) {
  advance_to();
  for (Recipients i = 0; i < n; ++i) count(lane, {verdict, "news@example.com", {}, true, true, "the remote's words"}, now);
}

void Road::use_day(Recipients n) {
  advance_to();
  reserve(lane, "bulk", n);
  finish(n);
  pass_day();
}

Refusal Road::refusal(std::string message) {
  Refusal refusal;
  refusal.evidence = {now, "421 4.7.28 unusual rate"};
  refusal.began = now;
  refusal.message = std::move(message);
  refusal.sender = "news@example.com";
  refusal.content = "<" + refusal.message + "@example.com>";
  return refusal;
}

void Road::rate_limit() {
  pass(1s);
  keep(rate_limited(lane, rules.recovery, refusal(), now));
}

void Road::block(std::string message, std::string sender, bool at_once) {
  pass(1s);
  Refusal refused = refusal(std::move(message));
  refused.sender = std::move(sender);
  refused.at_once = at_once;
  keep(blocked(lane, refused, now));
}

void Road::meet_listing(std::string text) {
  pass(1s);
  Refusal refused = refusal();
  refused.evidence.text = std::move(text);
  keep(listed(lane, refused, now));
}

void Road::probe_meets(Verdict verdict) {
  if (now < lane.brake.until) pass(lane.brake.until - now);
  const Answer answer = ask("transactional", 50);
  const auto* permit = std::get_if<Permit>(&answer);
  ASSERT_NE(permit, nullptr);
  ASSERT_TRUE(permit->probe);
  ASSERT_EQ(permit->recipients, 1U);
  reserve(lane, "transactional", 1);
  probe_leaves(lane);
  Refusal refused = refusal("probe");
  refused.probe = true;
  pass(2s);
  refund(lane, "transactional", 1);
  if (verdict == Verdict::rate_limited) return keep(rate_limited(lane, rules.recovery, refused, now));
  if (verdict == Verdict::reputation_block) return keep(blocked(lane, refused, now));
  if (verdict == Verdict::delisting) return keep(listed(lane, refused, now));
  if (verdict == Verdict::connection_failed) return probe_unanswered(lane, now);
  keep(went_well(lane, rules.recovery, 1, true, now));
}

LaneCommandResult Road::hand(LaneCommand which, std::optional<unsigned> stage, std::optional<Duration> lasts) {
  advance_to();
  auto done = apply(with_rules(), {which, stage, lasts, "ann", "a test"}, now);
  keep(done.changes);
  return done;
}

bool Road::said(std::string_view change) const { return times_said(change) > 0; }

unsigned Road::times_said(std::string_view change) const {
  return static_cast<unsigned>(
      std::count_if(changes.begin(), changes.end(), [&](const Change& each) { return each.change == change; }));
}

std::unique_ptr<Road> at_stage(unsigned stage, PlanOptions plan) {
  auto road = std::make_unique<Road>(std::move(plan));
  while (road->lane.stage < stage) road->use_day(*road->lane.today.limit);
  road->forget();
  return road;
}

}  // namespace warmup
