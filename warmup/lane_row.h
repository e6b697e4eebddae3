// warmup/lane_row.h — a lane as rows of the store.
//
// What      One row for the record with today in it, one a day for the days before; JSON, so that rows can be read by people and grow.
// Units     Instants and durations in milliseconds.
// Promise   decode(encode(x)) == x, but for the history and a probe that is out (a restart ends it). A member that is not there has its
//           default: older rows can be read.
// Errors    decode returns nothing for what is no row.
// Source    WARMUP.md §1, §3 (usage rows are keyed by lane and day, kept 35 days).
// Not here  keys (lane_key.h).
#pragma once

#include "warmup/lane.h"

namespace warmup {

std::string encode(const Lane&);  // without history
std::optional<Lane> decode_lane(std::string_view);
std::string encode(const Day&);
std::optional<Day> decode_day(std::string_view);

}  // namespace warmup
