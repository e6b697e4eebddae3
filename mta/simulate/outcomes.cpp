#include "mta/simulate/outcomes.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "queue/site_backoff.h"
#include "warmup/brake.h"
#include "warmup/held.h"
#include "warmup/ledger.h"

namespace mta::simulate {

namespace {
using warmup::Follows;
using warmup::Verdict;
}  // namespace

void Outcomes::settle(AnsweredPart part, const SimulatedReply& said) {
  const bool one_by_one = warmup::meaning(said.verdict).about == warmup::About::from_domain;  // each is a message of its own
  while (one_by_one && part.cohort.count > 1) {
    AnsweredPart first = part;
    first.cohort.count = 1;
    ++part.cohort.number;
    --part.cohort.count;
    settle(std::move(first), said);
  }
  keep_ledgers(part, said);
  hear(part, said);
  const auto next = next_step(part, said);
  tally(part, said, next.what);
  if (next.what == Follows::site_waits) {
    close_site(part.queue);
    return state_.put(part.queue, part.cohort);
  }
  part.queue.backoff = Duration(0);
  follow(part, said, next);
}

// What the policy says follows for these recipients (warmup/outcome.h).
warmup::NextStep Outcomes::next_step(AnsweredPart& part, const SimulatedReply& said) {
  warmup::AnswerTo answer{said.verdict, said.permanent};
  answer.site_waits = true;
  if (said.delay) answer.delay = warmup::named_greylist_delay(*said.delay);
  answer.withheld = withhold(part, said);
  return warmup::follow(
      part.cohort.tries, answer, state_.config.retry, [this] { return luck_.fraction(); }, state_.now);
}

void Outcomes::follow(AnsweredPart& part, const SimulatedReply& said, const warmup::NextStep& next) {
  auto& mail = part.cohort;
  mail.verdict = warmup::counts_as(counted_before(part), said.verdict);
  mail.last = said.verdict;
  mail.heard = &part.lane;
  mail.heard_at = state_.now;
  switch (next.what) {
    case Follows::done:
      state_.tally.waited(part.queue, state_.now - mail.born, mail.count);
      return end(part, part.queue.overflow ? &Counts::overflowed : &Counts::delivered);
    case Follows::bounce: return end(part, &Counts::bounced);
    case Follows::expire: return end(part, &Counts::expired);
    case Follows::wait_in_place: return wait_in_place(part);
    case Follows::wait_blocked: mail.due = next.due; return state_.go_home(part.queue, part.lane, mail);  // bound to no source
    case Follows::bound_retry:
      if (!mail.greylisted_at) mail.greylisted_at = state_.now;
      return retry_later(part, next.due);
    case Follows::site_waits:
    case Follows::retry: return retry_later(part, next.due);
  }
}

// Charge, keep the place or refund (§4).
void Outcomes::keep_ledgers(AnsweredPart& part, const SimulatedReply& said) {
  auto& mail = part.cohort;
  const auto& mail_class = part.queue.mail_class->name;
  const auto settled = warmup::permitted({said.verdict, said.permanent, said.dot_sent, mail.has_place});
  const bool charged = settled == warmup::Permitted::charged, keeps = settled == warmup::Permitted::kept;
  if (charged) {
    if (!part.queue.exempt) state_.lanes.charge(part.lane, mail_class, mail.count, state_.now);
    if (!part.queue.overflow) state_.tally.count(part.queue, &Counts::sent, mail.count);
  } else if (part.queue.exempt) {
    return;
  } else if (keeps) {
    state_.lanes.keep_slots(part.lane, mail_class, mail.count);
  } else {
    state_.lanes.refund(part.lane, mail_class, mail.count);
    part.lane.gave_back(part.queue.pool->name, mail_class, mail.count);
  }
  mail.has_place = keeps && !part.queue.exempt;
}

// By what the lane's health counts these recipients today.
std::optional<Verdict> Outcomes::counted_before(const AnsweredPart& part) {
  const auto& mail = part.cohort;
  const bool of_today = mail.heard == &part.lane && mail.heard_at >= part.lane.record.today.started;
  return of_today ? mail.verdict : std::nullopt;
}

void Outcomes::hear(const AnsweredPart& part, const SimulatedReply& said) {
  const auto& mail = part.cohort;
  const bool failed = !warmup::meaning(said.verdict).answer;
  warmup::Heard heard{said.verdict, "", counted_before(part), true};
  heard.attempt = !failed && !warmup::is_greylist_retry(mail.tries, mail.last);
  heard.answered = !failed;
  heard.text = said.text;
  if (part.queue.exempt) return react(part, said);
  state_.lanes.on_ledgers(part.lane, [&](warmup::Lane& ledger) {
    for (Recipients i = 0; i < mail.count; ++i) warmup::count(ledger, heard, state_.now);
  });
  react(part, said);
}

void Outcomes::react(const AnsweredPart& part, const SimulatedReply& said) {
  SimulatedLane& lane = part.lane;
  auto& record = lane.record;
  const bool braked = record.brake.state != warmup::Brake::none;
  warmup::Refusal refusal;
  refusal.probe = part.probe && braked;
  if (warmup::waits_for_lane(warmup::action(said.verdict, said.permanent))) {
    const auto id = fmt::format("{}", part.cohort.number);
    refusal = {{state_.now, std::string(said.text)},
               state_.now,
               id,
               std::string(part.cohort.from_domain),
               id,
               said.about_us,
               part.probe};
  }
  const Recipients answered = warmup::meaning(said.verdict).answer ? said.recipients : 0;
  state_.lanes.note(lane, warmup::react(record, *lane.rules, said.verdict, refusal, answered, state_.now), state_.now);
  if (braked && record.brake.state == warmup::Brake::none) state_.lanes.let_go(lane);
}

// How long its mail waits for what its From domain, or our host, lacks; 0: it does not. What is taken ends that.
Duration Outcomes::withhold(const AnsweredPart& part, const SimulatedReply& said) {
  const auto& mail = part.cohort;
  if (said.verdict == Verdict::delivered) state_.withheld.taken(mail.from_domain, part.lane.provider, state_.now);
  if (warmup::meaning(said.verdict).about != warmup::About::from_domain) return Duration(0);
  return state_.withheld.refused(mail.from_domain, part.lane.provider, mail.number, state_.now);
}

void Outcomes::tally(const AnsweredPart& part, const SimulatedReply& said, Follows what) {
  Recipients Counts::*of = said.verdict == Verdict::greylisted          ? &Counts::greylisted
                           : said.verdict == Verdict::rate_limited      ? &Counts::rate_limited
                           : warmup::is_block(said.verdict)             ? &Counts::blocked
                           : said.verdict == Verdict::connection_failed ? &Counts::unreachable
                                                                        : &Counts::put_off;
  if (what == Follows::done) state_.tally.count(part.queue, &Counts::junk, said.junk);
  if (!part.queue.overflow) {
    if (said.verdict == Verdict::rate_limited || warmup::is_block(said.verdict)) state_.tally.refused_us(part.queue, state_.now);
    if (what == Follows::done) state_.tally.delivered_again(part.queue, state_.now);
  }
  if (what != Follows::done && what != Follows::bounce) state_.tally.count(part.queue, of, part.cohort.count);
}

// The lane waits, not the recipient: it keeps its place, another source may take it. That costs no lifetime (§9).
void Outcomes::wait_in_place(AnsweredPart& part) {
  SimulatedQueue& queue = part.queue;
  state_.put(queue.blocked ? state_.queues.home_of(queue, part.cohort) : queue, part.cohort);  // told something else now
}

void Outcomes::retry_later(AnsweredPart& part, Instant next) {
  auto& mail = part.cohort;
  mail.due = next;
  SimulatedQueue& queue = part.queue;
  const bool bound = mail.tries.bound_at.has_value();
  if (queue.blocked && !bound) return state_.put(state_.queues.home_of(queue, mail), mail);
  if (!bound || queue.bound_to != nullptr) return state_.put(queue, mail);
  state_.put(state_.queues.bound_to(queue, mail, part.lane.source), mail);
}

void Outcomes::close_site(SimulatedQueue& queue) {
  if (state_.now < queue.closed_until) return;
  if (queue.backoff == Duration(0)) queue.closed_since = state_.now;
  queue.backoff = queue::site_interval(queue.backoff);
  queue.closed_until = state_.now + queue.backoff;
}

}  // namespace mta::simulate
