// mta/deliver/candidates.h — which addresses a conversation may try_address at, in order.
//
// What      From the addressees' domains (or the smarthost) to hosts, and from hosts to addresses, asked one host at a time.
// Units     Ports in host order.
// Promise   Addresses of one family only; at most five, at most two of one host while there are others (RFC 5321 §5.1: at least two are
//           tried). Addresses that no MX may name (mta/route/target.h) are passed over; a smarthost is the operator's own word, and
//           only this server itself is passed over there. In a rehearsal the first host (so the
//           lane and the names are the real ones) with the sink's address, and no look-up.
// Errors    Addressees that cannot go there get their outcome: 5.1.2, 5.1.10, 5.4.4, 4.4.3, or `rerouted`.
// Source    RFC 5321 §5.1, RFC 7505; five addresses, as Postfix has it.
// Not here  connecting (connection.h), MX records (mta/route/mx.h).
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "mta/deliver/outcomes.h"
#include "mta/route/mx.h"
#include "mta/route/target.h"

namespace mta {

inline constexpr unsigned most_addresses = 5;

// Where an assignment may go.
struct Destination {
  std::vector<std::string> hosts;  // in order of use; a greylisted recipient's host first, one that put the mail off twice last
  std::uint16_t port = 25;
  std::vector<Addressee> addressees;  // who may go there
  std::vector<Outcome> ended;         // who may not, and why
  bool dns_failed = false;            // the way is not known: the site as a whole
};
awaitable<Destination> find_destination(World, Assignment);

struct CandidateAddress {
  std::string host;
  Endpoint endpoint;
};

class Candidates {
 public:
  Candidates(World world, const Assignment&, Destination);
  awaitable<std::optional<CandidateAddress>> next();  // empty: that was all
  Failure none() const;                               // why next() found nothing at all

 private:
  awaitable<void> ask_next_host();

  World world_;
  Destination way_;
  IpFamily family_ = IpFamily::ipv4;
  bool unknown_ = false, exists_ = false;
  TargetRules rules_;
  std::optional<Endpoint> rehearsal_;
  std::size_t next_host_ = 0;
  unsigned given_ = 0;
  std::deque<CandidateAddress> waiting_;
  std::vector<std::string> notes_;
};

std::optional<asio::ip::address> local_address(const conf::Source&);
IpFamily family_of(const conf::Source&);

}  // namespace mta
