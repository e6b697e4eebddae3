// mta/smtp/lost.h — a lost line as a value.
//
// What      Lost says at which stage the line went, and why; until_lost() runs a dialogue and makes a value of the exception.
// Units     –
// Promise   On the delivering side StreamLost and BodyLost are caught in until_lost() and nowhere else (DESIGN.md §8, rule 6).
// Errors    Every other exception passes through: it is a bug.
// Source    DESIGN.md §8, rule 6; RFC 5321 §3.8.
// Not here  closing the stream (its owner), what the loss means for the mail (mta/deliver/outcomes.h).
#pragma once

#include <optional>
#include <string>

#include "mta/doors/world.h"
#include "mta/smtp/reply.h"

namespace mta::smtp {

struct Lost {
  // ours: the body could not be read, so we hung up. nonsense: the server does not speak SMTP.
  enum class Cause { line, nonsense, ours };
  Stage stage = Stage::connect;
  Loss loss = Loss::eof;
  std::string detail;  // for people
  Cause cause = Cause::line;
};

// Thrown by a dialogue when what answers is no SMTP server.
struct Nonsense : StreamLost {
  explicit Nonsense(const std::string& detail) : StreamLost(Loss::shut, detail) {}
};

// Thrown when a piece of the message cannot be had.
struct BodyLost : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// `stage` is kept up to date by the dialogue and outlives the call.
awaitable<std::optional<Lost>> until_lost(awaitable<void> dialogue, const Stage& stage);

}  // namespace mta::smtp
