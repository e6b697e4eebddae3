#include "mta/submit/message_id_tally.h"

namespace mta {
namespace {

std::uint64_t hash_of(std::string_view text) {  // FNV-1a
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

}  // namespace

std::uint32_t MessageIdTally::uses(std::string_view message_id, Instant now) const {
  const std::lock_guard lock(mutex_);
  if (day_ != std::chrono::floor<std::chrono::days>(now)) return 0;
  const auto found = seen_.find(hash_of(message_id));
  return found == seen_.end() ? 0 : found->second;
}

void MessageIdTally::note(std::string_view message_id, Instant now) {
  if (message_id.empty()) return;
  const std::lock_guard lock(mutex_);
  const auto day = std::chrono::floor<std::chrono::days>(now);
  if (day_ != day) seen_.clear();
  day_ = day;
  const auto hash = hash_of(message_id);
  if (const auto found = seen_.find(hash); found != seen_.end()) {
    ++found->second;
    return;
  }
  if (seen_.size() < most) {
    seen_.emplace(hash, 1);
    return;
  }
  for (auto one = seen_.begin(); one != seen_.end();) one = --one->second == 0 ? seen_.erase(one) : std::next(one);
}

}  // namespace mta
