#include "warmup/lane.h"

#include <algorithm>

namespace warmup {

std::string_view name(Phase phase) {
  constexpr std::array<std::string_view, 3> names{"cold", "warming", "warm"};
  return names[static_cast<std::size_t>(phase)];
}

std::string_view name(Brake brake) {
  constexpr std::array<std::string_view, 3> names{"none", "cooling", "paused"};
  return names[static_cast<std::size_t>(brake)];
}

std::string_view name(Pin pin) {
  constexpr std::array<std::string_view, 3> names{"none", "held", "paused"};
  return names[static_cast<std::size_t>(pin)];
}

Recipients Lane::reserved() const {
  Recipients sum = 0;
  for (const auto& [mail_class, counts] : open) sum += counts.reserved;
  return sum;
}

Recipients Lane::pending() const {
  Recipients sum = 0;
  for (const auto& [mail_class, counts] : open) sum += counts.pending;
  return sum;
}

Recipients Lane::reserved_of(std::string_view mail_class) const {
  const auto found = open.find(mail_class);
  return found == open.end() ? 0 : found->second.reserved;
}

std::string_view Lane::shown_state() const {
  if (pin.state != Pin::none) return name(pin.state);
  if (brake.state != Brake::none) return name(brake.state);
  if (today.held || held) return "held";
  return name(phase);
}

const ClassOptions& Rules::mail_class(std::string_view name) const {
  static const ClassOptions usual{.name = "bulk"};
  if (classes == nullptr) return usual;
  const auto named = [&](std::string_view wanted) {
    return std::find_if(classes->begin(), classes->end(), [&](const ClassOptions& each) { return each.name == wanted; });
  };
  if (const auto found = named(name); found != classes->end()) return *found;
  const auto bulk = named("bulk");
  return bulk == classes->end() ? usual : *bulk;
}

}  // namespace warmup
