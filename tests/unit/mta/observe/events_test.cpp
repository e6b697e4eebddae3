// Event rows: one valid JSON object each, in order, gone when they are old.
#include "mta/observe/events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "tests/sim/world/disk.h"

namespace mta {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

const Instant nine = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21) + 9h + 5ms;

class Events : public testing::Test {
 protected:
  Events() { store = queue::Store::open("/spool", {.env = disk.env()}); }

  void happened(Instant when, std::string_view type, const json::object& fields = {}) {
    queue::Batch batch;
    log.add(batch, when, type, fields);
    store->write(batch);
  }
  std::vector<std::string> rows() const {
    std::vector<std::string> found;
    for (auto row = store->scan(queue::Family::event, "", ""); row.valid(); row.next()) found.emplace_back(row.value());
    return found;
  }
  std::vector<std::uint64_t> numbers() const {
    std::vector<std::uint64_t> found;
    for (auto row = store->scan(queue::Family::event, "", ""); row.valid(); row.next()) found.push_back(event_seq(row.key()));
    return found;
  }
  std::string only_text(const std::string& said) {
    happened(nine, "deferred", {{"text", said}});
    const json::value event = json::parse(
        *store->get(queue::Family::event, queue::event_key(log.last())));  // throws for what is no JSON, and for what is no UTF-8
    return std::string(event.as_object().at("text").as_string());
  }

  sim::SimDisk disk{1};
  std::unique_ptr<queue::Store> store;
  EventLog log{0};
};

TEST_F(Events, BeginWithNumberTimeAndType) {
  happened(nine, "accepted", {{"size", 12}, {"user", "ann"}});
  EXPECT_EQ(rows().at(0), R"({"seq":1,"time":"2026-11-21T09:00:00.005Z","type":"accepted","size":12,"user":"ann"})");
}

TEST_F(Events, WhatIsNotKnownIsLeftOutAndZeroIsKnown) {
  happened(nine, "deferred", {{"user", ""}, {"code", 0}, {"tls", nullptr}});
  EXPECT_EQ(rows().at(0), R"({"seq":1,"time":"2026-11-21T09:00:00.005Z","type":"deferred","code":0,"tls":null})");
}

TEST_F(Events, AreOneLineWhateverIsSaid) {
  const std::string evil = "a\r\n{\"seq\":7}\n\x01\x1b\"\\ \xE2\x80\xA8";
  EXPECT_EQ(only_text(evil), evil);
  EXPECT_THAT(rows().back(), Not(HasSubstr("\n")));
}

TEST_F(Events, OctetsThatAreNoUtf8BecomeReplacementCharacters) {
  EXPECT_EQ(only_text("b\xC3\xBC\xFF|"), "b\xC3\xBC\xEF\xBF\xBD|");
  EXPECT_EQ(only_text("\xC3"), "\xEF\xBF\xBD");                               // cut short
  EXPECT_EQ(only_text("\xC0\xAF"), "\xEF\xBF\xBD\xEF\xBF\xBD");               // overlong
  EXPECT_EQ(valid_utf8("\xED\xA0\x80").find('\xED'), std::string::npos);      // a surrogate
  EXPECT_EQ(valid_utf8("\xF4\x90\x80\x80").find('\xF4'), std::string::npos);  // above U+10FFFF
  EXPECT_EQ(only_text("\xF0\x9F\x93\xA7"), "\xF0\x9F\x93\xA7");
}

TEST_F(Events, EveryOctetAndEveryPairMakesValidJson) {
  for (int first = 0; first < 256; ++first)
    for (int second = 0; second < 256; second += 7) only_text({static_cast<char>(first), static_cast<char>(second)});
  EXPECT_EQ(rows().size(), 256U * 37U);
}

TEST_F(Events, NumbersGoOnWhereTheLastLifeEnded) {
  log = EventLog(41);
  happened(nine, "clock");
  EXPECT_THAT(numbers(), ElementsAre(42));
  EXPECT_EQ(log.last(), 42U);
}

TEST_F(Events, LeaveByTheHourWhenTheyAreOld) {
  for (int hour = 0; hour < 5; ++hour) {
    happened(nine + hour * 1h, "accepted");
    happened(nine + hour * 1h + 30min, "delivered");
  }
  queue::Batch batch;
  EXPECT_TRUE(expire_events(batch, *store, nine + 2h + 59min));
  store->write(batch);
  // Nothing younger than was asked for is lost; the hour of the border stays.
  EXPECT_THAT(numbers(), ElementsAre(3, 4, 5, 6, 7, 8, 9, 10));
  queue::Batch again;
  EXPECT_FALSE(expire_events(again, *store, nine + 2h + 59min));
  EXPECT_TRUE(again.empty());
}

TEST_F(Events, NeverLoseWhatIsYoungWhereverTheHourIsCut) {
  for (int minute = 0; minute < 600; minute += 7) happened(nine + minute * 1min, "accepted");
  for (int minute = 0; minute < 700; minute += 13) {
    queue::Batch batch;
    expire_events(batch, *store, nine + minute * 1min);
    store->write(batch);
    const std::size_t young = minute >= 600 ? 0 : static_cast<std::size_t>((600 - minute + 6) / 7);
    EXPECT_GE(numbers().size(), young) << minute;
    EXPECT_LE(numbers().size(), young + 20) << minute;  // at most the hours of the border
  }
}

TEST_F(Events, AreWholeJsonWhateverTheirTextsHold) {
  const std::string text = "quote \" slash \\ tab \t bell \x07 受 \xff end";
  queue::Batch batch;
  log.add(batch, nine, "deferred",
          {{"text", text},
           {"none", ""},
           {"code", 450},
           {"big", std::uint64_t{1} << 63U},
           {"less", -5},
           {"tls", json::object{{"version", "TLSv1.3"}, {"verified", true}}},
           {"null", nullptr},
           {"list", json::array{1, "a"}}});
  store->write(batch);
  const auto row = store->get(queue::Family::event, queue::event_key(log.last()));
  const json::object read = json::parse(*row).as_object();
  EXPECT_EQ(read.at("text").as_string(), "quote \" slash \\ tab \t bell \x07 受 \xEF\xBF\xBD end");
  EXPECT_FALSE(read.contains("none"));
  EXPECT_EQ(read.at("big").as_uint64(), std::uint64_t{1} << 63U);
  EXPECT_EQ(read.at("less").as_int64(), -5);
  EXPECT_EQ(read.at("tls").as_object().at("verified").as_bool(), true);
  EXPECT_TRUE(read.at("null").is_null());
  EXPECT_EQ(read.at("list").as_array().size(), 2U);
}

TEST(AboutARecipient, NamesMessageAndRecipient) {
  queue::Message message;
  message.id = {0x0123456789AB0001ULL};
  message.mail_class = "bulk";
  queue::Recipient recipient;
  recipient.address = "Ann@Example.COM";
  const json::object fields = about(message, 3, recipient);
  EXPECT_EQ(fields.at("recipient_id").as_string(), message.id.text() + "/3");
  EXPECT_EQ(fields.at("recipient").as_string(), "Ann@Example.COM");
  EXPECT_EQ(fields.at("domain").as_string(), "example.com");
}

TEST(DomainOf, IsBehindTheLastAt) {
  EXPECT_EQ(domain_of("\"a@b\"@Example.org"), "example.org");
  EXPECT_EQ(domain_of("postmaster"), "");
  EXPECT_EQ(domain_of("a@"), "");
}

}  // namespace
}  // namespace mta
