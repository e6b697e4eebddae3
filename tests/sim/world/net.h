// tests/sim/world/net.h — a network in memory that can be slow, short, cut, silent or closed.
//
// What      Net, Listener and Stream over the loop, with faults by destination address (Link) or by connection (weather).
// Units     Octets; a cut counts the octets of one direction since the connection was made.
// Promise   Bytes arrive in order, after the link's latency, in pieces as the dice say. Deadlines are those of mta/doors/world.h. A
//           stream must have a deadline before its first operation: using one without is a broken promise. Every connect, octet
//           and end is logged.
// Errors    StreamLost, as mta/doors/world.h.
// Source    mta/doors/world.h; RFC 3207 §4.2 (octets in clear text after STARTTLS break the handshake).
// Not here  TLS certificates' meaning (tls.h), names (dns.h).
#pragma once

#include <map>
#include <set>

#include "tests/sim/world/dice.h"
#include "tests/sim/world/loop.h"
#include "tests/sim/world/tls.h"

namespace mta::sim {

enum class Reach { open, refused, unreachable, silent };  // silent: no answer to a connect, until its limit
enum class Way { to_server, to_client };

struct Cut {
  Way way = Way::to_server;
  std::uint64_t after = 0;                                 // octets of this way; what follows is lost
  enum class How { reset, eof, silent } how = How::reset;  // silent: nothing arrives any more either way, nobody is told
};

// How the way to one address behaves; looked at when a connection is made.
struct Link {
  Reach reach = Reach::open;
  Duration latency{1};                 // one way
  Duration jitter{0};                  // 0…jitter more, by the dice
  bool short_reads = false;            // a read returns 1…n of what is there, by the dice
  std::size_t window = 256U << 10U;    // octets under way or unread before a writer waits
  std::uint64_t bytes_per_second = 0;  // 0: no limit
  std::optional<Cut> cut;
};

class SimStream;

struct EndpointOrder {
  bool operator()(const Endpoint& a, const Endpoint& b) const {
    return a.address < b.address || (a.address == b.address && a.port < b.port);
  }
};

class SimNet final : public Net {
 public:
  SimNet(Loop& loop, SimDice& dice) : loop_(loop), dice_(dice) {}

  std::unique_ptr<Listener> listen(Executor,
                                   const Endpoint&) override;  // 0.0.0.0 and :: hear every address; port 0 takes the next free
  awaitable<std::unique_ptr<Stream>> connect(std::optional<asio::ip::address> from, Endpoint to, Duration limit) override;
  std::shared_ptr<const TlsIdentity> load_identity(const std::string& certificate, const std::string& key) override;

  // The weather.
  Link& link(const asio::ip::address& to) { return links_.try_emplace(to, everywhere_).first->second; }
  Link& everywhere() { return everywhere_; }  // links not named yet
  void weather(std::function<void(Link&, const Endpoint& from, const Endpoint& to)> change) { weather_ = std::move(change); }
  // Addresses a `from` may name; empty: all. Others are unreachable, as an address that is not configured is.
  void own_only(std::set<asio::ip::address> addresses) { own_ = std::move(addresses); }
  // Power loss: nothing that this executor's streams sent and that has not arrived will; their peers are told nothing.
  void pull_cable(const Executor&);

  // The nth operation from now, of any stream of either side (connect, read, write, handshake), finds the line broken.
  void break_operation(std::uint64_t nth, Cut::How how) { break_at_ = operations_ + nth, break_how_ = how; }
  std::uint64_t operations() const { return operations_; }

  void file(const std::string& certificate, SimIdentity);  // what load_identity(certificate, …) finds
  std::uint64_t connects() const { return connects_; }
  std::size_t open_streams() const { return open_streams_; }

 private:
  friend class SimStream;
  friend class SimListener;
  bool breaks_now() { return ++operations_ == break_at_; }
  class SimListener* heard_at(const Endpoint&);
  Link way_to(const Endpoint& from, const Endpoint& to);
  Endpoint name_local(std::optional<asio::ip::address> from, const Endpoint& to);

  Loop& loop_;
  SimDice& dice_;
  Link everywhere_;
  std::map<asio::ip::address, Link> links_;
  std::function<void(Link&, const Endpoint&, const Endpoint&)> weather_;
  std::set<asio::ip::address> own_;
  std::map<Endpoint, class SimListener*, EndpointOrder> listeners_;
  std::map<std::string, SimIdentity> identities_;
  std::set<std::string> sessions_;                             // TLS sessions that may be resumed
  std::map<std::uint64_t, std::weak_ptr<struct Wire>> wires_;  // by connection number
  std::uint64_t connects_ = 0;
  std::uint64_t operations_ = 0, break_at_ = 0;  // 0: never
  Cut::How break_how_ = Cut::How::reset;
  std::size_t open_streams_ = 0;
  std::uint16_t next_port_ = 32768;
};

}  // namespace mta::sim
