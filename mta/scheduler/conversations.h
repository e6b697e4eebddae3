// mta/scheduler/conversations.h — what is in conversation with other hosts.
//
// What      Open conversations, those of them that wait for another message of their queue, and the recipients whose fate is being decided.
// Units     Conversations; recipients.
// Promise   A recipient is in at most one conversation. A conversation that waits has no recipients. Ids are never used twice.
// Errors    An id that is not open is our mistake (ENSURE), but for find().
// Source    DESIGN.md §3 (steps 7, 8).
// Not here  the dialogue (mta/deliver), what an outcome means (settlements.cpp).
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "mta/scheduler/parts.h"
#include "warmup/sender.h"

namespace mta {

struct Conversation {
  LaneKey lane;
  std::optional<LaneKey> sender;  // the ledger of the message's From domain; empty: From names none
  std::string queue;
  std::shared_ptr<const queue::Message> message;
  std::vector<std::pair<Addressee, Instant>> taken;  // with the due time of its row
  std::shared_ptr<const conf::Config> config;
  std::optional<PendingReply<std::optional<Assignment>>> idle;  // it waits for more
  std::chrono::steady_clock::time_point idle_since{};
  unsigned messages = 0;
  bool probe = false;   // to see whether the lane's brake may be let go
  bool exempt = false;  // no ledger counts its recipients
  Instant begun{};      // the message at hand was taken then
  warmup::Ledgers ledgers() const { return {lane, sender}; }
};

class Conversations {
 public:
  std::pair<std::uint64_t, Conversation&> open(LaneKey, std::string queue, std::shared_ptr<const conf::Config>);
  Conversation& at(std::uint64_t id);
  Conversation* find(std::uint64_t id);
  void close(std::uint64_t id);
  const std::map<std::uint64_t, Conversation>& all() const { return open_; }
  std::size_t size() const { return open_.size(); }
  std::size_t count() const { return count_; }  // from any thread
  void rename(const std::map<LaneKey, LaneKey>& lanes);

  std::vector<std::uint64_t> idle() const;
  std::vector<std::uint64_t> idle_of(const LaneKey&) const;
  std::vector<std::uint64_t> idle_since(std::chrono::steady_clock::time_point latest) const;
  void forget_idle();  // a crash: unanswered

  // Recipients.
  void take(const queue::RecipientId&, std::uint64_t conversation);
  bool has(const queue::RecipientId& id) const { return in_flight_.contains(id); }
  InFlight release(const queue::RecipientId&);
  // What an operator decided about it, for when the conversation settles. False: it is in none.
  bool decide(const queue::RecipientId&, QueueAction, const std::string& by, const std::string& reason);

 private:
  std::map<std::uint64_t, Conversation> open_;
  std::map<LaneKey, std::set<std::uint64_t>> by_lane_;
  std::map<queue::RecipientId, InFlight> in_flight_;
  std::uint64_t next_ = 1;
  std::atomic<std::size_t> count_{0};
};

}  // namespace mta
