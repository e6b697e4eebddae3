// mta/submit/seats.h — the connections of the listeners, and who may have one when they are scarce.
//
// What      Counts connections in all, per client network and per client address, and answers whether one more may come in.
// Units     Connections. A network is the /24 of an IPv4 address, the /64 of an IPv6 address.
// Promise   Pure, not thread-safe. While connections are plentiful only the limits hold. When more than 80 % are taken, a network of
//           strangers gets no more than its share (all connections divided by the networks that hold any). When all are taken, a client
//           below its share still gets in: for it the one that holds most above its share gives a connection up; among clients of one
//           network the same is done by address. Connections that are being given up are not counted as taken.
// Errors    None: an answer is `full` when there is no connection to have.
// Source    conf/example.toml ([limits] connections, connections_per_client).
// Not here  which connection is given up (listener.h), who is a stranger (client.h).
#pragma once

#include <cstddef>
#include <map>
#include <string>

namespace mta {

// The text of the network an address belongs to: "192.0.2.0/24", "2001:db8:1:2::/64".
std::string client_network(const std::string& address);

struct SeatLimits {
  std::size_t connections = 0, per_client = 0;
};

class Seats {
 public:
  struct SeatAnswer {
    bool admitted = false;
    std::string gives_up_network;  // one connection of it has to go first; empty when there is room
    std::string gives_up_client;   // and of this address; empty when any of the network will do
  };
  SeatAnswer ask(const std::string& client, bool stranger, const SeatLimits&) const;

  void take(const std::string& client);
  void leave(const std::string& client, bool was_giving_up);
  void gives_up() { ++leaving_; }  // one of those that are taken was told to go

  std::size_t taken() const { return taken_; }
  bool scarce(const SeatLimits&) const;  // more than 80 % are taken

 private:
  struct SeatsOfNetwork {
    std::size_t held = 0;
    std::map<std::string, std::size_t> clients;
  };
  SeatAnswer from_rival(const std::string& network, const std::string& client) const;
  std::size_t held_by(const std::string& network) const;

  std::map<std::string, SeatsOfNetwork> networks_;
  std::size_t taken_ = 0, leaving_ = 0;
};

}  // namespace mta
