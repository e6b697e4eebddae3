// mta/server.h — the daemon, assembled in whatever world it is given.
//
// What      Opens the spool, starts books, router, dispatcher, bounce writer and listeners; reloads; shuts down in order.
// Units     –
// Promise   The same object runs in `warmupd` and in the simulated town. Destroying it without stop() is a crash: nothing durable happens.
// Errors    start() throws std::runtime_error with a text for people.
// Source    design §3, §3.2 (order of shutdown).
// Not here  the operating system (mta/real), HTTP (mta/control).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "conf/config.h"
#include "mta/world.h"

namespace mta {

class Books;
class Server {
 public:
  Server(World, conf::Config);
  ~Server();
  void start();                                    // throws for people
  void stop(std::function<void()> done);           // listeners → takes → idle → grace → close → settle → last sync; done on the books
  // Applies what is reloadable; on error the old configuration stays. Returns what to tell the operator, a line each.
  std::vector<std::string> reload(conf::Config);   // throws conf::ConfigError
  std::vector<Endpoint> listening() const;         // in the order of the configuration
  Books& books();
  std::shared_ptr<const conf::Config> config() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace mta
