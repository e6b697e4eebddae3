// tests/sim/daemon.h — the program under test in the town, with its disk, its configuration and its clients.
//
// What      Starts, stops, crashes and restarts mta::Server; submits mail to it; reads what it left in its spool.
// Units     –
// Promise   A crash is a power cut: what the disk had not synced is gone or torn, what the net had under way from us never arrives
//           (or, `process only`, arrives), and no destructor changes that.
// Errors    Whatever Server::start() throws.
// Source    DESIGN.md §6.1.
// Not here  the town around it (town.h).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "conf/config.h"
#include "mta/daemon/server.h"
#include "tests/sim/checker.h"
#include "tests/sim/clients.h"
#include "tests/sim/world/disk.h"
#include "tests/sim/world/world.h"

namespace mta::sim {

struct Wishes {
  std::vector<std::string> sources = {"192.0.2.10"};  // addresses; named ip-1, ip-2 …
  warmup::RetryOptions retry{};
  conf::TlsLevel tls = conf::TlsLevel::may;
  std::optional<warmup::PlanOptions> plan{};    // all sources follow it, as "default"
  std::function<void(conf::Config&)> change{};  // anything else
};

class Daemon {
 public:
  Daemon(SimWorld&, const Wishes&);
  ~Daemon();

  void start();
  void stop();  // in order; time passes
  void crash(bool cable_too = true);
  void crash_and_restart() { crash(), start(); }
  void restart() { stop(), start(); }
  void vanish();  // the town ends: nobody sees what becomes of it
  bool running() const { return server_ != nullptr; }

  std::uint64_t submit(Mail mail) { return clients.submit(std::move(mail)); }
  void submit(std::size_t count, Mail each) { clients.submit(count, std::move(each)); }

  Server& server() { return *server_; }
  SimDisk& disk() { return disk_; }
  conf::Config& config() { return config_; }  // of the next start
  const std::vector<Instant>& crashes() const { return crashes_; }
  std::uint64_t waiting();     // recipients in the queue
  void read_spool(Evidence&);  // REQUIRES: not running

  Clients clients;
  bool accept_damage = false;  // of the next start

 private:
  void destroy_process();

  SimWorld& world_;
  SimDisk disk_;
  conf::Config config_;
  std::unique_ptr<Server> server_;
  std::vector<Instant> crashes_;
  std::uint64_t logged_events_ = 0;  // up to which event the log knows
};

}  // namespace mta::sim
