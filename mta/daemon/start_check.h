// mta/daemon/start_check.h — what a start with this configuration would run into on this host.
//
// What      Holds a configuration against the host: listeners, spool, control socket, events file, addresses of the sources. One judgement
//           for `warmupd --check` and for the start itself, which looks before it makes anything.
// Units     –
// Promise   Every obstacle in one go, each with its place in the file and the cure. A daemon that runs with this spool does not count for
//           a check, its ports and its socket are its own; for a start it is an obstacle.
// Errors    Values: an obstacle has the exit code of the start that it would stop, a warning stops nothing.
// Source    README "Run it", exit codes of sysexits.h.
// Not here  mistakes within the file (conf/load.h), how the host is asked (mta/real/host.h).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "conf/load.h"
#include "mta/doors/world.h"
#include "queue/store.h"

namespace mta {

enum class PortState { free, no_address, no_right, taken, taken_by_daemon, failed };

enum class PathKind { none, dangling, folder, file, socket, pipe, device, other };  // links followed; a block device is an other

struct PathState {
  PathKind kind = PathKind::none;
  bool usable = false;      // by this user: a folder to make something in, a file to write
  std::string reason;       // why it is not, in the system's words
  std::string target = {};  // of a dangling link: what is not there
};

// The host, as far as the check may ask. Nothing that is asked changes anything.
struct HostView {
  std::string user;                                // the user that asks
  bool has_service_user = false;                   // the user warmupd exists
  std::function<PortState(const Endpoint&)> port;  // can it be bound?
  std::function<PathState(const std::string&)> path;
  std::function<std::vector<std::string>()> addresses;  // of this host
  std::function<std::string(const std::string& family)>
      outward;                // the address that the kernel takes for the Internet; "" without a route
  bool spool_in_use = false;  // a process holds it
  bool socket_answered = false, socket_is_daemons = false;  // somebody listens there; it is the process that holds the spool
};

struct Obstacle {
  conf::Problem problem;
  int exit_code;
};

struct StartCheck {
  std::vector<Obstacle> obstacles;
  std::vector<conf::Problem> warnings, notes;
  int exit_code() const;  // of the first obstacle; 0 without any
};

enum class CheckFor { check, start };
StartCheck check_start(const conf::Config&, const HostView&, CheckFor);
// What the spool has to say: another rehearsal than this one, or none; lanes that begin cold because an address changed; a `was` that
// finds none.
void check_spool(const conf::Config&, const queue::Store&, StartCheck&);

}  // namespace mta
