// warmup/withheld_sender.h — a From domain whose mail a provider refuses for what the domain or our host lacks.
//
// What      When its mail is held back at that provider, for how long, and when it is let go: a value and functions with `now`.
// Units     Instants of scheduling time.
// Promise   Three distinct messages hold it back for an hour, which doubles up to 24 each time that mail which was let go is refused again.
//           It stays held back until some of its mail is taken. A conversation that began before it was held back neither deepens nor ends
//           it. What was refused longer than 24 hours ago is forgotten.
// Errors    None.
// Source    warmup/WARMUP.md §8.
// Not here  which verdicts are about the From domain (verdict.h), which of its mail waits where (mta/scheduler/withholding.cpp).
#pragma once

#include <set>
#include <string>

#include "warmup/lane.h"

namespace warmup {

struct WithheldSender {
  std::set<std::string> messages;  // refused, until it is held back
  Instant until{}, refused{};
  Duration interval{0};  // 0: nothing is held back yet
};

struct WithholdingStep {
  Duration waits{0};    // the message that was refused; 0: it is not held back
  bool begins = false;  // anew, or for longer
};

// One of its messages was refused so, in a conversation that began then.
WithholdingStep withhold(WithheldSender&, const std::string& message, Instant begun, Instant now);

bool is_forgotten(const WithheldSender&, Instant now);
bool is_held_back(const WithheldSender&, Instant now);        // its mail waits
bool ends_withholding(const WithheldSender&, Instant begun);  // some of its mail was taken, in a conversation that began then

}  // namespace warmup
