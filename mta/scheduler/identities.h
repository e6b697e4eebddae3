// mta/scheduler/identities.h — under which identity the lanes of each address are kept.
//
// What      Lanes belong to an address (or to "any ipv4", where the kernel chooses). A source whose `was` names another address takes over
//           that one's lanes, from then on and for good: a row remembers it, `was` may be taken out again.
// Units     –
// Promise   An identity has one source at a time: what a configured source still has is taken over by no other, and an address that
//           comes back after its lanes went over begins with lanes of its own. Rows of lanes never move, so places and open attempts
//           that name them stay true.
// Errors    A lane row that does not decode is corruption: broken_promise.
// Source    WARMUP.md §1, WARMUP.md "[[source]]".
// Not here  the lanes (lanes.h), their rules (plans.h).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "conf/config.h"
#include "queue/store.h"

namespace mta {

class Identities {
 public:
  Identities() = default;
  explicit Identities(const queue::Store&);

  std::string of(const conf::Source&) const;                // where its lanes are
  std::string at(const std::string& address) const;         // where the lanes of that address are now
  std::string resolved(const std::string& identity) const;  // where the lanes are now that once had this identity

  struct TakeOver {
    std::string source, address;  // the source, and the identity that its address gives it
    std::string identity;         // whose lanes it takes over
    bool has_lanes = false;       // of its own already: their counts of today are to be added
  };
  std::vector<TakeOver> wanted(const conf::Config&, const queue::Store&) const;
  void note(const TakeOver&, queue::Batch&);
  void note_sources(const conf::Config&, queue::Batch&) const;  // which source has which address and identity, for the next start

  struct Apart {
    std::string address, identity;  // from now on
  };
  // For each address that has come back while another source has its lanes.
  std::vector<Apart> coming_apart(const conf::Config&, const queue::Store&) const;
  void note(const Apart&, queue::Batch&);

  // A sentence for each source whose lanes begin cold because its address is another one, or that takes lanes over.
  std::vector<std::string> changes(const conf::Config&, const queue::Store&) const;
  // A sentence for each `was` that carries nothing over, and never did.
  std::vector<std::string> idle_was(const conf::Config&, const queue::Store&) const;

 private:
  struct Previous {
    std::string identity, address;  // "" = there is none
    bool its_own = false;           // the source had it; else no source has it
  };
  bool lives(const std::string& identity) const;  // lanes that went over have it
  bool is_used(const std::string& identity, const conf::Config&, const conf::Source& but) const;
  std::string fresh_identity(const std::string& address, const conf::Config&, const queue::Store&) const;
  Previous previous_of(const conf::Source&, const conf::Config&, const queue::Store&) const;
  std::string cold_start(const conf::Source&, const conf::Config&, const queue::Store&) const;
  std::map<std::string, std::string> kept_as_;  // by the identity of an address
};

}  // namespace mta
