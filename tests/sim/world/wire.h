// tests/sim/world/wire.h — one connection of the simulated network, both ends and what is under way.
//
// What      The state two SimStreams share, and the operations on it as coroutines that own it.
// Units     Side 0 is the client, side 1 the server; side s writes flow s and reads flow 1 − s.
// Promise   Closing, cutting and time-outs wake whoever waits on either side as their order on the wire says. The state outlives
//           both streams while something is under way, so a stream may be destroyed with an operation pending (which then fails).
// Errors    StreamLost.
// Source    net.h.
// Not here  who listens where (net.h).
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "tests/sim/world/net.h"

namespace mta::sim {

struct Flow {
  std::string unread;      // arrived
  std::size_t flying = 0;  // sent, not arrived
  std::uint64_t sent = 0;  // since the beginning
  Time sender_free{0};     // when the line takes the next octet (bytes_per_second)
  Time last_arrival{0};
  std::optional<Loss> end;  // arrived: no more octets after `unread`
  bool cut = false;
  Loop::Slot reader = 0, writer = 0;
};

struct Side {
  Executor home;
  bool open = true, secure = false, has_deadline = false;
  std::optional<Loss> lost;
  Time deadline = Time::max();
  Loop::TimerId timer = 0;
};

struct Wire : std::enable_shared_from_this<Wire> {
  Wire(Loop& loop_in, SimDice& dice_in, std::uint64_t number_in, Link link_in)
      : loop(loop_in), dice(dice_in), number(number_in), link(link_in) {}

  Loop& loop;
  SimDice& dice;
  std::uint64_t number;
  Link link;
  std::array<Endpoint, 2> ends;
  std::array<Side, 2> sides;
  std::array<Flow, 2> flows;
  bool silent = false;

  void expire(int side, Duration limit);
  void close(int side, Loss why);
  void lose(int side, Loss why);   // the side learns of it; its operations fail
  void check(int side);            // throws when the side has lost the line
  void check_write(int side);      // likewise, but a reset leaves it open for reading
  void sever(int side, Cut::How);  // by the network
  bool was_reset(int side) const;
  bool has_arrived(int side) const;
  [[noreturn]] void fail(int side, Loss why, const std::string& detail = "");  // closes and throws
  std::size_t take(int side, std::span<char> into);                            // what has arrived; 0: nothing
  std::size_t room(int side) const;
  void send(int side, std::string_view octets);  // within room()
  std::string name(int side) const;              // of the peer, for messages

 private:
  Time arrival(int side, std::size_t octets);
  void arrive(int side, std::string octets);
};

awaitable<std::size_t> read_some(std::shared_ptr<Wire>, int side, std::span<char> into);
awaitable<void> write(std::shared_ptr<Wire>, int side, std::string_view octets);
awaitable<TlsFacts> shake_hands(std::shared_ptr<Wire>, int side, TlsRequest, std::set<std::string>* sessions);

}  // namespace mta::sim
