// The disk that forgets: what survives a power loss, and what a full or broken disk answers.
#include "tests/sim/world/disk.h"

#include <gtest/gtest.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <future>
#include <set>

#include "tests/sim/world/disk_image.h"

namespace mta::sim {
namespace {

using rocksdb::FSWritableFile;

class Desk {  // a program that keeps files
 public:
  explicit Desk(std::uint64_t seed) : disk(seed) { files().CreateDirIfMissing("/d", {}, nullptr); }

  rocksdb::FileSystem& files() { return *disk.env()->GetFileSystem(); }
  std::unique_ptr<FSWritableFile> create(const std::string& path) {
    std::unique_ptr<FSWritableFile> file;
    EXPECT_TRUE(files().NewWritableFile(path, {}, &file, nullptr).ok());
    return file;
  }
  void sync_directory() {
    std::unique_ptr<rocksdb::FSDirectory> directory;
    ASSERT_TRUE(files().NewDirectory("/d", {}, &directory, nullptr).ok());
    EXPECT_TRUE(directory->Fsync({}, nullptr).ok());
  }
  bool exists(const std::string& path) { return files().FileExists(path, {}, nullptr).ok(); }

  SimDisk disk;
};

rocksdb::IOStatus append(FSWritableFile& file, const std::string& text) { return file.Append(text, {}, nullptr); }
rocksdb::IOStatus sync(FSWritableFile& file) { return file.Sync({}, nullptr); }

constexpr std::uint64_t seeds = 60;

TEST(SimDisk, WhatWasSyncedSurvivesAndTheTailIsLostTornOrKept) {
  std::set<std::size_t> lengths;
  const std::string synced = "synced", tail(1'000, 't');
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    Desk desk(seed);
    const auto file = desk.create("/d/a");
    append(*file, synced);
    sync(*file);
    desk.sync_directory();
    append(*file, tail);
    desk.disk.crash();
    const std::string left = desk.disk.contents("/d/a");
    EXPECT_TRUE(left.starts_with(synced) && (synced + tail).starts_with(left)) << "seed " << seed;
    lengths.insert(left.size());
  }
  EXPECT_TRUE(lengths.contains(synced.size()));
  EXPECT_TRUE(lengths.contains(synced.size() + tail.size()));
  EXPECT_GT(lengths.size(), 5U) << "torn at different places";
}

TEST(SimDisk, ALongTailMayMissAPageInItsMiddle) {
  int holes = 0;
  const std::string tail(100'000, 't');
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    Desk desk(seed);
    const auto file = desk.create("/d/a");
    append(*file, "synced");
    sync(*file);
    desk.sync_directory();
    append(*file, tail);
    desk.disk.crash();
    const std::string left = desk.disk.contents("/d/a");
    EXPECT_TRUE(left.starts_with("synced"));
    if (left.find('\0') != std::string::npos) ++holes;
  }
  EXPECT_GT(holes, 0);
}

TEST(SimDisk, ANewFileWhoseDirectoryWasNotSyncedMayBeLostEvenIfItWasSyncedItself) {
  int kept = 0, lost = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    Desk desk(seed);
    const auto file = desk.create("/d/a");
    append(*file, "text");
    sync(*file);
    desk.disk.crash();
    if (desk.exists("/d/a")) {
      ++kept;
      EXPECT_EQ(desk.disk.contents("/d/a"), "text");
    } else {
      ++lost;
    }
  }
  EXPECT_GT(kept, 0);
  EXPECT_GT(lost, 0);
}

TEST(SimDisk, ARenameHappenedWhollyOrNotAtAllAndInItsOrder) {
  std::set<std::string> states;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    Desk desk(seed);
    for (const std::string name : {"old", "new"}) {
      const auto file = desk.create("/d/" + name);
      append(*file, name);
      sync(*file);
    }
    desk.sync_directory();
    EXPECT_TRUE(desk.files().RenameFile("/d/new", "/d/old", {}, nullptr).ok());
    desk.create("/d/later");
    desk.disk.crash();
    const bool renamed = desk.disk.contents("/d/old") == "new";
    EXPECT_EQ(desk.exists("/d/new"), !renamed);
    EXPECT_TRUE(renamed || desk.disk.contents("/d/old") == "old");
    EXPECT_TRUE(renamed || !desk.exists("/d/later")) << "the later change without the earlier one";
    states.insert(std::to_string(renamed) + std::to_string(desk.exists("/d/later")));
  }
  EXPECT_EQ(states.size(), 3U);
}

TEST(SimDisk, ARemovedFileMayComeBackUntilTheDirectoryIsSynced) {
  int back = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    Desk desk(seed);
    desk.create("/d/a");
    desk.create("/d/b");
    desk.sync_directory();
    desk.files().DeleteFile("/d/a", {}, nullptr);
    desk.sync_directory();
    desk.files().DeleteFile("/d/b", {}, nullptr);
    desk.disk.crash();
    EXPECT_FALSE(desk.exists("/d/a"));
    if (desk.exists("/d/b")) ++back;
  }
  EXPECT_GT(back, 0);
  EXPECT_LT(back, static_cast<int>(seeds));
}

TEST(SimDisk, BackgroundWorkIsDoneBeforeAFileIsLookedFor) {
  Desk desk(1);
  desk.create("/d/a");
  const auto remove = [](void* files) { static_cast<rocksdb::FileSystem*>(files)->DeleteFile("/d/a", {}, nullptr); };
  desk.disk.env()->Schedule(remove, &desk.files());
  std::uint64_t size = 0;
  EXPECT_TRUE(desk.files().GetFileSize("/d/a", {}, &size, nullptr).IsPathNotFound());
}

TEST(SimDisk, BackgroundWorkThatNobodyWaitsForIsDoneAllTheSame) {
  Desk desk(1);
  std::promise<void> done;
  desk.disk.env()->Schedule([](void* promise) { static_cast<std::promise<void>*>(promise)->set_value(); }, &done);
  done.get_future().wait();
}

TEST(SimDisk, HandlesOfTheLifeBeforeAreRefusedAndChangeNothing) {
  Desk desk(1);
  rocksdb::FileSystem& old_files = desk.files();
  const auto file = desk.create("/d/a");
  append(*file, "text");
  sync(*file);
  desk.sync_directory();
  rocksdb::FileLock* lock = nullptr;
  ASSERT_TRUE(old_files.LockFile("/d/LOCK", {}, &lock, nullptr).ok());
  const auto events = desk.disk.open_append("/d/events");
  desk.disk.crash();

  EXPECT_FALSE(append(*file, "more").ok());
  EXPECT_FALSE(sync(*file).ok());
  EXPECT_FALSE(old_files.DeleteFile("/d/a", {}, nullptr).ok());
  EXPECT_FALSE(events->append("{}\n"));
  EXPECT_EQ(desk.disk.contents("/d/a"), "text");
  rocksdb::FileLock* again = nullptr;
  EXPECT_TRUE(desk.files().LockFile("/d/LOCK", {}, &again, nullptr).ok()) << "a lock dies with its life";
  old_files.UnlockFile(lock, {}, nullptr);
  rocksdb::FileLock* third = nullptr;
  EXPECT_FALSE(desk.files().LockFile("/d/LOCK", {}, &third, nullptr).ok()) << "and is not given up by the old one's end";
  desk.files().UnlockFile(again, {}, nullptr);
}

TEST(SimDisk, PowerFailsAtTheOperationThatWasNamed) {
  Desk desk(1);
  const auto file = desk.create("/d/a");
  desk.disk.crash_at_operation(3);
  EXPECT_TRUE(append(*file, "1").ok());
  EXPECT_TRUE(sync(*file).ok());
  EXPECT_TRUE(desk.disk.powered());
  EXPECT_FALSE(append(*file, "3").ok());
  EXPECT_FALSE(desk.disk.powered());
  EXPECT_FALSE(sync(*file).ok());
  desk.disk.crash();
  EXPECT_TRUE(desk.disk.powered());
  EXPECT_EQ(desk.disk.contents("/d/a"), desk.exists("/d/a") ? "1" : "");
}

TEST(SimDisk, WhatIsDoneFromTheOperationOnThatWasNamedIsLostAtTheCrash) {
  for (const Left left : {Left::what_was_synced, Left::something, Left::what_was_written}) {
    Desk desk(1);
    const auto file = desk.create("/d/a");
    sync(*file);
    desk.sync_directory();
    desk.disk.lose_from_operation(3, left);
    EXPECT_TRUE(append(*file, "1").ok() && sync(*file).ok());
    EXPECT_FALSE(desk.disk.losing());
    EXPECT_TRUE(append(*file, "3").ok() && sync(*file).ok()) << "the program notices nothing";
    EXPECT_TRUE(desk.disk.losing());
    EXPECT_EQ(desk.disk.contents("/d/a"), "13");
    desk.disk.crash();
    EXPECT_FALSE(desk.disk.losing());
    EXPECT_EQ(desk.disk.contents("/d/a"), "1");
  }
}

TEST(SimDisk, AnEndLeavesWhatWasSyncedOrAllThatWasWritten) {
  for (const auto& [left, expected] : {std::pair{Left::what_was_synced, "1"}, std::pair{Left::what_was_written, "12"}}) {
    Desk desk(1);
    const auto file = desk.create("/d/a");
    desk.sync_directory();
    append(*file, "1");
    sync(*file);
    append(*file, "2");
    desk.disk.lose_from_operation(1, left);
    append(*file, "3");
    desk.disk.crash();
    EXPECT_EQ(desk.disk.contents("/d/a"), expected);
  }
}

TEST(SimDisk, AnOperationFailsOnce) {
  Desk desk(1);
  const auto file = desk.create("/d/a");
  desk.disk.fail_operation(2);
  EXPECT_TRUE(append(*file, "1").ok());
  const auto broken = append(*file, "2");
  EXPECT_TRUE(broken.IsIOError() && !broken.IsNoSpace());
  EXPECT_TRUE(append(*file, "3").ok());
  EXPECT_EQ(desk.disk.contents("/d/a"), "13");
}

TEST(SimDisk, AFullDiskTakesWhatFitsAndARemovedFileMakesRoom) {
  Desk desk(1);
  const auto file = desk.create("/d/a");
  append(*file, "12345");
  desk.disk.set_free_bytes(3);
  EXPECT_TRUE(append(*file, "67890").IsNoSpace());
  EXPECT_EQ(desk.disk.contents("/d/a"), "12345678");
  EXPECT_EQ(desk.disk.free_bytes("/d"), 0U);
  desk.files().DeleteFile("/d/a", {}, nullptr);
  EXPECT_EQ(desk.disk.free_bytes("/d"), 8U);
}

TEST(SimDisk, AnAppenderWritesWholeLinesOrNothing) {
  Desk desk(1);
  const auto events = desk.disk.open_append("/d/events");
  EXPECT_TRUE(events->append("{1}\n"));
  desk.disk.set_free_bytes(2);
  EXPECT_FALSE(events->append("{2}\n"));
  EXPECT_EQ(desk.disk.contents("/d/events"), "{1}\n");
  desk.disk.set_free_bytes(100);
  EXPECT_TRUE(desk.disk.open_append("/d/events")->append("{2}\n"));
  EXPECT_EQ(desk.disk.contents("/d/events"), "{1}\n{2}\n");
}

TEST(SimDisk, WhatAnAppenderSyncedSurvivesAndATornLineIsCutOff) {
  int torn = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    Desk desk(seed);
    const auto events = desk.disk.open_append("/d/events");
    EXPECT_TRUE(events->append("{1}\n"));
    EXPECT_TRUE(events->sync());
    EXPECT_TRUE(events->append("{2}\n"));
    desk.disk.crash();
    const std::string left = desk.disk.contents("/d/events");
    EXPECT_EQ(left.substr(0, 4), "{1}\n");
    torn += left.back() != '\n' ? 1 : 0;
    EXPECT_TRUE(desk.disk.open_append("/d/events")->append("{3}\n"));
    EXPECT_TRUE(desk.disk.contents("/d/events").ends_with("\n{3}\n"));
  }
  EXPECT_GT(torn, 0);
}

TEST(SimDisk, ADiskThatLiesCountsSyncsAndHoldsNothing) {
  int lost = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    Desk desk(seed);
    desk.disk.lie_about_syncs(true);
    const auto file = desk.create("/d/a");
    append(*file, "text");
    EXPECT_TRUE(sync(*file).ok());
    desk.sync_directory();
    EXPECT_EQ(desk.disk.syncs(), 2U);
    desk.disk.crash();
    if (desk.disk.contents("/d/a") != "text") ++lost;
  }
  EXPECT_GT(lost, 0);
}

TEST(SimDisk, TheSameSeedLeavesTheSameFiles) {
  const auto leftovers = [](std::uint64_t seed) {
    Desk desk(seed);
    for (const std::string name : {"a", "b", "c"}) {
      const auto file = desk.create("/d/" + name);
      append(*file, std::string(500, 'x'));
      if (name == "b") desk.sync_directory();
    }
    desk.disk.crash();
    std::string all;
    for (const auto& name : desk.disk.files("/d")) all += name + desk.disk.contents("/d/" + name) + "\n";
    return all;
  };
  std::set<std::string> different;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    EXPECT_EQ(leftovers(seed), leftovers(seed));
    different.insert(leftovers(seed));
  }
  EXPECT_GT(different.size(), 3U);
}

TEST(SimDisk, BackgroundWorkIsDoneWhenTheLogIsWrittenNext) {
  Desk desk(1);
  const auto log = desk.create("/d/000001.log");
  static int done;
  done = 0;
  for (int job = 0; job < 100; ++job) {
    desk.disk.env()->Schedule([](void*) { ++done; }, nullptr, rocksdb::Env::LOW, nullptr, nullptr);
  }
  append(*log, "record");
  EXPECT_EQ(done, 100);
}

}  // namespace
}  // namespace mta::sim
