// mta/deliver/extension_trial.h — which extensions one conversation leaves out with a server, and whether that helps.
//
// What      begin() leaves extensions out from now on; heard() notes them for all conversations (failed_extensions.h) when the next
//           transaction came further without them, for else the fault was another.
// Units     –
// Promise   What was left out once stays so for the conversation; at most one trial at a time.
// Errors    None.
// Source    RFC 5321 §2.2.1.
// Not here  who is to blame (blame.h), the memory that is shared (failed_extensions.h).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "mta/deliver/failed_extensions.h"

namespace mta {

class ExtensionTrial {
 public:
  using Time = FailedExtensions::Time;
  explicit ExtensionTrial(std::shared_ptr<FailedExtensions> shared) : shared_(std::move(shared)) {}
  smtp::LeftOut of(const std::string& host, Time now) const;
  void begin(const std::string& host, const smtp::LeftOut&, unsigned progress_before);
  void heard(const std::string& host, unsigned progress, Time now);

 private:
  struct Trial {  // not yet known to help: from where it came no further
    std::string host;
    smtp::LeftOut extensions;
    unsigned progress_before = 0;
  };
  std::shared_ptr<FailedExtensions> shared_;
  std::map<std::string, smtp::LeftOut> left_out_;
  std::optional<Trial> open_;
};

}  // namespace mta
