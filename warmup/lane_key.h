// warmup/lane_key.h — the name of a lane, and of its rows.
//
// What      Source and provider; keys of the rows in which a lane is kept, by the identity of its source.
// Units     –
// Promise   A record sorts before its days, its days sort by date, and all lanes of one identity lie together.
// Errors    None: a key that has fewer parts has empty ones.
// Source    WARMUP.md §1.
// Not here  what the rows say (lane_row.h), which identity a source has (mta/scheduler/identities.h).
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "warmup/total.h"

namespace warmup {

struct LaneKey {
  std::string source, provider;
  bool overall() const { return is_total_key(provider); }
  std::string shown_provider() const { return overall() ? std::string(total_name(provider)) : provider; }
  friend auto operator<=>(const LaneKey&, const LaneKey&) = default;
};

std::string lane_row_key(const std::string& identity, const std::string& provider);
std::string day_row_key(const std::string& lane_row, const std::string& date);
struct LaneRowName {
  std::string identity, provider, date;  // date "" = the record
};
LaneRowName parse_lane_row_key(std::string_view);

}  // namespace warmup
