#include "mta/simulate/awake_queues.h"

#include <algorithm>
#include <limits>

namespace mta::simulate {

namespace {
// A turn is one message, as in the daemon, when so few are left of a day. Of more, each queue that competes has about four turns.
constexpr Recipients one_a_turn = 2'000;
constexpr Recipients turns_a_day = 4;

const SimulatedLane& ledger_of(const SimulatedQueue& queue) {
  const SimulatedLane& lane = queue.lane();
  return lane.total != nullptr ? *lane.total : lane;
}

// All unlisted sites count as one in a total over everything.
std::size_t party_of(const SimulatedQueue& queue) {
  const SimulatedLane& lane = queue.lane();
  const bool counts = lane.total != nullptr && warmup::is_unlisted(lane.provider) &&
                      warmup::total_named(lane.total->provider) == warmup::Total::all;
  return counts ? 1 : 0;
}

// How many a turn may have at once, though each message is one.
Recipients at_once(const warmup::Turn& turn, std::size_t competing, Instant now) {
  const auto left = warmup::left_today(turn.total.lane != nullptr ? turn.total : turn.lane, turn.mail_class, now);
  if (!left) return std::numeric_limits<Recipients>::max();
  return *left > one_a_turn ? *left / (turns_a_day * competing) : 1;
}
}  // namespace

warmup::Turn AwakeQueues::turn_of(const SimulatedQueue& queue, Instant now) const {
  SimulatedLane& lane = queue.lane();
  warmup::Turn turn{lane.with_rules(), {}, queue.mail_class->name};
  if (lane.total != nullptr) turn.total = lane.total->with_rules();
  turn.had = lane.shares.had(queue.pool->name, queue.mail_class->name, lane.record, lane.pools);
  turn.keeps_place = queue.bound_to != nullptr && !queue.overflow;
  turn.due = queue.mail.empty() ? now : queue.mail.front().due;
  turn.came = queue.mail.empty() ? 0 : queue.mail.front().number;
  return turn;
}

warmup::Claim AwakeQueues::claim_of_party(const SimulatedQueue& first, Instant now) const {
  const SimulatedLane& total = ledger_of(first);
  std::vector<const warmup::Lane*> listed;
  for (const SimulatedLane* named : total.named) listed.push_back(&named->record);
  return warmup::lifted(claim_of(first, now), turn_of(first, now),
                        warmup::party_of(total.record, first.mail_class->name, listed));
}

// A lane that brakes wants a probe: rather another message than the one that met the refusal. Among other lanes it stands with the claim of
// the queue that has it.
bool AwakeQueues::stands_for_lane(const SimulatedQueue& queue, Instant now) const {
  const SimulatedLane& lane = queue.lane();
  if (lane.record.brake.state == warmup::Brake::none) return true;
  const auto only_trigger = [&](const SimulatedQueue& each) { return each.mail.only(trigger_of(lane), now); };
  return !only_trigger(queue) || std::all_of(lane.queues.begin(), lane.queues.end(), [&](std::size_t index) {
    const SimulatedQueue& other = queues_.at(index);
    return !is_awake(index) || &other.lane() != &lane || only_trigger(other);
  });
}

void AwakeQueues::enter(const SimulatedQueue& queue, Instant now) {
  if (queue.mail.empty() || queue.asleep_until > now || queue.ways.empty()) return;
  lanes_.bring(queue.lane(), now);
  leave(queue);
  const Contender contender{claim_of(queue, now), queue.index};
  ledgers_[ledger_of(queue).index][party_of(queue)].insert(contender);
  if (contenders_.size() <= queue.index) contenders_.resize(queue.index + 1);
  contenders_[queue.index] = contender;
}

void AwakeQueues::leave(const SimulatedQueue& queue) {
  if (!is_awake(queue.index)) return;
  const auto at = ledgers_.find(ledger_of(queue).index);
  at->second[party_of(queue)].erase(*contenders_[queue.index]);
  if (at->second[0].empty() && at->second[1].empty()) ledgers_.erase(at);
  contenders_[queue.index].reset();
}

// The strongest by the claims as they are now; null: the set is empty.
SimulatedQueue* AwakeQueues::strongest(Contenders& all, Instant now) {
  while (!all.empty()) {
    SimulatedQueue& queue = queues_.at(all.begin()->queue);
    const Contender current{claim_of(queue, now), queue.index};
    if (all.begin()->claim.stronger_than(current.claim)) {
      all.erase(all.begin());
      all.insert(current);
      contenders_[queue.index] = current;
      continue;
    }
    if (stands_for_lane(queue, now)) return &queue;
    auto aside = all.extract(all.begin());
    SimulatedQueue* const next = strongest(all, now);
    all.insert(std::move(aside));
    return next;
  }
  return nullptr;
}

AwakeQueues::NextTurn AwakeQueues::next(Instant now) {
  auto at = ledgers_.lower_bound(after_);
  if (at == ledgers_.end()) at = ledgers_.begin();
  after_ = at->first + 1;
  auto& [named, party] = at->second;
  SimulatedQueue* queue = strongest(named, now);
  SimulatedQueue* other = strongest(party, now);
  std::optional<warmup::Claim> of_party;
  if (other != nullptr && queue != nullptr) of_party = claim_of_party(*other, now);
  if (queue == nullptr || (of_party && of_party->stronger_than(claim_of(*queue, now)))) std::swap(queue, other);
  const auto turn = turn_of(*queue, now);
  const auto own = claim_of(*queue, now);
  Contenders& mine = party_of(*queue) == 1 ? party : named;
  const std::size_t competing = named.size() + party.size();
  mine.erase(*contenders_[queue->index]);
  Recipients most = std::numeric_limits<Recipients>::max();
  if (const SimulatedQueue* following = strongest(mine, now)) most = warmup::turns_until(turn, own, claim_of(*following, now));
  if (other != nullptr) most = &mine == &party ? 1 : std::min(most, warmup::turns_until(turn, own, *of_party));
  if (competing > 1) most = std::max(most, at_once(turn, competing, now));
  contenders_[queue->index].reset();
  if (named.empty() && party.empty()) ledgers_.erase(at);
  if (ledgers_.empty()) after_ = 0;
  return {*queue, most};
}

}  // namespace mta::simulate
