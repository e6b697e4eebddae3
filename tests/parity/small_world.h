// tests/parity/small_world.h — a few days of a small sender's life, as a value.
//
// What      A plan, classes, sources, what mail comes, how receivers answer, what the operator does; rolled from a seed, said in words.
// Units     Recipients; instants of the town, which begins at `world_began`.
//           A pool has one source: which of two carries a message depends in the daemon on which is in conversation, and an attempt of
//           `simulate` takes no time.
// Promise   The daemon in the town and `simulate` can both play it, and chance has no part in it: retries have no jitter, answers depend
//           on the time and on how many came before. Each lane has one connection and each message one recipient, so that both meet
//           refusals one by one.
// Errors    None.
// Source    –
// Not here  what a receiver answers (receiver_script.h), playing (play.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conf/config.h"
#include "tests/sim/world/clock.h"
#include "warmup/lane_command.h"

namespace mta::sim {

enum class Behaviour { rate_limit, block, list, greylist, put_off, refuse_sender, closed };

struct Spell {  // a time in which a site answers otherwise
  std::string domain;
  Behaviour behaviour = Behaviour::rate_limit;
  Instant from{}, until{};
  bool permanent = false;   // 5xx: block, refuse_sender
  bool at_mail = false;     // said at MAIL, else at RCPT: rate_limit, block
  std::string source;       // only to this source; "" = to all
  std::string from_domain;  // only of this From domain; "" = of all
};

struct Site {
  std::string domain;
  std::string provider;          // its name in the configuration; "" = unlisted
  warmup::Recipients a_day = 0;  // taken of one source, then 421; 0: no limit
  unsigned unknown_every = 0;    // each n-th user does not exist; 0: all do
};

struct Batch {  // mail that comes at once
  Instant at{};
  std::string mail_class, domain, from_domain;
  warmup::Recipients recipients = 0;
};

struct OperatorAct {
  Instant at{};
  std::string source, provider;
  warmup::LaneCommandRequest request;
};

struct SmallWorld {
  std::uint64_t seed = 1;
  unsigned days = 4, sources = 1;
  std::string overall = "off";  // "total": by of_total
  double overall_factor = 1;
  warmup::PlanOptions of_total;
  warmup::PlanOptions plan;
  std::vector<conf::Route> routes;            // to the pools "pool-2", "pool-3" of one source each; "default" is that of ip-1
  std::vector<warmup::ClassOptions> classes;  // instead of the usual ones of these names
  bool has_overflow = false;                  // a smarthost at relay.test
  std::optional<warmup::PlanOptions> of_overflow;  // which it follows
  warmup::Duration overflow_takes{0};              // for each message: it is slow
  warmup::RetryOptions retry;
  std::vector<Site> sites;
  std::vector<Spell> spells;
  std::vector<Batch> mail;
  std::vector<OperatorAct> acts;
};

inline constexpr const char* relay_domain = "relay.test";
inline constexpr const char* relay_name = "old-relay";

SmallWorld roll_world(std::uint64_t seed);
std::string in_words(const SmallWorld&);
std::string address_of_source(unsigned number);  // from 0
void configure(const SmallWorld&, conf::Config&);

// A time of the town: of day `day`, from 1.
inline Instant at_time(unsigned day, std::chrono::minutes time) {
  return world_began + std::chrono::hours(24) * (day - 1) + time;
}

}  // namespace mta::sim
