// What is known of unsigned and of bulk mail outlives the process, and stays small.
#include "mta/daemon/mark_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "mta/control/api.h"
#include "tests/sim/town.h"

namespace mta::sim {
namespace {

using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

class MarkBookTest : public testing::Test {
 protected:
  using Rows = std::vector<MarkBook::Row>;
  static MarkBook::Row row(const std::string& domain, std::uint64_t messages, Instant since, Instant last) {
    return {domain, "no DKIM key is configured for " + domain, messages, since, last};
  }
  void run_with(const Rows& of_this_run, Instant now) {  // a process that ends then
    MarkBook book(*store, "unsigned");
    queue::Batch batch;
    book.put(book.rows(of_this_run, now), batch);
    store->write(batch);
  }
  Rows known(Instant now) const { return MarkBook(*store, "unsigned").rows({}, now); }

  Instant noon{std::chrono::sys_days(std::chrono::year(2026) / 11 / 21) + 12h};
  SimDisk disk{5};
  std::shared_ptr<queue::Store> store = queue::Store::open("/spool", {.env = disk.env()});
};

TEST_F(MarkBookTest, RunsAddUp) {
  run_with({row("a.test", 3, noon, noon + 1h)}, noon + 2h);
  run_with({row("a.test", 2, noon + 3h, noon + 4h), row("b.test", 1, noon + 3h, noon + 3h)}, noon + 4h);
  const Rows rows = known(noon + 5h);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].domain, "a.test");
  EXPECT_EQ(rows[0].messages, 5U);
  EXPECT_EQ(rows[0].since, noon);
  EXPECT_EQ(rows[0].last, noon + 4h);
}

TEST_F(MarkBookTest, ADomainIsForgottenADayAfterItsLastMessage) {
  run_with({row("a.test", 3, noon, noon)}, noon);
  EXPECT_EQ(known(noon + 23h).size(), 1U);
  EXPECT_TRUE(known(noon + 24h).empty());
  run_with({}, noon + 24h);
  EXPECT_FALSE(store->scan(queue::Family::meta, "unsigned/", "unsigned0").valid()) << "nor is its row kept";
}

TEST_F(MarkBookTest, ItStaysBoundedOverRuns) {
  for (int run = 0; run < 3; ++run) {
    Rows rows;
    for (std::size_t n = 0; n < MarkedDomains::most; ++n)
      rows.push_back(row(std::to_string(run) + "-" + std::to_string(n), 1, noon, noon));
    run_with(rows, noon);
  }
  const Rows rows = known(noon);
  EXPECT_LE(rows.size(), MarkedDomains::most + 1);
  std::uint64_t messages = 0;
  for (const auto& each : rows) messages += each.messages;
  EXPECT_EQ(messages, 3 * MarkedDomains::most);
}

TEST_F(MarkBookTest, TheCureIsAKeyOnlyForADomainThatCanHaveOne) {
  EXPECT_THAT(unsigned_cure("example.com"), HasSubstr("add a [[dkim.key]]"));
  for (const char* domain : {"", "no domain", "\xe2\x80\xaekey.test", "-.test", "[192.0.2.1]"}) {
    EXPECT_THAT(unsigned_cure(domain), Not(HasSubstr("[[dkim.key]]"))) << domain;
    EXPECT_THAT(unsigned_cure(domain), HasSubstr("write one address with a domain in From")) << domain;
  }
}

TEST_F(MarkBookTest, EachKindHasRowsOfItsOwn) {
  run_with({row("a.test", 3, noon, noon)}, noon);
  EXPECT_TRUE(MarkBook(*store, "lint").rows({}, noon).empty());
}

TEST(LackingMail, IsInStatusAfterAStop) {
  Town town{seed_from_env_or(134)};
  town.receiver("gmail.test");
  auto& out = town.mta();
  Mail bulk = to("gmail.test");
  bulk.headers = "List-Id: <news.sender.test>\r\n";
  out.submit(7, bulk);
  out.submit(2, to("gmail.test"));
  town.pass(2h);
  out.stop();
  out.start();
  const auto rows = out.server().lacking_domains();
  ASSERT_EQ(rows.size(), 1U) << town.story();
  EXPECT_EQ(rows[0].messages, 7U) << "transactional mail is not looked at";
  EXPECT_THAT(rows[0].reason, HasSubstr("List-Unsubscribe is missing"));
}

TEST(UnsignedMail, IsInStatusAfterAStopAndAfterACrash) {
  Town town{seed_from_env_or(133)};
  town.receiver("gmail.test");
  auto& out = town.mta();
  const auto messages = [&] {
    Api api({out.server(), [] { return std::vector<std::string>{}; }});
    const auto reply = town.world().loop.run(api.handle({"GET", "/api/v1/status", {}, ""}));
    const auto status = boost::json::parse(reply.body);
    std::uint64_t sum = 0;
    for (const auto& each : status.at("unsigned").as_array()) sum += each.at("messages").to_number<std::uint64_t>();
    return sum;
  };
  out.submit(7, to("gmail.test"));
  town.pass(30min);
  ASSERT_EQ(messages(), 7U) << town.story();
  out.stop();
  out.start();
  EXPECT_EQ(messages(), 7U);
  out.submit(2, to("gmail.test"));
  town.pass(2h);
  EXPECT_EQ(messages(), 9U);
  out.crash_and_restart();  // and the power is gone: a count that was not synced may be, the domain is not
  EXPECT_GE(messages(), 8U);
  town.pass(25h);
  EXPECT_EQ(messages(), 0U);
}

}  // namespace
}  // namespace mta::sim
