#include "mta/deliver/outcomes.h"

#include <fmt/format.h>

#include "queue/ensure.h"

namespace mta {
namespace {

using smtp::Lost;
using smtp::Reply;
using smtp::Stage;
using smtp::Transcript;

std::string where(const Place& place) {
  return place.remote.empty() ? place.host : fmt::format("{} ({})", place.host, place.remote);
}

void decide(Outcome& outcome, const Reply& reply, Stage stage, const Place& place, const Judge& judge) {
  outcome.stage = stage;
  if (!reply.transient() && !reply.permanent()) {  // a 2xx or 3xx where it makes no sense
    outcome.verdict = Verdict::protocol;
    outcome.reply = smtp::make_reply(
        451, fmt::format("4.5.0 {} is out of step: it answered \"{}\" to {}", where(place), written(reply), name(stage)));
    return;
  }
  outcome.reply = reply;
  outcome.mx = place.host;
  Judgement judgement = judge.judge(reply, place.provider, stage);
  outcome.verdict = judgement.verdict;
  outcome.named_delay = judgement.named_delay;
}

struct Words {
  Reply reply;
  Stage stage;
};

// 421 said to somebody answers for everybody who was not answered any more (RFC 5321 §3.8).
Words farewell(const Transcript& heard) {
  for (const Reply& reply : heard.rcpt)
    if (reply.code == 421) return {reply, Stage::rcpt};
  if (heard.mail.code == 421) return {heard.mail, Stage::mail};
  return {heard.data.heard() ? heard.data : smtp::make_reply(421, "4.3.2 the server ended the session"), Stage::data};
}

// A stream names the address in its error; the host was named before it.
std::string_view detail_of(const Lost& lost, const Place& place) {
  std::string_view detail = lost.detail;
  const std::string address = place.remote + ": ";
  if (detail.starts_with(address)) detail.remove_prefix(address.size());
  return detail;
}

void lose(Outcome& outcome, const Lost& lost, const Place& place) {
  const bool ours = lost.cause == Lost::Cause::ours;
  outcome.verdict = Verdict::connection_failed;
  if (ours) {
    outcome.verdict = Verdict::temporary;
    outcome.reply = smtp::make_reply(451, "4.3.0 " + lost.detail);
  } else if (lost.cause == Lost::Cause::nonsense) {
    outcome.verdict = Verdict::protocol;
    outcome.reply = smtp::make_reply(451, fmt::format("4.5.0 {} is out of step: {}", where(place), detail_of(lost, place)));
  } else {
    outcome.reply = smtp::make_reply(451, fmt::format("4.4.2 the connection to {} was lost at {}: {}", where(place),
                                                      name(lost.stage), detail_of(lost, place)));
    outcome.untried = lost.loss == Loss::shut && !outcome.dot_sent;  // our own shutdown
  }
  if (outcome.dot_sent && !ours) {  // it may have arrived: not the site's failure
    const std::string_view then =
        lost.cause == Lost::Cause::nonsense ? "was out of step" : "the connection was lost before it answered";
    outcome.verdict = Verdict::temporary;
    outcome.unanswered_dots = 1;
    outcome.reply =
        smtp::make_reply(451, fmt::format("4.4.2 {} took the message, then {}: {}", where(place), then, detail_of(lost, place)));
  }
}

Outcome one(const Transcript& heard, std::size_t i, const Place& place, const Judge& judge) {
  Outcome outcome;
  outcome.host = place.host;
  outcome.remote = place.remote;
  outcome.dot_sent = heard.dot_sent && heard.rcpt[i].ok();
  const bool refused_later = heard.data.heard() && heard.data.code != 354;
  if (heard.mail.heard() && !heard.mail.ok()) {
    decide(outcome, heard.mail, Stage::mail, place, judge);
  } else if (heard.rcpt[i].heard() && !heard.rcpt[i].ok()) {
    decide(outcome, heard.rcpt[i], Stage::rcpt, place, judge);
  } else if (heard.rcpt[i].ok() && refused_later) {
    decide(outcome, heard.data, Stage::data, place, judge);
  } else if (heard.rcpt[i].ok() && heard.dot.ok()) {
    outcome.verdict = Verdict::delivered;
    outcome.reply = heard.dot;
    outcome.mx = place.host;
    outcome.relayed_dsn = place.dsn_offered;
  } else if (heard.rcpt[i].ok() && heard.dot.heard()) {
    decide(outcome, heard.dot, Stage::dot, place, judge);
    outcome.unanswered_dots = heard.dot.transient() || heard.dot.permanent() ? 0 : 1;
  } else if (heard.lost) {
    lose(outcome, *heard.lost, place);
  } else {
    const Words words = farewell(heard);
    decide(outcome, words.reply, words.stage, place, judge);
  }
  return outcome;
}

// 421 ends the session whatever its enhanced code says; but what is said of our rate, our reputation or our domain another server of the
// site would say too, and a greylister waits for us.
bool is_of_the_server(Verdict verdict) {
  const warmup::About about = warmup::meaning(verdict).about;
  return (about == warmup::About::recipient || about == warmup::About::site) && verdict != Verdict::greylisted;
}

bool about_us(Verdict verdict) { return warmup::meaning(verdict).about == warmup::About::lane; }

}  // namespace

std::vector<Outcome> outcomes(const Transcript& heard, const std::vector<std::uint32_t>& numbers, const Place& place,
                              const Judge& judge) {
  ENSURE(numbers.size() == heard.rcpt.size());
  std::vector<Outcome> result;
  result.reserve(numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    result.push_back(one(heard, i, place, judge));
    result.back().number = numbers[i];
  }
  return result;
}

Failure failure(const smtp::Opening& opening, const Place& place, const Judge& judge) {
  if (opening.lost && opening.lost->stage != Stage::starttls) {
    Failure lost = failure(*opening.lost, place);
    lost.handshake = opening.handshake;
    return lost;
  }
  Failure made;
  made.host = place.host;
  made.remote = place.remote;
  made.starttls_refused = opening.stage == Stage::starttls && !opening.handshake && !opening.ours;
  if (opening.lost) {  // RFC 3207 §4: the handshake, or the line went before it
    made.verdict = opening.lost->loss == Loss::shut ? Verdict::connection_failed : Verdict::tls_required;
    made.handshake = opening.handshake;
    made.reply =
        smtp::make_reply(451, fmt::format("4.7.5 TLS with {} failed: {}", where(place), detail_of(*opening.lost, place)));
  } else if (opening.ours) {
    made.verdict = opening.stage == Stage::auth ? Verdict::relay_denied : Verdict::tls_required;
    made.reply = *opening.ours;
  } else {  // a refused banner, 5xx too: the next server, then later (as Postfix does)
    const Judgement judgement = judge.judge(opening.refusal, place.provider, opening.stage);
    const Verdict verdict = judgement.verdict;
    const bool kept =
        about_us(verdict) || verdict == Verdict::bad_rdns || verdict == Verdict::tls_required || verdict == Verdict::greylisted;
    made.verdict = opening.stage == Stage::auth ? Verdict::relay_denied : kept ? verdict : Verdict::connection_failed;
    made.speaks_for_all = about_us(verdict);
    made.named_delay = judgement.named_delay;
    made.reply = opening.refusal;
    made.heard = true;
  }
  return made;
}

Failure failure(const Lost& lost, const Place& place) {
  Failure made;
  made.host = place.host;
  made.remote = place.remote;
  const bool nonsense = lost.cause == Lost::Cause::nonsense;
  const char* code = nonsense ? "4.5.0" : lost.stage == Stage::connect ? "4.4.1" : "4.4.2";
  const std::string at = lost.stage == Stage::connect ? "" : fmt::format(" at {}", name(lost.stage));
  made.reply = smtp::make_reply(451, fmt::format("{} {}{}: {}", code, where(place), at, detail_of(lost, place)));
  made.no_source = lost.loss == Loss::no_source;
  return made;
}

std::optional<Failure> failure(const Transcript& heard, const Place& place, const Judge& judge) {
  if (heard.mail.code == 421) {
    const Judgement judgement = judge.judge(heard.mail, place.provider, Stage::mail);
    if (!is_of_the_server(judgement.verdict)) return std::nullopt;
    Failure made;
    made.host = place.host;
    made.remote = place.remote;
    made.reply = heard.mail;
    made.heard = true;
    return made;
  }
  if (heard.spoken || !heard.lost || heard.lost->cause == Lost::Cause::ours) return std::nullopt;
  return failure(*heard.lost, place);
}

bool another_may_take(const Outcome& outcome) {
  if (outcome.dot_sent || outcome.untried) return false;
  return outcome.verdict == Verdict::connection_failed ||
         (outcome.reply.code == 421 && !outcome.mx.empty() && is_of_the_server(outcome.verdict));
}

Outcome bounded(Outcome outcome, unsigned before) {
  if (outcome.unanswered_dots == 0 || outcome.verdict == Verdict::delivered) return outcome;
  if (before + outcome.unanswered_dots < most_unanswered) return outcome;
  const std::string last = outcome.reply.text();
  outcome.verdict = Verdict::protocol;
  outcome.untried = false;
  outcome.reply = smtp::make_reply(
      554, fmt::format("5.4.2 the message was sent {} times and never answered, so it may have arrived; the last time: {}",
                       before + outcome.unanswered_dots, last));
  return outcome;
}

Outcome unreadable(std::uint32_t number, const Lost& lost, const Place& place) {
  Outcome outcome;
  outcome.number = number;
  outcome.host = place.host;
  lose(outcome, lost, place);
  return outcome;
}

Outcome withdrawn(std::uint32_t number) {
  Outcome outcome;
  outcome.number = number;
  outcome.reply = smtp::make_reply(451, "4.7.1 the lane's day ended before the message was sent");
  outcome.untried = true;
  return outcome;
}

Outcome untried(std::uint32_t number, const Failure& why) {
  Outcome outcome;
  outcome.number = number;
  outcome.verdict = why.verdict;
  outcome.reply = why.reply;
  outcome.named_delay = why.named_delay;
  outcome.mx = why.heard ? why.host : "";
  outcome.host = why.host;
  outcome.remote = why.remote;
  outcome.untried = true;
  return outcome;
}

}  // namespace mta
