// Urgent mail behind a backlog of mass mail, at the size of an application day: WARMUP.md §5.
#include <gtest/gtest.h>

#include "days.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t waiting = 50'000, per_message = 100, urgent = 1000;
constexpr std::uint64_t cap = 4000;

Mail newsletter(std::size_t number) {
  Mail mail;
  mail.headers = "List-Id: <news.sender.test>\r\n";
  mail.bytes = 10;
  for (std::size_t i = 0; i < per_message; ++i)
    mail.recipients.push_back("reader" + std::to_string(number * per_message + i) + "@gmail.test");
  return mail;
}

// What a receiver got so far, by class.
class Left {
 public:
  explicit Left(const Receiver& receiver) : receiver_(receiver) {}
  std::size_t urgent() { return count().urgent_; }
  std::size_t bulk() { return count().bulk_; }

 private:
  Left& count() {
    for (; seen_ < receiver_.copies().size(); ++seen_) {
      const bool mass = !receiver_.copies()[seen_].letter->header("List-Id").empty();
      ++(mass ? bulk_ : urgent_);
    }
    return *this;
  }
  const Receiver& receiver_;
  std::size_t seen_ = 0, urgent_ = 0, bulk_ = 0;
};

TEST(Backlog, AThousandUrgentOnesBehindFiftyThousandLeaveFirstWithinTheReserveAndBulkStillMoves) {
  Town town{seed_from_env_or(61)};
  auto& gmail = town.receiver("gmail.test");
  auto plan = plan_of(cap, 1.2, 50'000);  // 30 % of it are kept for transactional mail: 1,200
  plan.hourly = 0.5;
  auto& out = town.mta({.plan = plan});
  for (std::size_t i = 0; i < waiting / per_message; ++i) out.submit(newsletter(i));
  town.pass(10h);
  Left left(gmail);
  const auto bulk_before = left.bulk();
  EXPECT_EQ(left.urgent(), 0U);
  EXPECT_GT(bulk_before, 1000U);
  EXPECT_LE(bulk_before, cap - 1200 * 13 / 24) << "the share of the others, released over the day";
  ASSERT_EQ(out.waiting(), waiting - bulk_before);

  Mail each = to("gmail.test");
  each.bytes = 10;
  out.submit(urgent, each);
  ASSERT_TRUE(town.pass_until([&] { return left.urgent() == urgent; }, 1h)) << town.story();
  EXPECT_LE(left.bulk() - bulk_before, 3 * per_message) << "who was in conversation may finish";
  const auto bulk_then = left.bulk();
  town.pass(5h);  // bulk was ahead of the pace that 3,000 instead of 4,000 have, for three hours
  EXPECT_GT(left.bulk(), bulk_then + 100);
  town.pass(24h - (town.now() - world_began) - 1min);
  EXPECT_EQ(left.urgent(), urgent);
  EXPECT_EQ(left.urgent() + left.bulk(), cap) << "what they did not need goes to the others";
  EXPECT_TRUE(town.every_recipient_is_somewhere_exactly_once());
}

}  // namespace
}  // namespace mta::sim
