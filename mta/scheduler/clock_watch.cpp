#include "mta/scheduler/clock_watch.h"

#include <fmt/format.h>

#include <sstream>

namespace mta {

warmup::Moment moment_now(const Calendar& calendar) {
  const BootClock boot = calendar.boot();
  return {calendar.now(), {boot.id, boot.since}};
}

std::optional<ClockWatch::Jump> ClockWatch::look(const warmup::Moment& moment) {
  const auto before = std::exchange(last_, moment);
  if (!warmup::clocks_disagree(before.now, before.boot, moment)) return std::nullopt;
  return Jump{moment.now - before.now, moment.boot.since - before.boot.since};
}

std::string ClockWatch::encode() const {
  return fmt::format("{} {} {}", last_.now.time_since_epoch().count(), last_.boot.since.count(), last_.boot.id);
}

ClockWatch ClockWatch::decode(const std::string& text) {
  std::istringstream words(text);
  words.imbue(std::locale::classic());
  warmup::Duration::rep wall = 0, since = 0;
  ClockWatch watch;
  std::string id;
  if (words >> wall >> since >> id) watch.last_ = {warmup::Instant(warmup::Duration(wall)), {id, warmup::Duration(since)}};
  return watch;
}

}  // namespace mta
