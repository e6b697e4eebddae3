// warmup/exempt.h — recipients whose mail no ledger counts.
//
// What      The domains that are our own: mail to them, such as bounce reports and what staff get, does not wait for the trust of strangers.
// Units     Domains in ASCII; their case does not matter.
// Promise   A listed domain covers its subdomains, and no other domain that happens to end with the same letters.
// Errors    None.
// Source    WARMUP.md §1 (exempt).
// Not here  which domains these are (mta/scheduler/plans.h); brakes and site back-off, which apply to such mail as to all.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <string_view>

namespace warmup {

class Exempt {
 public:
  void add(std::string_view domain);
  bool covers(std::string_view domain) const;
  bool empty() const { return domains_.empty(); }

 private:
  std::set<std::string, std::less<>> domains_;  // lower case
};

}  // namespace warmup
