// mta/daemon/server.h — the daemon, assembled in whatever world it is given.
//
// What      Opens the spool, introduces scheduler, router, conversations, bounce writer and listeners to each other; reloads; shuts down.
// Units     –
// Promise   The same object runs in `warmupd` and in the simulated town. Destroying it without stop() is a crash: nothing durable happens.
//           For that: abandon(), then whatever waits in the world's executors is destroyed, then the server.
// Errors    start() throws std::runtime_error (queue::StoreError for the spool) with a text for people.
// Source    DESIGN.md §2, §4.3 (order of shutdown).
// Not here  the operating system (mta/real), HTTP (mta/control).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "conf/config.h"
#include "mta/doors/world.h"
#include "mta/submit/marked_domains.h"

namespace mta {

class SchedulerThread;
class Judge;
class Providers;

struct StartOptions {
  bool accept_damage = false;  // go on although less is in the spool than was acknowledged
  unsigned process = 1;        // the number that lines of the maillog bear
};

class Server {
 public:
  Server(World, conf::Config, StartOptions = {});
  ~Server();
  void start();
  // Listeners → new takes → idle connections → grace → close sockets → settle → last sync; `done` runs on the scheduler thread.
  void stop(std::function<void()> done);
  // A crash, before the world's executors are emptied: no caller waits for an answer of ours any more. Only destruction may follow.
  void abandon();
  // Applies what is reloadable; on error the old configuration stays. Returns what to tell the operator, a line each.
  std::vector<std::string> reload(conf::Config);             // throws conf::ConfigError
  std::vector<Endpoint> listening() const;                   // in the order of the configuration
  std::vector<MarkedDomains::Row> unsigned_domains() const;  // whose mail went out without a signature of ours, for a day
  std::vector<MarkedDomains::Row> lacking_domains() const;   // whose bulk mail lacked what providers ask for, for a day
  SchedulerThread& scheduler();
  std::shared_ptr<const conf::Config> config() const;
  std::shared_ptr<const Judge> judge() const;
  std::shared_ptr<const Providers> providers() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace mta
