// Which queue goes first when not all can (WARMUP.md §5): every message is a turn of the strongest of those that want the same ledger,
// however many they are, awake or asleep. And how those that sleep for one ledger are spread when they look again.
#include "mta/scheduler/precedence.h"

#include <algorithm>
#include <array>

#include "queue/ensure.h"

namespace mta {

namespace {
// Bound to a source that a greylister knows.
bool keeps_place(const queue::QueueKey& queue, const conf::Pool* pool) {
  return !queue.bound_to.empty() && pool != nullptr && pool->overflow != queue.bound_to;
}

// As far as claims say it.
queue::QueueRow head_of(const Ticket& ticket) { return {ticket.claim.due, {{ticket.claim.came}, 0}}; }

// All unlisted sites count as one in a total over everything.
bool is_in_party(const Plans& plans, const LaneKey& lane) {
  return plans.total(lane.source) == warmup::Total::all && warmup::is_unlisted(lane.provider);
}
}  // namespace

warmup::Turn Precedence::turn_of(const queue::QueueKey& queue, const LaneKey& key, const queue::QueueRow& head) {
  const LiveLane& used = state_.lanes.at(key);
  warmup::Turn turn{used.with_rules(), {}, state_.class_of(queue.mail_class).name};
  if (const auto total = state_.lanes.total_of(key)) turn.total = state_.lanes.at(*total).with_rules();
  const auto uses = [&](const conf::Pool& pool) { return pool.may_use(key.source); };
  const auto& pools = state_.policy.config->pools;
  turn.had = used.shares.had(queue.pool, queue.mail_class, used.record,
                             static_cast<std::size_t>(std::count_if(pools.begin(), pools.end(), uses)));
  turn.keeps_place = keeps_place(queue, state_.pool_of(queue.pool));
  turn.due = head.due;
  turn.came = head.recipient.message.value;
  return turn;
}

TicketGroup Precedence::group_of(const Queue& queue, const LaneKey& lane, const LaneKey& ledger, Wants wants) const {
  const bool exempt = queue.key.kind == queue::QueueKind::exempt;  // only brakes hold it
  return {ledger, wants, exempt ? "" : queue.key.mail_class, keeps_place(queue.key, state_.pool_of(queue.key.pool)),
          is_in_party(*state_.plans, lane) && ledger != lane};
}

warmup::Party Precedence::party_of(const LaneKey& key, const std::string& mail_class) {
  const auto& total = state_.lanes.at({key.source, ""}).record;
  std::vector<const warmup::Lane*> listed;
  for (auto at = state_.lanes.all().lower_bound({key.source, ""});
       at != state_.lanes.all().end() && at->first.source == key.source; ++at) {
    const auto& [named, found] = *at;
    if (warmup::is_unlisted(named.provider)) {
      at = std::prev(state_.lanes.all().lower_bound({key.source, "other;"}));  // ';' sorts behind ':'
    } else if (!named.overall()) {
      listed.push_back(&found.record);
    }
  }
  return warmup::party_of(total, mail_class, listed);
}

void Precedence::new_policy() {
  const auto& sources = state_.config().sources;
  has_plans_ = std::any_of(sources.begin(), sources.end(),
                           [](const conf::Source& source) { return !source.plan.empty() || !source.overall.empty(); });
  turns_.clear();
}

void Precedence::want_turn(Queue& queue) {
  turns_.leave(queue.bytes);
  if (!queue.key.knows_site() || queue.key.kind == queue::QueueKind::exempt || (!has_plans_ && turns_.empty())) return;
  const auto* known = state_.queues.front(queue);
  const queue::QueueRow head = known != nullptr ? *known : queue::QueueRow{queue.record.low_water, {}};
  for (const auto& key : state_.lanes_of(queue)) {
    if (!state_.lanes.is_scarce(key)) continue;
    const Ticket ticket{queue.bytes, key, warmup::claim_of(turn_of(queue.key, key, head))};
    turns_.enter(group_of(queue, key, key, Wants::turn), ticket);
    if (const auto total = state_.lanes.total_of(key)) turns_.enter(group_of(queue, key, *total, Wants::turn), ticket);
  }
}

void Precedence::want_permit(Queue& queue, const queue::QueueRow& head, const Search& found) {
  for (const auto& [key, hold] : found.holds) {
    const LaneKey ledger = hold.overall ? state_.lanes.total_of(key).value_or(key) : key;
    const auto group = group_of(queue, key, ledger, Wants::permit);
    turns_.enter(group, {queue.bytes, key, warmup::claim_of(turn_of(queue.key, key, head))});
    turns_.hold(group, hold.until, hold.settles);
  }
}

// What a ledger granted to one it may grant to others of the class; a probe to the most urgent of all.
void Precedence::note_grant(const Queue& queue, const LaneKey& key, bool probe) {
  turns_.open(key, queue.key.mail_class, state_.now());
  if (probe) turns_.settled(key, state_.now(), true);
  if (const auto total = state_.lanes.total_of(key)) turns_.open(*total, queue.key.mail_class, state_.now());
}

const Ticket* Precedence::first_of(const TicketGroup& group) {
  state_.lanes.at(group.ledger);  // its day ends first: that changes the group
  return turns_.first(group, [this](const TicketGroup&, const Ticket& ticket) {
    const auto key = queue::QueueKey::decode(ticket.queue);
    ENSURE(key.has_value());
    return std::optional(warmup::claim_of(turn_of(*key, ticket.lane, head_of(ticket))));
  });
}

// The queue that should have what `queue` was granted; null: none has a stronger claim.
Queue* Precedence::stronger_than(Queue& queue, const queue::QueueRow& head, const LaneKey& granted) {
  const auto total = state_.lanes.total_of(granted);
  const bool braked = state_.lanes.at(granted).record.brake.state != warmup::Brake::none;
  Ticket own{queue.bytes, granted, warmup::claim_of(turn_of(queue.key, granted, head))};
  if (braked) own = better_probe(queue, own);
  const auto result = [&](const Ticket& strongest) {
    return strongest.queue == queue.bytes ? nullptr : &state_.queues.open(strongest.queue);
  };
  if (braked && !total) return result(own);
  // Which queue of a braked lane has the probe is decided: it stands for them.
  const auto first_in = [&](const TicketGroup& group) {
    if (first_of(group) == nullptr) return static_cast<const Ticket*>(nullptr);
    return turns_.first_that(group,
                             [&](const Ticket& each) { return braked && each.lane == granted ? false : stands_for_lane(each); });
  };
  std::array<std::optional<Ticket>, 2> best;  // of unlisted sites that are one party; of all others
  best[is_in_party(*state_.plans, granted) ? 0 : 1] = own;
  const auto look_at = [&](const LaneKey& ledger, Wants wants) {
    for (const auto& group : turns_.groups(ledger, wants, state_.now())) {
      const Ticket* first = first_in(group);
      if (first == nullptr) continue;
      auto& known = best[is_in_party(*state_.plans, first->lane) ? 0 : 1];
      if (!known || first->claim.stronger_than(known->claim)) known = *first;
    }
  };
  look_at(total.value_or(granted), Wants::turn);
  if (!braked) look_at(granted, Wants::permit);
  if (total) look_at(*total, Wants::permit);
  const Ticket* strongest = best[1] ? &*best[1] : &*best[0];
  if (best[0] && best[1]) {
    const auto of_party = queue::QueueKey::decode(best[0]->queue);
    ENSURE(of_party.has_value());
    const auto turn = turn_of(*of_party, best[0]->lane, head_of(*best[0]));
    const auto claim = warmup::lifted(best[0]->claim, turn, party_of(best[0]->lane, of_party->mail_class));
    if (claim.stronger_than(best[1]->claim)) strongest = &*best[0];
  }
  return result(*strongest);
}

// Nothing but the message that met the refusal: a probe of last resort (§8).
bool Precedence::only_trigger(Queue& queue, const std::string& trigger) {
  const auto* head = state_.queues.front(queue);
  if (head == nullptr || head->recipient.message.text() != trigger) return false;
  return state_.another_than(queue, trigger) == queue.window.end() && queue.complete;
}

// Not a queue of a braked lane with nothing but the message that met the refusal, while the lane has another for its probe.
bool Precedence::stands_for_lane(const Ticket& ticket) {
  const auto& brake = state_.lanes.at(ticket.lane).record.brake;
  if (brake.state == warmup::Brake::none) return true;
  Queue& queue = state_.queues.open(ticket.queue);
  const bool stands = better_probe(queue, ticket).queue == ticket.queue;
  if (!queue.queued) state_.queues.sleep(queue, queue.planned, queue.record.opens);  // it was only looked at
  return stands;
}

// Of the lane's own mail the most urgent, and another message than the one that met the refusal: its ticket.
Ticket Precedence::better_probe(Queue& queue, const Ticket& own) {
  const LaneKey& granted = own.lane;
  const std::string trigger = state_.lanes.at(granted).record.brake.trigger;
  Ticket best = own;
  best.claim.only_trigger = only_trigger(queue, trigger);
  const auto fits = [&](const Ticket& ticket) {
    Queue& other = state_.queues.open(ticket.queue);
    const bool other_message = !only_trigger(other, trigger);
    if (!other.queued) state_.queues.sleep(other, other.planned, other.record.opens);
    return other_message;
  };
  for (const auto wants : {Wants::turn, Wants::permit}) {
    for (const auto& group : turns_.groups(granted, wants, state_.now())) {
      // What another gate of the ledger holds cannot be the probe: two queues would give way to each other for ever.
      const warmup::Ask one{group.mail_class, 1, group.keeps_place, 0, group.mail_class.empty()};
      if (!std::holds_alternative<warmup::Permit>(state_.lanes.permit(granted, one)) || first_of(group) == nullptr) continue;
      const Ticket* first = turns_.first_that(group, fits);
      if (first != nullptr && first->claim.stronger_than(best.claim)) best = *first;
    }
  }
  best.claim.only_trigger = false;
  return best;
}

// Of those that wait for a lane's connection; "" = none does.
std::string Precedence::next_waiting(const LaneKey& key) {
  std::optional<Ticket> best;
  for (const auto& group : turns_.groups(key, Wants::connection, state_.now())) {
    const Ticket* first = first_of(group);
    if (first != nullptr && (!best || first->claim.stronger_than(best->claim))) best = *first;
  }
  return best ? best->queue : "";
}

// The strongest of each group of the ledger that may have a permit now.
void Precedence::wake_strongest(const LaneKey& ledger) {
  for (const auto& group : turns_.groups(ledger, Wants::permit, state_.now())) {
    if (const Ticket* first = first_of(group)) state_.wake(state_.queues.open(std::string(first->queue)));
  }
}

// Something of the lane settled; `whatever_holds`: an operator may have changed anything.
void Precedence::wake_held(const LaneKey& key, bool whatever_holds) {
  const auto total = state_.lanes.total_of(key);
  for (const auto& ledger : {std::optional(key), total}) {
    if (!ledger) continue;
    turns_.settled(*ledger, state_.now(), whatever_holds);
    wake_strongest(*ledger);
  }
}

// It had its turn, or could not use it: the next of those that wait for the same ledgers looks whether they grant something.
void Precedence::pass_turn_on(const Queue& queue) {
  if (turns_.empty() || !queue.key.knows_site()) return;
  for (const auto& key : state_.lanes_of(queue)) {
    wake_strongest(key);
    if (const auto total = state_.lanes.total_of(key)) wake_strongest(*total);
  }
}

// When it looks again by itself. A lane of an unlisted site is its own.
Instant Precedence::looks_again(const Queue& queue, const warmup::Hold& hold, const LaneKey& key) {
  if (!hold.overall && warmup::is_unlisted(key.provider)) return hold.until;
  const auto total = hold.overall ? state_.lanes.total_of(key) : std::nullopt;
  return wake_spread_.place(total.value_or(key), queue.key.mail_class, hold.until, queue.planned, state_.now());
}

void Precedence::want_connection(Queue& queue, const queue::QueueRow& head, const LaneKey& key) {
  turns_.enter(group_of(queue, key, key, Wants::connection), {queue.bytes, key, warmup::claim_of(turn_of(queue.key, key, head))});
}

}  // namespace mta
