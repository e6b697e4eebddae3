// Which line that is awake has the next turn, and for how many recipients (WARMUP.md §5).
#include <algorithm>

#include "mta/simulate/simulation.h"

namespace mta::simulate {

namespace {
// A turn is one message, as in the daemon, when so few are left of a day. Of more, each line that competes has about four turns.
constexpr Recipients one_by_one = 2'000;
constexpr Recipients turns_a_day = 4;

const Lane& ledger_of(const Line& line) {
  const Lane& lane = *line.ways.front().lane;
  return lane.total != nullptr ? *lane.total : lane;
}

// All unlisted sites count as one in a total over everything.
bool is_in_party(const Line& line) {
  const Lane& lane = *line.ways.front().lane;
  return lane.total != nullptr && warmup::is_unlisted(lane.provider) &&
         warmup::total_named(lane.total->provider) == warmup::Total::all;
}

warmup::Party party_of(const Lane& total, std::string_view mail_class) {
  std::vector<const warmup::Lane*> listed;
  for (const Lane* named : total.named) listed.push_back(&named->record);
  return warmup::party_of(total.record, mail_class, listed);
}
}  // namespace

warmup::Turn Simulation::turn_of(const Line& line) const {
  Lane& lane = *line.ways.front().lane;
  warmup::Turn turn{lane.with_rules(), {}, line.mail_class->name};
  if (lane.total != nullptr) turn.total = lane.total->with_rules();
  const auto uses = [&](const conf::Pool& pool) { return pool.may_use(lane.source); };
  const auto pools = static_cast<std::size_t>(std::count_if(config_.pools.begin(), config_.pools.end(), uses));
  turn.had = lane.shares.had(line.pool->name, line.mail_class->name, lane.record, pools);
  turn.keeps_place = line.bound_to != nullptr && !line.overflow;
  turn.due = line.mail.empty() ? now_ : line.mail.front().due;
  return turn;
}

// A lane that brakes wants a probe: rather another message than the one that met the refusal.
warmup::Claim Simulation::claim_of(const Line& line) const {
  const Lane& lane = *line.ways.front().lane;
  warmup::Claim claim = warmup::claim_of(turn_of(line));
  claim.only_trigger = lane.record.brake.state != warmup::Brake::none && line.mail.only(trigger_of(lane), now_);
  return claim;
}

void Simulation::enqueue(Line& line) {
  if (line.mail.empty() || line.asleep_until > now_ || line.ways.empty()) return;
  lanes_.bring(*line.ways.front().lane, now_);
  no_longer_awake(line);
  const Place place{claim_of(line), line.index};
  awake_[ledger_of(line).index][is_in_party(line) ? 1 : 0].insert(place);
  awake_as_[line.index] = place;
}

void Simulation::no_longer_awake(const Line& line) {
  auto& as = awake_as_[line.index];
  if (!as) return;
  const auto arena = awake_.find(ledger_of(line).index);
  arena->second[is_in_party(line) ? 1 : 0].erase(*as);
  if (arena->second[0].empty() && arena->second[1].empty()) awake_.erase(arena);
  as.reset();
}

// The strongest by the claims as they are now; null: the set is empty.
Line* Simulation::strongest(Places& places) {
  while (!places.empty()) {
    Line& line = *lines_[places.begin()->line];
    const Place now{claim_of(line), line.index};
    if (!places.begin()->claim.stronger_than(now.claim)) return &line;
    places.erase(places.begin());
    places.insert(now);
    awake_as_[line.index] = now;
  }
  return nullptr;
}

void Simulation::serve_awake() {
  while (!awake_.empty()) {
    auto& [named, party] = awake_.begin()->second;
    Line* line = strongest(named);
    Line* other = strongest(party);
    const auto claim_of_party = [&] {
      const auto turn = turn_of(*other);
      return warmup::lifted(claim_of(*other), turn, party_of(ledger_of(*other), other->mail_class->name));
    };
    std::optional<warmup::Claim> party_claim;
    if (other != nullptr && line != nullptr) party_claim = claim_of_party();
    if (line == nullptr || (party_claim && party_claim->stronger_than(claim_of(*line)))) std::swap(line, other);
    const auto turn = turn_of(*line);
    const auto own = claim_of(*line);
    Places& mine = is_in_party(*line) ? party : named;
    const std::size_t competing = named.size() + party.size();
    mine.erase(*awake_as_[line->index]);
    Recipients most = std::numeric_limits<Recipients>::max();
    if (const Line* next = strongest(mine)) most = warmup::turns_until(turn, own, claim_of(*next));
    if (other != nullptr) most = &mine == &party ? 1 : std::min(most, warmup::turns_until(turn, own, *party_claim));
    const auto left = warmup::left_today(turn.total.lane != nullptr ? turn.total : turn.lane, turn.mail_class, now_);
    if (!left)
      most = std::numeric_limits<Recipients>::max();
    else if (*left > one_by_one)
      most = std::max(most, *left / (turns_a_day * competing));
    awake_as_[line->index].reset();
    if (named.empty() && party.empty()) awake_.erase(awake_.begin());
    if (serve(*line, most)) enqueue(*line);
  }
}

}  // namespace mta::simulate
