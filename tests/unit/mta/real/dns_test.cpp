// Reading answers: what they say, what they leave open, and octets that are no answer at all.
#include <gtest/gtest.h>

#include <random>

#include "mta/real/dns_cache.h"
#include "mta/real/dns_message.h"

namespace mta::real {
namespace {

using namespace std::chrono_literals;
using Octets = std::vector<std::uint8_t>;

// Writes a message, without compression unless a pointer is asked for.
class Message {
 public:
  Message(const std::string& name, RecordType type, unsigned rcode = 0, unsigned flags = 0x8180) {
    for (const unsigned word : {0x1234U, flags | rcode, 1U, 0U, 0U, 0U}) u16(word);
    this->name(name);
    u16(dns_type(type));
    u16(1);
  }
  Message& row(const std::string& owner, unsigned type, std::uint32_t ttl, const Octets& data) {
    name(owner);
    u16(type);
    u16(1);
    u16(ttl >> 16U);
    u16(ttl & 0xffffU);
    u16(static_cast<unsigned>(data.size()));
    octets.insert(octets.end(), data.begin(), data.end());
    return *this;
  }
  Message& answer(const std::string& owner, unsigned type, std::uint32_t ttl, const Octets& data) {
    ++octets[7];
    return row(owner, type, ttl, data);
  }
  Message& soa(std::uint32_t ttl, std::uint32_t minimum) {
    ++octets[9];
    Octets data = wire("ns.test"), mail = wire("root.test");
    data.insert(data.end(), mail.begin(), mail.end());
    for (const std::uint32_t word : {1U, 2U, 3U, 4U, minimum}) {
      for (int shift = 24; shift >= 0; shift -= 8)
        data.push_back(static_cast<std::uint8_t>(word >> static_cast<unsigned>(shift)));
    }
    return row("test", 6, ttl, data);
  }
  static Octets wire(const std::string& name) {
    Octets result;
    std::size_t at = 0;
    while (at < name.size()) {
      const auto dot = std::min(name.find('.', at), name.size());
      result.push_back(static_cast<std::uint8_t>(dot - at));
      result.insert(result.end(), name.begin() + static_cast<std::ptrdiff_t>(at),
                    name.begin() + static_cast<std::ptrdiff_t>(dot));
      at = dot + 1;
    }
    result.push_back(0);
    return result;
  }
  Octets octets;

 private:
  void u16(unsigned value) {
    octets.push_back(static_cast<std::uint8_t>(value >> 8U));
    octets.push_back(static_cast<std::uint8_t>(value));
  }
  void name(const std::string& text) {
    const Octets encoded = wire(text);
    octets.insert(octets.end(), encoded.begin(), encoded.end());
  }
};

Octets mx(unsigned preference, const std::string& host) {
  Octets data = Message::wire(host);
  data.insert(data.begin(), {0, static_cast<std::uint8_t>(preference)});
  return data;
}

TEST(DnsReplies, MxHostsComeWithPreferenceAndTheLeastTtl) {
  Message message("Example.TEST", RecordType::mx);
  message.answer("example.test", 15, 300, mx(20, "b.example.test")).answer("example.test", 15, 60, mx(10, "A.example.test"));
  const auto reply = read_dns_reply(message.octets, "example.test.", RecordType::mx);
  ASSERT_EQ(reply.outcome, DnsOutcome::records) << reply.detail;
  ASSERT_EQ(reply.records.size(), 2U);
  EXPECT_EQ(reply.records[0].preference, 20);
  EXPECT_EQ(reply.records[1].value, "a.example.test");
  EXPECT_EQ(reply.ttl, 60s);
  EXPECT_FALSE(reply.authentic);
}

TEST(DnsReplies, NullMxIsTheRoot) {
  Message message("example.test", RecordType::mx);
  message.answer("example.test", 15, 300, mx(0, ""));
  const auto reply = read_dns_reply(message.octets, "example.test", RecordType::mx);
  ASSERT_EQ(reply.records.size(), 1U);
  EXPECT_EQ(reply.records[0].value, "");
}

TEST(DnsReplies, ALabelOfOneNulIsNotTheRoot) {
  Message message("example.test", RecordType::mx);
  std::vector<std::uint8_t> record = mx(10, "");
  record.insert(record.end() - 1, {1, 0, 4, 't', 'e', 's', 't'});
  message.answer("example.test", 15, 300, record);
  EXPECT_EQ(read_dns_reply(message.octets, "example.test", RecordType::mx).outcome, DnsOutcome::malformed);
}

TEST(DnsReplies, AliasesAreFollowedAndStrangersIgnored) {
  Message message("www.test", RecordType::a);
  message.answer("host.test", 1, 500, {192, 0, 2, 1}).answer("www.test", 5, 30, Message::wire("host.test"));
  message.answer("stranger.test", 1, 5, {192, 0, 2, 66});
  const auto reply = read_dns_reply(message.octets, "www.test", RecordType::a);
  ASSERT_EQ(reply.records.size(), 1U);
  EXPECT_EQ(reply.records[0].value, "192.0.2.1");
  EXPECT_EQ(reply.ttl, 30s);
}

TEST(DnsReplies, AnAliasThatLeavesTheMessageIsHandedBack) {
  Message message("www.test", RecordType::a);
  message.answer("www.test", 5, 30, Message::wire("host.elsewhere"));
  const auto reply = read_dns_reply(message.octets, "www.test", RecordType::a);
  EXPECT_EQ(reply.outcome, DnsOutcome::elsewhere);
  EXPECT_EQ(reply.alias, "host.elsewhere");
}

TEST(DnsReplies, AliasesInACircleProveNothing) {
  Message message("a.test", RecordType::a);
  message.answer("a.test", 5, 30, Message::wire("b.test")).answer("b.test", 5, 30, Message::wire("a.test")).soa(5, 5);
  const auto reply = read_dns_reply(message.octets, "a.test", RecordType::a);
  EXPECT_EQ(reply.outcome, DnsOutcome::malformed);
  EXPECT_EQ(reply.detail, "aliases in a circle");
}

TEST(DnsReplies, ATruncatedAnswerProvesNothing) {
  Message cut("a.test", RecordType::mx, 0, 0x8380);
  cut.soa(5, 5);
  EXPECT_EQ(read_dns_reply(cut.octets, "a.test", RecordType::mx).outcome, DnsOutcome::malformed);
  cut.answer("a.test", 15, 300, mx(10, "b.test"));
  EXPECT_EQ(read_dns_reply(cut.octets, "a.test", RecordType::mx).outcome, DnsOutcome::malformed) << "some are not all";
  EXPECT_EQ(read_dns_reply(Message("a.test", RecordType::mx, 3, 0x8380).octets, "a.test", RecordType::mx).outcome,
            DnsOutcome::malformed);
}

TEST(DnsReplies, RecordsOfAnotherClassProveNothing) {
  Message message("a.test", RecordType::a);
  message.answer("a.test", 1, 300, {192, 0, 2, 1});
  message.octets[message.octets.size() - 11] = 3;  // CHAOS
  const auto reply = read_dns_reply(message.octets, "a.test", RecordType::a);
  EXPECT_EQ(reply.outcome, DnsOutcome::malformed);
  EXPECT_EQ(reply.detail, "records of another class than IN");
}

TEST(DnsReplies, WhatContradictsItselfProvesNothing) {
  Message denied("a.test", RecordType::mx, 3);
  denied.answer("a.test", 15, 300, mx(10, "b.test"));
  EXPECT_EQ(read_dns_reply(denied.octets, "a.test", RecordType::mx).outcome, DnsOutcome::malformed);
  Message both("a.test", RecordType::mx, 3);
  both.answer("a.test", 1, 300, {192, 0, 2, 1});
  EXPECT_EQ(read_dns_reply(both.octets, "a.test", RecordType::mx).outcome, DnsOutcome::malformed);
  Message twice("a.test", RecordType::mx);
  twice.answer("a.test", 5, 30, Message::wire("b.test")).answer("a.test", 5, 30, Message::wire("c.test"));
  EXPECT_EQ(read_dns_reply(twice.octets, "a.test", RecordType::mx).outcome, DnsOutcome::malformed);
  Message beside("a.test", RecordType::mx);
  beside.answer("a.test", 5, 30, Message::wire("b.test")).answer("a.test", 15, 300, mx(10, "b.test"));
  EXPECT_EQ(read_dns_reply(beside.octets, "a.test", RecordType::mx).outcome, DnsOutcome::malformed);
  Message stranger("a.test", RecordType::mx);
  stranger.answer("b.test", 15, 300, mx(10, "b.test"));
  EXPECT_EQ(read_dns_reply(stranger.octets, "a.test", RecordType::mx).outcome, DnsOutcome::malformed);
}

TEST(DnsReplies, AnAliasOfANameThatDoesNotExistIsADenial) {
  Message message("www.test", RecordType::a, 3);
  message.answer("www.test", 5, 30, Message::wire("gone.test")).soa(5, 5);
  EXPECT_EQ(read_dns_reply(message.octets, "www.test", RecordType::a).outcome, DnsOutcome::nxdomain);
}

TEST(DnsReplies, AReferralProvesNothing) {
  Message message("a.test", RecordType::mx);
  ++message.octets[9];
  message.row("test", 2, 300, Message::wire("ns.test"));
  EXPECT_EQ(read_dns_reply(message.octets, "a.test", RecordType::mx).outcome, DnsOutcome::malformed);
}

TEST(DnsReplies, AnExtendedErrorIsAFailureThoughTheShortCodeSaysNone) {
  Message message("a.test", RecordType::mx);
  ++message.octets[11];
  message.row("", 41, 1U << 24U, {});  // RFC 6891 §6.1.3: BADVERS
  const auto reply = read_dns_reply(message.octets, "a.test", RecordType::mx);
  EXPECT_EQ(reply.outcome, DnsOutcome::failed);
  EXPECT_EQ(reply.detail, "RCODE 16");
}

TEST(DnsReplies, NothingIsBelievedForTheLesserOfTtlAndMinimum) {
  Message none("a.test", RecordType::aaaa);
  none.soa(600, 45);
  const auto no_data = read_dns_reply(none.octets, "a.test", RecordType::aaaa);
  EXPECT_EQ(no_data.outcome, DnsOutcome::no_data);
  EXPECT_EQ(no_data.ttl, 45s);
  Message nobody("a.test", RecordType::aaaa, 3);
  nobody.soa(20, 45);
  const auto nxdomain = read_dns_reply(nobody.octets, "a.test", RecordType::aaaa);
  EXPECT_EQ(nxdomain.outcome, DnsOutcome::nxdomain);
  EXPECT_EQ(nxdomain.ttl, 20s);
  Message silent("a.test", RecordType::aaaa, 3);
  EXPECT_EQ(read_dns_reply(silent.octets, "a.test", RecordType::aaaa).ttl, 0s) << "RFC 2308 §5: without a SOA, not at all";
}

TEST(DnsReplies, FailuresAreNamed) {
  for (const auto& [code, text] : {std::pair(2U, "SERVFAIL"), std::pair(5U, "REFUSED"), std::pair(1U, "FORMERR")}) {
    const auto reply = read_dns_reply(Message("a.test", RecordType::a, code).octets, "a.test", RecordType::a);
    EXPECT_EQ(reply.outcome, DnsOutcome::failed);
    EXPECT_EQ(reply.detail, text);
  }
}

TEST(DnsReplies, TextsAreJoinedAndTlsaIsWritten) {
  Message text("a.test", RecordType::txt);
  text.answer("a.test", 16, 9, {3, 'v', '=', 's', 2, 'p', 'f'});
  EXPECT_EQ(read_dns_reply(text.octets, "a.test", RecordType::txt).records.at(0).value, "v=spf");
  Message tlsa("_25._tcp.a.test", RecordType::tlsa, 0, 0x81a0);
  tlsa.answer("_25._tcp.a.test", 52, 9, {3, 1, 1, 0xab, 0x01});
  const auto reply = read_dns_reply(tlsa.octets, "_25._tcp.a.test", RecordType::tlsa);
  EXPECT_EQ(reply.records.at(0).value, "3 1 1 ab01");
  EXPECT_TRUE(reply.authentic);
}

TEST(DnsReplies, AnAnswerToAnotherQuestionIsNone) {
  Message message("other.test", RecordType::a);
  message.answer("other.test", 1, 5, {192, 0, 2, 66});
  EXPECT_EQ(read_dns_reply(message.octets, "a.test", RecordType::a).outcome, DnsOutcome::malformed);
  EXPECT_EQ(read_dns_reply(message.octets, "other.test", RecordType::aaaa).outcome, DnsOutcome::malformed);
}

TEST(DnsReplies, EveryCutIsMalformed) {
  Message message("example.test", RecordType::mx);
  message.answer("example.test", 15, 300, mx(10, "a.example.test")).soa(5, 5);
  for (std::size_t size = 0; size < message.octets.size(); ++size) {
    const Octets cut(message.octets.begin(),
                     message.octets.begin() + static_cast<std::ptrdiff_t>(size));  // its own buffer: a sanitizer sees the end
    EXPECT_EQ(read_dns_reply(cut, "example.test", RecordType::mx).outcome, DnsOutcome::malformed) << size;
  }
}

TEST(DnsReplies, RandomOctetsAreReadWithoutHarm) {
  std::mt19937 chance(7);
  Message good("example.test", RecordType::mx);
  good.answer("example.test", 15, 300, mx(10, "a.example.test")).answer("example.test", 5, 1, Message::wire("b.test")).soa(5, 5);
  std::size_t records = 0, malformed = 0;
  for (int turn = 0; turn < 200'000; ++turn) {
    Octets octets = good.octets;
    for (auto changes = chance() % 6; changes > 0; --changes)
      octets[chance() % octets.size()] = static_cast<std::uint8_t>(chance());
    if (chance() % 4 == 0) octets.resize(chance() % octets.size());
    const auto type = static_cast<RecordType>(chance() % 7);
    const auto reply = read_dns_reply(octets, "example.test", type);
    EXPECT_EQ(reply.outcome == DnsOutcome::records, !reply.records.empty());
    ++(reply.outcome == DnsOutcome::malformed ? malformed : records);
  }
  EXPECT_GT(records, 1000U);
  EXPECT_GT(malformed, 1000U);
}

class Remembered : public ::testing::Test {
 protected:
  static DnsAnswer answer(std::chrono::seconds ttl, Rcode rcode = Rcode::ok) {
    DnsAnswer made;
    made.rcode = rcode;
    made.ttl = ttl;
    return made;
  }
  DnsCache cache{2};
  DnsCache::Time now{1h};
};

TEST_F(Remembered, UntilTheTtlHasRunOut) {
  cache.put("a", answer(10s), now);
  ASSERT_TRUE(cache.find("a", now + 4s));
  EXPECT_EQ(cache.find("a", now + 4s)->ttl, 6s);
  EXPECT_FALSE(cache.find("a", now + 10s));
}

TEST_F(Remembered, NegativeAnswersTooButFailuresNever) {
  cache.put("a", answer(10s, Rcode::nxdomain), now);
  cache.put("b", answer(10s, Rcode::failed), now);
  cache.put("c", answer(0s), now);
  EXPECT_EQ(cache.find("a", now)->rcode, Rcode::nxdomain);
  EXPECT_FALSE(cache.find("b", now));
  EXPECT_FALSE(cache.find("c", now));
}

TEST_F(Remembered, TheLongestUnusedGoesFirst) {
  cache.put("a", answer(10s), now);
  cache.put("b", answer(10s), now);
  cache.find("a", now);
  cache.put("c", answer(10s), now);
  EXPECT_TRUE(cache.find("a", now));
  EXPECT_FALSE(cache.find("b", now));
  EXPECT_EQ(cache.size(), 2U);
}

}  // namespace
}  // namespace mta::real
