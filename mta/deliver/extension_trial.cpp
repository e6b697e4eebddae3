#include "mta/deliver/extension_trial.h"

namespace mta {

smtp::LeftOut ExtensionTrial::of(const std::string& host, Time now) const {
  smtp::LeftOut all = shared_->of(host, now);
  if (const auto found = left_out_.find(host); found != left_out_.end()) all |= found->second;
  return all;
}

void ExtensionTrial::begin(const std::string& host, const smtp::LeftOut& extensions, unsigned progress_before) {
  left_out_[host] |= extensions;
  if (!open_ || open_->host != host) open_ = Trial{host, {}, progress_before};
  open_->extensions |= extensions;
}

void ExtensionTrial::heard(const std::string& host, unsigned progress, Time now) {
  if (!open_ || open_->host != host || progress <= open_->progress_before) return;
  shared_->add(host, open_->extensions, now);
  open_.reset();
}

}  // namespace mta
