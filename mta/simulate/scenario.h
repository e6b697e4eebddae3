// mta/simulate/scenario.h — what a season plays: mail that comes, receivers and their manners, trouble, the operator's hand.
//
// What      A scenario file as values, and its configuration when it brings one.
// Units     Recipients; days count from 1, the first; times of day in the scenario's time zone; shares 0…1.
// Promise   A Scenario that read_scenario() returned is complete: shares add up to 1, days lie within it.
// Errors    conf::ConfigError: every problem with file, line, what was expected and found.
// Source    WARMUP.md "A scenario of your own"; conf/scenarios/.
// Not here  names that must be in the configuration (check_against), playing it (simulation.h).
#pragma once

#include <array>
#include <optional>

#include "conf/load.h"
#include "mta/simulate/receiver.h"
#include "mta/simulate/receiver_kind.h"
#include "warmup/lane_command.h"

namespace mta::simulate {

struct Share {
  std::string to;  // a provider, or a domain
  double share = 1;
};

// Mail that comes day by day.
struct Arrivals {
  conf::Where where;
  std::string mail_class = "bulk", from_domain, user;
  std::vector<Share> to;
  double per_day = 0;
  double growth = 1;                    // per_day is multiplied by it from day to day
  std::vector<std::uint64_t> each_day;  // instead of per_day: of the first, the second day …
  unsigned from = 1, until = 0;         // days, both included; 0: the last
  std::vector<unsigned> weekdays;       // 0 = Sunday; empty: every day
  std::array<double, 24> hours{};       // weights
  double noise = 0;                     // a day's volume varies by that share
};

// Mail that comes at once.
struct Burst {
  conf::Where where;
  std::string mail_class = "bulk", from_domain, user;
  std::vector<Share> to;
  unsigned day = 1;
  std::chrono::minutes at{0};
  Duration over{0};
  Recipients recipients = 0;
};

// What a mailbox provider is assumed to do with one address of ours.
struct ReceiverModel {
  conf::Where where;
  std::string provider;                          // "any": those not named; "*": a smarthost
  double accepts = 3;                            // a day: times the volume it is used to; 0: whatever comes
  Recipients stranger = 500;                     // a day from whom it does not know
  Duration memory = std::chrono::hours(24 * 7);  // it gets used to a volume in about that time
  double surge = 20;                             // in an hour: times an even hour's share of that; more is an attack; 0: no limit
  Duration block = std::chrono::hours(24);       // for an attack
  double trust_lost = 0.5;                       // … and it accepts less by this share
  Duration forgive = std::chrono::hours(24 * 14);  // … which it forgets in about that time
  Duration greylist{0};                            // strangers have to come back after this; 0: it does not greylist
  Recipients known = 1000;                         // … until so many were delivered
  double unknown_users = 0;                        // share of recipients that do not exist
  double temporary = 0;                            // share of recipients put off for reasons of their own
  std::optional<ReceiverKind> kind;                // with a memory; what stands above but for the provider is not looked at then
  ListQuality list;                                // of our recipients there, with a kind
};

struct Outage {
  conf::Where where;
  std::string provider;
  unsigned day = 1;
  std::chrono::minutes at{0};
  Duration lasts{0};
};

struct OperatorStep {  // of the operator
  conf::Where where;
  unsigned day = 1;
  std::chrono::minutes at{0};
  std::string source, provider;
  warmup::LaneCommandRequest request;
};

struct Scenario {
  std::string file, title;
  std::string start = "2026-01-01";  // its first day
  unsigned days = 30;
  std::uint64_t seed = 1;
  std::string timezone;                     // "": that of the plan
  Duration step = std::chrono::minutes(5);  // who waits for the pace asks again at most so often; arrivals come in such steps
  std::vector<Arrivals> arrivals;
  std::vector<Burst> bursts;
  std::vector<ReceiverModel> receivers;
  std::vector<Outage> outages;
  std::vector<OperatorStep> deeds;
};

struct Read {
  Scenario scenario;
  std::optional<conf::Loaded> config;  // when the scenario brings one
};
// `with_config`: false: what the scenario says of the configuration is not looked at, the operator's own is played.
Read read_scenario(const std::string& path, const std::string& hostname, bool with_config = true);
Read read_scenario_text(const std::string& toml, const std::string& name, const std::string& hostname, bool with_config = true);

// Classes, sources and providers that the configuration does not know.
std::vector<conf::Problem> misfits(const Scenario&, const conf::Config&);

}  // namespace mta::simulate
