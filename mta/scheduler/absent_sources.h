// mta/scheduler/absent_sources.h — sources whose address is not on this host.
//
// What      Since a connection could not leave from it, a source is looked for once a minute, until a remote answers by it.
// Units     Scheduling time.
// Promise   A source that is not noted is tried at any time.
// Errors    None.
// Source    WARMUP.md §1.
// Not here  how a connection finds that out (mta/deliver).
#pragma once

#include <map>
#include <optional>
#include <string>

#include "mta/doors/world.h"

namespace mta {

class AbsentSources {
 public:
  bool has(const std::string& source) const { return looked_for_.contains(source); }
  // When it is looked for next; empty when it may be tried now.
  std::optional<Instant> looked_for_at(const std::string& source, Instant now) const {
    const auto found = looked_for_.find(source);
    return found == looked_for_.end() || found->second <= now ? std::nullopt : std::optional(found->second);
  }
  bool note(const std::string& source, Instant now) {  // true: it was not absent before
    return looked_for_.insert_or_assign(source, now + look_again).second;
  }
  void is_tried(const std::string& source, Instant now) {  // by one message; the others wait meanwhile
    if (const auto found = looked_for_.find(source); found != looked_for_.end()) found->second = now + look_again;
  }
  void answered(const std::string& source) { looked_for_.erase(source); }

 private:
  static constexpr Duration look_again = std::chrono::minutes(1);
  std::map<std::string, Instant> looked_for_;
};

}  // namespace mta
