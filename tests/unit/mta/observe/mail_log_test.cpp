// The maillog: the shape of its lines, and disks that do not take them.
#include "mta/observe/mail_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sim/world/disk.h"
#include "tests/sim/world/world.h"

namespace mta {
namespace {

using testing::MatchesRegex;
using namespace std::chrono_literals;

class MailLogTest : public testing::Test {
 protected:
  ~MailLogTest() override { world.loop.end(); }
  void write(const std::string& text) { log->add({{MailLine::Program::smtp, text, ", lane=ip-1/google", true, true}}); }
  std::string written(const std::string& path = "/maillog") const { return disk.contents(path); }

  sim::SimWorld world{3};
  sim::SimDisk disk{3};
  Tasks tasks;
  std::shared_ptr<MailLog> log = std::make_shared<MailLog>(world.with(disk), tasks, MailLog::Stamp{"mta1.sender.test", 77});
};

TEST_F(MailLogTest, ALineHasTimeWithZoneHostProgramAndNumber) {
  log->use(log->open("/maillog"));
  write("ID: to=<a@b.test>, status=sent (250 ok)");
  log->add({{MailLine::Program::qmgr, "ID: only for people", "", true, false}});
  world.loop.pass(1s);
  EXPECT_THAT(written(), MatchesRegex("2026-01-0[45]T[0-9:.]{12}[-+][0-9]{2}:[0-9]{2} mta1.sender.test warmupd/smtp\\[77\\]: "
                                      "ID: to=<a@b.test>, status=sent \\(250 ok\\)\n"));
}

TEST_F(MailLogTest, WithoutAFileNothingIsWritten) {
  log->use(log->open(""));
  write("ID: x");
  world.loop.pass(1s);
  EXPECT_EQ(written(), "");
}

TEST_F(MailLogTest, AFullDiskHoldsUpNothingAndLosesNoLine) {
  log->use(log->open("/maillog"));
  disk.set_free_bytes(10);
  for (int n = 0; n < 5; ++n) write("ID: line " + std::to_string(n));
  world.loop.pass(10s);
  EXPECT_EQ(written(), "");
  disk.set_free_bytes(1U << 30U);
  world.loop.pass(10s);
  std::size_t at = 0;
  for (int n = 0; n < 5; ++n) {
    at = written().find("line " + std::to_string(n), at);
    ASSERT_NE(at, std::string::npos) << written();
  }
}

TEST_F(MailLogTest, WhatWaitsForADiskIsBounded) {
  log->use(log->open("/maillog"));
  disk.set_free_bytes(10);
  const std::string long_line(100'000, 'x');
  for (int n = 0; n < 200; ++n) log->add({{MailLine::Program::smtp, long_line, "", false, true}});
  disk.set_free_bytes(1U << 30U);
  world.loop.pass(10s);
  EXPECT_GT(written().size(), MailLog::most_waiting);
  EXPECT_LT(written().size(), MailLog::most_waiting + 2 * long_line.size());
  write("the next");
  world.loop.pass(10s);
  EXPECT_NE(written().find("the next"), std::string::npos);
}

TEST_F(MailLogTest, AReloadGoesOnInAnotherFile) {
  log->use(log->open("/maillog"));
  write("ID: one");
  log->use(log->open("/other"));
  write("ID: two");
  log->finish();
  EXPECT_NE(written().find("one"), std::string::npos);
  EXPECT_EQ(written().find("two"), std::string::npos);
  EXPECT_NE(written("/other").find("two"), std::string::npos);
}

}  // namespace
}  // namespace mta
