#include "warmup/claim.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

namespace warmup {

namespace {

// As the gate counts it: what a greylister keeps waiting has its place already.
Recipients had_today(const Lane& lane, std::string_view mail_class) {
  const auto sent = lane.today.sent_by_class.find(mail_class);
  return (sent == lane.today.sent_by_class.end() ? 0 : sent->second) + lane.reserved_of(mail_class) + lane.pending_of(mail_class);
}

double reserve_left(const LaneView& ledger, std::string_view mail_class, double reserve) {
  const Lane& lane = *ledger.lane;
  return reserve * static_cast<double>(lane.today.limit.value_or(0)) - static_cast<double>(had_today(lane, mail_class));
}

bool inside_reserve(const LaneView& ledger, std::string_view mail_class, double reserve) {
  return reserve_left(ledger, mail_class, reserve) > 0;
}

double weighed(Recipients had, const Turn& turn) {
  return static_cast<double>(had) / std::max(1U, turn.lane.rules->mail_class(turn.mail_class).weight);
}

}  // namespace

bool Claim::stronger_than(const Claim& other) const {
  const auto rank = [](const Claim& of) {
    return std::tuple(of.only_trigger, !of.reserved, !of.needs_use, of.had, of.due, of.came);
  };
  return rank(*this) < rank(other);
}

std::optional<Recipients> wanted_use(const LaneView& of) {
  if (!of.rules->enforced() || !of.lane->today.cap) return std::nullopt;
  const double wanted = std::ceil(of.rules->plan->use * static_cast<double>(*of.lane->today.cap) - 1e-9);
  return std::max<Recipients>(1, static_cast<Recipients>(wanted));
}

Claim claim_of(const Turn& turn) {
  const double reserve = turn.lane.rules->mail_class(turn.mail_class).reserve;
  const auto wanted = wanted_use(turn.lane);
  Claim claim;
  claim.reserved = turn.keeps_place || (reserve > 0 && inside_reserve(turn.lane, turn.mail_class, reserve) &&
                                        (turn.total.lane == nullptr || inside_reserve(turn.total, turn.mail_class, reserve)));
  claim.needs_use = wanted && turn.lane.lane->today.delivered + turn.lane.lane->reserved() < *wanted;
  claim.had = weighed(turn.had, turn);
  claim.due = turn.due;
  claim.came = turn.came;
  return claim;
}

Recipients turns_until(const Turn& turn, const Claim& own, const Claim& other) {
  constexpr Recipients endless = std::numeric_limits<Recipients>::max();
  const auto whole = [](double n) { return static_cast<Recipients>(std::max(1.0, std::ceil(n))); };
  Recipients n = endless;
  const auto& options = turn.lane.rules->mail_class(turn.mail_class);
  const auto& lane = *turn.lane.lane;
  if (own.reserved && !turn.keeps_place) n = std::min(n, whole(reserve_left(turn.lane, turn.mail_class, options.reserve)));
  if (own.reserved && !turn.keeps_place && turn.total.lane != nullptr)
    n = std::min(n, whole(reserve_left(turn.total, turn.mail_class, options.reserve)));
  if (const auto wanted = wanted_use(turn.lane); own.needs_use && wanted)
    n = std::min(n, *wanted - std::min(*wanted - 1, lane.today.delivered + lane.reserved()));
  const bool level = own.reserved == other.reserved && own.needs_use == other.needs_use;
  if (level) n = std::min(n, static_cast<Recipients>(std::floor((other.had - own.had) * std::max(1U, options.weight))) + 1);
  return std::max<Recipients>(1, n);
}

Party party_of(const Lane& total, std::string_view mail_class, const std::vector<const Lane*>& listed) {
  Party party{had_today(total, mail_class), total.today.delivered + total.reserved()};
  for (const Lane* lane : listed) {
    if (lane->today.started < total.today.started) continue;
    party.had -= std::min(party.had, had_today(*lane, mail_class));
    party.delivered -= std::min(party.delivered, lane->today.delivered + lane->reserved());
  }
  return party;
}

Claim lifted(Claim claim, const Turn& turn, const Party& party) {
  const auto wanted = wanted_use(turn.lane);
  claim.needs_use = wanted && party.delivered < *wanted;
  claim.had = weighed(party.had, turn);
  return claim;
}

}  // namespace warmup
