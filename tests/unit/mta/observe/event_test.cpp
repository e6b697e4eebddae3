// One line of valid JSON an event, with the fields and names that README gives.
#include "mta/observe/event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace mta {
namespace {

namespace json = boost::json;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

const Instant morning = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21) + 9h + 5ms;

// Without what all begin with.
std::string fields_of(const Event& event) {
  const std::string line = encode(event, 7, morning);
  const std::string head = R"({"seq":7,"time":"2026-11-21T09:00:00.005Z","type":")" + std::string(type_of(event)) + "\"";
  EXPECT_EQ(line.substr(0, head.size()), head);
  return line.substr(head.size());
}

EventSubject all_known() {
  return {"ID", "ID/3", "<1@x>", "bulk", "a@b.test", "c@d.test", "d.test", "google", "ip-1", "mx.d.test"};
}
constexpr std::string_view subject =
    R"(,"id":"ID","recipient_id":"ID/3","message_id":"<1@x>","class":"bulk","sender":"a@b.test","recipient":"c@d.test",)"
    R"("domain":"d.test","provider":"google","source":"ip-1","mx":"mx.d.test")";
constexpr std::string_view reply = R"(,"verdict":"temporary","code":450,"enhanced":"4.2.0","text":"later")";

AttemptReport report() {
  return {.subject = all_known(),
          .remote = "192.0.2.25:25",
          .reply = {"temporary", 450, "4.2.0", "later"},
          .attempt = 2,
          .delay = 3420ms,
          .connecting = 310ms,
          .sending = 45ms,
          .tls = TlsUsed{"TLSv1.3", "AES", true},
          .observed = true};
}
const std::string reported = std::string(subject) + R"(,"remote":"192.0.2.25:25")" + std::string(reply) +
                             R"(,"attempt":2,"delay_ms":3420,"connect_ms":310,"send_ms":45,)"
                             R"("tls":{"version":"TLSv1.3","cipher":"AES","verified":true},"observed":true)";

std::string operator+(std::string_view front, const char* rest) { return std::string(front) + rest; }

TEST(Event, EachTypeHasItsFields) {
  EXPECT_EQ(fields_of(AcceptedEvent{all_known(), "192.0.2.1", "app", 512, 2}),
            subject + R"(,"client":"192.0.2.1","user":"app","size":512,"recipients":2})");
  EXPECT_EQ(fields_of(RefusedEvent{all_known(), "192.0.2.1", "app", "rcpt", {"", 550, "5.1.1", "no"}, 9, morning}),
            subject + R"(,"client":"192.0.2.1","user":"app","stage":"rcpt","code":550,"enhanced":"5.1.1","text":"no","count":9,)"
                      R"("since":"2026-11-21T09:00:00.005Z"})");
  EXPECT_EQ(fields_of(DeliveredEvent{report()}), reported + "}");
  EXPECT_EQ(fields_of(DeferredEvent{report(), morning}), reported + R"(,"next":"2026-11-21T09:00:00.005Z"})");
  EXPECT_EQ(fields_of(BouncedEvent{report(), "root"}), reported + R"(,"by":"root"})");
  EXPECT_EQ(fields_of(ExpiredEvent{all_known(), 4, 90ms, SaidReply{"temporary", 450, "4.2.0", "later"}}),
            subject + R"(,"attempts":4,"delay_ms":90)" + std::string(reply) + "}");
  EXPECT_EQ(fields_of(DroppedEvent{all_known(), "root", "twice", 90ms}),
            subject + R"(,"by":"root","reason":"twice","delay_ms":90})");
  EXPECT_EQ(fields_of(ClockEvent{-60s, 3s}), R"(,"wall":-60,"boot":3})");
  EXPECT_EQ(
      fields_of(LaneEvent{"ip-1", "google", "bulk", "held", "why", 3, 144, 1.29, {"421 x", "450 y"}, true, true}),
      R"(,"source":"ip-1","provider":"google","class":"bulk","change":"held","stage":3,"cap":144,"growth":1.29,"reason":"why",)"
      R"("evidence":["421 x","450 y"],"alert":true,"observed":true})");
  EXPECT_EQ(fields_of(SenderEvent{"example.com", "google", "cooled", "why", 3, 144, 1.29, {"421 x"}, true, true}),
            R"(,"domain":"example.com","provider":"google","change":"cooled","stage":3,"cap":144,"growth":1.29,"reason":"why",)"
            R"("evidence":["421 x"],"alert":true,"observed":true})");
  EXPECT_EQ(fields_of(UnsignedEvent{all_known(), "192.0.2.1", "app", "no key"}),
            subject + R"(,"client":"192.0.2.1","user":"app","reason":"no key"})");
  EXPECT_EQ(fields_of(LintEvent{all_known(), "192.0.2.1", "app", "two From"}),
            subject + R"(,"client":"192.0.2.1","user":"app","reason":"two From"})");
  EXPECT_EQ(fields_of(DamagedEvent{"log", {}, morning, 7, "short"}),
            R"(,"what":"log","lost_since":"2026-11-21T09:00:00.005Z","messages":7,"text":"short"})");
}

TEST(Event, WhatIsNotKnownIsLeftOutOrNullAndZeroIsKnown) {
  EXPECT_EQ(fields_of(AcceptedEvent{}), R"(,"size":0,"recipients":0})");
  EXPECT_EQ(fields_of(RefusedEvent{}), R"(,"code":0})");
  EXPECT_EQ(fields_of(DeliveredEvent{}), R"(,"code":0,"delay_ms":0,"tls":null})");
  EXPECT_EQ(fields_of(DeferredEvent{}), R"(,"code":0,"delay_ms":0,"tls":null})");
  EXPECT_EQ(fields_of(ExpiredEvent{}), R"(,"attempts":0,"delay_ms":0})");
  EXPECT_EQ(fields_of(DroppedEvent{}), "}");
  EXPECT_EQ(fields_of(LaneEvent{}), R"(,"source":null,"stage":null,"cap":null,"growth":null,"evidence":[],"alert":false})");
  EXPECT_EQ(fields_of(DamagedEvent{}), R"(,"lost_since":null,"messages":null})");
}

std::string text_of(const std::string& said) {
  DeferredEvent event;
  event.report.reply.text = said;
  const std::string line = encode(event, 1, morning);
  EXPECT_THAT(line, Not(HasSubstr("\n")));
  const json::object read = json::parse(line).as_object();  // throws for what is no JSON, and for what is no UTF-8
  return read.contains("text") ? std::string(read.at("text").as_string()) : "";
}

TEST(Event, IsOneLineWhateverIsSaid) {
  for (const std::string evil : {"a\r\n{\"seq\":7}\n\x01\x1b\"\\ \xE2\x80\xA8", "quote \" slash \\ tab \t bell \x07 受 end"})
    EXPECT_EQ(text_of(evil), evil);
}

TEST(Event, OctetsThatAreNoUtf8BecomeReplacementCharacters) {
  EXPECT_EQ(text_of("b\xC3\xBC\xFF|"), "b\xC3\xBC\xEF\xBF\xBD|");
  EXPECT_EQ(text_of("\xC3"), "\xEF\xBF\xBD");                                 // cut short
  EXPECT_EQ(text_of("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD");                 // overlong
  EXPECT_EQ(valid_utf8("\xED\xA0\x80").find('\xED'), std::string::npos);      // a surrogate
  EXPECT_EQ(valid_utf8("\xF4\x90\x80\x80").find('\xF4'), std::string::npos);  // above U+10FFFF
  EXPECT_EQ(text_of("\xF0\x9F\x93\xA7"), "\xF0\x9F\x93\xA7");
}

TEST(Event, EveryOctetAndEveryPairMakesValidJson) {
  for (int first = 0; first < 256; ++first)
    for (int second = 0; second < 256; second += 7) text_of({static_cast<char>(first), static_cast<char>(second)});
}

TEST(Event, EveryTextIsEscaped) {
  const std::string evil = "\"\n\xFF";
  const EventSubject foul{evil, evil, evil, evil, evil, evil, evil, evil, evil, evil};
  const SaidReply said{evil, 1, evil, evil};
  AttemptReport about{foul, evil, said, 1, 1ms, 1ms, 1ms, TlsUsed{evil, evil, false}, false};
  for (const Event& event : std::vector<Event>{
           AcceptedEvent{foul, evil, evil, 1, 1}, RefusedEvent{foul, evil, evil, evil, said, 1, morning}, DeliveredEvent{about},
           DeferredEvent{about, morning}, BouncedEvent{about, evil}, ExpiredEvent{foul, 1, 1ms, said},
           DroppedEvent{foul, evil, evil, 1ms}, LaneEvent{evil, evil, evil, evil, evil, 1, 1, 1.2, {evil}, true, true},
           UnsignedEvent{foul, evil, evil, evil}, LintEvent{foul, evil, evil, evil},
           DamagedEvent{evil, foul, morning, 1, evil}}) {
    const std::string line = encode(event, 1, morning);
    EXPECT_NO_THROW(json::parse(line)) << line;
    EXPECT_THAT(line, Not(HasSubstr("\n")));
    EXPECT_EQ(valid_utf8(line), line);
  }
}

TEST(SubjectOfARecipient, NamesMessageAndRecipient) {
  queue::Message message;
  message.id = {0x0123456789AB0001ULL};
  message.message_id = "<1@x>";
  message.mail_class = "bulk";
  message.sender = "a@b.test";
  queue::Recipient recipient;
  recipient.address = "Ann@Example.COM";
  const EventSubject named = subject_of(message, 3, recipient);
  EXPECT_EQ(named.id, message.id.text());
  EXPECT_EQ(named.recipient_id, message.id.text() + "/3");
  EXPECT_EQ(named.message_id, "<1@x>");
  EXPECT_EQ(named.mail_class, "bulk");
  EXPECT_EQ(named.sender, "a@b.test");
  EXPECT_EQ(named.recipient, "Ann@Example.COM");
  EXPECT_EQ(named.domain, "example.com");
}

TEST(DomainOf, IsBehindTheLastAt) {
  EXPECT_EQ(domain_of("\"a@b\"@Example.org"), "example.org");
  EXPECT_EQ(domain_of("postmaster"), "");
  EXPECT_EQ(domain_of("a@"), "");
}

}  // namespace
}  // namespace mta
