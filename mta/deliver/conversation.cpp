#include "mta/deliver/conversation.h"

#include <fmt/format.h>

#include <algorithm>

#include "mta/deliver/load.h"
#include "mta/tasks.h"

namespace mta {
namespace {

constexpr auto clear_text_after =
    std::chrono::seconds(300);  // mechanisms: only mail that has waited goes in clear after a failed handshake

class Conversation {
 public:
  explicit Conversation(ConversationParts parts) : parts_(std::move(parts)) {}
  awaitable<void> run(Assignment first);

 private:
  awaitable<Settlement> attempt(Assignment assignment);
  awaitable<bool> attempt_on_open_line(const Assignment& assignment, Settlement& settlement);
  awaitable<void> walk(const Assignment& assignment, Way way, Settlement& settlement);
  awaitable<std::optional<Failure>> knock(const Assignment& assignment, Candidate candidate, Settlement& settlement);
  awaitable<std::optional<Failure>> serve(const Assignment& assignment, std::vector<Addressee> to, Settlement& settlement);
  awaitable<void> leave();

  bool line_is_good_for(const Assignment& assignment) const;
  bool line_is_healthy(const Assignment& assignment) const;
  smtp::SendHooks hooks(const Assignment& assignment, Instant& dot_at);
  awaitable<bool> still_permitted(std::uint64_t id, Instant from, Instant until);
  static Outcome withdrawn(std::uint32_t number);
  void give_up(const Assignment& assignment, const std::vector<Addressee>& to, const Failure& why, Settlement& settlement) const;
  void look_at_source(const Assignment& assignment, Settlement& settlement) const;
  void close_line();
  Place place() const;

  ConversationParts parts_;
  std::unique_ptr<Connection> line_;
  std::string source_, site_, provider_;  // of the line
  std::vector<Addressee> walkers_;        // whom the walk is for
};

awaitable<void> Conversation::run(Assignment first) {
  std::optional<Assignment> next(std::move(first));
  while (next) {
    Settlement settlement = co_await attempt(std::move(*next));
    std::optional<Assignment> given = co_await parts_.desk.settle(std::move(settlement));
    next = std::move(given);
  }
  co_await leave();
}

awaitable<Settlement> Conversation::attempt(Assignment assignment) {
  const auto began = parts_.world.stopwatch.now();
  Settlement settlement;
  settlement.conversation = assignment.conversation;
  const bool served = co_await attempt_on_open_line(assignment, settlement);
  if (!served) {
    Way way = co_await find_way(parts_.world, assignment);
    settlement.outcomes = way.ended;
    settlement.site_failed = way.dns_failed;
    if (way.dns_failed) settlement.site_reason = way.ended.front().reply.text();
    if (!way.addressees.empty()) co_await walk(assignment, std::move(way), settlement);
  }
  look_at_source(assignment, settlement);
  ENSURE(settlement.outcomes.size() == assignment.addressees.size());
  settlement.wants_more = line_is_healthy(assignment);
  settlement.took = std::chrono::duration_cast<Duration>(parts_.world.stopwatch.now() - began);
  co_return settlement;
}

// True: the assignment went over the connection of the one before. A line that turns out dead before it answered is dropped silently.
awaitable<bool> Conversation::attempt_on_open_line(const Assignment& assignment, Settlement& settlement) {
  if (!line_) co_return false;
  if (!line_is_good_for(assignment)) {
    co_await leave();
    co_return false;
  }
  const std::optional<Failure> dead = co_await serve(assignment, assignment.addressees, settlement);
  co_return !dead;
}

awaitable<void> Conversation::walk(const Assignment& assignment, Way way, Settlement& settlement) {
  walkers_ = way.addressees;
  Candidates candidates(parts_.world, assignment, std::move(way));
  std::optional<Failure> told;  // the failure worth telling: the server's words before ours, the first before later ones
  while (!parts_.hangup->asked()) {
    const std::optional<Candidate> candidate = co_await candidates.next();
    if (!candidate || parts_.hangup->asked()) break;
    const std::optional<Failure> why = co_await knock(assignment, *candidate, settlement);
    if (!why) co_return;
    const bool better = !told || why->speaks_for_all || (why->heard && !told->heard);
    if (better) told = why;
    if (why->speaks_for_all) break;  // asking the next server too would make it worse
  }
  give_up(assignment, walkers_, told ? *told : candidates.none(), settlement);
}

// One address: nothing when the message was said there, else why not.
awaitable<std::optional<Failure>> Conversation::knock(const Assignment& assignment, Candidate candidate, Settlement& settlement) {
  const bool waited = parts_.world.calendar.now() - assignment.message->accepted > clear_text_after;
  Dial how{
      parts_.world, *parts_.judge, parts_.hangup, parts_.timeouts, assignment.config, assignment.source, assignment.line.provider,
      waited};
  Dialled dialled = co_await dial(std::move(how), std::move(candidate));
  if (!dialled.connection) co_return dialled.failure;
  line_ = std::move(dialled.connection);
  source_ = assignment.source->name;
  site_ = assignment.line.site;
  provider_ = assignment.line.provider;
  co_return co_await serve(assignment, walkers_, settlement);
}

// Says the message on the open line. Recipients over the server's limit follow in further transactions while that gets on (RFC 5321
// §4.5.3.1.10). A Failure means that nothing was said: no outcome was added, the line is closed.
awaitable<std::optional<Failure>> Conversation::serve(const Assignment& assignment, std::vector<Addressee> to,
                                                      Settlement& settlement) {
  std::vector<Outcome> made;
  for (bool first = true; !to.empty(); first = false) {
    Place here = place();
    Load load;
    const ToLoad what{assignment.message, to, line_->session->offers(), here.host};
    const auto unreadable = co_await smtp::until_lost(load_for(parts_, what, load), smtp::Stage::body);
    if (unreadable) {
      smtp::Transcript nothing;
      nothing.rcpt.resize(to.size());
      nothing.lost = unreadable;
      std::vector<std::uint32_t> numbers;
      for (const Addressee& addressee : to) numbers.push_back(addressee.number);
      for (Outcome& outcome : outcomes(nothing, numbers, here, *parts_.judge)) {
        outcome.remote.clear();  // nothing was said to it
        made.push_back(std::move(outcome));
      }
      break;
    }
    std::ranges::move(load.fit.refused, std::back_inserter(made));
    to.clear();
    if (load.fit.numbers.empty()) break;
    Instant dot_at{};
    const smtp::Transcript heard = co_await line_->session->send(load.fit.envelope, *load.body, hooks(assignment, dot_at));
    if (heard.withdrawn) {
      for (const std::uint32_t number : load.fit.numbers) made.push_back(withdrawn(number));
      break;
    }
    ++line_->messages;
    const auto why = failure(heard, here, *parts_.judge);
    if (first && why) {
      close_line();
      co_return why;
    }
    settlement.tls = line_->tls;
    for (Outcome& outcome : outcomes(heard, load.fit.numbers, here, *parts_.judge)) {
      outcome.dot_at = dot_at;
      const bool again = outcome.verdict == Verdict::too_many_rcpts && heard.accepted() > 0 && line_->session->usable();
      const auto addressee = std::ranges::find(assignment.addressees, outcome.number, &Addressee::number);
      if (again && addressee != assignment.addressees.end()) {
        to.push_back(*addressee);
      } else {
        made.push_back(std::move(outcome));
      }
    }
  }
  std::ranges::move(made, std::back_inserter(settlement.outcomes));
  if (!line_->session->usable()) close_line();
  co_return std::nullopt;
}

// The day of the permit may end before the message begins.
smtp::SendHooks Conversation::hooks(const Assignment& assignment, Instant& dot_at) {
  smtp::SendHooks made;
  made.dot_leaves = [this, &dot_at] { dot_at = parts_.world.calendar.now(); };
  made.may_begin = [this, id = assignment.conversation, from = assignment.taken, until = assignment.permit_ends] {
    return still_permitted(id, from, until);
  };
  return made;
}

// Of another day than the permit: the day ended, or the clock was set back.
awaitable<bool> Conversation::still_permitted(std::uint64_t id, Instant from, Instant until) {
  const Instant now = parts_.world.calendar.now();
  if (until == Instant{} || (from <= now && now < until)) co_return true;
  co_return co_await parts_.desk.renew(id);
}

Outcome Conversation::withdrawn(std::uint32_t number) {
  Outcome outcome;
  outcome.number = number;
  outcome.reply = smtp::make_reply(451, "4.7.1 the lane's day ended before the message was sent");
  outcome.untried = true;
  return outcome;
}

void Conversation::give_up(const Assignment& assignment, const std::vector<Addressee>& to, const Failure& why,
                           Settlement& settlement) const {
  const bool final_answer =
      why.reply.permanent() && !why.heard && !assignment.source->is_smarthost();  // 5.4.4: there is no server at all
  for (const Addressee& addressee : to) {
    Outcome outcome = untried(addressee.number, why);
    outcome.untried = !final_answer;
    settlement.outcomes.push_back(std::move(outcome));
  }
  if (final_answer || parts_.hangup->asked()) return;
  if (why.speaks_for_all && why.verdict != Verdict::connection_limit) {
    settlement.refused = SourceRefused{why.verdict, why.reply, why.host, why.remote};
    return;
  }
  settlement.site_failed = true;
  settlement.site_reason = fmt::format(
      "{} {}", why.reply.code, why.reply.enhanced.empty() ? why.reply.text() : why.reply.enhanced + " " + why.reply.text());
}

// What speaks about our source rather than about the recipients. A smarthost that does not let us relay has the operator's
// mistake to tell, not the senders' (warmup-rules §1): the mail waits, it never bounces for it.
void Conversation::look_at_source(const Assignment& assignment, Settlement& settlement) const {
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

bool Conversation::line_is_healthy(const Assignment& assignment) const {
  const unsigned most = parts_.providers->limits(assignment.line.provider).messages_per_connection;
  return line_ && line_->session->usable() && line_->messages < most && !parts_.hangup->asked();
}

bool Conversation::line_is_good_for(const Assignment& assignment) const {
  const auto waits_elsewhere = [this](const Addressee& addressee) {
    return !addressee.recipient.pin_mx.empty() && addressee.recipient.pin_mx != line_->at.host;
  };
  return line_is_healthy(assignment) && assignment.source->name == source_ && assignment.line.site == site_ &&
         std::ranges::none_of(assignment.addressees, waits_elsewhere);
}

Place Conversation::place() const {
  Place here = place_of(line_->at, provider_);
  here.dsn_offered = line_->session->offers().dsn;
  return here;
}

void Conversation::close_line() {
  if (!line_) return;
  line_->stream->close();
  parts_.hangup->holds(nullptr);
  line_.reset();
}

awaitable<void> Conversation::leave() {
  if (line_ && line_->session->usable()) co_await line_->session->quit();
  close_line();
}

}  // namespace

awaitable<void> converse(Assignment first, ConversationParts parts) {
  Conversation conversation(std::move(parts));
  co_await conversation.run(std::move(first));
}

}  // namespace mta
