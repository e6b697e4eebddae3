#include "mta/books/turns.h"

#include <algorithm>

namespace mta {

namespace {
constexpr std::size_t looked_at = 64;  // by first_that()
}

void Turns::enter(const CrowdKey& key, Ticket ticket) {
  const bool crowded = key.wants == Wants::permit && tickets_.size() >= most_tickets;
  const auto crowd = crowds_.try_emplace(key).first;
  if (crowded) {  // the weakest makes way and looks again when its time comes
    if (crowd->second.tickets.empty()) return forget_empty(crowd);
    const Ticket weakest = *crowd->second.tickets.rbegin();
    if (!ticket.claim.stronger_than(weakest.claim)) return;
    leave(weakest.queue);
    return enter(key, std::move(ticket));
  }
  const std::string queue = ticket.queue;
  const auto [at, created] = crowd->second.tickets.insert(std::move(ticket));
  if (created) tickets_[queue].push_back({crowd, at});
}

void Turns::leave(const std::string& queue) {
  const auto found = tickets_.find(queue);
  if (found == tickets_.end()) return;
  for (const auto& place : found->second) {
    place.crowd->second.tickets.erase(place.at);
    forget_empty(place.crowd);
  }
  tickets_.erase(found);
}

void Turns::clear() {
  tickets_.clear();
  crowds_.clear();
}

void Turns::forget_empty(Crowds::iterator crowd) {
  if (crowd->second.tickets.empty()) crowds_.erase(crowd);
}

// REQUIRES: somebody entered it.
void Turns::hold(const CrowdKey& key, Instant until, bool settles) {
  const auto found = crowds_.find(key);
  if (found == crowds_.end()) return;
  found->second.held_until = until;
  found->second.settles = settles;
}

void Turns::open(const LaneKey& ledger, std::string_view mail_class, Instant now) {
  for (auto at = begin_of(ledger); at != crowds_.end() && at->first.ledger == ledger; ++at) {
    if (at->first.mail_class == mail_class) at->second.held_until = std::min(at->second.held_until, now);
  }
}

void Turns::settled(const LaneKey& ledger, Instant now, bool whatever_holds) {
  for (auto at = begin_of(ledger); at != crowds_.end() && at->first.ledger == ledger; ++at) {
    if (at->second.settles || whatever_holds) at->second.held_until = std::min(at->second.held_until, now);
  }
}

// The strongest claims that there can be: each is looked at again when it comes first.
void Turns::new_day(const LaneKey& ledger) {
  for (auto at = begin_of(ledger); at != crowds_.end() && at->first.ledger == ledger; ++at) {
    std::vector<Ticket> all(at->second.tickets.begin(), at->second.tickets.end());
    for (auto& ticket : all) {
      auto claim = ticket.claim;
      claim.reserved = claim.needs_use = true;
      claim.had = 0;
      replace(at, at->second.tickets.find(ticket), claim);
    }
  }
}

void Turns::replace(Crowds::iterator crowd, Places::iterator at, const warmup::Claim& claim) {
  auto& places = tickets_.at(at->queue);
  const auto place =
      std::find_if(places.begin(), places.end(), [&](const Place& each) { return each.crowd == crowd && each.at == at; });
  auto node = crowd->second.tickets.extract(at);
  node.value().claim = claim;
  const auto put = crowd->second.tickets.insert(std::move(node));
  place->at = put.position;
}

std::vector<CrowdKey> Turns::crowds(const LaneKey& ledger, Wants wants, Instant now) const {
  std::vector<CrowdKey> found;
  for (auto at = crowds_.lower_bound({ledger, wants, {}, false, false});
       at != crowds_.end() && at->first.ledger == ledger && at->first.wants == wants; ++at) {
    if (at->second.held_until <= now) found.push_back(at->first);
  }
  return found;
}

const Ticket* Turns::first(const CrowdKey& key, const ClaimNow& claim_now) {
  for (auto crowd = crowds_.find(key); crowd != crowds_.end(); crowd = crowds_.find(key)) {
    const auto at = crowd->second.tickets.begin();
    const auto claim = claim_now(key, *at);
    if (!claim) {
      leave(std::string(at->queue));
    } else if (at->claim.stronger_than(*claim)) {
      replace(crowd, at, *claim);
    } else {
      return &*at;
    }
  }
  return nullptr;
}

const Ticket* Turns::first_that(const CrowdKey& key, const std::function<bool(const Ticket&)>& fits) const {
  const auto crowd = crowds_.find(key);
  if (crowd == crowds_.end()) return nullptr;
  std::size_t seen = 0;
  for (const auto& ticket : crowd->second.tickets) {
    if (seen++ == looked_at) return nullptr;
    if (fits(ticket)) return &ticket;
  }
  return nullptr;
}

std::size_t Turns::count(const LaneKey& ledger, Wants wants) const {
  std::size_t sum = 0;
  for (auto at = crowds_.lower_bound({ledger, wants, {}, false, false});
       at != crowds_.end() && at->first.ledger == ledger && at->first.wants == wants; ++at)
    sum += at->second.tickets.size();
  return sum;
}

}  // namespace mta
