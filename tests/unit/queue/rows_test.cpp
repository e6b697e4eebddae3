// Ids, keys and rows: their text, their order, their bytes.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "queue/keys.h"
#include "queue/message.h"
#include "queue/queue.h"
#include "queue/totals.h"

namespace queue {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t fuzz_seed = 20261121;

Instant at(std::int64_t milliseconds) { return Instant{Duration{milliseconds}}; }

QueueKey line_of(std::string pool, std::string provider = "", std::string mail_class = "", std::string bound_to = "") {
  return {QueueKind::routed, std::move(pool), std::move(provider), std::move(mail_class), "", std::move(bound_to)};
}

Message some_message() {
  Message message;
  message.id = {0x0193'4f2a'77c1'0003ULL};
  message.accepted = at(1'764'000'000'123);
  message.sender = "news@example.org";
  message.size = 51'000'000'000ULL;
  message.chunks = 390;
  message.prefix = "DKIM-Signature: v=1; a=rsa-sha256;\r\n\tb=abc\r\n";
  message.signed_at = at(1'764'000'000'124);
  message.signed_with = "example.org/s1,example.org/e1";
  message.eight_bit = true;
  message.smtputf8 = true;
  message.ret = Return::headers;
  message.envid = std::string("QQ314159\0+00", 12);
  message.mail_class = "bulk";
  message.pool = "default";
  message.client = "192.0.2.7";
  message.user = "app";
  message.from_domain = "example.org";
  message.message_id = "<1@example.org>";
  message.recipients = 3;
  return message;
}

Recipient some_recipient() {
  Recipient recipient;
  recipient.address = "user@example.net";
  recipient.orcpt = "rfc822;user@example.net";
  recipient.notify = notify::success | notify::failure | notify::delay;
  recipient.attempts = 7;
  recipient.backoff_used = 20h;
  recipient.greylist_delay = 5min;
  recipient.bound_source = "a";
  recipient.bound_mx = "mx1.example.net";
  recipient.bound_at = at(1'764'000'000'000);
  recipient.warned = true;
  recipient.fate = Fate::expired;
  recipient.queue = line_of("default", "other:example.net", "bulk").encode();
  recipient.due = at(1'764'000'900'000);
  recipient.last = {"greylisted", 450, "4.7.1", "try again in 300 seconds", "mx1.example.net", "a", at(1'764'000'000'001)};
  recipient.limited = {{"a", at(1'764'000'000'000)}, {"b", at(1'764'000'000'007)}};
  return recipient;
}

QueueRecord some_record() {
  return {1'000'000,
          at(-5),
          64min,
          at(1'764'000'000'000),
          at(1'763'000'000'000),
          at(1'763'500'000'000),
          "connect: refused",
          "mx1.example.net",
          at(1'764'000'000'002)};
}

// ---- ids

TEST(MessageIds, AreThirteenCharactersOfCrockfordBase32) {
  EXPECT_EQ(MessageId{0}.text(), "0000000000000");
  EXPECT_EQ(MessageId{31}.text(), "000000000000Z");
  EXPECT_EQ(MessageId{UINT64_MAX}.text(), "FZZZZZZZZZZZZ");
}

TEST(MessageIds, SortAsTextAndAsKeysAsTheyDoAsNumbers) {
  std::mt19937_64 random(fuzz_seed);
  std::vector<MessageId> ids{{0}, {1}, {UINT64_MAX}, {1ULL << 63U}, {(1ULL << 63U) - 1}};
  for (int i = 0; i < 2'000; ++i) ids.push_back({random() >> (random() % 60)});
  std::sort(ids.begin(), ids.end());
  for (std::size_t i = 1; i < ids.size(); ++i) {
    if (ids[i - 1] == ids[i]) continue;
    EXPECT_LT(ids[i - 1].text(), ids[i].text());
    EXPECT_LT(message_key(ids[i - 1]), message_key(ids[i]));
    EXPECT_LT(recipient_key({ids[i - 1], UINT32_MAX}), message_key(ids[i])) << "rows of a message end before the next message's";
  }
}

TEST(MessageIds, AreReadBackAlsoAsPeopleTypeThem) {
  const MessageId id{0x0193'4f2a'77c1'0003ULL};
  EXPECT_EQ(MessageId::parse(id.text()), id);
  EXPECT_EQ(MessageId::parse("fzzzzzzzzzzzz"), MessageId{UINT64_MAX});
  EXPECT_EQ(MessageId::parse("OoIiLl0000000"), MessageId::parse("0011110000000"));
}

TEST(MessageIds, RefuseWhatIsNone) {
  for (const auto* words :
       {"", "0", "000000000000", "00000000000000", "G000000000000", "00000000000U0", "000000 000000", "00000000000-0"}) {
    EXPECT_FALSE(MessageId::parse(words)) << words;
  }
}

TEST(RecipientIds, AreTheMessageASlashAndTheNumber) {
  const RecipientId recipient{*MessageId::parse("0A1B2C3D4E5F6"), 3};
  EXPECT_EQ(recipient.text(), "0A1B2C3D4E5F6/3");
  EXPECT_EQ(RecipientId::parse("0a1b2c3d4e5f6/3"), recipient);
  EXPECT_EQ(RecipientId::parse("0A1B2C3D4E5F6/4294967295")->number, UINT32_MAX);
  for (const auto* words : {"0A1B2C3D4E5F6", "0A1B2C3D4E5F6/", "0A1B2C3D4E5F6/03", "0A1B2C3D4E5F6/-1", "0A1B2C3D4E5F6/+1",
                            "0A1B2C3D4E5F6/ 1", "0A1B2C3D4E5F6/1/", "0A1B2C3D4E5F6/4294967296", "/1"}) {
    EXPECT_FALSE(RecipientId::parse(words)) << words;
  }
}

TEST(Instants, AreWrittenAsRfc3339WithMilliseconds) {
  using namespace std::chrono;
  EXPECT_EQ(rfc3339(sys_days{2026y / 11 / 21} + 9h), "2026-11-21T09:00:00.000Z");
  EXPECT_EQ(rfc3339(sys_days{2024y / 2 / 29} + 23h + 59min + 59s + 999ms), "2024-02-29T23:59:59.999Z");
  EXPECT_EQ(rfc3339(at(-1)), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(rfc3339(Instant::max()), "9999-12-31T23:59:59.999Z");
  EXPECT_EQ(rfc3339(Instant::min()), "0000-01-01T00:00:00.000Z");
}

// ---- keys

TEST(Keys, GiveBackWhatTheyWereMadeOf) {
  const MessageId id{77};
  EXPECT_EQ(decode_message_key(message_key(id)), id);
  EXPECT_EQ(decode_recipient_key(recipient_key({id, 9})), (RecipientId{id, 9}));
  EXPECT_EQ(decode_body_key(body_key(id, 4))->number, 4U);
  EXPECT_EQ(decode_event_key(event_key(1ULL << 40U)), 1ULL << 40U);
  EXPECT_FALSE(decode_message_key(body_key(id, 4)));
  EXPECT_FALSE(decode_recipient_key(message_key(id)));
}

TEST(Keys, TheRowsOfAMessageEndWhereTheNextMessageBegins) {
  EXPECT_LT(body_key({77}, UINT32_MAX), message_end({77}));
  EXPECT_LE(message_end({77}), body_key({78}, 0));
  EXPECT_LT(body_key({UINT64_MAX}, UINT32_MAX), message_end({UINT64_MAX}));
}

TEST(LineKeys, AreReadBackWithEveryFieldAndKind) {
  const QueueKey line{QueueKind::unrouted, "p", "example.org", "bulk", "mx1.example.org,mx2.example.org", "source-a"};
  EXPECT_EQ(QueueKey::decode(line.encode()), line);
  EXPECT_EQ(QueueKey::decode(QueueKey{}.encode()), QueueKey{});
  for (const auto kind : {QueueKind::routed, QueueKind::blocked, QueueKind::exempt, QueueKind::unrouted, QueueKind::returning}) {
    EXPECT_EQ(QueueKey::decode(QueueKey{kind, "p", "google", "bulk", "", ""}.encode())->kind, kind);
  }
  EXPECT_THROW((line_of(std::string(1, '\0')).encode()), std::invalid_argument);
}

TEST(LineKeys, RowsOfALineAreContiguousWhateverOtherLinesAreCalled) {
  const std::string line = line_of("p", "a").encode();
  const std::vector<std::string> others{line_of("p", "a0").encode(), line_of("p").encode(), line_of("p", "a", "", "x").encode(),
                                        QueueKey{QueueKind::unrouted, "p", "a", "", "", ""}.encode()};
  const std::string first = queue_row_key(line, {Instant::min(), {{0}, 0}});
  const std::string last = queue_row_key(line, {Instant::max(), {{UINT64_MAX}, UINT32_MAX}});
  EXPECT_LT(last, queue_row_end(line));
  for (const auto& other : others) {
    for (const auto& key :
         {queue_row_key(other, {Instant::min(), {{0}, 0}}), queue_row_key(other, {Instant::max(), {{UINT64_MAX}, 1}})}) {
      EXPECT_TRUE(key < first || key >= queue_row_end(line));
      EXPECT_FALSE(decode_queue_row(line, key));
    }
  }
}

TEST(LineKeys, RowsSortByDueThenMessageThenRecipient) {
  const std::string line = QueueKey{}.encode();
  const std::vector<QueueRow> rows{{at(-1), {{9}, 9}}, {at(0), {{0}, 0}},   {at(1), {{1}, 300}},
                                   {at(1), {{2}, 0}},  {at(1), {{2}, 256}}, {at(256), {{0}, 0}}};
  for (std::size_t i = 1; i < rows.size(); ++i) EXPECT_LT(queue_row_key(line, rows[i - 1]), queue_row_key(line, rows[i])) << i;
  for (const auto& row : rows) EXPECT_EQ(decode_queue_row(line, queue_row_key(line, row)), row);
}

TEST(WakeKeys, SortByInstantAndNameTheLine) {
  const std::string line = line_of("p").encode();
  EXPECT_LT(wake_key(at(1'000), "z"), wake_key(at(1'001), "a"));
  const auto wake = decode_wake(wake_key(at(1'000), line));
  ASSERT_TRUE(wake);
  EXPECT_EQ(wake->at, at(1'000));
  EXPECT_EQ(wake->queue, line);
  EXPECT_FALSE(decode_wake("1234567"));
}

// ---- rows

TEST(Rows, AreReadBackAsTheyWereWritten) {
  EXPECT_EQ(decode_message(some_message().id, encode(some_message())), some_message());
  EXPECT_EQ(decode_recipient(encode(some_recipient())), some_recipient());
  EXPECT_EQ(decode_queue_record(encode(some_record())), some_record());
  EXPECT_EQ(decode_message({}, encode(Message{})), Message{});
  EXPECT_EQ(decode_recipient(encode(Recipient{})), Recipient{});
}

TEST(Rows, CopiesThatWereNotAnsweredAreWrittenOnlyWhenThereAreSome) {
  Recipient recipient = some_recipient();
  const std::string without = encode(recipient);
  recipient.unanswered = 2;
  EXPECT_EQ(decode_recipient(encode(recipient)), recipient);
  EXPECT_EQ(decode_recipient(without)->unanswered, 0U) << "rows of an older version";
  EXPECT_FALSE(decode_recipient(without + std::string(1, '\0'))) << "one form only";
}

TEST(Rows, EveryTruncationAndEveryExtraOctetIsRefused) {
  for (const std::string& row : {encode(some_message()), encode(some_recipient()), encode(some_record())}) {
    for (std::size_t size = 0; size < row.size(); ++size) {
      const std::string cut = row.substr(0, size);
      EXPECT_FALSE(decode_message({1}, cut) || decode_recipient(cut) || decode_queue_record(cut)) << size;
    }
    EXPECT_FALSE(decode_message({1}, row + "x") || decode_recipient(row + "x") || decode_queue_record(row + "x"));
  }
}

TEST(Rows, ARecipientOfABeforeRateLimitsWereKeptIsReadAsItIs) {
  Recipient older = some_recipient();
  older.limited.clear();
  EXPECT_EQ(encode(older).front(), 0x21);
  EXPECT_EQ(decode_recipient(encode(older)), older);
  std::string none = encode(older);
  none.front() = 0x22;
  EXPECT_FALSE(decode_recipient(none)) << "no list behind";
  EXPECT_FALSE(decode_recipient(none + '\0')) << "an empty list has another form";
}

TEST(Rows, ALineRecordSaysWhoClosedItAndWhenItOpensOnlyWhereThatIsKnown) {
  QueueRecord record = some_record();
  record.said_by.clear();
  record.opens = {};
  EXPECT_EQ(encode(record).front(), 0x31) << "as older versions wrote it";
  EXPECT_EQ(decode_queue_record(encode(record)), record);
  std::string none = encode(record);
  none.front() = 0x32;
  EXPECT_FALSE(decode_queue_record(none)) << "nothing behind";
  EXPECT_FALSE(decode_queue_record(none + std::string(2, '\0'))) << "that has another form";
  record.opens = nobody_knows;
  EXPECT_EQ(decode_queue_record(encode(record)), record);
}

TEST(RateLimits, OfARecipientAreKnownForEachSourceAndForgottenAfterTwoDays) {
  Recipient recipient;
  const Instant day = at(1'764'000'000'000);
  note_rate_limit(recipient, "a", day);
  note_rate_limit(recipient, "b", day + 1h);
  EXPECT_TRUE(was_rate_limited(recipient, "a", day));
  EXPECT_FALSE(was_rate_limited(recipient, "a", day + 1ms)) << "that was the day before";
  EXPECT_FALSE(was_rate_limited(recipient, "c", day));
  note_rate_limit(recipient, "b", day + 50h);
  ASSERT_EQ(recipient.limited.size(), 1U);
  EXPECT_EQ(recipient.limited.front().source, "b");
  for (int n = 0; n < 100; ++n) note_rate_limit(recipient, "source " + std::to_string(n), day + 51h);
  EXPECT_EQ(decode_recipient(encode(recipient)), recipient) << "never more than a row may hold";
}

// Whatever decodes is an encoding: the bytes written back are the bytes read.
void expect_no_crash_and_no_other_form(const std::string& bytes) {
  if (const auto message = decode_message({1}, bytes)) {
    EXPECT_EQ(encode(*message), bytes);
  }
  if (const auto recipient = decode_recipient(bytes)) {
    EXPECT_EQ(encode(*recipient), bytes);
  }
  if (const auto record = decode_queue_record(bytes)) {
    EXPECT_EQ(encode(*record), bytes);
  }
  if (const auto line = QueueKey::decode(bytes)) {
    EXPECT_EQ(line->encode(), bytes);
  }
  if (const auto wake = decode_wake(bytes)) {
    EXPECT_EQ(wake_key(wake->at, wake->queue), bytes);
  }
  if (const auto row = decode_queue_row(bytes.substr(0, bytes.size() / 2), bytes)) {
    EXPECT_EQ(queue_row_key(bytes.substr(0, bytes.size() / 2), *row), bytes);
  }
}

TEST(Rows, RandomBytesNeverCrashADecoder) {
  std::mt19937_64 random(fuzz_seed);
  for (int i = 0; i < 50'000; ++i) {
    std::string bytes(random() % 90, '\1');
    for (std::size_t at = i % 2; at < bytes.size(); ++at) bytes[at] = static_cast<char>(random() % (i % 3 == 0 ? 256 : 4));
    expect_no_crash_and_no_other_form(bytes);
  }
}

TEST(Rows, ChangedOctetsNeverCrashADecoderAndNeverGiveASecondFormOfARow) {
  std::mt19937_64 random(fuzz_seed);
  const std::vector<std::string> rows{encode(some_message()), encode(some_recipient()), encode(some_record()),
                                      some_recipient().queue};
  for (int i = 0; i < 50'000; ++i) {
    std::string bytes = rows[random() % rows.size()];
    for (int changes = 1 + i % 4; changes > 0; --changes) bytes[random() % bytes.size()] = static_cast<char>(random());
    expect_no_crash_and_no_other_form(bytes);
  }
}

TEST(TotalsRow, IsReadAsItWasWrittenAndNothingElseIs) {
  const Totals totals{7, 12, 51'000'000'000ULL};
  EXPECT_EQ(encode(totals), "7 12 51000000000");
  EXPECT_EQ(decode_totals(encode(totals)), totals);
  for (const char* row :
       {"", "7", "7 12", "7 12 ", "7 12 5 ", " 7 12 5", "7  12 5", "7 12 -5", "7 12 5x", "99999999999999999999 1 1"})
    EXPECT_FALSE(decode_totals(row)) << row;
}

}  // namespace
}  // namespace queue
