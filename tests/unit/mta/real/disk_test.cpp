// Files that grow, and the space that is left.
#include "mta/real/disk.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "certificate.h"

namespace mta::real {
namespace {

class GrowingFile : public ::testing::Test {
 protected:
  static std::string content(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  ScratchDirectory directory;
  RealDisk disk;
  std::string path = directory.file("events.log");
};

TEST_F(GrowingFile, GrowsAcrossOpenings) {
  EXPECT_TRUE(disk.open_append(path)->append("one\n"));
  EXPECT_TRUE(disk.open_append(path)->append("two\n"));
  EXPECT_EQ(content(path), "one\ntwo\n");
}

TEST_F(GrowingFile, IsMadeAnewAfterItWasMovedAway) {
  const auto file = disk.open_append(path);
  EXPECT_TRUE(file->append("one\n"));
  std::filesystem::rename(path, path + ".1");
  EXPECT_TRUE(file->append("two\n"));
  EXPECT_EQ(content(path + ".1"), "one\n");
  EXPECT_EQ(content(path), "two\n");
}

TEST_F(GrowingFile, RotatesBySizeAndKeepsFew) {
  const auto file = disk.open_append(path);
  file->rotate_at(8, 2);
  for (const char* line : {"first\n", "second\n", "third\n", "fourth\n", "fifth\n", "sixth\n", "seventh\n"})
    EXPECT_TRUE(file->append(line));
  EXPECT_EQ(content(path), "seventh\n");
  EXPECT_EQ(content(path + ".1"), "fifth\nsixth\n");
  EXPECT_EQ(content(path + ".2"), "third\nfourth\n");
  EXPECT_FALSE(std::filesystem::exists(path + ".3"));
}

TEST_F(GrowingFile, IsNeverAPipeThatSomebodyMustReadFirst) {
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const auto refusal = [&] {
    try {
      disk.open_append(path);
    } catch (const std::runtime_error& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(refusal(), "cannot open " + path + " to append: it is a pipe or a socket") << "without a reader";
  const int reader = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  EXPECT_EQ(refusal(), "cannot open " + path + " to append: it is a pipe") << "with one, that may cease to read";
  ::close(reader);
  const std::string regular = directory.file("regular");
  const auto file = disk.open_append(regular);
  std::filesystem::rename(path, regular);
  EXPECT_FALSE(file->append("one\n")) << "a pipe took its place";
}

TEST_F(GrowingFile, IsMadeWhereALinkPoints) {
  std::filesystem::create_symlink(directory.file("target"), path);
  EXPECT_TRUE(disk.open_append(path)->append("one\n"));
  EXPECT_EQ(content(directory.file("target")), "one\n");
}

TEST_F(GrowingFile, CutsOffWhatACrashLeftOfALine) {
  EXPECT_TRUE(disk.open_append(path)->append("one\ntw"));
  EXPECT_TRUE(disk.open_append(path)->append("two\n"));
  EXPECT_TRUE(disk.open_append(path)->append("three\n"));
  EXPECT_EQ(content(path), "one\ntwo\nthree\n");
  std::filesystem::remove(path);
  EXPECT_TRUE(disk.open_append(path)->append("tw"));
  EXPECT_TRUE(disk.open_append(path)->append("two\n"));
  EXPECT_EQ(content(path), "two\n");
  EXPECT_TRUE(disk.open_append(path)->append(std::string(2U << 20U, 'x')));  // no line end within reach
  EXPECT_TRUE(disk.open_append(path)->append("three\n"));
  EXPECT_TRUE(content(path).ends_with("xx\nthree\n"));
}

TEST_F(GrowingFile, IsSyncedWhateverItIs) {
  const auto file = disk.open_append(path);
  EXPECT_TRUE(file->append("one\n"));
  EXPECT_TRUE(file->sync());
  std::filesystem::rename(path, path + ".1");
  EXPECT_TRUE(file->sync());
  EXPECT_TRUE(file->append("two\n"));
  EXPECT_TRUE(file->sync());
  EXPECT_TRUE(disk.open_append("/dev/null")->sync());
}

TEST_F(GrowingFile, SaysWhenNothingFits) {
  const auto full = disk.open_append("/dev/full");
  EXPECT_FALSE(full->append("one\n"));
}

TEST_F(GrowingFile, TellsWhyItCannotBeOpened) {
  try {
    disk.open_append(directory.file("no/such/directory"));
    FAIL() << "opened";
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(error.what(), "cannot open " + directory.file("no/such/directory") + " to append: No such file or directory");
  }
}

TEST_F(GrowingFile, FreeSpaceIsKnownAndAnUnknownPathHasNone) {
  EXPECT_GT(disk.free_bytes(directory.file("")), 0U);
  EXPECT_EQ(disk.free_bytes(directory.file("no/such/path")), 0U);
}

}  // namespace
}  // namespace mta::real
