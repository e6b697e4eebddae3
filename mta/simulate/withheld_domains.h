// mta/simulate/withheld_domains.h — From domains whose mail a provider refuses, in a season.
//
// What      By From domain and provider: what was refused, until when mail waits for it, and what ends that.
// Units     Instants of scheduling time.
// Promise   The rules are those of warmup/withheld_sender.h: nothing here decides.
// Errors    None.
// Source    WARMUP.md §8.
// Not here  what becomes of the mail (outcomes.cpp, held_queues.cpp).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "warmup/withheld_sender.h"

namespace mta::simulate {

class WithheldDomains {
 public:
  // A message was refused for what its From domain, or our host, lacks: how long it waits; 0: it does not.
  warmup::Duration refused(std::string_view from_domain, const std::string& provider, std::uint64_t message,
                           warmup::Instant now) {
    return warmup::withhold(all_[{from_domain, provider}], std::to_string(message), now, now).waits;
  }
  void taken(std::string_view from_domain, const std::string& provider, warmup::Instant now) {
    const auto found = all_.find({from_domain, provider});
    if (found != all_.end() && warmup::ends_withholding(found->second, now)) all_.erase(found);
  }
  std::optional<warmup::Instant> until(std::string_view from_domain, const std::string& provider, warmup::Instant now) const {
    if (all_.empty()) return std::nullopt;
    const auto found = all_.find({from_domain, provider});
    const bool waits = found != all_.end() && warmup::is_held_back(found->second, now);
    return waits ? std::optional(found->second.until) : std::nullopt;
  }

 private:
  std::map<std::pair<std::string_view, std::string>, warmup::WithheldSender> all_;
};

}  // namespace mta::simulate
