#include "warmup/queue_shares.h"

#include <algorithm>

namespace warmup {

void QueueShares::come_to(Instant day_started) {
  if (day_ == day_started) return;
  day_ = day_started;
  taken_.clear();
}

void QueueShares::took(const std::string& pool, const std::string& mail_class, Recipients n, Instant day_started) {
  come_to(day_started);
  taken_[{mail_class, pool}] += n;
}

void QueueShares::gave_back(const std::string& pool, const std::string& mail_class, Recipients n, Instant day_started) {
  come_to(day_started);
  const auto found = taken_.find({mail_class, pool});
  if (found != taken_.end()) found->second -= std::min(found->second, n);
}

Recipients QueueShares::had(const std::string& pool, const std::string& mail_class, const Lane& lane, std::size_t pools) const {
  const auto sent = lane.today.sent_by_class.find(mail_class);
  const auto open = lane.open.find(mail_class);
  const Recipients of_class = (sent == lane.today.sent_by_class.end() ? 0 : sent->second) +
                              (open == lane.open.end() ? 0 : open->second.reserved + open->second.pending);
  if (pools <= 1) return of_class;
  Recipients own = 0, all = 0;
  for (auto at = taken_.lower_bound({mail_class, {}}); at != taken_.end() && at->first.first == mail_class; ++at) {
    if (day_ != lane.today.started) break;
    all += at->second;
    if (at->first.second == pool) own = at->second;
  }
  return own + (of_class - std::min(of_class, all)) / pools;
}

}  // namespace warmup
