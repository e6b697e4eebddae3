// mta/simulate/receiver_memory.h — a mailbox provider that remembers the addresses and domains that send to it.
//
// What      Answers attempts by the parameters of its kind: a quota from the volume that was wanted on the last 7 and 30 days, refusals
//           that are knocked at, blocks after jumps, a junk folder, complaints and unknown users that cost trust.
// Units     Recipients; its days last 24 hours from `start`.
// Promise   One mechanism for every kind, used by `simulate` and by the town's servers. The same seed and the same attempts give the same
//           answers. An answer sums to at most the attempt's recipients.
// Errors    None: every attempt has an answer. REQUIRES: time does not go back.
// Source    receiver_kind.h, conf/receivers/.
// Not here  the parameters (receiver_kind.h), receivers without memory of this sort (models.h).
#pragma once

#include <deque>
#include <map>

#include "mta/simulate/random.h"
#include "mta/simulate/receiver.h"
#include "mta/simulate/receiver_kind.h"
#include "warmup/hour.h"

namespace mta::simulate {

class ReceiverMemory final : public Receiver {
 public:
  ReceiverMemory(ReceiverKind, ListQuality, Instant start, std::uint64_t seed);
  ReceiverMemory(const ReceiverMemory&) = delete;  // answers refer to its texts
  ReceiverMemory& operator=(const ReceiverMemory&) = delete;
  std::vector<SimulatedReply> answer(const Attempt&) override;

 private:
  struct RememberedDay {
    Recipients offered = 0, taken = 0, wanted = 0, unknown = 0, inbox = 0, complaints = 0;
  };
  struct RememberedSender {          // an address of ours, or a From domain
    std::deque<RememberedDay> past;  // the latest first, 30 at most
    RememberedDay today;
    Instant day_ends{};
    double trust = 1, good_days = 0;
    Recipients ever = 0;
    warmup::Hour hour;
    Instant quiet_until{}, blocked_until{};
    const ToldReply* quiet_because = nullptr;
    unsigned strikes = 0;  // refusals for volume on the same or the previous day
    bool struck_today = false;
  };
  struct SendingParties {
    RememberedSender& address;
    RememberedSender* domain = nullptr;  // empty when the kind does not count by domain, or the mail names none
  };
  struct RoomToday {  // for how many, and what the others are told
    Recipients recipients = 0;
    const ToldReply* refusal = nullptr;
    RememberedSender* refused = nullptr;  // whose quiet time begins; set when there is a refusal
  };
  using RememberedSenders = std::map<std::string, RememberedSender, std::less<>>;

  RememberedSender& sender_named(RememberedSenders&, std::string_view name, Instant now);
  void pass_days(RememberedSender&, Instant now) const;
  void end_day(RememberedSender&) const;
  void judge(RememberedSender&, const QualityBound&, double share) const;
  double quota(const RememberedSender&, Recipients stranger) const;
  std::optional<SimulatedReply> turn_away(const SendingParties&, const Attempt&) const;
  std::optional<SimulatedReply> greylist(const RememberedSender&, const Attempt&) const;
  std::optional<SimulatedReply> block_jump(RememberedSender&, const Attempt&) const;
  RoomToday room_for(const SendingParties&, const Attempt&) const;
  void strike(RememberedSender&, const ToldReply*, Instant now) const;
  std::vector<SimulatedReply> take(const SendingParties&, const Attempt&, const RoomToday&);
  Recipients draw_junk(const RememberedSender&, Recipients taken);

  const ReceiverKind kind_;
  const ListQuality list_;
  const Instant start_;
  Random luck_;
  RememberedSenders addresses_, domains_;
};

}  // namespace mta::simulate
