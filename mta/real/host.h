// mta/real/host.h — what this machine is and allows.
//
// What      The fully qualified host name, for configurations that name none; its addresses, ports, folders and users, as a start needs them.
// Units     –
// Promise   The name is never empty and in lower case. Looking leaves nothing behind and changes nothing.
// Errors    Without any name: "localhost". What cannot be found out is said in the system's words.
// Source    conf/example.toml (hostname); README "Run it".
// Not here  EHLO names of sources (conf), what follows from what is seen (mta/daemon/start_check.h).
#pragma once

#include <sys/types.h>
#include <cstdint>
#include <string>
#include <vector>

#include "mta/doors/world.h"

namespace mta::real {

std::string fully_qualified_host_name();

// Can a socket be bound to it? Only an address of this host can ("" is any).
bool has_address(const std::string& address);
std::vector<std::string> addresses();  // of its interfaces, without link-local ones
// The address that the kernel takes for the Internet ("ipv4" | "ipv6"); "" without a route. No packet leaves.
std::string outward_address(const std::string& family);

// Binds it for a moment: 0, or the errno of what went wrong.
int bind_error(const Endpoint&);
// Does that process listen on it? Where that cannot be seen: yes.
bool listens_on(pid_t, const Endpoint&);

struct PathFacts {
  bool there = false;
  mode_t mode = 0;     // of stat(2), links followed
  int error = 0;       // errno of the first thing that this user may not do: enter and write a folder, write a file
  std::string target;  // of a link, when nothing is there: what the last link points to
};
PathFacts look_at(const std::string& path);

// The process that holds a write lock on the file: 0 when none does, -1 when it cannot be seen.
pid_t lock_holder(const std::string& path);
// The process that listens on the Unix socket: 0 when none does, -1 when one does that may not be asked.
pid_t socket_owner(const std::string& path);

std::string user_name();
bool has_user(const std::string& name);
// Run by root, files are opened and made as the folder's owner from here on, in this thread and those that it starts: what root leaves
// there, that user can open. The owner's name; "" when nothing changed. REQUIRES: no other thread yet.
std::string act_as_owner_of(const std::string& folder);

}  // namespace mta::real
