#include "mta/scheduler/turns.h"

#include <algorithm>

namespace mta {

namespace {
constexpr std::size_t looked_at = 64;  // by first_that()
}

void Turns::enter(const TicketGroup& key, Ticket ticket) {
  const bool crowded = key.wants == Wants::permit && tickets_.size() >= most_tickets;
  const auto group = groups_.try_emplace(key).first;
  if (crowded) {  // the weakest makes way and looks again when its time comes
    if (group->second.tickets.empty()) return forget_empty(group);
    const Ticket weakest = *group->second.tickets.rbegin();
    if (!ticket.claim.stronger_than(weakest.claim)) return;
    leave(weakest.queue);
    return enter(key, std::move(ticket));
  }
  const std::string queue = ticket.queue;
  const auto [at, created] = group->second.tickets.insert(std::move(ticket));
  if (created) tickets_[queue].push_back({group, at});
}

void Turns::leave(const std::string& queue) {
  const auto found = tickets_.find(queue);
  if (found == tickets_.end()) return;
  for (const auto& place : found->second) {
    place.group->second.tickets.erase(place.at);
    forget_empty(place.group);
  }
  tickets_.erase(found);
}

void Turns::clear() {
  tickets_.clear();
  groups_.clear();
}

void Turns::forget_empty(Groups::iterator group) {
  if (group->second.tickets.empty()) groups_.erase(group);
}

// REQUIRES: somebody entered it.
void Turns::hold(const TicketGroup& key, Instant until, bool settles) {
  const auto found = groups_.find(key);
  if (found == groups_.end()) return;
  found->second.held_until = until;
  found->second.settles = settles;
}

void Turns::open(const LaneKey& ledger, std::string_view mail_class, Instant now) {
  for (auto at = begin_of(ledger); at != groups_.end() && at->first.ledger == ledger; ++at) {
    if (at->first.mail_class == mail_class) at->second.held_until = std::min(at->second.held_until, now);
  }
}

void Turns::settled(const LaneKey& ledger, Instant now, bool whatever_holds) {
  for (auto at = begin_of(ledger); at != groups_.end() && at->first.ledger == ledger; ++at) {
    if (at->second.settles || whatever_holds) at->second.held_until = std::min(at->second.held_until, now);
  }
}

// The strongest claims that there can be: each is looked at again when it comes first.
void Turns::new_day(const LaneKey& ledger) {
  for (auto at = begin_of(ledger); at != groups_.end() && at->first.ledger == ledger; ++at) {
    std::vector<Ticket> all(at->second.tickets.begin(), at->second.tickets.end());
    for (auto& ticket : all) {
      auto claim = ticket.claim;
      claim.reserved = claim.needs_use = true;
      claim.had = 0;
      replace(at, at->second.tickets.find(ticket), claim);
    }
  }
}

void Turns::replace(Groups::iterator group, Places::iterator at, const warmup::Claim& claim) {
  auto& places = tickets_.at(at->queue);
  const auto place =
      std::find_if(places.begin(), places.end(), [&](const TicketPlace& each) { return each.group == group && each.at == at; });
  auto node = group->second.tickets.extract(at);
  node.value().claim = claim;
  const auto put = group->second.tickets.insert(std::move(node));
  place->at = put.position;
}

std::vector<TicketGroup> Turns::groups(const LaneKey& ledger, Wants wants, Instant now) const {
  std::vector<TicketGroup> found;
  for (auto at = groups_.lower_bound({ledger, wants, {}, false, false});
       at != groups_.end() && at->first.ledger == ledger && at->first.wants == wants; ++at) {
    if (at->second.held_until <= now) found.push_back(at->first);
  }
  return found;
}

const Ticket* Turns::first(const TicketGroup& key, const ClaimNow& claim_now) {
  for (auto group = groups_.find(key); group != groups_.end(); group = groups_.find(key)) {
    const auto at = group->second.tickets.begin();
    const auto claim = claim_now(key, *at);
    if (!claim) {
      leave(std::string(at->queue));
    } else if (at->claim.stronger_than(*claim)) {
      replace(group, at, *claim);
    } else {
      return &*at;
    }
  }
  return nullptr;
}

const Ticket* Turns::first_that(const TicketGroup& key, const std::function<bool(const Ticket&)>& fits) const {
  const auto group = groups_.find(key);
  if (group == groups_.end()) return nullptr;
  std::size_t seen = 0;
  for (const auto& ticket : group->second.tickets) {
    if (seen++ == looked_at) return nullptr;
    if (fits(ticket)) return &ticket;
  }
  return nullptr;
}

std::size_t Turns::count(const LaneKey& ledger, Wants wants) const {
  std::size_t sum = 0;
  for (auto at = groups_.lower_bound({ledger, wants, {}, false, false});
       at != groups_.end() && at->first.ledger == ledger && at->first.wants == wants; ++at)
    sum += at->second.tickets.size();
  return sum;
}

}  // namespace mta
