// warmup/total.h — which of a source's lanes count in its total.
//
// What      A source's `overall` as a value: no total, one over unlisted sites only, or one over all providers.
// Units     –
// Promise   Pure. The key of a total in rows and maps is total_key(); people and JSON say total_name().
// Errors    None: an unknown plan is refused by conf.
// Source    WARMUP.md §2 "Overall".
// Not here  the curve that a total follows (mta/scheduler/plans.h), its gate (gate.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace warmup {

enum class Total { none, others, all };

// `overall` as configured: "" = over unlisted sites, "off" = none, else the name of a plan over everything.
Total total_of(std::string_view overall, bool has_plan, bool smarthost);

bool is_unlisted(std::string_view provider);  // "other:example.org": a site that no provider of the configuration covers
bool counts_in(Total, std::string_view provider);

std::string_view total_key(Total);                        // "" of all, "other:" of unlisted sites. REQUIRES: not none
std::string_view total_name(std::string_view total_key);  // "(all)", "(others)"
bool is_total_key(std::string_view provider);
std::string total_text(Total, std::string_view source);    // "all mail by ip-1". REQUIRES: not none
std::optional<Total> total_named(std::string_view shown);  // by what total_name() says; empty: that is no total's name

}  // namespace warmup
