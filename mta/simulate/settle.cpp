// What an answer does: ledgers, brakes and health of the lane, the fate of the recipients (WARMUP.md §4, §7, §8).
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "mta/simulate/simulation.h"
#include "queue/retry.h"
#include "warmup/brake.h"
#include "warmup/held.h"
#include "warmup/ledger.h"

namespace mta::simulate {

namespace {
using warmup::Action;
using warmup::Verdict;

Action action_of(const SimulatedReply& said) { return warmup::action(said.verdict, said.permanent); }
}  // namespace

void Simulation::settle(Part part, const SimulatedReply& said) {
  const bool one_by_one = warmup::meaning(said.verdict).about == warmup::About::from_domain;  // each is a message of its own
  while (one_by_one && part.cohort.count > 1) {
    Part first = part;
    first.cohort.count = 1;
    ++part.cohort.number;
    --part.cohort.count;
    settle(std::move(first), said);
  }
  keep_ledgers(part, said);
  hear(part, said);
  const Duration withheld = withhold(part, said);
  const Action said_to = action_of(said);
  const Action what = said_to == Action::bounce && withheld > Duration(0) ? Action::retry : said_to;
  tally(part, said, what);
  if (what == Action::site_backoff) {
    close_site(part.line);
    return put(part.line, part.cohort);
  }
  part.line.backoff = Duration(0);
  auto& mail = part.cohort;
  const bool was_blocked = std::exchange(mail.blocked, what == Action::wait_blocked);
  mail.verdict = warmup::counts_as(counted_before(part), said.verdict);
  mail.heard = &part.lane;
  mail.heard_at = now_;
  if (!warmup::waits_for_lane(what) || said.permanent) ++mail.attempts;
  if (what == Action::done) {
    classes_[part.line.mail_class->name].waits.add(now_ - mail.born, mail.count);
    return end(part, part.line.overflow ? &Counts::overflowed : &Counts::delivered);
  }
  if (what == Action::bounce) return end(part, &Counts::bounced);
  if (what == Action::wait_in_place) return wait_in_place(part);
  if (what == Action::wait_blocked) return wait_blocked(part, was_blocked);
  if (what != Action::greylist_retry)
    return retry_later(part, std::max(withheld, queue::retry_interval(config_.retry, mail.attempts, luck_.fraction())));
  mail.greylist_delay = queue::greylist_interval(said.delay, mail.greylist_delay);
  if (!mail.greylisted_at) mail.greylisted_at = now_;
  if (mail.bound_at == Instant{}) mail.bound_at = now_;
  retry_later(part, mail.greylist_delay);
}

// Charge, keep the place or refund (§4).
void Simulation::keep_ledgers(Part& part, const SimulatedReply& said) {
  auto& mail = part.cohort;
  const auto& mail_class = part.line.mail_class->name;
  const auto settled = warmup::permitted({said.verdict, said.permanent, said.dot_sent, mail.has_place});
  const bool charged = settled == warmup::Permitted::charged, keeps = settled == warmup::Permitted::kept;
  if (charged) {
    if (!part.line.exempt) lanes_.charge(part.lane, mail_class, mail.count, now_);
    if (!part.line.overflow) {
      counts(part.line).sent += mail.count;
      classes_[mail_class].counts.sent += mail.count;
    }
  } else if (part.line.exempt) {
    return;
  } else if (keeps) {
    lanes_.keep_slots(part.lane, mail_class, mail.count);
  } else {
    lanes_.refund(part.lane, mail_class, mail.count);
    part.lane.shares.gave_back(part.line.pool->name, mail_class, mail.count, part.lane.record.today.started);
  }
  mail.has_place = keeps && !part.line.exempt;
}

// By what the lane's health counts these recipients today.
std::optional<Verdict> Simulation::counted_before(const Part& part) {
  const auto& mail = part.cohort;
  const bool of_today = mail.heard == &part.lane && mail.heard_at >= part.lane.record.today.started;
  return of_today ? mail.verdict : std::nullopt;
}

void Simulation::hear(const Part& part, const SimulatedReply& said) {
  const auto& mail = part.cohort;
  const bool failed = !warmup::meaning(said.verdict).answer;
  warmup::Heard heard{said.verdict, "", counted_before(part), true};
  heard.attempt = !failed && !(said.verdict == Verdict::greylisted && mail.greylist_delay > Duration(0));
  heard.answered = !failed;
  heard.text = said.text;
  if (part.line.exempt) return react(part, said);
  lanes_.on_ledgers(part.lane, [&](warmup::Lane& ledger) {
    for (Recipients i = 0; i < mail.count; ++i) warmup::count(ledger, heard, now_);
  });
  react(part, said);
}

void Simulation::react(const Part& part, const SimulatedReply& said) {
  Lane& lane = part.lane;
  auto& record = lane.record;
  const bool braked = record.brake.state != warmup::Brake::none;
  warmup::Refusal refusal;
  refusal.probe = part.probe && braked;
  if (warmup::waits_for_lane(action_of(said))) {
    const auto id = fmt::format("{}", part.cohort.number);
    refusal = {{now_, std::string(said.text)}, now_, id, std::string(part.cohort.from_domain), id, said.about_us, part.probe};
  }
  const Recipients answered = warmup::meaning(said.verdict).answer ? said.recipients : 0;
  lanes_.note(lane, warmup::react(record, *lane.rules, said.verdict, refusal, answered, now_), now_);
  if (braked && record.brake.state == warmup::Brake::none) lanes_.let_go(lane);
}

// How long its mail waits for what its From domain, or our host, lacks; 0: it does not. What is taken ends that.
Duration Simulation::withhold(const Part& part, const SimulatedReply& said) {
  const std::pair key{part.cohort.from_domain, part.lane.provider};
  if (said.verdict == Verdict::delivered) {
    const auto found = withheld_.find(key);
    if (found != withheld_.end() && warmup::ends_withholding(found->second, now_)) withheld_.erase(found);
  }
  if (warmup::meaning(said.verdict).about != warmup::About::from_domain) return Duration(0);
  return warmup::withhold(withheld_[key], fmt::format("{}", part.cohort.number), now_, now_).waits;
}

std::optional<Instant> Simulation::withheld_until(const Line& line, const Cohort& head) const {
  if (withheld_.empty() || line.blocked) return std::nullopt;  // a block's clock is its due
  const auto& provider = line.bound_to == nullptr ? line.provider : line.ways.front().lane->provider;
  const auto found = withheld_.find({head.from_domain, provider});
  const bool waits = found != withheld_.end() && warmup::is_held_back(found->second, now_);
  return waits ? std::optional(found->second.until) : std::nullopt;
}

void Simulation::tally(const Part& part, const SimulatedReply& said, Action what) {
  Recipients Counts::*of = said.verdict == Verdict::greylisted          ? &Counts::greylisted
                           : said.verdict == Verdict::rate_limited      ? &Counts::rate_limited
                           : said.verdict == Verdict::reputation_block  ? &Counts::blocked
                           : said.verdict == Verdict::connection_failed ? &Counts::unreachable
                                                                        : &Counts::put_off;
  if (what == Action::done || what == Action::bounce) return;
  counts(part.line).*of += part.cohort.count;
  classes_[part.line.mail_class->name].counts.*of += part.cohort.count;
}

// The lane waits, not the recipient: it keeps its place, another source may take it. That costs no lifetime (§9).
void Simulation::wait_in_place(Part& part) {
  Line& line = part.line;
  put(line.blocked ? open_line(name_of(line, part.cohort), nullptr, false) : line, part.cohort);  // told something else now
}

// By another source or the overflow at once, else for a day; bound to no source.
void Simulation::wait_blocked(Part& part, bool was_blocked) {
  auto& mail = part.cohort;
  if (!was_blocked) mail.due = now_;
  if (warmup::block_ends({mail.due, true}, now_)) return end(part, &Counts::bounced);
  go_home(part.line, part.lane, mail);
}

void Simulation::retry_later(Part& part, Duration interval) {
  auto& mail = part.cohort;
  if (queue::expired(config_.retry, false, mail.backoff_used)) return end(part, &Counts::expired);
  mail.backoff_used += interval;
  mail.due = now_ + interval;
  Line& line = part.line;
  if (line.blocked && mail.bound_at == Instant{}) return put(open_line(name_of(line, mail), nullptr, false), mail);
  if (mail.bound_at == Instant{} || line.bound_to != nullptr) return put(line, mail);
  put(open_line(name_of(line, mail), config_.source(part.lane.source), false), mail);
}

void Simulation::end(const Part& part, Recipients Counts::*fate) {
  const auto& mail = part.cohort;
  counts(part.line).*fate += mail.count;
  classes_[part.line.mail_class->name].counts.*fate += mail.count;
  if (mail.has_place) lanes_.drop_slots(part.lane, part.line.mail_class->name, mail.count);
}

void Simulation::close_site(Line& line) {
  if (now_ < line.closed_until) return;
  if (line.backoff == Duration(0)) line.closed_since = now_;
  line.backoff = queue::site_interval(line.backoff);
  line.closed_until = now_ + line.backoff;
}

// Where its due and its number place it, in whichever line.
void Simulation::put(Line& line, const Cohort& mail) {
  if (!line.mail.put(mail)) return;
  if (mail.due <= now_) return enqueue(line);
  schedule(mail.due, Kind::wake, line.index);
}

}  // namespace mta::simulate
