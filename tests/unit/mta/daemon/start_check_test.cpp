// What stops a start is found before it, with the place and the cure.
#include "mta/daemon/start_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sysexits.h>

#include <map>

namespace mta {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Kind = PathKind;

class StartCheckTest : public testing::Test {
 protected:
  StartCheckTest() {
    config.file = "warmupd.toml";
    config.listeners.push_back({});
    config.listeners[0].where = {"warmupd.toml", 4};
    config.listeners[0].address = "203.0.113.10:587";
    config.sources.push_back({});
    config.sources[0].where = {"warmupd.toml", 9};
    config.sources[0].name = "ip-1";
    config.sources[0].address = "203.0.113.10";
    config.events.file = "/var/log/warmupd/events.jsonl";
    host.user = "warmupd";
    host.has_service_user = true;
    host.port = [this](const Endpoint& endpoint) {
      const auto known = ports.find(endpoint.text());
      return known == ports.end() ? PortState::free : known->second;
    };
    host.path = [this](const std::string& path) {
      const auto known = paths.find(path);
      return known == paths.end() ? PathState{} : known->second;
    };
    host.addresses = [] { return std::vector<std::string>{"203.0.113.10", "127.0.0.1"}; };
    host.outward = [](const std::string& family) { return family == "ipv4" ? "203.0.113.10" : ""; };
    for (const char* folder : {"/", "/var/spool/warmupd", "/run/warmupd", "/var/log/warmupd"}) folder_is_there(folder);
  }

  void folder_is_there(const std::string& path) { paths[path] = {PathKind::folder, true, ""}; }
  StartCheck check(CheckFor purpose = CheckFor::check) { return check_start(config, host, purpose); }
  std::string only_obstacle(int exit_code, CheckFor purpose = CheckFor::check) {
    const auto found = check(purpose);
    EXPECT_EQ(found.obstacles.size(), 1U);
    EXPECT_EQ(found.exit_code(), exit_code);
    return found.obstacles.empty() ? "" : found.obstacles[0].problem.line();
  }

  conf::Config config;
  HostView host;
  std::map<std::string, PortState> ports;
  std::map<std::string, PathState> paths;
};

TEST_F(StartCheckTest, ALockThatAnotherUserLeftInTheSpoolIsNamed) {
  paths[config.spool + "/LOCK"] = {PathKind::file, false, "Permission denied"};
  EXPECT_THAT(only_obstacle(EX_CANTCREAT), AllOf(HasSubstr("cannot write /var/spool/warmupd/LOCK (Permission denied)"),
                                                 HasSubstr("chown -R warmupd /var/spool/warmupd")));
}

TEST_F(StartCheckTest, ASocketAtWhichTheDaemonOfAnotherSpoolAnswersIsNotOurs) {
  host.socket_answered = true;
  for (const CheckFor purpose : {CheckFor::check, CheckFor::start})
    EXPECT_THAT(only_obstacle(EX_UNAVAILABLE, purpose), HasSubstr("another warmupd answers there"));
}

TEST_F(StartCheckTest, LinesAreNotAddedToAFileThatHasAnotherUse) {
  config.log.maillog = "/var/log/warmupd/../warmupd/events.jsonl";
  EXPECT_THAT(only_obstacle(EX_CANTCREAT),
              HasSubstr("log.maillog /var/log/warmupd/../warmupd/events.jsonl: that is events.file too"));
  config.log.maillog = "";
  config.events.file = config.control.socket;
  EXPECT_THAT(only_obstacle(EX_CANTCREAT), HasSubstr("that is control.socket too; name a file of its own"));
  config.events.file = "";
  config.log.maillog = "warmupd.toml";
  EXPECT_THAT(only_obstacle(EX_CANTCREAT), HasSubstr("that is the configuration too"));
}

TEST_F(StartCheckTest, NothingIsSaidOfAHostThatHasAll) {
  const auto found = check();
  EXPECT_TRUE(found.obstacles.empty() && found.warnings.empty() && found.notes.empty());
  EXPECT_EQ(found.exit_code(), EX_OK);
}

TEST_F(StartCheckTest, AListenerAddressThatThisHostDoesNotHave) {
  ports["203.0.113.10:587"] = PortState::no_address;
  EXPECT_THAT(only_obstacle(EX_UNAVAILABLE),
              AllOf(HasSubstr("warmupd.toml:4: "), HasSubstr("this host has no address 203.0.113.10"), HasSubstr("127.0.0.1"),
                    HasSubstr("0.0.0.0:587")));
}

TEST_F(StartCheckTest, APortBelow1024AsAnOrdinaryUser) {
  ports["203.0.113.10:587"] = PortState::no_right;
  EXPECT_THAT(only_obstacle(EX_UNAVAILABLE), AllOf(HasSubstr("203.0.113.10:587"), HasSubstr("below 1024"), HasSubstr("setcap")));
}

TEST_F(StartCheckTest, APortOfAnotherProgramAndOneOfOurRunningDaemon) {
  ports["203.0.113.10:587"] = PortState::taken;
  EXPECT_THAT(only_obstacle(EX_UNAVAILABLE), HasSubstr("in use by another program"));
  ports["203.0.113.10:587"] = PortState::taken_by_daemon;
  host.spool_in_use = host.socket_answered = host.socket_is_daemons = true;
  EXPECT_TRUE(check().obstacles.empty());
  const auto start = check(CheckFor::start);
  EXPECT_EQ(start.obstacles.size(), 3U) << "a second start finds spool, port and socket taken";
  EXPECT_EQ(start.exit_code(), EX_CANTCREAT);
}

TEST_F(StartCheckTest, ASocketThatAnotherDaemonAnswers) {
  host.socket_answered = host.spool_in_use = true;
  EXPECT_THAT(only_obstacle(EX_UNAVAILABLE), HasSubstr("another warmupd answers there"));
}

TEST_F(StartCheckTest, AFolderThatIsNotThereIsNamedWithTheCommandThatMakesIt) {
  paths.erase("/run/warmupd");
  EXPECT_THAT(only_obstacle(EX_CANTCREAT),
              AllOf(HasSubstr("control.socket"), HasSubstr("install -d -m 750 -o warmupd -g warmupd /run/warmupd")));
  folder_is_there("/run/warmupd");
  paths.erase("/var/log/warmupd");
  EXPECT_THAT(only_obstacle(EX_CANTCREAT),
              AllOf(HasSubstr("events.file"), HasSubstr("install -d -m 750 -o warmupd -g warmupd /var/log/warmupd")));
}

TEST_F(StartCheckTest, ASpoolIsMadeWhereItCanBeAndElseNamed) {
  paths.erase("/var/spool/warmupd");
  EXPECT_TRUE(check().obstacles.empty()) << "the folder above lets us make it";
  paths["/"] = {PathKind::folder, false, "Permission denied"};
  EXPECT_THAT(only_obstacle(EX_CANTCREAT), AllOf(HasSubstr("/var/spool/warmupd"), HasSubstr("Permission denied"),
                                                 HasSubstr("install -d -m 700 -o warmupd -g warmupd /var/spool/warmupd")));
  paths["/var/spool/warmupd"] = {PathKind::folder, false, "Permission denied"};
  EXPECT_THAT(only_obstacle(EX_CANTCREAT), HasSubstr("chown -R warmupd /var/spool/warmupd"));
  paths["/var/spool/warmupd"] = {PathKind::file, true, ""};
  EXPECT_THAT(only_obstacle(EX_CANTCREAT), HasSubstr("expected a folder"));
}

TEST_F(StartCheckTest, AnEventsFileThatCannotBeWritten) {
  paths["/var/log/warmupd/events.jsonl"] = {PathKind::file, false, "Permission denied"};
  EXPECT_THAT(only_obstacle(EX_CANTCREAT), AllOf(HasSubstr("events.file"), HasSubstr("chown warmupd")));
}

TEST_F(StartCheckTest, WhatIsNoFileIsNotWrittenToAndIsNamed) {
  config.log.maillog = "/var/log/warmupd/mail.log";
  const std::map<Kind, std::string> found = {
      {PathKind::pipe, "a pipe"}, {PathKind::folder, "a folder"}, {PathKind::socket, "a socket"}};
  for (const auto& [kind, name] : found) {
    for (const char* key : {"events.file /var/log/warmupd/events.jsonl", "log.maillog /var/log/warmupd/mail.log"}) {
      const std::string line = key;
      const auto path = line.substr(line.find(' ') + 1);
      paths[path] = {kind, true, ""};
      EXPECT_THAT(only_obstacle(EX_CANTCREAT), HasSubstr(line + ": expected a file, found " + name + "; remove it"));
      paths.erase(path);
    }
  }
  paths["/var/log/warmupd/mail.log"] = {PathKind::other, false, "Too many levels of symbolic links"};
  EXPECT_THAT(only_obstacle(EX_CANTCREAT), HasSubstr("found something else (Too many levels of symbolic links)"));
}

TEST_F(StartCheckTest, DevicesAndTheStreamsOfTheProgramTakeText) {
  config.events.file = "/dev/null";
  paths["/dev/null"] = {PathKind::device, true, ""};
  config.log.maillog = "/dev/stdout";
  for (const Kind kind : {PathKind::pipe, PathKind::device, PathKind::file}) {
    paths["/dev/stdout"] = {kind, true, ""};
    EXPECT_TRUE(check().obstacles.empty());
  }
}

TEST_F(StartCheckTest, ALinkToAFileThatCanBeMadeIsFollowed) {
  paths["/var/log/warmupd/events.jsonl"] = {PathKind::dangling, false, "", "/mnt/log/events.jsonl"};
  EXPECT_THAT(only_obstacle(EX_CANTCREAT), AllOf(HasSubstr("events.file"), HasSubstr("the folder /mnt/log is not there")));
  folder_is_there("/mnt/log");
  EXPECT_TRUE(check().obstacles.empty());
}

TEST_F(StartCheckTest, ALinkToNothingIsNoSpoolAndNoSocket) {
  paths["/var/spool/warmupd"] = {PathKind::dangling, false, "", "/mnt/spool"};
  EXPECT_THAT(only_obstacle(EX_CANTCREAT),
              AllOf(HasSubstr("expected a folder, found a link to /mnt/spool, which is not there; remove the link"),
                    HasSubstr("install -d -m 700 -o warmupd -g warmupd /mnt/spool")));
  folder_is_there("/var/spool/warmupd");
  paths[config.control.socket] = {PathKind::dangling, false, "", "/mnt/control.sock"};
  EXPECT_THAT(only_obstacle(EX_CANTCREAT), HasSubstr("in the way, a link to /mnt/control.sock, which is not there; remove it"));
  paths.erase(config.control.socket);
  paths.erase("/var/spool/warmupd");
  config.spool = "/mnt/link/spool";
  paths["/mnt/link"] = {PathKind::dangling, false, "", "/elsewhere"};
  EXPECT_THAT(only_obstacle(EX_CANTCREAT), HasSubstr("in /mnt/link (it is a link to /elsewhere, which is not there)"));
}

TEST_F(StartCheckTest, ASourceAddressThatIsNotHereIsAWarning) {
  config.sources[0].address = "198.51.100.7";
  ports["198.51.100.7:0"] = PortState::no_address;
  const auto found = check();
  EXPECT_TRUE(found.obstacles.empty());
  ASSERT_EQ(found.warnings.size(), 1U);
  EXPECT_THAT(found.warnings[0].line(),
              AllOf(HasSubstr("warmupd.toml:9: "), HasSubstr("198.51.100.7"), HasSubstr("203.0.113.10")));
}

TEST_F(StartCheckTest, TheKernelsChoiceIsNamed) {
  config.sources[0].address = "";
  auto found = check();
  ASSERT_EQ(found.notes.size(), 1U);
  EXPECT_THAT(found.notes[0].line(), HasSubstr("write address = \"203.0.113.10\""));
  config.sources[0].family = "ipv6";
  found = check();
  ASSERT_EQ(found.notes.size(), 1U);
  EXPECT_THAT(found.notes[0].line(), HasSubstr("no route to the Internet by ipv6"));
}

}  // namespace
}  // namespace mta
