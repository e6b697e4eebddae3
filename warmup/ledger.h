// warmup/ledger.h — what a lane did today.
//
// What      Counts of one lane (source × provider) for one day, and their row.
// Units     Recipients. The day is the UTC day number of the instant given.
// Promise   reserve/charge/refund keep reserved ≥ 0; roll() opens a new day and keeps what is reserved. decode(encode(x)) == x.
// Errors    decode returns nothing for what is no row.
// Source    warmup-rules §1, §4 (charged when the final dot is sent).
// Not here  caps (every lane is unlimited until it follows a plan), connections (mta/books/lanes.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace warmup {

using Instant = std::chrono::sys_time<std::chrono::milliseconds>;
using Recipients = std::uint64_t;

struct Ledger {
  std::int64_t day = 0;  // days since 1970-01-01
  Recipients sent = 0;   // charged
  Recipients delivered = 0;
  Recipients reserved = 0;                     // in conversation
  Recipients attempts = 0;                     // recipients for which RCPT was sent
  std::map<std::string, Recipients> outcomes;  // by verdict name

  void roll(Instant now);
  void reserve(Recipients n) { reserved += n; }
  void refund(Recipients n);  // the dot was not sent
  void charge(Recipients n);  // the dot was sent, whatever the answer
  void count(std::string_view verdict, Recipients n);
  friend bool operator==(const Ledger&, const Ledger&) = default;
};

std::string encode(const Ledger&);
std::optional<Ledger> decode_ledger(std::string_view);

}  // namespace warmup
