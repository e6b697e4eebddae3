// The users file, edited by hand and by `warmupctl passwd`.
#include <sys/stat.h>
#include <sysexits.h>

#include <filesystem>

#include "conf/load.h"
#include "desk_of_the_operator.h"
#include "mta/ctl/users_file.h"

namespace mta::ctl {
namespace {

using testing::HasSubstr;

const std::string old_file = "# who may log in\n\nalice:$y$old\r\nbob:$y$bob:example.com,example.org:bulk\n";

TEST(UsersFile, ANewUserComesLastAndTheRestStaysOctetForOctet) {
  EXPECT_EQ(set_user(old_file, {"carol", "$y$new", std::nullopt, std::nullopt}), old_file + "carol:$y$new\n");
  EXPECT_EQ(set_user("alice:$y$old", {"carol", "$y$new", std::nullopt, std::nullopt}), "alice:$y$old\ncarol:$y$new\n");
}

TEST(UsersFile, AChangedPasswordKeepsDomainsAndClass) {
  EXPECT_THAT(set_user(old_file, {"bob", "$y$new", std::nullopt, std::nullopt}),
              HasSubstr("\nbob:$y$new:example.com,example.org:bulk\n"));
}

TEST(UsersFile, DomainsAndClassAreSetAndCleared) {
  EXPECT_EQ(set_user("", {"a", "$y$n", std::vector<std::string>{"example.com"}, std::nullopt}), "a:$y$n:example.com\n");
  EXPECT_EQ(set_user("", {"a", "$y$n", std::nullopt, "bulk"}), "a:$y$n::bulk\n");
  EXPECT_EQ(set_user("a:$y$o:example.com:bulk\n", {"a", "$y$n", std::vector<std::string>{}, ""}), "a:$y$n\n");
}

TEST(UsersFile, ACommentThatLooksLikeARowStays) {
  EXPECT_EQ(set_user("#a:$y$o\n", {"a", "$y$n", std::nullopt, std::nullopt}), "#a:$y$o\na:$y$n\n");
}

TEST(UsersFile, DeletingTakesOnlyTheRow) {
  EXPECT_EQ(delete_user(old_file, "alice"), "# who may log in\n\nbob:$y$bob:example.com,example.org:bulk\n");
  EXPECT_EQ(delete_user(old_file, "al"), std::nullopt);
}

class Passwd : public DeskOfTheOperator {
 protected:
  Passwd() { put("w.toml", "[auth]\nusers = \"users\"\n[[class]]\nname = \"receipts\"\n" + least_config); }
  int passwd(std::vector<std::string> words) {
    words.insert(words.begin(), {"--config", path("w.toml"), "passwd"});
    return run(words);
  }
  std::string users() const { return content(path("users")); }
};

TEST_F(Passwd, MakesAFileOnlyItsOwnerReadsAndTheDaemonUnderstands) {
  typed = {"secret"};
  EXPECT_EQ(passwd({"alice", "--from-domain", "Example.com", "--class", "receipts"}), EX_OK) << err;
  EXPECT_THAT(users(), testing::StartsWith("alice:$y$"));
  struct stat facts {};
  ASSERT_EQ(stat(path("users").c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777U, 0600U);
  const auto config = conf::load_text("[auth]\nusers = \"" + path("users") +
                                          "\"\n[[class]]\nname = \"receipts\"\n[[listener]]\naddress = "
                                          "\"127.0.0.1:0\"\n[[source]]\nname = \"ip-1\"\naddress = \"203.0.113.10\"\n",
                                      "w.toml", "mta1.example.com")
                          .config;
  EXPECT_EQ(config.users.at("alice").from_domains, std::vector<std::string>{"example.com"});
  EXPECT_EQ(config.users.at("alice").mail_class, "receipts");
}

TEST_F(Passwd, MakesAFileThatTheGroupOfItsDirectoryReads) {
  const bool root = geteuid() == 0;  // only root gives a directory to a group that is not his; else it stays with ours, and 0600
  const gid_t group = root ? 12345 : getegid();
  ASSERT_EQ(chown(path("").c_str(), geteuid(), group), 0);
  ASSERT_EQ(chmod(path("").c_str(), 0750), 0);
  typed = {"secret", "secret"};
  for (const char* name : {"alice", "bob"}) {  // made, then replaced
    EXPECT_EQ(passwd({name}), EX_OK) << err;
    struct stat facts {};
    ASSERT_EQ(stat(path("users").c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777U, root ? 0640U : 0600U);
    EXPECT_EQ(facts.st_gid, group);
  }
}

TEST_F(Passwd, FollowsASymbolicLinkAndKeepsComments) {
  put("real", old_file);
  std::filesystem::create_symlink(path("real"), path("users"));
  EXPECT_EQ(passwd({"alice", "--delete"}), EX_OK) << err;
  EXPECT_TRUE(std::filesystem::is_symlink(path("users")));
  EXPECT_THAT(content(path("real")), testing::StartsWith("# who may log in\n\nbob:"));
}

TEST_F(Passwd, APersonTypesItTwice) {
  terminal = true;
  typed = {"secret", "secrte"};
  EXPECT_EQ(passwd({"alice"}), EX_USAGE);
  EXPECT_FALSE(std::filesystem::exists(path("users")));
  typed = {"secret", "secret"};
  EXPECT_EQ(passwd({"alice"}), EX_OK) << err;
  EXPECT_EQ(prompts.size(), 4U);
}

TEST_F(Passwd, RefusesWhatWouldBreakTheFile) {
  typed = {"secret", "secret", "secret"};
  EXPECT_EQ(passwd({"a:b"}), EX_USAGE);
  EXPECT_EQ(passwd({"alice", "--from-domain", "not a domain"}), EX_USAGE);
  EXPECT_EQ(passwd({"alice", "--class", "nobodys"}), EX_USAGE);
  EXPECT_THAT(err, HasSubstr("receipts"));
  typed = {};
  EXPECT_EQ(passwd({"alice"}), EX_USAGE);
  EXPECT_FALSE(std::filesystem::exists(path("users")));
}

TEST_F(Passwd, DeletingAUserThatIsNotThereChangesNothingAndNamesTheNearest) {
  put("users", old_file);
  EXPECT_EQ(passwd({"alcie", "--delete"}), EX_USAGE);
  EXPECT_THAT(err, HasSubstr("there is no user \"alcie\", did you mean \"alice\"?"));
  EXPECT_EQ(users(), old_file);
}

TEST_F(Passwd, WhereNoFileCanBeMadeItEndsWith73) {
  put("w.toml", "[auth]\nusers = \"nowhere/users\"\n");
  typed = {"secret"};
  EXPECT_EQ(passwd({"alice"}), EX_CANTCREAT);
}

}  // namespace
}  // namespace mta::ctl
