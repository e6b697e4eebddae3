// tests/unit/warmup/storm_oracle.h — the rules once more, written from their text, to hold the product against.
//
// What      What a gate must grant, which stage a day must lead to, what a day may send: plain formulas over a lane's record.
// Units     Recipients; instants UTC.
// Promise   Nothing of gate.cpp, judge.cpp, advance.cpp, health.cpp or hour.cpp is asked.
// Errors    –
// Source    WARMUP.md §2, §4, §5, §7.
// Not here  what happens to the lanes (storm.h).
#pragma once

#include "warmup/gate.h"
#include "warmup/lane.h"

namespace warmup::oracle {

inline constexpr Recipients without_end = std::numeric_limits<Recipients>::max();

// How many more the ledger lets pass, brakes and pins apart. `hour`: what was charged in the last hour, by whole minutes.
Recipients room(const LaneView&, const Ask&, Recipients hour, Instant now);
Recipients most_in_an_hour(const PlanOptions&, Recipients limit);  // of whatever class

// Where the day that ended leads to. `before`: as it was just before; `day`: the day as it ended.
unsigned stage_after(const Rules&, const Lane& before, const Day& day);

// By what a lane of a plan that learns grows, and by what after the day that ended.
double growth_of(const Rules&, const Lane&);
double growth_after(const Rules&, const Lane& before, const Day& day);

// What the lane may send on the day that began at `now`; nothing: no limit.
std::optional<Recipients> limit_of_day(const Rules&, const Lane&, Instant now);

}  // namespace warmup::oracle
