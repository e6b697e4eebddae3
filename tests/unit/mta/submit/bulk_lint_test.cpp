// What bulk mail lacks is named with its cure, and what is right is never taken for a fault.
#include "mta/submit/bulk_lint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mta/submit/message_id_tally.h"
#include "tests/unit/mta/submit/post_office.h"

namespace mta {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::string from = "From: News <a@news.example.com>\r\n", date = "Date: Mon, 5 Jan 2026 00:00:00 +0000\r\n",
                  id = "Message-ID: <1@example.com>\r\n", list = "List-Unsubscribe: <https://example.com/u?1>\r\n",
                  post = "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n", feedback = "Feedback-ID: c:x:news:example\r\n";

std::string faults(const std::string& header, bool has_key = true, bool completed = false, std::uint32_t uses = 0) {
  smtp::HeaderSection section;
  section.add(header + "\r\n");
  return find_bulk_faults({section.fields(), completed, has_key, uses});
}

TEST(BulkLint, WhatIsWholeHasNoFaultHoweverItIsWritten) {
  const std::string rest = from + date + id + feedback + post;
  EXPECT_EQ(faults(rest + list), "");
  for (const char* other :
       {"<mailto:u@example.com>, <https://example.com/u>", "<https://example.com/u>,\r\n <mailto:u@example.com?subject=x>",
        "(one click) <HTTPS://example.com/u> (or \\) <https://none>)", "\r\n <https://example.com/\r\n\tu>",
        "<https://example.com/(u)>, <http://example.com/u>",
        "<https://b\xC3\xBC"
        "cher.example/u>"})
    EXPECT_EQ(faults(rest + "LIST-unsubscribe: " + other + "\r\n"), "") << other;
  EXPECT_EQ(faults(from + date + feedback + list + "list-unsubscribe-post:\r\n list-unsubscribe=one-click (RFC 8058)\r\n" + id),
            "");
  EXPECT_EQ(faults(date + list + post + feedback +
                   "message-id: (x) <\"a b\"@[192.0.2.1]>\r\nfrom: J\xC3\xBC <a@example.com> (x@y.z)\r\n"),
            "");
}

TEST(BulkLint, EachFieldThatIsMissingIsNamedWithItsCure) {
  EXPECT_EQ(faults(from + date + id + feedback + post), "List-Unsubscribe is missing: add one with <https://...>");
  EXPECT_EQ(faults(from + date + id + feedback + list), "List-Unsubscribe-Post is missing: add List-Unsubscribe=One-Click");
  EXPECT_EQ(faults(from + date + id + list + post), "Feedback-ID is missing: add campaign:customer:kind:sender");
  EXPECT_EQ(faults(from + id + feedback + list + post), "Date is missing: add one");
  EXPECT_EQ(faults(from + date + feedback + list + post), "Message-ID is missing: add one");
  EXPECT_EQ(faults(date + id + feedback + list + post), "From names no address with a domain: write one");
  EXPECT_EQ(faults(from + feedback + list + post, true, true), "") << "a submission is completed";
  EXPECT_EQ(faults(from), faults(from + "Date: \r\nFeedback-ID:\r\n")) << "a field without content is none";
}

TEST(BulkLint, OneClickNeedsExactlyOneHttpsUri) {
  const std::string rest = from + date + id + feedback + post;
  const std::string none = "List-Unsubscribe names no https URI: add <https://...>";
  EXPECT_EQ(faults(rest + "List-Unsubscribe: <mailto:u@example.com>\r\n"), none);
  EXPECT_EQ(faults(rest + "List-Unsubscribe: <http://example.com/u>\r\n"), none);
  EXPECT_EQ(faults(rest + "List-Unsubscribe: https://example.com/u\r\n"), none) << "RFC 2369 wants angle brackets";
  EXPECT_EQ(faults(rest + "List-Unsubscribe: <mailto:u@example.com> (<https://example.com/u>)\r\n"), none);
  EXPECT_EQ(faults(rest + "List-Unsubscribe: <https://a.test/u>, <https://b.test/u>\r\n"),
            "List-Unsubscribe names more than one https URI: keep one");
  EXPECT_EQ(faults(rest + list + list), "List-Unsubscribe stands more than once: keep one");
  EXPECT_THAT(faults(from + date + id + feedback + list + "List-Unsubscribe-Post: yes\r\n"),
              HasSubstr("write List-Unsubscribe=One-Click"));
}

TEST(BulkLint, ASignatureHasToAlignAndToCoverBothFields) {
  const std::string rest = from + date + id + feedback + post + list;
  const auto brought = [&](const std::string& tags) {
    return faults("DKIM-Signature: v=1; " + tags + "; b=x\r\n" + rest, false);
  };
  EXPECT_EQ(faults(rest, false), "no DKIM signature aligns with From: add a [[dkim.key]] for its domain");
  EXPECT_THAT(brought("d=elsewhere.net; h=from:list-unsubscribe:list-unsubscribe-post"), StartsWith("no DKIM signature aligns"));
  EXPECT_EQ(brought("d=example.com; h=From:List-Unsubscribe\r\n\t:List-Unsubscribe-Post"), "");
  EXPECT_EQ(brought("d=mail.example.com; h=from:list-unsubscribe:list-unsubscribe-post"), "") << "relaxed alignment";
  EXPECT_THAT(brought("d=example.com; h=from:list-unsubscribe"), HasSubstr("does not cover both List-Unsubscribe fields"));
}

TEST(BulkLint, OneAuthorAndAMessageIdOfItsOwn) {
  const std::string rest = date + feedback + list + post;
  EXPECT_EQ(faults(rest + id + from + from), "From stands more than once: keep one");
  EXPECT_EQ(faults(rest + id + "From: a@example.com, b@example.com\r\n"), "From names more than one address: write one");
  for (const char* bad : {"1@example.com", "<1>", "<@example.com>", "<1@>", "<1@a> <2@b>", "<1@a", "x"})
    EXPECT_EQ(faults(rest + from + "Message-ID: " + bad + "\r\n"), "Message-ID is not <something@domain>: write one that is")
        << bad;
  EXPECT_EQ(faults(rest + from + id, true, false, most_uses_of_message_id - 1), "");
  EXPECT_EQ(faults(rest + from + id, true, false, most_uses_of_message_id),
            "Message-ID was used by more than 100 messages today: give each its own");
}

TEST(BulkLint, TransactionalMailIsNotLookedAtNorClassesWithAReserve) {
  conf::Config config;
  config.classes = {
      {.name = "transactional", .reserve = 0}, {.name = "bulk"}, {.name = "alerts", .reserve = 0.1}, {.name = "news"}};
  EXPECT_FALSE(is_bulk(config, "transactional"));
  EXPECT_FALSE(is_bulk(config, "alerts"));
  EXPECT_TRUE(is_bulk(config, "bulk"));
  EXPECT_TRUE(is_bulk(config, "news"));
}

TEST(BulkLint, IsToldOnceADomainAndDayAndNothingIsRewritten) {
  PostOffice context;
  auto client = context.greeted();
  const std::string bulk = "List-Id: <n.example.com>\r\n" + small_mail;
  for (int n = 0; n < 3; ++n) EXPECT_THAT(client.mail(bulk), StartsWith("250"));
  EXPECT_THAT(client.mail(small_mail), StartsWith("250")) << "transactional";
  EXPECT_THAT(context.spool.letters.at(0).content, ::testing::EndsWith(bulk)) << "octet by octet";
  ASSERT_EQ(context.lacking_bulk.size(), 1U);
  EXPECT_EQ(context.lacking_bulk[0].domain, "example.com");
  EXPECT_THAT(context.lacking_bulk[0].reason, StartsWith("List-Unsubscribe is missing"));
  context.world.loop.pass(std::chrono::hours(23));
  context.greeted().mail(bulk);
  EXPECT_EQ(context.lacking_bulk.size(), 1U);
  context.world.loop.pass(std::chrono::hours(1));
  context.greeted().mail(bulk);
  EXPECT_EQ(context.lacking_bulk.size(), 2U);
  const auto rows = context.submission.context().bulk_domains.rows(context.world.calendar.wall());
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].messages, 5U);
}

TEST(BulkLint, RefuseNamesWhatIsMissingAndOffDoesNotLook) {
  PostOffice strict([](conf::Config& config) { config.lacking.bulk_lint = conf::BulkLint::refuse; });
  const std::string bulk = "List-Id: <n.example.com>\r\n" + small_mail, reply = strict.greeted().mail(bulk);
  EXPECT_THAT(
      reply,
      StartsWith("550 5.7.1 bulk mail without what mailbox providers ask for is refused here: List-Unsubscribe is missing: "));
  EXPECT_THAT(reply, HasSubstr("Feedback-ID is missing: add"));
  EXPECT_LE(reply.size(), 510U) << "RFC 5321 section 4.5.3.1.5";
  EXPECT_THAT(strict.greeted().mail(small_mail), StartsWith("250")) << "transactional";
  EXPECT_TRUE(strict.lacking_bulk.empty());
  PostOffice silent([](conf::Config& config) { config.lacking.bulk_lint = conf::BulkLint::off; });
  EXPECT_THAT(silent.greeted().mail(bulk), StartsWith("250"));
  EXPECT_TRUE(silent.lacking_bulk.empty());
}

TEST(MessageIdTally, CountsByTheDayAndNeverTooMuch) {
  MessageIdTally tally;
  const Instant noon{std::chrono::sys_days(std::chrono::year(2026) / 11 / 21) + std::chrono::hours(12)};
  for (int n = 0; n < 3; ++n) tally.note("<1@a>", noon);
  tally.note("", noon);
  EXPECT_EQ(tally.uses("<1@a>", noon), 3U);
  EXPECT_EQ(tally.uses("<2@a>", noon), 0U);
  EXPECT_EQ(tally.uses("", noon), 0U);
  EXPECT_EQ(tally.uses("<1@a>", noon + std::chrono::hours(12)), 0U) << "the next day";
  for (std::size_t n = 0; n < MessageIdTally::most; ++n) tally.note(std::to_string(n), noon);
  EXPECT_EQ(tally.uses("<1@a>", noon), 2U) << "an id that found no place takes one from each";
}

}  // namespace
}  // namespace mta
