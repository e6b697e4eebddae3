#include "warmup/lane_key.h"

#include <algorithm>

namespace warmup {

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

}  // namespace warmup
