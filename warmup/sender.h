// warmup/sender.h — the ledger of a sender domain at a provider.
//
// What      From's organisational domain × provider, over all sources: its key among lanes, its name for people, and the volume from which on
//           providers call a domain a bulk sender.
// Units     Recipients.
// Promise   Pure. Such a ledger is kept as a lane is, with a record, days before and rows, but it has no connections. Its key differs from that
//           of every lane, because no source is named with an @.
// Errors    None.
// Source    WARMUP.md §1 (sender ledgers).
// Not here  which domain a From belongs to (mta/route/sender_domain.h), what it counts (lane_table.h, ledger.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "warmup/lane.h"
#include "warmup/lane_key.h"

namespace warmup {

LaneKey sender_key(std::string_view domain, std::string provider);
bool is_sender(const LaneKey&);
bool is_sender_identity(std::string_view identity_of_rows);
std::string_view sender_domain_of(const LaneKey&);  // REQUIRES: is_sender
std::string sender_text(const LaneKey&);            // "example.com to google"; REQUIRES: is_sender
std::string sender_rows(std::string_view domain);   // the identity of its rows
std::string behind_senders();                       // what sorts behind all of their rows

// Providers ask more of a domain from that day on (Google: "5,000 or more messages a day", counted for the domain).
inline constexpr Recipients bulk_sender = 5000;
bool becomes_bulk(Recipients sent_before, Recipients sent_now);  // within one day

// What one permit is taken from, beside the total in which the lane counts.
struct Ledgers {
  Ledgers(LaneKey in_lane, std::optional<LaneKey> in_sender = {}) : lane(std::move(in_lane)), sender(std::move(in_sender)) {}
  LaneKey lane;
  std::optional<LaneKey> sender;  // empty: From names no domain
};

}  // namespace warmup
