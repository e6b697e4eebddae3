// The store on the real file system: what it opens, what it refuses, what it keeps.
#include "queue/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "queue/keys.h"

namespace queue {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class StoreOnDisk : public testing::Test {
 protected:
  StoreOnDisk() {
    std::string pattern = (std::filesystem::temp_directory_path() / "store-test-XXXXXX").string();
    base_ = ::mkdtemp(pattern.data());
    path_ = base_ + "/spool";
  }
  ~StoreOnDisk() override {
    store_.reset();
    std::filesystem::permissions(base_, std::filesystem::perms::owner_all);
    std::filesystem::remove_all(base_);
  }

  void open() { store_ = Store::open(path_); }
  void reopen() {
    store_.reset();
    open();
  }
  void put(Family family, const std::string& key, const std::string& value) {
    Batch batch;
    batch.put(family, key, value);
    store_->write(batch);
  }
  std::string refusal() {
    try {
      const auto opened = Store::open(path_);
    } catch (const StoreError& error) {
      return error.what();
    }
    return "opened";
  }
  std::vector<std::string> keys(Family family, std::string_view from, std::string_view to) {
    std::vector<std::string> found;
    for (Cursor cursor = store_->scan(family, from, to); cursor.valid(); cursor.next()) found.emplace_back(cursor.key());
    return found;
  }

  std::string base_, path_;
  std::unique_ptr<Store> store_;
};

constexpr std::array every_family{Family::meta, Family::body,  Family::message, Family::recipient, Family::queue_row,
                                  Family::wake, Family::queue, Family::attempt, Family::lane,      Family::event};

TEST_F(StoreOnDisk, TheDirectoryIsMadeForItsOwnerOnly) {
  open();
  struct stat facts {};
  ASSERT_EQ(::stat(path_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0700U);
}

TEST_F(StoreOnDisk, EveryFamilyKeepsItsRowsOverARestart) {
  open();
  for (const Family family : every_family) put(family, "key", std::string(name(family)));
  reopen();
  for (const Family family : every_family) EXPECT_EQ(store_->get(family, "key"), std::string(name(family)));
}

TEST_F(StoreOnDisk, ABodyOfSeveralChunksComesBackWhole) {
  open();
  const std::string chunk(128U << 10U, 'x');
  for (std::uint32_t number = 0; number < 40; ++number) put(Family::body, body_key({7}, number), chunk + std::to_string(number));
  reopen();
  for (std::uint32_t number = 0; number < 40; ++number) {
    EXPECT_EQ(store_->get(Family::body, body_key({7}, number)), chunk + std::to_string(number));
  }
  EXPECT_EQ(store_->get(Family::body, body_key({7}, 40)), std::nullopt);
}

TEST_F(StoreOnDisk, AScanSeesItsRangeInOrderAndNothingElse) {
  open();
  for (const auto* key : {"d", "a", "c", "b", "e"}) put(Family::wake, key, "");
  put(Family::queue_row, "bb", "");
  EXPECT_EQ(keys(Family::wake, "b", "d"), (std::vector<std::string>{"b", "c"}));
  EXPECT_EQ(keys(Family::wake, "", ""), (std::vector<std::string>{"a", "b", "c", "d", "e"}));
  EXPECT_EQ(keys(Family::wake, "f", ""), std::vector<std::string>{});
  EXPECT_EQ(store_->last_key(Family::wake), "e");
  EXPECT_EQ(store_->last_key(Family::event), std::nullopt);
}

TEST_F(StoreOnDisk, AnErasedRowIsGoneAndACursorSeesItsMoment) {
  open();
  put(Family::wake, "a", "");
  put(Family::wake, "b", "");
  Cursor before = store_->scan(Family::wake, "", "");
  Batch batch;
  batch.single_erase(Family::wake, "a");
  batch.erase(Family::wake, "b");
  store_->write(batch);
  ASSERT_TRUE(before.valid());
  EXPECT_EQ(before.key(), "a");
  EXPECT_EQ(keys(Family::wake, "", ""), std::vector<std::string>{});
}

TEST_F(StoreOnDisk, EventsAreErasedByRange) {
  open();
  for (std::uint64_t sequence = 1; sequence <= 300; ++sequence) put(Family::event, event_key(sequence), "{}");
  Batch batch;
  batch.erase_range(Family::event, event_key(0), event_key(299));
  store_->write(batch);
  EXPECT_EQ(keys(Family::event, "", ""), (std::vector<std::string>{event_key(299), event_key(300)}));
  EXPECT_EQ(store_->last_key(Family::event), event_key(300));
}

TEST_F(StoreOnDisk, ABatchKnowsItsSizeAndCanBeUsedAgain) {
  Batch batch;
  EXPECT_TRUE(batch.empty());
  batch.put(Family::lane, "key", std::string(1'000, 'v'));
  EXPECT_FALSE(batch.empty());
  EXPECT_GT(batch.bytes(), 1'000U);
  batch.clear();
  EXPECT_TRUE(batch.empty());
}

TEST_F(StoreOnDisk, WhatABatchHoldsBehindItsMarkCanBeTakenBack) {
  open();
  Batch batch;
  batch.put(Family::lane, "before", "1");
  batch.mark();
  batch.put(Family::lane, "behind", "2");
  batch.erase(Family::lane, "before");
  batch.undo_to_mark();
  batch.put(Family::lane, "instead", "3");
  store_->write(batch);
  EXPECT_EQ(keys(Family::lane, "", ""), (std::vector<std::string>{"before", "instead"}));
}

TEST_F(StoreOnDisk, ASecondProcessIsToldWhichDirectoryIsInUse) {
  open();
  EXPECT_THAT(refusal(), AllOf(HasSubstr(path_), HasSubstr("in use by another process")));
  const pid_t child = ::fork();  // fcntl locks are per process: only another one proves it
  if (child == 0) ::_exit(refusal().find("in use by another process") != std::string::npos ? 0 : 1);
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST_F(StoreOnDisk, ANewerFormatIsRefused) {
  open();
  put(Family::meta, "format", "2");
  store_.reset();
  EXPECT_THAT(refusal(), AllOf(HasSubstr(path_), HasSubstr("format 2"), HasSubstr("newer version")));
}

TEST_F(StoreOnDisk, AFamilyOfANewerVersionIsRefusedByName) {
  open();
  store_.reset();
  std::vector<std::string> present;
  ASSERT_TRUE(rocksdb::DB::ListColumnFamilies({}, path_, &present).ok());
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const auto& family : present) families.emplace_back(family, rocksdb::ColumnFamilyOptions());
  families.emplace_back("reputation", rocksdb::ColumnFamilyOptions());
  rocksdb::DBOptions options;
  options.create_missing_column_families = true;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* newer = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, path_, families, &handles, &newer).ok());
  for (auto* handle : handles) newer->DestroyColumnFamilyHandle(handle);
  delete newer;
  EXPECT_THAT(refusal(), AllOf(HasSubstr(path_), HasSubstr("reputation"), HasSubstr("newer version")));
}

TEST_F(StoreOnDisk, FamiliesThatWereNotCreatedInOurOrderAreFoundAllTheSame) {
  ASSERT_EQ(::mkdir(path_.c_str(), 0700), 0);
  std::vector<rocksdb::ColumnFamilyDescriptor> families{{"default", {}}, {"event", {}}, {"line", {}}, {"body", {}}};
  rocksdb::DBOptions options;
  options.create_if_missing = options.create_missing_column_families = true;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* other = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(options, path_, families, &handles, &other).ok());
  for (auto* handle : handles) other->DestroyColumnFamilyHandle(handle);
  delete other;

  open();
  for (const Family family : every_family) put(family, "key", std::string(name(family)));
  Batch batch;
  batch.single_erase(Family::queue_row, "key");
  batch.erase(Family::lane, "key");
  batch.erase_range(Family::event, "a", "z");
  store_->write(batch);
  reopen();
  EXPECT_EQ(store_->get(Family::body, "key"), "body");
  EXPECT_EQ(store_->get(Family::wake, "key"), "wake");
  for (const Family family : {Family::queue_row, Family::lane, Family::event})
    EXPECT_EQ(store_->get(family, "key"), std::nullopt);
}

TEST_F(StoreOnDisk, WhatCannotBeADirectoryIsSaidSo) {
  std::filesystem::create_directories(base_);
  { const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path_.c_str(), "w"), &std::fclose); }
  EXPECT_THAT(refusal(), AllOf(HasSubstr(path_), HasSubstr("not a directory")));
}

TEST_F(StoreOnDisk, ADirectoryThatCannotBeWrittenIsSaidSo) {
  if (::geteuid() == 0) {
    path_ = "/proc/store-test/spool";  // not even root can make it
    EXPECT_THAT(refusal(), AllOf(HasSubstr(path_), HasSubstr("cannot be created")));
    return;
  }
  ASSERT_EQ(::mkdir(path_.c_str(), 0500), 0);
  EXPECT_THAT(refusal(), AllOf(HasSubstr(path_), HasSubstr("cannot be written"), HasSubstr("Permission denied")));
}

}  // namespace
}  // namespace queue
