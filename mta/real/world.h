// mta/real/world.h — the operating system behind mta/doors/world.h, built whole.
//
// What      Threads, clocks, sockets, TLS, DNS, files and chance, from a handful of options.
// Units     –
// Promise   Threads run from construction until stop(). stop() ends and joins every thread and then destroys what still waited on
//           them, while everything that it refers to must be alive: stop the world before destroying the server that runs in it.
//           SIGPIPE need not be ignored.
// Errors    The constructor throws std::runtime_error with a text for people (a DNS server that is no address, no CA file, no
//           thread).
// Source    DESIGN.md §5, §4.1.
// Not here  what runs in it (mta/daemon/server.h), the simulated one (tests/sim).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mta/real/clock.h"

namespace mta::real {

struct WorldOptions {
  unsigned threads = 0;                  // io threads; 0: one per core
  std::vector<std::string> dns_servers;  // "127.0.0.1:5353"; empty: /etc/resolv.conf
  Duration dns_timeout = std::chrono::seconds(5);
  bool trust_ad = false;
  Tempo tempo = {};          // rehearsal: scheduling time runs faster
  std::string ca_file = {};  // PEM of what to trust instead of the system's authorities; "" = the system's
};

class RealWorld {
 public:
  explicit RealWorld(const WorldOptions&);
  ~RealWorld();  // stops when that has not happened
  RealWorld(const RealWorld&) = delete;
  RealWorld& operator=(const RealWorld&) = delete;
  World world();
  void stop();  // once, from a thread that is not one of ours

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace mta::real
