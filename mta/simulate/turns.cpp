// Which line that is awake has the next turn, and for how many recipients (WARMUP.md §5).
#include <algorithm>

#include "mta/simulate/simulation.h"

namespace mta::simulate {

namespace {
constexpr Recipients turns_a_day =
    4;  // of each line that competes: the less is left the smaller the turns, at last one recipient

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

Recipients of_class(const warmup::Lane& record, std::string_view mail_class) {
  const auto sent = record.today.sent_by_class.find(mail_class);
  return (sent == record.today.sent_by_class.end() ? 0 : sent->second) + record.reserved_of(mail_class) +
         record.pending_of(mail_class);
}

warmup::Party party_of(const Lane& total, std::string_view mail_class) {
  warmup::Party party{of_class(total.record, mail_class), total.record.today.delivered + total.record.reserved()};
  for (const Lane* named : total.named) {
    party.had -= std::min(party.had, of_class(named->record, mail_class));
    party.delivered -= std::min(party.delivered, named->record.today.delivered + named->record.reserved());
  }
  return party;
}
}  // namespace

warmup::Turn Simulation::turn_of(const Line& line) const {
  Lane& lane = *line.ways.front().lane;
  warmup::Turn turn{lane.with_rules(), {}, line.mail_class->name};
  if (lane.total != nullptr) turn.total = lane.total->with_rules();
  turn.had = lane.shares.had(line.pool->name, line.mail_class->name, lane.record, config_.pools.size());
  turn.keeps_place = line.bound_to != nullptr && !line.overflow;
  turn.due = line.mail.empty() ? now_ : line.mail.begin()->second.due;
  return turn;
}

void Simulation::enqueue(Line& line) {
  if (line.mail.empty() || line.asleep_until > now_ || line.ways.empty()) return;
  lanes_.bring(*line.ways.front().lane, now_);
  no_longer_awake(line);
  const Place place{warmup::claim_of(turn_of(line)), line.index};
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
    const Place now{warmup::claim_of(turn_of(line)), line.index};
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
      return warmup::lifted(warmup::claim_of(turn), turn, party_of(ledger_of(*other), other->mail_class->name));
    };
    std::optional<warmup::Claim> party_claim;
    if (other != nullptr && line != nullptr) party_claim = claim_of_party();
    if (line == nullptr || (party_claim && party_claim->stronger_than(warmup::claim_of(turn_of(*line))))) std::swap(line, other);
    const auto turn = turn_of(*line);
    const auto own = warmup::claim_of(turn);
    Places& mine = is_in_party(*line) ? party : named;
    const std::size_t competing = named.size() + party.size();
    mine.erase(*awake_as_[line->index]);
    Recipients most = std::numeric_limits<Recipients>::max();
    if (const Line* next = strongest(mine)) most = warmup::turns_until(turn, own, warmup::claim_of(turn_of(*next)));
    if (other != nullptr) most = &mine == &party ? 1 : std::min(most, warmup::turns_until(turn, own, *party_claim));
    const auto left = warmup::left_today(turn.total.lane != nullptr ? turn.total : turn.lane, turn.mail_class, now_);
    most = left ? std::max(most, *left / (turns_a_day * competing)) : std::numeric_limits<Recipients>::max();
    awake_as_[line->index].reset();
    if (named.empty() && party.empty()) awake_.erase(awake_.begin());
    if (serve(*line, most)) enqueue(*line);
  }
}

}  // namespace mta::simulate
