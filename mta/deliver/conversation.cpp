#include "mta/deliver/conversation.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "mta/deliver/blame.h"
#include "mta/deliver/load.h"
#include "queue/ensure.h"

namespace mta {
namespace {

constexpr auto clear_text_after =
    std::chrono::seconds(300);  // as Postfix does: only mail that has waited goes in clear after a failed handshake

// What became of some addressees on one connection.
struct Served {
  std::optional<Failure> failure;    // nothing was said: no outcome was added, the line is closed
  std::vector<Addressee> again;      // to be tried at once on a new connection, without what failed on this one
  std::vector<Addressee> elsewhere;  // to be tried at once with the next server; what was heard of them here is in heard_
};

// One transaction.
struct Said {
  std::vector<Outcome> outcomes;
  std::vector<std::uint32_t> again;      // who is tried again at once, of those without an outcome
  std::vector<std::uint32_t> elsewhere;  // who is tried with the next server
  std::optional<Failure> failure;
  std::optional<TlsFacts> tls;
  bool new_connection = false;
};

class DeliveryRun {
 public:
  explicit DeliveryRun(ConversationParts parts) : parts_(std::move(parts)) {}
  awaitable<void> run(Assignment first);

 private:
  awaitable<Settlement> attempt(Assignment assignment);
  awaitable<std::vector<Addressee>> attempt_on_open_connection(const Assignment& assignment, Settlement& settlement);
  awaitable<void> try_addresses(const Assignment& assignment, Destination way, Settlement& settlement);
  awaitable<std::optional<Failure>> try_address(const Assignment& assignment, CandidateAddress candidate, Settlement& settlement);
  bool tries_in_clear(const Failure& why, const Dial& how);
  awaitable<Served> serve(const Assignment& assignment, std::vector<Addressee> to, Settlement& settlement);
  awaitable<Said> say(const Assignment& assignment, const std::vector<Addressee>& to, bool first);
  awaitable<void> leave();

  bool line_is_good_for(const Assignment& assignment) const;
  bool line_is_healthy(const Assignment& assignment) const;
  smtp::SendHooks hooks(const Assignment& assignment, Instant& dot_at);
  awaitable<bool> may_copy(const Assignment& assignment, const smtp::Transcript& heard, Instant left);
  awaitable<bool> still_permitted(std::uint64_t id, Instant from, Instant until);
  void heed(const Blame& blamed, const smtp::Transcript& heard);
  void keep_heard(const Outcome& outcome);
  void add_earlier_dots(Settlement& settlement) const;
  void give_up(const Assignment& assignment, const std::vector<Addressee>& to, const Failure& why, Settlement& settlement) const;
  void look_at_source(const Assignment& assignment, Settlement& settlement) const;
  void close_line();
  Place place() const;
  Duration since_began() const { return std::chrono::duration_cast<Duration>(parts_.world.stopwatch.now() - began_); }

  ConversationParts parts_;
  std::unique_ptr<Connection> line_;
  std::string source_, site_, provider_;           // of the line
  std::vector<Addressee> walkers_;                 // the recipients for which addresses are tried
  std::chrono::steady_clock::time_point began_{};  // the attempt at hand
  ExtensionTrial trial_{parts_.failed_extensions};
  std::map<std::uint32_t, unsigned> earlier_dots_;  // of recipients tried again in this attempt: whole and unanswered
  std::map<std::uint32_t, Outcome> heard_;          // of recipients that go on to the next server: told if none takes them
};

awaitable<void> DeliveryRun::run(Assignment first) {
  std::optional<Assignment> next(std::move(first));
  while (next) {
    Settlement settlement = co_await attempt(std::move(*next));
    std::optional<Assignment> given = co_await parts_.desk.settle(std::move(settlement));
    next = std::move(given);
  }
  co_await leave();
}

awaitable<Settlement> DeliveryRun::attempt(Assignment assignment) {
  began_ = parts_.world.stopwatch.now();
  Settlement settlement;
  settlement.conversation = assignment.conversation;
  earlier_dots_.clear();
  heard_.clear();
  Assignment left = assignment;
  left.addressees = co_await attempt_on_open_connection(assignment, settlement);
  if (!left.addressees.empty()) {
    Destination way = co_await find_destination(parts_.world, std::move(left));
    settlement.connecting = since_began();
    settlement.site_failed = way.dns_failed;
    if (way.dns_failed) settlement.site_reason = way.ended.front().reply.text();
    std::ranges::copy(way.ended, std::back_inserter(settlement.outcomes));
    if (!way.addressees.empty()) co_await try_addresses(assignment, std::move(way), settlement);
  }
  add_earlier_dots(settlement);
  look_at_source(assignment, settlement);
  ENSURE(settlement.outcomes.size() == assignment.addressees.size());
  settlement.wants_more = line_is_healthy(assignment);
  settlement.took = since_began();
  co_return settlement;
}

// Recipients that are left to try on another connection. One that turns out dead before it answered is dropped silently.
awaitable<std::vector<Addressee>> DeliveryRun::attempt_on_open_connection(const Assignment& assignment, Settlement& settlement) {
  if (!line_) co_return assignment.addressees;
  if (!line_is_good_for(assignment)) {
    co_await leave();
    co_return assignment.addressees;
  }
  Served served = co_await serve(assignment, assignment.addressees, settlement);
  if (served.failure) co_return assignment.addressees;
  std::ranges::move(served.elsewhere, std::back_inserter(served.again));
  co_return std::move(served.again);
}

awaitable<void> DeliveryRun::try_addresses(const Assignment& assignment, Destination way, Settlement& settlement) {
  walkers_ = way.addressees;
  Candidates candidates(parts_.world, assignment, std::move(way));
  std::optional<Failure> told;  // the failure worth telling: the server's words before ours, the first before later ones
  while (!parts_.hangup->asked()) {
    const std::optional<CandidateAddress> candidate = co_await candidates.next();
    if (!candidate || parts_.hangup->asked()) break;
    const std::optional<Failure> why = co_await try_address(assignment, *candidate, settlement);
    if (walkers_.empty()) co_return;
    if (!why) continue;
    const bool better = !told || why->speaks_for_all || (why->heard && !told->heard);
    if (better) told = why;
    if (why->speaks_for_all) break;  // asking the next server too would make it worse
  }
  give_up(assignment, walkers_, told ? *told : candidates.none(), settlement);
}

// One address: nothing when the message was said there, else why not. Each turn leaves out an extension more. Those whom the next
// server may take remain among the walkers.
awaitable<std::optional<Failure>> DeliveryRun::try_address(const Assignment& assignment, CandidateAddress candidate,
                                                           Settlement& settlement) {
  const bool waited = parts_.world.calendar.now() - assignment.message->accepted > clear_text_after;
  std::vector<Addressee> elsewhere;
  while (!walkers_.empty()) {
    Dial how{parts_.world,
             *parts_.judge,
             parts_.hangup,
             parts_.timeouts,
             assignment.config,
             assignment.source,
             assignment.queue.provider,
             waited,
             assignment.hurry,
             trial_.of(candidate.host, parts_.world.stopwatch.now())};
    Dialled dialled = co_await dial(how, candidate);
    if (!dialled.connection) co_return dialled.failure;
    line_ = std::move(dialled.connection);
    source_ = assignment.source->name;
    site_ = assignment.queue.site;
    provider_ = assignment.queue.provider;
    if (line_->starttls_left_out) {
      smtp::LeftOut starttls;
      starttls.starttls = true;
      parts_.failed_extensions->add(candidate.host, starttls, parts_.world.stopwatch.now());
    }
    Served served = co_await serve(assignment, walkers_, settlement);
    if (served.failure && tries_in_clear(*served.failure, how)) continue;
    if (served.failure) co_return served.failure;
    std::ranges::move(served.elsewhere, std::back_inserter(elsewhere));
    walkers_ = std::move(served.again);
    if (parts_.hangup->asked()) break;
  }
  const bool cut_short = !walkers_.empty();
  std::ranges::move(elsewhere, std::back_inserter(walkers_));
  if (!cut_short) co_return std::nullopt;
  Failure cut;
  cut.host = candidate.host;
  cut.reply = smtp::make_reply(451, "4.3.2 this server is shutting down");
  co_return cut;
}

// A server that drops the line behind a handshake has no working TLS either: as after a failed one, mail that has waited goes in clear.
bool DeliveryRun::tries_in_clear(const Failure& why, const Dial& how) {
  if (!why.handshake || !may_go_in_clear(how) || how.hangup->asked()) return false;
  smtp::LeftOut starttls;
  starttls.starttls = true;
  trial_.begin(why.host, starttls, 0);
  return true;
}

// Says the message on the open line. Recipients over the server's limit follow in further transactions while that gets on (RFC 5321
// §4.5.3.1.10), and so do those for whom an extension failed.
awaitable<Served> DeliveryRun::serve(const Assignment& assignment, std::vector<Addressee> to, Settlement& settlement) {
  Served served;
  settlement.connecting = since_began();
  for (bool first = true; !to.empty(); first = false) {
    Said said = co_await say(assignment, to, first);
    if (said.tls) settlement.tls = said.tls;
    if (said.failure) {
      close_line();
      served.failure = std::move(said.failure);
      co_return served;
    }
    std::ranges::move(said.outcomes, std::back_inserter(settlement.outcomes));
    std::ranges::copy_if(to, std::back_inserter(served.elsewhere), [&](const Addressee& each) {
      return std::ranges::find(said.elsewhere, each.number) != said.elsewhere.end();
    });
    std::erase_if(to, [&](const Addressee& each) { return std::ranges::find(said.again, each.number) == said.again.end(); });
    if (said.new_connection) break;
  }
  served.again = std::move(to);
  if (!line_->session->usable() || !served.again.empty() || !served.elsewhere.empty()) close_line();
  co_return served;
}

// `first`: of the assignment on this connection. Only then may a line that is lost before a word was said count as no attempt.
awaitable<Said> DeliveryRun::say(const Assignment& assignment, const std::vector<Addressee>& to, bool first) {
  Said said;
  Place here = place();
  Load load;
  const smtp::Offers used = line_->session->offers();
  const ToLoad what{assignment.message, to, used, here.host};
  const auto lost = co_await smtp::until_lost(load_for(parts_, what, load), smtp::Stage::body);
  if (lost) {
    for (const Addressee& addressee : to) said.outcomes.push_back(unreadable(addressee.number, *lost, here));
    co_return said;
  }
  said.outcomes = std::move(load.fit.refused);
  if (load.fit.numbers.empty()) co_return said;
  Instant dot_at{};
  const smtp::Transcript heard = co_await line_->session->send(load.fit.envelope, *load.body, hooks(assignment, dot_at));
  if (heard.withdrawn) {
    for (const std::uint32_t number : load.fit.numbers) said.outcomes.push_back(withdrawn(number));
    co_return said;
  }
  const bool fresh = line_->messages++ == 0;
  trial_.heard(here.host, progress(heard), parts_.world.stopwatch.now());
  std::optional<Blame> blamed = blame(heard, load.fit.envelope, used, fresh);
  if (blamed && !blamed->next_time) blamed->next_time = !co_await may_copy(assignment, heard, dot_at);
  const bool at_once = blamed && !blamed->next_time && !parts_.hangup->asked();
  if (blamed) heed(*blamed, heard);
  if (first && !at_once) said.failure = failure(heard, here, *parts_.judge);
  if (said.failure && fresh && line_->tls && heard.lost) said.failure->handshake = true;
  if (said.failure) co_return said;
  said.new_connection = at_once && (blamed->new_connection || !line_->session->usable());
  said.tls = line_->tls;
  std::vector<Outcome> made = outcomes(heard, load.fit.numbers, here, *parts_.judge);
  for (std::size_t i = 0; i < made.size(); ++i) {
    Outcome& outcome = made[i];
    outcome.dot_at = dot_at;
    const bool too_many = outcome.verdict == Verdict::too_many_rcpts && heard.accepted() > 0 && line_->session->usable();
    const bool again = at_once ? tried_again(*blamed, heard, i) : too_many;
    if (!again && another_may_take(outcome)) {
      keep_heard(outcome);
      said.elsewhere.push_back(outcome.number);
      continue;
    }
    if (!again) {
      said.outcomes.push_back(std::move(outcome));
      continue;
    }
    said.again.push_back(outcome.number);
    if (outcome.unanswered_dots > 0) earlier_dots_[outcome.number] += outcome.unanswered_dots;
  }
  co_return said;
}

// The server's words before ours, the first before later ones.
void DeliveryRun::keep_heard(const Outcome& outcome) {
  const auto [at, is_new] = heard_.try_emplace(outcome.number, outcome);
  if (!is_new && at->second.mx.empty() && !outcome.mx.empty()) at->second = outcome;
}

// An extension that failed is left out from now on. It is remembered when that has helped, else the fault was another.
void DeliveryRun::heed(const Blame& blamed, const smtp::Transcript& heard) {
  const std::string& host = line_->at.host;
  if (blamed.next_time) return parts_.failed_extensions->add(host, blamed.extensions, parts_.world.stopwatch.now());
  trial_.begin(host, blamed.extensions, blamed.extensions.dsn && heard.mail.ok() ? 1U : progress(heard));
  line_->session->leave_out(blamed.extensions);
}

// The message may have been taken before, when its recipient was tried again in the same attempt; that copy is charged.
void DeliveryRun::add_earlier_dots(Settlement& settlement) const {
  for (Outcome& outcome : settlement.outcomes) {
    const auto earlier = earlier_dots_.find(outcome.number);
    if (earlier == earlier_dots_.end()) continue;
    outcome.unanswered_dots += earlier->second;
    if (outcome.verdict != Verdict::delivered) outcome.untried = false;
  }
}

// The day of the permit may end before the message begins.
smtp::SendHooks DeliveryRun::hooks(const Assignment& assignment, Instant& dot_at) {
  smtp::SendHooks made;
  made.dot_leaves = [this, &dot_at] { dot_at = parts_.world.calendar.now(); };
  made.may_begin = [this, id = assignment.conversation, from = assignment.taken, until = assignment.permit_ends] {
    return still_permitted(id, from, until);
  };
  return made;
}

// What left whole and was not answered may have arrived. Only with a permit of its own another copy leaves at once.
awaitable<bool> DeliveryRun::may_copy(const Assignment& assignment, const smtp::Transcript& heard, Instant left) {
  if (!heard.lost || !heard.dot_sent || heard.dot.heard()) co_return true;
  co_return co_await parts_.desk.another_copy(assignment.conversation, heard.accepted(), left);
}

// Of another day than the permit: the day ended, or the clock was set back.
awaitable<bool> DeliveryRun::still_permitted(std::uint64_t id, Instant from, Instant until) {
  const Instant now = parts_.world.calendar.now();
  if (until == Instant{} || (from <= now && now < until)) co_return true;
  co_return co_await parts_.desk.renew(id);
}

void DeliveryRun::give_up(const Assignment& assignment, const std::vector<Addressee>& to, const Failure& why,
                          Settlement& settlement) const {
  settlement.connecting = since_began();
  const bool final_answer =
      why.reply.permanent() && !why.heard && !assignment.source->is_smarthost();  // 5.4.4: there is no server at all
  for (const Addressee& addressee : to) {
    if (const auto heard = heard_.find(addressee.number); heard != heard_.end()) {
      settlement.outcomes.push_back(heard->second);
      continue;
    }
    Outcome outcome = untried(addressee.number, why);
    outcome.untried = !final_answer;
    settlement.outcomes.push_back(std::move(outcome));
  }
  if (final_answer || parts_.hangup->asked()) return;
  if (why.speaks_for_all && why.verdict != Verdict::connection_limit) {
    settlement.refused = SourceRefused{why.verdict, why.reply, why.host, why.remote};
    return;
  }
  if (!heard_.empty()) {  // a server of the site was talked to
    const Outcome& first = heard_.begin()->second;
    const auto taken = [](const Outcome& outcome) { return outcome.verdict == Verdict::delivered; };
    settlement.site_gave_up = std::ranges::none_of(settlement.outcomes, taken);
    settlement.site_reason = smtp::written(first.reply);
    settlement.site_said_by = first.mx;
    return;
  }
  settlement.site_failed = true;
  settlement.no_source = why.no_source;
  settlement.site_reason = smtp::written(why.reply);
  if (why.heard) settlement.site_said_by = why.host;
}

// What speaks about our source rather than about the recipients. A smarthost that does not let us relay has the operator's
// mistake to tell, not the senders' (WARMUP.md §1): the mail waits, it never bounces for it.
void DeliveryRun::look_at_source(const Assignment& assignment, Settlement& settlement) const {
  for (Outcome& outcome : settlement.outcomes) {
    if (outcome.verdict == Verdict::connection_limit) settlement.fewer_connections = true;
    const bool denied = outcome.verdict == Verdict::relay_denied || outcome.reply.code == 530 || outcome.reply.code == 535;
    if (!denied || !assignment.source->is_smarthost()) continue;
    outcome.untried = true;
    settlement.site_failed = settlement.denied = true;
    settlement.site_reason =
        fmt::format("{} does not relay for us: {} {}", assignment.source->smarthost, outcome.reply.code, outcome.reply.text());
  }
}

bool DeliveryRun::line_is_healthy(const Assignment& assignment) const {
  const unsigned most = parts_.providers->limits(assignment.queue.provider).messages_per_connection;
  return line_ && line_->session->usable() && line_->messages < most && !parts_.hangup->asked();
}

bool DeliveryRun::line_is_good_for(const Assignment& assignment) const {
  const auto waits_elsewhere = [this](const Addressee& addressee) {
    return !addressee.recipient.bound_mx.empty() && addressee.recipient.bound_mx != line_->at.host;
  };
  return line_is_healthy(assignment) && assignment.source->name == source_ && assignment.queue.site == site_ &&
         std::ranges::none_of(assignment.addressees, waits_elsewhere);
}

Place DeliveryRun::place() const {
  Place here = place_of(line_->at, provider_);
  here.dsn_offered = line_->session->offers().dsn;
  return here;
}

void DeliveryRun::close_line() {
  if (!line_) return;
  line_->stream->close();
  parts_.hangup->holds(nullptr);
  line_.reset();
}

awaitable<void> DeliveryRun::leave() {
  if (line_ && line_->session->usable()) co_await line_->session->quit();
  close_line();
}

}  // namespace

awaitable<void> converse(Assignment first, ConversationParts parts) {
  DeliveryRun conversation(std::move(parts));
  co_await conversation.run(std::move(first));
}

}  // namespace mta
