#include "mta/real/deadline.h"

#include <fmt/format.h>

namespace mta::real {

Deadline::Deadline(const Executor& executor, std::function<void()> strike) : state_(std::make_shared<Parts>(executor)) {
  state_->strike = std::move(strike);
}

Deadline::~Deadline() {
  state_->strike = nullptr;
  state_->timer.cancel();
}

void Deadline::set(Duration limit) {
  state_->limit = limit;
  state_->due = Clock::now() + limit;
  if (state_->waiting > 0) arm(state_);
}

std::string Deadline::text() const {
  return fmt::format("timed out after {:g} s", static_cast<double>(state_->limit.count()) / 1000);
}

void Deadline::arm(const std::shared_ptr<Parts>& state) {
  if (state->due == Clock::time_point::max()) return;
  if (state->armed && *state->armed <= state->due) return;  // rings in time, and looks again then
  state->armed = state->due;
  const auto generation = ++state->generation;
  state->timer.expires_at(state->due);
  state->timer.async_wait([state, generation](const boost::system::error_code&) {
    if (generation != state->generation || !state->strike) return;
    state->armed.reset();
    if (state->waiting == 0) return;
    if (Clock::now() < state->due) return arm(state);
    hit(*state);
  });
}

void Deadline::hit(Parts& state) {
  state.struck = true;
  if (state.strike) state.strike();
}

Deadline::Watch::Watch(Deadline& deadline) : state_(deadline.state_) {
  if (!state_->struck && Clock::now() >= state_->due) hit(*state_);
  if (state_->struck) throw StreamLost(Loss::timeout, deadline.text());
  ++state_->waiting;
  arm(state_);
}

Deadline::Watch::~Watch() { --state_->waiting; }

}  // namespace mta::real
