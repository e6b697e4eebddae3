// Queues that want something of a ledger, in the order of their claims.
#include "mta/scheduler/turns.h"

#include <gtest/gtest.h>

namespace mta {
namespace {

using namespace std::chrono_literals;

const LaneKey total{"ip-1", "other:"};
const Instant opening = Instant(1'000'000h);

TicketGroup group_of_bulk(Wants wants = Wants::permit) { return {total, wants, "bulk", false, false}; }

struct Room {
  Turns turns;
  std::map<std::string, double> had;

  void enter(const std::string& queue, double so_many, Wants wants = Wants::permit) {
    had[queue] = so_many;
    warmup::Claim claim;
    claim.had = so_many;
    turns.enter(group_of_bulk(wants), {queue, {"ip-1", "other:" + queue}, claim});
  }
  std::string first(Wants wants = Wants::permit) {
    const Ticket* found = turns.first(group_of_bulk(wants), [this](const TicketGroup&, const Ticket& ticket) {
      auto claim = ticket.claim;
      const auto now = had.find(ticket.queue);
      if (now == had.end()) return std::optional<warmup::Claim>();
      claim.had = now->second;
      claim.reserved = claim.needs_use = false;
      return std::optional(claim);
    });
    return found == nullptr ? "" : found->queue;
  }
};

TEST(Turns, TheFirstIsTheOneThatHadLeastAsItIsNow) {
  Room room;
  room.enter("a", 1);
  room.enter("b", 2);
  room.enter("c", 3);
  EXPECT_EQ(room.first(), "a");
  room.had["a"] = 4;
  EXPECT_EQ(room.first(), "b");
  room.turns.leave("b");
  EXPECT_EQ(room.first(), "c");
}

TEST(Turns, ATicketThatStandsForNothingIsGone) {
  Room room;
  room.enter("a", 1);
  room.had.erase("a");
  EXPECT_EQ(room.first(), "");
  EXPECT_TRUE(room.turns.empty());
}

TEST(Turns, ACrowdThatIsHeldHasNoTurnUntilThenUnlessSomethingIsGrantedOrSettles) {
  Room room;
  room.enter("a", 1);
  room.turns.hold(group_of_bulk(), opening + 1h, false);
  EXPECT_TRUE(room.turns.groups(total, Wants::permit, opening).empty());
  room.turns.settled(total, opening, false);
  EXPECT_TRUE(room.turns.groups(total, Wants::permit, opening).empty());
  room.turns.open(total, "transactional", opening);
  EXPECT_TRUE(room.turns.groups(total, Wants::permit, opening).empty());
  room.turns.open(total, "bulk", opening);
  EXPECT_EQ(room.turns.groups(total, Wants::permit, opening).size(), 1U);
  room.turns.hold(group_of_bulk(), opening + 1h, true);
  room.turns.settled(total, opening, false);
  EXPECT_EQ(room.turns.groups(total, Wants::permit, opening).size(), 1U);
  EXPECT_EQ(room.turns.groups(total, Wants::permit, opening + 1h).size(), 1U);
}

TEST(Turns, WhenADayEndsNobodyHadAnything) {
  Room room;
  room.enter("a", 9);
  room.enter("b", 5);
  room.had = {{"a", 0}, {"b", 1}};
  EXPECT_EQ(room.first(), "b") << "as it was told";
  room.turns.new_day(total);
  EXPECT_EQ(room.first(), "a");
}

TEST(Turns, WhenThereAreTooManyTheWeakestMakesWay) {
  Room room;
  for (std::size_t i = 0; i < Turns::most_tickets; ++i) room.enter("q" + std::to_string(i), 5);
  room.enter("weak", 6);
  EXPECT_EQ(room.turns.count(total, Wants::permit), Turns::most_tickets);
  room.enter("strong", 4);
  EXPECT_EQ(room.turns.count(total, Wants::permit), Turns::most_tickets);
  EXPECT_EQ(room.first(), "strong");
}

TEST(Turns, CrowdsOfOneLedgerAreNotThoseOfAnother) {
  Room room;
  room.enter("a", 1);
  EXPECT_EQ(room.turns.count({"ip-1", "google"}, Wants::permit), 0U);
  EXPECT_EQ(room.turns.count(total, Wants::turn), 0U);
  EXPECT_EQ(room.turns.count(total, Wants::permit), 1U);
}

}  // namespace
}  // namespace mta
