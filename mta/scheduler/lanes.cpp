#include "mta/scheduler/lanes.h"

#include <algorithm>

namespace mta {

namespace {
constexpr char end_of_name = '\0';
}

std::string lane_row_key(const std::string& identity, const std::string& provider) { return identity + end_of_name + provider; }

std::string day_row_key(const std::string& lane_row, const std::string& date) { return lane_row + end_of_name + date; }

LaneRowName parse_lane_row_key(std::string_view key) {
  LaneRowName name;
  for (std::string* part : {&name.identity, &name.provider, &name.date}) {
    const auto end = std::min(key.find(end_of_name), key.size());
    *part = key.substr(0, end);
    key.remove_prefix(std::min(end + 1, key.size()));
  }
  return name;
}

unsigned Lane::free_connections(const conf::Provider& limits, Instant now) const {
  unsigned most = limited(now) ? 1U : std::min(static_cast<unsigned>(window), std::max(1U, limits.connections));
  if (record.brake.connections != 0) most = std::min(most, record.brake.connections);
  return most > open ? most - open : 0;
}

void Lane::succeeded(const conf::Provider& limits) {
  window = std::min(static_cast<double>(std::max(1U, limits.connections)), window + 1.0 / window);
}

void Lane::failed() { window = std::max(1.0, window - 1.0 / window); }

}  // namespace mta
