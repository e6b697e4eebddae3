// mta/simulate/scenario_tables.h — the tables of a scenario file, one by one.
//
// What      Each step reads its tables into the scenario.
// Units     As scenario.h.
// Promise   What is wrong is recorded with its line; what is right is read all the same.
// Errors    In the table's Faults.
// Source    scenario.h.
// Not here  the file as a whole (scenario.cpp).
#pragma once

#include <chrono>

#include "conf/table.h"
#include "mta/simulate/scenario.h"

namespace mta::simulate {

std::optional<std::chrono::sys_days> parse_date(std::string_view);  // "2026-01-31"

void load_arrivals(conf::Table& top, Scenario&);
void load_bursts(conf::Table& top, Scenario&);
void load_receivers(conf::Table& top, Scenario&);
void load_trouble(conf::Table& top, Scenario&);  // outages, what the operator does

}  // namespace mta::simulate
