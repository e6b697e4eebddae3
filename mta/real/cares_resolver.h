// mta/real/cares_resolver.h — names, asked once and remembered.
//
// What      The Resolver of mta/doors/world.h over c-ares: cache, single flight, several servers.
// Units     Seconds of TTL.
// Promise   ask() may be called from any executor and resumes there; everything else happens on the resolver's thread. Questions
//           for the same name and type that overlap cost one query. Servers are tried in order, beginning with the one that
//           answered last, two rounds; SERVFAIL, REFUSED and silence move on. No such name, no such record and failure stay
//           apart. A question whose answer takes long gives its place to others: slow ones never use more than a share of all
//           places, and when that is used up, the oldest of them fails to let others be asked.
// Errors    The constructor throws std::runtime_error for people; ask() never throws.
// Source    RFC 1034 §5.3.3, RFC 2308, RFC 5321 §5.1; DESIGN.md §4.1.
// Not here  octets (dns_message.h), sockets (cares_channel.h), what MX means (mta/route/mx.h).
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "mta/doors/world.h"

namespace mta::real {

struct ResolverOptions {
  std::vector<std::string> servers;            // empty: /etc/resolv.conf
  Duration timeout = std::chrono::seconds(5);  // for one try
  bool trust_ad = false;
  std::size_t cached = 20'000;    // answers
  std::size_t outstanding = 250;  // questions on the wire that are not slow; more wait their turn, which also spreads bursts
  std::size_t slow = 2'000;       // questions on the wire that are
  Duration slow_after = std::chrono::milliseconds(200);
  Duration least_wait = std::chrono::seconds(2);  // for every question, however many others wait
};

class CaresResolver : public Resolver {
 public:
  CaresResolver(const Executor& home, const ResolverOptions&);
  ~CaresResolver() override;
  awaitable<DnsAnswer> ask(std::string name, RecordType type) override;
  std::size_t queries() const;  // sent so far
  void forget();                // destroys what waits; REQUIRES (as destruction does): home's thread has ended, or is this one

 private:
  struct Parts;
  std::shared_ptr<Parts> parts_;  // shared with handlers under way
  Executor home_;
};

}  // namespace mta::real
