// mta/deliver/verdict.h — which verdict a remote reply has, decided in one table.
//
// What      (code, enhanced, text, provider, stage) → Verdict with the rule that decided; and what follows from a verdict, in words.
// Units     –
// Promise   Every reply has a verdict: rules of responses.toml in order, then the enhanced code, then the code.
//           No regular expression takes more than linear time in the text (at most 4 KiB of it is read).
// Errors    A bad rule is refused at load with file and line.
// Source    WARMUP.md §8, RFC 3463, conf/responses.toml.
// Not here  what follows from a verdict (warmup/verdict.h), back-off arithmetic (warmup/retry.h), lane brakes (warmup).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "conf/config.h"
#include "mta/smtp/reply.h"
#include "warmup/verdict.h"

namespace mta {

using warmup::Action;
using warmup::Verdict;
using warmup::verdict_named;

std::string describe_action(Verdict, bool permanent_reply);  // one sentence, for `warmupctl classify`

struct Judgement {
  Verdict verdict = Verdict::temporary;
  std::string rule;                                      // "responses.toml:123", "enhanced code 5.1.1", "code 550"
  std::optional<std::chrono::milliseconds> named_delay;  // greylisted and rate_limited: a delay named in the text
};

class Judge {
 public:
  explicit Judge(const std::vector<conf::ResponseRule>&);  // throws conf::ConfigError on a bad regular expression
  ~Judge();
  Judgement judge(const smtp::Reply&, std::string_view provider, smtp::Stage) const;  // thread-safe

 private:
  struct Parts;
  std::unique_ptr<Parts> rules_;
};

// "try again in 500 seconds", "00:05:00", "5 minutes" → the delay, unclamped.
std::optional<std::chrono::milliseconds> named_delay(std::string_view text);

}  // namespace mta
