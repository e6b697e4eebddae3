// tests/sim/town.h — the whole daemon in a simulated town: the fixture of scenarios.
//
// What      Receivers with names, one daemon with its disk and its clients, time that passes in one call, crashes.
// Units     Virtual time.
// Promise   One seed, one history: hash() is the same for the same calls. A failure prints seed, promises and the tail of the dialogue.
// Errors    LoopStuck on a livelock; whatever Server::start() throws.
// Source    DESIGN.md §6.1.
// Not here  what a receiver can do (manners.h), the network's faults (world().net), the judging (checker.h).
//
// Life times: at a crash frames of the daemon go first (Loop::kill_process), then its objects. At the end the daemon goes likewise,
// whatever it is in the middle of, then the loop ends before all else.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "conf/config.h"
#include "mta/daemon/server.h"
#include "tests/sim/checker.h"
#include "tests/sim/clients.h"
#include "tests/sim/daemon.h"
#include "tests/sim/receivers.h"
#include "tests/sim/world/world.h"

namespace mta::sim {

class Town {
 public:
  explicit Town(std::uint64_t seed);
  ~Town();
  Town(const Town&) = delete;
  Town& operator=(const Town&) = delete;

  // A domain with one host, mx1.DOMAIN, its MX of preference 10, and addresses of both families when `ipv6`.
  Receiver& receiver(const std::string& domain);
  Receiver& another_host(const std::string& domain, std::uint16_t preference);  // mx2.DOMAIN, mx3…
  Daemon& mta(Wishes = {});
  void pass(Duration);
  bool pass_until(const std::function<bool()>& done, Duration at_most);  // whether it came to that
  Instant now() const { return world_.calendar.now(); }

  SimWorld& world() { return world_; }
  std::uint64_t seed() const { return world_.seed; }
  std::uint64_t hash() const { return world_.loop.hash(); }

  // Stops the daemon in order (when it runs), reads its spool, holds everything against the promises, starts it again.
  bool every_recipient_is_somewhere_exactly_once();
  std::vector<std::string> broken_promises();
  std::string story(std::size_t lines = 80) const;  // seed, how to replay, the tail of the log

 private:
  Receiver& build(const std::string& domain, std::uint16_t preference, unsigned number);
  std::map<std::string, std::string> providers_of(const std::vector<Dot>&);

  SimWorld world_;
  std::vector<std::unique_ptr<Receiver>> receivers_;
  std::map<std::string, unsigned> hosts_;  // of each domain
  std::unique_ptr<Daemon> daemon_;
};

Mail to(const std::string& domain);  // one recipient there, "{}" numbered by Clients::submit(count, …)

}  // namespace mta::sim
