#include "mta/scheduler/hot_mail.h"

namespace mta {

namespace {
constexpr std::size_t most_recipients = 16;
constexpr std::size_t row_overhead = 512;
}  // namespace

void HotMail::put(std::shared_ptr<const queue::Message> message, std::vector<queue::Recipient> recipients,
                  std::optional<std::string> body) {
  if (recipients.size() > most_recipients) return;
  const std::size_t bytes = (body ? body->size() : 0) + message->prefix.size() + row_overhead * (1 + recipients.size());
  if (bytes > room_ / 8) return;
  const auto id = message->id;
  const std::lock_guard lock(mutex_);
  while (used_ + bytes > room_ && !entries_.empty()) {
    used_ -= entries_.begin()->second.bytes;
    entries_.erase(entries_.begin());
  }
  used_ += bytes;
  entries_[id] = {std::move(message), std::move(recipients), std::move(body), bytes};
}

std::optional<std::string> HotMail::body(queue::MessageId id) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end() || found->second.message->chunks != 1) return std::nullopt;
  return found->second.body;
}

void HotMail::forget(queue::MessageId id) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  if (found == entries_.end()) return;
  used_ -= found->second.bytes;
  entries_.erase(found);
}

std::shared_ptr<const queue::Message> HotMail::message(queue::MessageId id) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : found->second.message;
}

std::optional<queue::Recipient> HotMail::recipient(queue::RecipientId id) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(id.message);
  if (found == entries_.end() || id.number >= found->second.recipients.size()) return std::nullopt;
  return found->second.recipients[id.number];
}

}  // namespace mta
