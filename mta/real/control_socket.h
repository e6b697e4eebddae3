// mta/real/control_socket.h — HTTP/1.1 over a unix stream socket, for warmupctl.
//
// What      Listens at a path (mode 0660), reads requests, hands each to the handler, writes the reply; keeps connections alive.
// Units     Octets, seconds.
// Promise   A stale socket file is removed only when nobody answers behind it. Requests are bounded (header 16 KiB, body 1 MiB),
//           idle connections end after 30 s, at most 64 are open. A handler that throws is answered with 500 and the text. All
//           coroutines run on the executor given; close() and the destructor may be called from any one thread.
// Errors    The constructor throws std::runtime_error with a text for people (somebody answers there, no permission, path too
//           long).
// Source    README "See what it does" (control socket); RFC 9112.
// Not here  what the paths mean (mta/control), who may open the socket (the file's owner and group).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "mta/doors/http.h"
#include "mta/doors/world.h"

namespace mta::real {

using HttpHandler = std::function<awaitable<HttpReply>(HttpRequest)>;

class ControlSocket {
 public:
  ControlSocket(const Executor&, const std::string& path, HttpHandler);
  ~ControlSocket();
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;
  void close();  // no new request is heard; the socket file is removed when it is still ours

 private:
  struct Parts;
  std::shared_ptr<Parts> parts_;  // shared with the running conversations, which may outlive us by a moment
  bool removed_ = false;
};

}  // namespace mta::real
