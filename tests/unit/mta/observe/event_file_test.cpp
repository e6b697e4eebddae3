// The event file: every event at least once, in order, whole; through full disks and crashes.
#include "mta/observe/event_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "mta/observe/events.h"
#include "tests/sim/world/disk.h"
#include "tests/sim/world/world.h"

namespace mta {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::MatchesRegex;
using namespace std::chrono_literals;

class EventFileTest : public testing::Test {
 protected:
  EventFileTest() { open(); }

  void open() {
    file.reset();
    store.reset();
    store = queue::Store::open("/spool", {.env = disk.env()});
    file = std::make_shared<EventFile>(world.with(disk), store, "/events.jsonl",
                                       [this](EventCursor cursor) { saved = std::move(cursor); });
  }
  // `count` events that are synced; the file is not yet told.
  void happen(std::size_t count, const std::string& text = "x") {
    queue::Batch batch;
    for (; count > 0; --count) log.add(batch, Instant{}, DroppedEvent{{}, text, "", {}});
    store->write(batch);
    store->sync();
  }
  void advance(std::uint64_t synced) {
    world.loop.pass(2s);  // the file is synced once a second
    file->advance(synced);
  }
  void store_cursor() {
    queue::Batch batch;
    batch.put(queue::Family::meta, EventFile::cursor_key, saved.encode());
    store->write(batch);
    store->sync();
  }
  std::vector<std::string> lines() const {
    std::vector<std::string> found;
    const std::string text = disk.contents("/events.jsonl");
    std::size_t begin = 0;
    for (auto end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
      found.push_back(text.substr(begin, end - begin));
      begin = end + 1;
    }
    if (begin < text.size()) found.push_back("(torn) " + text.substr(begin));
    return found;
  }
  std::vector<std::uint64_t> numbers() const {
    std::vector<std::uint64_t> found;
    for (const std::string& line : lines()) found.push_back(line.starts_with("{\"seq\":") ? std::stoull(line.substr(7)) : 0);
    return found;
  }

  sim::SimWorld world{7};
  sim::SimDisk disk{7};
  std::shared_ptr<queue::Store> store;
  std::shared_ptr<EventFile> file;
  EventLog log{0};
  EventCursor saved;
};

TEST_F(EventFileTest, GetsWhatIsDurableAndNothingBeyond) {
  happen(3);
  advance(2);
  EXPECT_THAT(numbers(), ElementsAre(1, 2));
  EXPECT_EQ(saved.written, 2U);
  advance(3);
  advance(3);
  EXPECT_THAT(numbers(), ElementsAre(1, 2, 3));
  EXPECT_THAT(lines(), Each(MatchesRegex(R"(\{"seq":.*\})")));
}

TEST_F(EventFileTest, OfManyThoseOfAFiftiethOfASecondAreWrittenTogether) {
  for (std::uint64_t seq = 1; seq <= 12; ++seq) {
    happen(1);
    file->advance(seq);
    EXPECT_EQ(lines().size(), std::min<std::uint64_t>(seq, 8)) << "a few are written at once";
  }
  world.loop.pass(19ms);
  EXPECT_EQ(lines().size(), 8U);
  world.loop.pass(1ms);
  EXPECT_EQ(lines().size(), 12U);
  world.loop.pass(1s);
  happen(1);
  file->advance(13);
  EXPECT_EQ(numbers().back(), 13U);
}

TEST_F(EventFileTest, WhatCouldNotBeWrittenIsTriedAgainASecondLater) {
  happen(1);
  disk.set_free_bytes(0);
  file->advance(1);
  EXPECT_THAT(lines(), IsEmpty());  // and nothing else happens that would call for it
  disk.set_free_bytes(1U << 30U);
  world.loop.pass(999ms);
  EXPECT_THAT(lines(), IsEmpty());
  world.loop.pass(1ms);
  EXPECT_THAT(numbers(), ElementsAre(1));
}

TEST_F(EventFileTest, TheEndOfTheDaemonWaitsForNoPause) {
  for (std::uint64_t seq = 1; seq <= 12; ++seq) {
    happen(1);
    file->advance(seq);
  }
  file->finish();
  EXPECT_EQ(lines().size(), 12U);
  EXPECT_EQ(saved.synced, 12U);
  happen(1);
  file->advance(13);
  EXPECT_EQ(lines().size(), 13U);
  file.reset();
  world.loop.pass(1s);
  EXPECT_EQ(lines().size(), 13U);
}

TEST_F(EventFileTest, CatchesUpOverABacklogLargerThanOnePiece) {
  happen(3000, std::string(400, 'y'));
  advance(3000);
  const auto written = numbers();
  ASSERT_EQ(written.size(), 3000U);
  for (std::size_t i = 0; i < 3000; ++i) ASSERT_EQ(written[i], i + 1);
  EXPECT_EQ(saved.written, 3000U);
}

TEST_F(EventFileTest, RotatesBySizeAndLosesNothingByIt) {
  const std::string text(100'000, 'y');
  std::uint64_t last = 0;
  for (; last < 700; last += 100) {
    happen(100, text);
    advance(last + 100);
  }
  EXPECT_GE(disk.contents("/events.jsonl.1").size(), EventFile::rotate_at);
  EXPECT_LE(disk.contents("/events.jsonl.1").size(), EventFile::rotate_at + (1U << 20U));
  const auto written = numbers();
  ASSERT_FALSE(written.empty());
  EXPECT_EQ(written.back(), last);
  EXPECT_TRUE(disk.contents("/events.jsonl.1").ends_with("\n"));
  const auto begun = "{\"seq\":" + std::to_string(written.front() - 1) + ",";
  EXPECT_NE(disk.contents("/events.jsonl.1").find(begun), std::string::npos) << "the one before stands in the file before";
}

TEST_F(EventFileTest, GoesOnAfterExpiredEvents) {
  happen(5);
  queue::Batch batch;
  batch.erase_range(queue::Family::event, queue::event_key(0), queue::event_key(4));
  store->write(batch);
  advance(5);
  EXPECT_THAT(numbers(), ElementsAre(4, 5));
  EXPECT_EQ(saved.written, 5U);
}

TEST_F(EventFileTest, AFullDiskLosesNothing) {
  happen(2);
  advance(2);
  happen(2, std::string(5000, 'z'));
  disk.set_free_bytes(3000);
  advance(4);
  EXPECT_THAT(numbers(), ElementsAre(1, 2)) << "no half line";
  EXPECT_EQ(saved.written, 2U) << "what was not written is not passed over";
  disk.set_free_bytes(1U << 30U);
  advance(4);
  EXPECT_THAT(numbers(), ElementsAre(1, 2, 3, 4));
}

TEST_F(EventFileTest, AfterARestartGoesOnFromTheStoredCursor) {
  happen(4);
  advance(2);
  store_cursor();
  advance(4);  // written, but the cursor of it was not stored
  open();
  advance(4);
  EXPECT_THAT(numbers(), ElementsAre(1, 2, 3, 4, 3, 4)) << "at least once; seq removes doubles";
}

TEST_F(EventFileTest, AKillRepeatsOnlyWhatWasWrittenSinceTheLastBatch) {
  for (int round = 0; round < 20; ++round) {
    happen(50);
    file->advance(log.last());  // within the second in which the file is not synced
    store_cursor();             // with the batch that follows
    happen(3);
    file->advance(log.last());
    open();  // killed: the page cache stays
    file->advance(log.last());
  }
  const auto all = numbers();
  EXPECT_EQ(std::set<std::uint64_t>(all.begin(), all.end()).size(), log.last());
  EXPECT_EQ(all.size(), log.last() + 20 * 3U);
}

TEST_F(EventFileTest, AfterThePowerWasGoneItGoesOnFromWhatTheDiskHadForCertain) {
  happen(4);
  advance(2);
  file->advance(4);
  store_cursor();
  EXPECT_EQ(saved, (EventCursor{2, 4, "town"}));
  world.calendar.reboot("another");
  open();
  advance(4);
  EXPECT_THAT(numbers(), ElementsAre(1, 2, 3, 4, 3, 4));
  EXPECT_EQ(saved.boot, "another");
}

TEST(AnEventCursor, ReadsThatOfAnOlderSpool) {
  EXPECT_EQ(EventCursor::decode(queue::event_key(7)), (EventCursor{7, 7, ""}));
  EXPECT_EQ(EventCursor::decode(""), EventCursor{});
  const EventCursor some{7, 9, "boot"};
  EXPECT_EQ(EventCursor::decode(some.encode()), some);
}

TEST_F(EventFileTest, TheCursorStandsBeforeWhatTheDiskCouldStillLose) {
  happen(4);
  file->advance(2);
  EXPECT_EQ(saved.synced, 0U) << "not synced yet";
  world.loop.pass(2s);
  file->advance(3);
  EXPECT_EQ(saved.synced, 3U);
  file->advance(4);
  EXPECT_EQ(saved.synced, 3U);
  EXPECT_EQ(saved.written, 4U);
  file->finish();
  EXPECT_EQ(saved.synced, 4U) << "an orderly end leaves nothing to repeat";
  happen(1);
  file->advance(5);
  EXPECT_EQ(saved.synced, 5U);
  EXPECT_THAT(numbers(), ElementsAre(1, 2, 3, 4, 5));
}

TEST_F(EventFileTest, AfterPowerLossEveryEventStandsOnALineOfItsOwn) {
  std::size_t torn = 0;
  std::set<std::uint64_t> seen;
  for (std::uint64_t round = 0; round < 60; ++round) {
    happen(3, std::string(300, 'c'));
    if (round % 3 == 0) world.loop.pass(2s);
    file->advance(log.last() - 1);
    store_cursor();
    file->advance(log.last());
    disk.crash();
    world.calendar.reboot("boot " + std::to_string(round));
    torn += lines().empty() ? 0 : lines().back().starts_with("(torn) ");
    open();
    advance(log.last());
    for (const std::string& line : lines()) {
      ASSERT_TRUE(line.starts_with("{\"seq\":") && line.ends_with("c\"}")) << line;
      seen.insert(std::stoull(line.substr(7)));
    }
    ASSERT_EQ(seen.size(), log.last()) << "round " << round;
  }
  EXPECT_GT(torn, 0U) << "the disk tears a line now and then, else this test shows nothing";
}

TEST_F(EventFileTest, AFileThatCannotBeOpenedIsSaidSo) {
  disk.fail_operation(1);
  EXPECT_THROW(EventFile(world.with(disk), store, "/other.jsonl", [](const EventCursor&) {}), std::runtime_error);
}

}  // namespace
}  // namespace mta
