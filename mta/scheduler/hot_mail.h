// mta/scheduler/hot_mail.h — mail that was just accepted, still in memory.
//
// What      The rows and the body of recent small messages, so that mail which leaves at once is not read back from the store.
// Units     Octets.
// Promise   A cache: bounded by bytes, the oldest leave first; what it says equals what the store says.
// Errors    None: a miss is read from the store.
// Source    DESIGN.md §4.1 (no cold reads on io threads).
// Not here  mail under delivery (an Assignment keeps its own).
#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "queue/message.h"

namespace mta {

class HotMail {
 public:
  explicit HotMail(std::size_t bytes) : room_(bytes) {}

  // Thread-safe, all three. A body is kept only when it is one chunk; empty when it is read from the store.
  void put(std::shared_ptr<const queue::Message>, std::vector<queue::Recipient>, std::optional<std::string> body);
  std::optional<std::string> body(queue::MessageId) const;
  void forget(queue::MessageId);

  std::shared_ptr<const queue::Message> message(queue::MessageId) const;
  std::optional<queue::Recipient> recipient(queue::RecipientId) const;

 private:
  struct Entry {
    std::shared_ptr<const queue::Message> message;
    std::vector<queue::Recipient> recipients;
    std::optional<std::string> body;
    std::size_t bytes;
  };
  mutable std::mutex mutex_;
  std::size_t room_;
  std::size_t used_ = 0;
  std::map<queue::MessageId, Entry> entries_;  // ids sort by time: the first is the oldest
};

}  // namespace mta
