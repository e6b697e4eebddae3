// mta/simulate/receiver_kind.h — a kind of mailbox provider with a memory, as a file of conf/receivers/ describes it.
//
// What      The parameters of one mechanism (receiver_memory.h), and the texts of its refusals; three qualities of a list of recipients.
// Units     Recipients a day, of the receiver's days of 24 hours; shares 0…1; volumes as multiples of the mean day that it remembers.
// Promise   A parameter that a file leaves out turns its part of the mechanism off.
// Errors    conf::ConfigError: every problem of the file with its line.
// Source    conf/receivers/, where the assumptions of each kind are written down; WARMUP.md "Receivers with memory".
// Not here  what is done with the parameters (receiver_memory.h), how a scenario names a kind (scenario_tables.h).
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "warmup/gate.h"
#include "warmup/verdict.h"

namespace mta::simulate {

using warmup::Duration;
using warmup::Recipients;

// What it takes in a day: trust × max(stranger, week × mean of 7 days, month × mean of 30 days) of mail that was wanted. The means of
// younger senders are over the days since they were first seen, at least four.
struct ReceiverQuota {
  double week = 0, month = 0;      // both 0: whatever comes
  Recipients stranger = 0;         // from an address, however little it is known
  Recipients domain_stranger = 0;  // of a From domain, over all addresses; 0: it does not count by domain
  double hour = 0;                 // share of the day's quota within an hour; 0: no such limit
  Recipients hourly = 0;           // within an hour, whatever the quota; 0: no such limit
  bool junks_beyond = false;       // what exceeds the quota is taken, into the junk folder
};

// After a refusal for its volume an address is refused altogether for a time.
struct ReceiverQuiet {
  Duration first{0}, longest{0};
  double factor = 1;  // the next time on the same or the following day is longer by it
  double knock = 0;   // share of the trust that an attempt in that time costs; the time begins anew then
};

struct ReceiverJump {
  double times = 0;  // what was offered on a day, as a multiple of the quota, beyond which the address is blocked; 0: it never is
  Duration block{0};
  double cost = 0;  // share of the trust that it costs
};

// A share of bad recipients or complaints that costs trust, day by day: nothing up to `from`, all of `cost` from `full` on.
struct QualityBound {
  double from = 0, full = 0, cost = 0;
  Duration quiet{0};  // at `full` the address is refused for that long from the day's beginning
};

// The share of what is taken that lands in the junk folder: `most` of a stranger's mail, `least` once it has settled.
struct JunkShares {
  double least = 0, most = 0;
  double settled = 0;  // good days
};

enum class ToldAt : std::uint8_t { mail, rcpt, dot };

struct ToldReply {
  warmup::Verdict verdict = warmup::Verdict::temporary;
  std::string text;  // "421 4.7.28 …"; a first digit of 5 is for good
  ToldAt at = ToldAt::mail;
};

struct ReceiverKind {
  std::string name, file;
  ReceiverQuota quota;
  ReceiverQuiet quiet;
  ReceiverJump jump;
  QualityBound complaints, unknown;
  Duration forgive = std::chrono::hours(24 * 14);  // lost trust comes back in about that time
  JunkShares junk;
  Duration greylist{0};  // strangers have to come back after this; 0: it does not greylist
  Recipients known = 0;  // … until so many were delivered
  double temporary = 0;  // share of recipients that are put off for reasons of their own
  ToldReply over_quota, over_domain, too_fast, blocked, over_complaints, greylisted, no_such_user, put_off;
};

ReceiverKind read_receiver_kind(const std::string& path);
std::vector<std::string> shipped_receiver_kinds();  // their names, in order

struct ListQuality {
  std::string name;
  double gone = 0;       // share of the recipients that no longer exist
  double complains = 0;  // share of what reached the inbox that is called spam
};
const std::vector<ListQuality>& list_qualities();  // clean, ordinary, dirty

}  // namespace mta::simulate
