// Tables of which a stretch cannot be read: no start is given up for what can be made anew, and nothing is lost that can be read.
#include <gtest/gtest.h>

#include <map>

#include "mta/scheduler/scheduler_thread.h"
#include "queue/keys.h"
#include "queue/queue.h"
#include "queue/rebuild.h"
#include "queue/store.h"
#include "tests/sim/town.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;
using queue::Family;

constexpr unsigned messages = 40;

// Mail for a closed site, for a greylister and with two recipients, and some that was delivered, all of it in tables.
struct Settled {
  explicit Settled(std::uint64_t seed) : town(seed) {
    gmail.close();
    town.receiver("plain.test");
    out.submit(3, to("plain.test"));  // ends, and has a history
    town.receiver("grey.test").manners.greylist = 3h;
    out.submit(messages - 10, to("gmail.test"));
    Mail pair = to("gmail.test");
    pair.recipients = {"ann@gmail.test", "bob@grey.test"};
    out.submit(5, pair);
    out.submit(5, to("grey.test"));
    town.pass(10min);
    out.restart();
    town.pass(1min);
    out.restart();
    out.stop();
  }
  std::vector<std::string> tables() {
    std::vector<std::string> found;
    for (const auto& name : out.disk().files("/spool"))
      if (name.ends_with(".sst")) found.push_back("/spool/" + name);
    return found;
  }
  std::unique_ptr<queue::Store> store(bool to_read) {
    queue::StoreOptions options;
    options.env = out.disk().env();
    return to_read ? queue::Store::open_to_read("/spool", options) : queue::Store::open("/spool", options);
  }
  // "line" of "table 000031.sst of line: Corruption…"; "" when the database cannot even be opened
  std::string damaged_family() {
    try {
      const auto faults = store(true)->damaged_tables();
      for (const std::string& text : faults) {
        const auto begin = text.find(" of ") + 4;
        if (text.starts_with("table ")) return text.substr(begin, text.find(':', begin) - begin);
      }
      return "none";
    } catch (const queue::StoreError&) {
      return "";
    }
  }
  bool starts(bool accept_damage) {
    try {
      out.accept_damage = accept_damage;
      out.start();
      out.accept_damage = false;
      return true;
    } catch (const queue::StoreError& error) {
      EXPECT_TRUE(error.damaged) << error.what();
      EXPECT_NE(std::string(error.what()).find("--accept-damage"), std::string::npos) << error.what();
      return false;
    }
  }
  Town town;
  Receiver& gmail = town.receiver("gmail.test");
  Daemon& out = town.mta();
};

const std::map<std::string, bool> told_by_others{{"line", true}, {"lines", true}, {"wake", true}};

// One octet of the first block, which holds rows.
TEST(BrokenTables, RowsThatCannotBeReadEndNoDaemonAndWhatOthersTellIsMadeAnew) {
  std::map<std::string, int> seen;
  for (std::size_t table = 0;; ++table) {
    Settled spool{seed_from_env_or(29)};
    const auto tables = spool.tables();
    if (table == tables.size()) break;
    spool.out.disk().edit(tables[table], [](std::string& octets) { octets[12] ^= 1; });
    const auto family = spool.damaged_family();
    if (family == "none" || family.empty()) continue;  // an obsolete table, or one of few rows: the next test
    ++seen[family];
    const bool index = told_by_others.contains(family);
    const bool refused = !spool.starts(false);
    EXPECT_FALSE(refused && index) << family;
    ASSERT_TRUE(!refused || spool.starts(true)) << family;
    const auto waiting = spool.out.waiting();
    if (index) {
      EXPECT_EQ(waiting, messages + 5U) << family;
    }
    spool.gmail.open();
    spool.town.pass(12h);
    const auto status = spool.town.world().loop.run(spool.out.server().scheduler().reports().status());
    EXPECT_EQ(spool.out.waiting(), status.damaged.empty() || status.damaged[0].what == "log" ? 0U : spool.out.waiting())
        << family;
    if (index || family == "lane" || family == "attempt" || family == "event" || family == "meta" || family == "history") {
      EXPECT_EQ(spool.out.waiting(), 0U) << family;
      EXPECT_EQ(spool.gmail.accepted(), messages - 5U) << family << spool.town.story();
    }
    EXPECT_NO_THROW(spool.out.restart()) << family;
  }
  for (const auto& [family, known] : told_by_others) EXPECT_GT(seen[family], 0) << family;
  EXPECT_GT(seen["recipient"], 0);
  EXPECT_GT(seen["lane"] + seen["meta"], 0);
  for (const char* family : {"message", "event", "history"}) EXPECT_GT(seen[family], 0) << family;
}

TEST(BrokenTables, ATableThatIsCutIsSaidAndTheRestGoesOnWhenItIsAccepted) {
  for (std::size_t table = 0;; ++table) {
    Settled spool{seed_from_env_or(29)};
    const auto tables = spool.tables();
    if (table == tables.size()) break;
    spool.out.disk().edit(tables[table], [](std::string& octets) { octets.resize(octets.size() / 2); });
    ASSERT_TRUE(spool.starts(false) || spool.starts(true)) << tables[table];
    spool.gmail.open();
    spool.town.pass(12h);
    EXPECT_NO_THROW(spool.out.restart()) << tables[table];
  }
}

std::map<std::string, std::string> rows_of(const queue::Store& store, Family family) {
  std::map<std::string, std::string> rows;
  for (auto row = store.scan(family, "", ""); row.valid(); row.next()) rows.emplace(row.key(), row.value());
  return rows;
}

TEST(BrokenTables, WhatIsMadeAnewIsWhatWasThere) {
  Settled spool{seed_from_env_or(31)};
  const auto store = spool.store(false);
  const auto lines = rows_of(*store, Family::queue_row);
  auto records = rows_of(*store, Family::queue);
  const auto totals = store->get(Family::meta, queue::totals_key);
  ASSERT_EQ(lines.size(), messages + 5U);
  const auto made = queue::rebuild(*store, spool.town.now());
  EXPECT_EQ(made.recipients, messages + 5U);
  EXPECT_EQ(made.messages, messages);
  EXPECT_EQ(store->get(Family::meta, queue::totals_key), totals);
  EXPECT_EQ(rows_of(*store, Family::queue_row), lines);
  const auto again = rows_of(*store, Family::queue);
  ASSERT_EQ(again.size(), records.size());
  for (const auto& [line, bytes] : again) {
    const auto now = queue::decode_queue_record(bytes), before = queue::decode_queue_record(records[line]);
    ASSERT_TRUE(now && before);
    EXPECT_EQ(now->waiting, before->waiting);
    EXPECT_TRUE(store->get(Family::wake, queue::wake_key(now->wake, line))) << "a line without its wake row sleeps for ever";
  }
  EXPECT_EQ(rows_of(*store, Family::wake).size(), again.size());
}

}  // namespace
}  // namespace mta::sim
