// What is at a path, without waiting for anything that may be there.
#include "mta/real/host.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>

#include "certificate.h"

namespace mta::real {
namespace {

TEST(LookAt, FollowsLinksAndNamesTheEndOfThoseThatLeadNowhere) {
  const ScratchDirectory directory;
  const auto link = [&](const char* name, const std::string& target) {
    std::filesystem::create_symlink(target, directory.file(name));
    return look_at(directory.file(name));
  };
  EXPECT_TRUE(S_ISDIR(link("here", directory.file("")).mode));
  const auto gone = link("gone", directory.file("nowhere"));
  EXPECT_FALSE(gone.there);
  EXPECT_EQ(gone.target, directory.file("nowhere"));
  EXPECT_EQ(link("further", "gone").target, directory.file("nowhere")) << "by a relative link to a link";
  const auto loop = link("loop", directory.file("loop"));
  EXPECT_TRUE(loop.there);
  EXPECT_EQ(loop.error, ELOOP);
  EXPECT_EQ(look_at(directory.file("nothing")).target, "");
}

TEST(LookAt, APipeIsNotWaitedFor) {
  const ScratchDirectory directory;
  const auto pipe = directory.file("pipe");
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_TRUE(S_ISFIFO(look_at(pipe).mode));
  EXPECT_LE(lock_holder(pipe), 0);
}

}  // namespace
}  // namespace mta::real
