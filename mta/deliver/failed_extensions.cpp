#include "mta/deliver/failed_extensions.h"

namespace mta {

namespace {
constexpr auto remembered_for = std::chrono::hours(24);
}

smtp::LeftOut FailedExtensions::of(const std::string& server, Time now) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(server);
  if (found == entries_.end() || found->second.until <= now) return {};
  return found->second.extensions;
}

void FailedExtensions::add(const std::string& server, const smtp::LeftOut& extensions, Time now) {
  const std::lock_guard lock(mutex_);
  smtp::LeftOut all = extensions;
  if (const auto found = entries_.find(server); found != entries_.end()) {
    if (found->second.until > now) all |= found->second.extensions;
    by_age_.erase(found->second.age);
    entries_.erase(found);
  }
  by_age_.push_back(server);
  entries_[server] = {all, now + remembered_for, std::prev(by_age_.end())};
  if (entries_.size() <= room_) return;
  entries_.erase(by_age_.front());
  by_age_.pop_front();
}

std::size_t FailedExtensions::size() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

}  // namespace mta
