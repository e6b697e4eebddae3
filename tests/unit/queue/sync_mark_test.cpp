// Less than was synced is said; a torn tail that never was is not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>

#include "queue/damage.h"
#include "queue/keys.h"
#include "queue/store.h"
#include "queue/sync_mark.h"

namespace queue {
namespace {

using testing::AllOf;
using testing::HasSubstr;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr Instant begin{Duration(1'700'000'000'000)};

// Batches that are synced one by one, a second apart; then something befalls the files, as after `kill -9`.
class Loss : public testing::Test {
 protected:
  Loss() {
    std::string pattern = (fs::temp_directory_path() / "sync-mark-XXXXXX").string();
    base_ = ::mkdtemp(pattern.data());
    path_ = base_ + "/spool";
    store_ = Store::open(path_);
  }
  ~Loss() override {
    store_.reset();
    fs::remove_all(base_);
  }
  void write_and_sync(unsigned batches) {
    for (unsigned n = 0; n < batches; ++n) {
      write();
      store_->sync(begin + 1s * written_);
    }
    store_->sync_mark();
  }
  void write() {
    Batch batch;
    batch.put(Family::message, message_key({++written_}), std::string(500, 'm'));
    batch.put(Family::body, body_key({written_}, 0), std::string(6000, 'b'));
    store_->write(batch);
  }
  std::string log() const {
    std::vector<std::string> logs;
    for (const auto& file : fs::directory_iterator(path_))
      if (file.path().extension() == ".log") logs.push_back(file.path().string());
    return *std::max_element(logs.begin(), logs.end());
  }
  void edit(const std::string& file, const std::function<void(std::string&)>& change) const {
    std::ifstream in(file, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    change(text);
    std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
  }
  std::string reopen(bool accept = false) {
    store_.reset();
    StoreOptions options;
    options.accept_damage = accept;
    try {
      store_ = Store::open(path_, options);
    } catch (const StoreError& error) {
      EXPECT_TRUE(error.damaged) << error.what();
      return error.what();
    }
    return "opened";
  }
  unsigned left() const {
    unsigned found = 0;
    while (store_->get(Family::message, message_key({found + 1}))) ++found;
    return found;
  }

  std::string base_, path_;
  std::unique_ptr<Store> store_;
  unsigned written_ = 0;
};

TEST_F(Loss, NothingIsMissingAfterARestartOrTwenty) {
  for (int life = 0; life < 20; ++life) {
    write_and_sync(5);
    if (life % 3 == 0) write();
    ASSERT_EQ(reopen(), "opened");
    ASSERT_EQ(left(), written_);
  }
}

TEST_F(Loss, AFlippedOctetInTheLogIsSaidWithItsTimeAndNothingIsChanged) {
  write_and_sync(40);
  store_.reset();
  edit(log(), [](std::string& text) { text[text.size() / 2] = static_cast<char>(text[text.size() / 2] ^ 1); });
  const std::string said = reopen();
  EXPECT_THAT(said, AllOf(HasSubstr(".log is damaged at octet"), HasSubstr("missing since 2023-11-14T22:13:"),
                          HasSubstr("--accept-damage")));
  EXPECT_EQ(reopen(), said) << "and it is said again";
  ASSERT_EQ(reopen(true), "opened");
  EXPECT_GT(left(), 10U);
  EXPECT_LT(left(), 40U);
  const auto row = store_->get(Family::meta, damage_key);
  ASSERT_TRUE(row);
  const auto noted = decode_damage(*row);
  ASSERT_TRUE(noted && noted->lost_since);
  EXPECT_EQ(*noted->lost_since, begin + 1s * left());
  written_ = left();
  write_and_sync(3);
  EXPECT_EQ(reopen(), "opened") << "once is enough";
}

TEST_F(Loss, ALogCutInHalfIsSaid) {
  write_and_sync(40);
  store_.reset();
  edit(log(), [](std::string& text) { text.resize(text.size() / 2); });
  EXPECT_THAT(reopen(), AllOf(HasSubstr("octets"), HasSubstr("were synced"), HasSubstr("missing since 2023-11-14T22:13:")));
  ASSERT_EQ(reopen(true), "opened");
  EXPECT_GT(left(), 10U);
}

TEST_F(Loss, ALogThatIsGoneIsSaid) {
  write_and_sync(40);
  store_.reset();
  fs::remove(log());
  EXPECT_THAT(reopen(), HasSubstr(".log is gone"));
  ASSERT_EQ(reopen(true), "opened");
  EXPECT_EQ(left(), 0U);
  EXPECT_EQ(reopen(), "opened");
}

TEST_F(Loss, EveryFlippedOctetOfTheLogIsSaid) {
  write_and_sync(4);
  store_.reset();
  const std::string file = log();
  const auto size = fs::file_size(file);
  const std::string spare = base_ + "/spare";
  for (std::size_t at = 0; at < size; at += 1 + size / 60) {
    fs::copy(path_, spare);
    edit(file, [at](std::string& text) { text[at] = static_cast<char>(text[at] ^ 0x20); });
    EXPECT_NE(reopen(), "opened") << "octet " << at << " of " << size;
    store_.reset();
    fs::remove_all(path_);
    fs::rename(spare, path_);
  }
}

TEST_F(Loss, ATornTailThatWasNeverSyncedIsNormal) {
  write_and_sync(10);
  write();
  write();
  store_.reset();
  edit(log(), [](std::string& text) { text.resize(text.size() - 3000); });
  EXPECT_EQ(reopen(), "opened");
  EXPECT_EQ(left(), 11U);
}

TEST_F(Loss, ABlobFileThatIsGoneIsSaid) {
  write_and_sync(10);
  ASSERT_EQ(reopen(), "opened");  // bodies go to a blob file
  store_.reset();
  for (const auto& file : fs::directory_iterator(path_))
    if (file.path().extension() == ".blob") fs::remove(file.path());
  EXPECT_THAT(reopen(), AllOf(HasSubstr(".blob is gone"), HasSubstr("--accept-damage")));
  EXPECT_EQ(reopen(true), "opened");
}

TEST_F(Loss, ATableThatIsGoneIsSaid) {
  write_and_sync(10);
  ASSERT_EQ(reopen(), "opened");
  store_.reset();
  for (const auto& file : fs::directory_iterator(path_))
    if (file.path().extension() == ".sst") fs::remove(file.path());
  EXPECT_THAT(reopen(), HasSubstr("--accept-damage"));
  EXPECT_EQ(reopen(true), "opened");
}

TEST_F(Loss, ALostCurrentFileIsSaidAndComesBackFromTheManifest) {
  write_and_sync(10);
  store_.reset();
  fs::remove(path_ + "/CURRENT");
  EXPECT_THAT(reopen(), HasSubstr("CURRENT is gone"));
  ASSERT_EQ(reopen(true), "opened");
  EXPECT_EQ(left(), 10U);
}

TEST(SyncMark, ALineIsReadBackAndNothingElseIs) {
  const SyncMark mark{12, 34, 56, begin};
  std::string line = mark.line();
  ASSERT_EQ(line.back(), '\n');
  line.pop_back();
  EXPECT_EQ(SyncMark::parse(line), mark);
  for (std::size_t at = 0; at < line.size(); ++at) {
    std::string other = line;
    other[at] = static_cast<char>(other[at] ^ 1);
    EXPECT_NE(SyncMark::parse(other), mark) << other;
    EXPECT_EQ(SyncMark::parse(line.substr(0, at)), std::nullopt);
  }
}

TEST_F(Loss, TheFileOfMarksStaysSmall) {
  SyncMarkFile file(*rocksdb::Env::Default(), path_);
  file.begin({1, 1, 1, begin});
  for (std::uint64_t n = 2; n < 50'000; ++n) file.add({n, 1, n * 1000, begin + Duration(n * 50)});
  EXPECT_LT(fs::file_size(path_ + "/synced"), 400U << 10U);
  const auto marks = file.read();
  ASSERT_FALSE(marks.empty());
  EXPECT_EQ(marks.back().sequence, 49'999U);
  EXPECT_EQ(marks.front().sequence, 1U);
}

}  // namespace
}  // namespace queue
