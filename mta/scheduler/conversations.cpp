#include "mta/scheduler/conversations.h"

#include "queue/ensure.h"

namespace mta {

std::pair<std::uint64_t, Conversation&> Conversations::open(LaneKey lane, std::string queue,
                                                            std::shared_ptr<const conf::Config> config) {
  const auto id = next_++;
  Conversation& opened = open_[id];
  by_lane_[lane].insert(id);
  opened.lane = std::move(lane);
  opened.queue = std::move(queue);
  opened.config = std::move(config);
  count_ = open_.size();
  return {id, opened};
}

Conversation& Conversations::at(std::uint64_t id) {
  Conversation* found = find(id);
  ENSURE(found != nullptr);
  return *found;
}

Conversation* Conversations::find(std::uint64_t id) {
  const auto at = open_.find(id);
  return at == open_.end() ? nullptr : &at->second;
}

void Conversations::close(std::uint64_t id) {
  const auto closed = open_.extract(id);
  ENSURE(!closed.empty());
  const auto lane = by_lane_.find(closed.mapped().lane);
  lane->second.erase(id);
  if (lane->second.empty()) by_lane_.erase(lane);
  count_ = open_.size();
}

void Conversations::rename(const std::map<LaneKey, LaneKey>& lanes) {
  by_lane_.clear();
  for (auto& [id, each] : open_) {
    each.lane = lanes.at(each.lane);
    by_lane_[each.lane].insert(id);
  }
}

std::vector<std::uint64_t> Conversations::idle() const { return idle_since(std::chrono::steady_clock::time_point::max()); }

std::vector<std::uint64_t> Conversations::idle_of(const LaneKey& lane) const {
  std::vector<std::uint64_t> found;
  const auto those = by_lane_.find(lane);
  if (those == by_lane_.end()) return found;
  for (const auto id : those->second) {
    if (open_.at(id).idle) found.push_back(id);
  }
  return found;
}

std::vector<std::uint64_t> Conversations::idle_since(std::chrono::steady_clock::time_point latest) const {
  std::vector<std::uint64_t> found;
  for (const auto& [id, each] : open_) {
    if (each.idle && each.idle_since <= latest) found.push_back(id);
  }
  return found;
}

void Conversations::forget_idle() {
  for (auto& [id, each] : open_) each.idle.reset();
}

void Conversations::take(const queue::RecipientId& id, std::uint64_t conversation) {
  const bool is_new = in_flight_.try_emplace(id, InFlight{conversation, std::nullopt, {}, {}}).second;
  ENSURE(is_new);
}

InFlight Conversations::release(const queue::RecipientId& id) {
  auto flight = in_flight_.extract(id);
  ENSURE(!flight.empty());
  return std::move(flight.mapped());
}

bool Conversations::decide(const queue::RecipientId& id, QueueAction action, const std::string& by, const std::string& reason) {
  const auto at = in_flight_.find(id);
  if (at == in_flight_.end()) return false;
  at->second = {at->second.conversation, action, by, reason};
  return true;
}

}  // namespace mta
