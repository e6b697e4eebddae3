// mta/real/control_client.h — the other end of the control socket: one question, one answer, blocking.
//
// What      Connects to the unix socket, sends a request, waits for the reply.
// Units     Octets, milliseconds.
// Promise   Returns within the limit or throws. A reply may have any size up to 64 MiB.
// Errors    ControlError: the text says what an operator should look at ("is warmupd running?"). HTTP errors are replies, not
//           exceptions.
// Source    RFC 9112.
// Not here  what to ask (mta/ctl), the daemon's side (control_socket.h).
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>

#include "mta/doors/http.h"

namespace mta::real {

struct ControlError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class ControlClient {
 public:
  explicit ControlClient(std::string path, std::chrono::milliseconds limit = std::chrono::seconds(60));
  HttpReply ask(const HttpRequest&) const;  // connects anew each time

 private:
  std::string path_;
  std::chrono::milliseconds limit_;
};

}  // namespace mta::real
