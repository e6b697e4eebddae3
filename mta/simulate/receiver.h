// mta/simulate/receiver.h — the seam between the rules and whoever answers them.
//
// What      An attempt (lane, permit, mail) → how many recipients got which verdict. In the daemon a conversation over SMTP gives that
//           answer, in a season a model of the receiver does.
// Units     Recipients; instants UTC.
// Promise   –
// Errors    None: every attempt has an answer.
// Source    DESIGN.md §6.2; verdicts: conf/responses.toml.
// Not here  models with assumptions (models.h, receiver_memory.h), what follows from an answer (outcomes.cpp).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "warmup/lane.h"

namespace mta::simulate {

using warmup::Duration;
using warmup::Instant;
using warmup::Recipients;

struct Attempt {
  std::string_view source, provider;          // the lane
  Recipients recipients = 1;                  // the permit
  std::optional<Instant> greylisted_at = {};  // this mail was greylisted before, then for the first time
  Instant now{};
  std::string_view from_domain = {};  // of its From header, when the scenario names one
};

struct SimulatedReply {
  warmup::Verdict verdict = warmup::Verdict::delivered;
  Recipients recipients = 0;
  bool permanent = false;   // a 5xx reply
  bool dot_sent = false;    // said after the mail was
  std::string_view text{};  // "421 4.7.28 …"; the receiver keeps it
  std::optional<Duration> delay{};
  bool about_us = false;  // said at the banner, EHLO or MAIL, before any recipient was named
  Recipients junk = 0;    // of those delivered, into the junk folder; a sender does not hear of it
};

class Receiver {
 public:
  virtual ~Receiver() = default;
  // Sums to at most the attempt's recipients; the others were not said because the connection ended.
  virtual std::vector<SimulatedReply> answer(const Attempt&) = 0;
};

}  // namespace mta::simulate
