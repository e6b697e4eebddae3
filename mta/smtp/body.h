// mta/smtp/body.h — where the octets of a message come from while it is sent.
//
// What      A message in pieces, the last one marked.
// Units     Octets, CRLF line ends, not dot-stuffed.
// Promise   The pieces together are size() octets. More is not asked for after the last.
// Errors    BodyLost (lost.h) when a piece cannot be had: the session hangs up before the dot.
// Source    DESIGN.md §4.2 (delivery reads chunk by chunk).
// Not here  rows (mta/deliver/message_body.h).
#pragma once

#include <cstdint>
#include <string>

#include "mta/doors/world.h"

namespace mta::smtp {

struct Piece {
  std::string octets;
  bool last = false;
};

class Body {
 public:
  virtual ~Body() = default;
  virtual std::uint64_t size() const = 0;
  virtual awaitable<Piece> next() = 0;
};

}  // namespace mta::smtp
