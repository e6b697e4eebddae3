#include "mta/simulate/models.h"

#include <algorithm>
#include <cmath>

namespace mta::simulate {

namespace {

using namespace std::chrono_literals;
using warmup::Verdict;
constexpr Duration day = 24h;
constexpr double hours_a_day = 24;
constexpr Recipients never_a_surge = 20;  // an hour

double days_in(Duration length) { return static_cast<double>(length.count()) / static_cast<double>(day.count()); }

constexpr std::string_view too_much = "421 4.7.0 unusual rate of mail from your IP address, try again later",
                           low_reputation = "550 5.7.1 likely unsolicited mail: low reputation of the sending IP address",
                           come_back = "451 4.7.1 greylisted, please try again later", no_such_user = "550 5.1.1 no such user",
                           not_now = "451 4.3.0 temporary problem, try again later", no_answer = "connection timed out";

}  // namespace

Models::Models(const std::vector<ReceiverModel>& manners, std::vector<Closed> closed, Instant start, std::uint64_t seed)
    : manners_(manners), closed_(std::move(closed)), start_(start), seed_(seed), luck_(seed) {}

const ReceiverModel* Models::manners_of(std::string_view provider) const {
  const auto named = [&](std::string_view name) {
    const auto found =
        std::find_if(manners_.begin(), manners_.end(), [&](const ReceiverModel& each) { return each.provider == name; });
    return found == manners_.end() ? nullptr : &*found;
  };
  const auto* own = named(provider);
  return own != nullptr || provider == "*" ? own : named("any");
}

bool Models::is_closed(std::string_view provider, Instant now) const {
  return std::any_of(closed_.begin(), closed_.end(), [&](const Closed& each) {
    return (each.provider == provider || (each.provider == "any" && provider != "*")) && each.from <= now && now < each.until;
  });
}

void Models::pass_days(Standing& standing, const ReceiverModel& manners, Instant now) const {
  if (standing.day_ends == Instant{}) standing.day_ends = start_ + day;
  for (; standing.day_ends <= now; standing.day_ends += day) {
    standing.usual += (static_cast<double>(standing.today) - standing.usual) * (1 - std::exp(-1 / days_in(manners.memory)));
    standing.trust = 1 - (1 - standing.trust) * std::exp(-1 / days_in(manners.forgive));
    standing.today = 0;
  }
}

std::optional<SimulatedReply> Models::greylist(const Standing& standing, const ReceiverModel& manners,
                                               const Attempt& attempt) const {
  if (manners.greylist <= Duration(0) || standing.ever >= manners.known) return std::nullopt;
  const Instant opens = attempt.greylisted_at.value_or(attempt.now) + manners.greylist;
  if (attempt.now >= opens) return std::nullopt;
  return SimulatedReply{Verdict::greylisted, attempt.recipients, false, false, come_back, opens - attempt.now};
}

Models::Standing& Models::standing_of(const Attempt& attempt) {
  auto of = standings_.find(attempt.provider);
  if (of == standings_.end()) of = standings_.emplace(attempt.provider, Sources{}).first;
  auto at = of->second.find(attempt.source);
  if (at == of->second.end()) at = of->second.emplace(attempt.source, Standing{}).first;
  return at->second;
}

ReceiverMemory& Models::memory_of(const ReceiverModel& manners, std::string_view provider) {
  const auto known = memories_.find(provider);
  if (known != memories_.end()) return known->second;
  const std::uint64_t own_seed = seed_ + 1000 * (memories_.size() + 1);  // receivers draw apart from each other
  return memories_.try_emplace(std::string(provider), *manners.kind, manners.list, start_, own_seed).first->second;
}

std::vector<SimulatedReply> Models::answer(const Attempt& attempt) {
  if (is_closed(attempt.provider, attempt.now))
    return {{Verdict::connection_failed, attempt.recipients, false, false, no_answer}};
  const ReceiverModel* manners = manners_of(attempt.provider);
  if (manners == nullptr) return {{Verdict::delivered, attempt.recipients, false, true}};
  if (manners->kind) return memory_of(*manners, attempt.provider).answer(attempt);
  Standing& standing = standing_of(attempt);
  pass_days(standing, *manners, attempt.now);
  if (attempt.now < standing.blocked_until) return {{Verdict::reputation_block, 1, true, true, low_reputation}};
  if (auto said = greylist(standing, *manners, attempt)) return {*said};
  return accept(standing, *manners, attempt.recipients, attempt.now);
}

std::vector<SimulatedReply> Models::accept(Standing& standing, const ReceiverModel& manners, Recipients n, Instant now) {
  Recipients taken = n;
  std::optional<SimulatedReply> refusal;
  if (manners.accepts > 0) {
    const double a_day = standing.trust * std::max(static_cast<double>(manners.stranger), manners.accepts * standing.usual);
    const auto most = static_cast<Recipients>(a_day);
    const Recipients left = most - std::min(most, standing.today);
    if (left < taken) taken = left, refusal = SimulatedReply{Verdict::rate_limited, 1, false, false, too_much};
    const auto attack = std::max(never_a_surge, static_cast<Recipients>(manners.surge * a_day / hours_a_day));
    const Recipients lately = standing.hour.in_last_hour(now);
    if (manners.surge > 0 && lately + taken > attack) {
      taken = attack - std::min(attack, lately);
      refusal = SimulatedReply{Verdict::reputation_block, 1, true, true, low_reputation};
      standing.blocked_until = now + manners.block;
      standing.trust *= 1 - manners.trust_lost;
    }
  }
  const Recipients unknown = luck_.binomial(taken, manners.unknown_users);
  const Recipients later = luck_.binomial(taken - unknown, manners.temporary);
  const Recipients accepted = taken - unknown - later;
  standing.today += accepted;
  standing.ever += accepted;
  if (accepted > 0) standing.hour.add(now, accepted);
  std::vector<SimulatedReply> said;
  if (accepted > 0) said.push_back({Verdict::delivered, accepted, false, true});
  if (unknown > 0) said.push_back({Verdict::unknown_user, unknown, true, false, no_such_user});
  if (later > 0) said.push_back({Verdict::temporary, later, false, false, not_now});
  if (refusal && accepted + unknown + later < n) said.push_back(*refusal);
  return said;
}

}  // namespace mta::simulate
