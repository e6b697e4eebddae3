// queue/totals.h — how much waits, as one row of `meta`.
//
// What      The counts that are kept beside the rows, so that no start counts them.
// Units     Octets are of bodies.
// Promise   decode_totals(encode(x)) == x.
// Errors    decode returns nothing for what is no row.
// Source    STORE.md, "Families".
// Not here  who counts (mta/scheduler), how they are told anew from the rows (rebuild.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace queue {

inline constexpr std::string_view totals_key = "totals";

struct Totals {
  std::uint64_t messages = 0, recipients = 0, octets = 0;
  friend bool operator==(const Totals&, const Totals&) = default;
};
std::string encode(const Totals&);
std::optional<Totals> decode_totals(std::string_view);

}  // namespace queue
