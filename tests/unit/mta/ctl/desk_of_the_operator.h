// tests/unit/mta/ctl/desk_of_the_operator.h — warmupctl with everything around it played.
//
// What      Runs command lines; a played daemon, DNS and password prompt; a directory of its own.
// Units     –
// Promise   Nothing outside the directory is read but the shipped tables; no socket, no terminal.
// Errors    –
// Source    mta/ctl/outside.h.
// Not here  what is tested.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <sstream>
#include <string>
#include <vector>

#include "mta/ctl/outside.h"

namespace mta::ctl {

class DeskOfTheOperator : public testing::Test {
 protected:
  DeskOfTheOperator();
  ~DeskOfTheOperator() override;

  int run(std::vector<std::string> words);  // what it wrote is in `out` and `err` afterwards
  std::string path(const std::string& name) const { return directory_ + "/" + name; }
  std::string put(const std::string& name, const std::string& content);
  static std::string content(const std::string& path);

  std::string out, err;
  std::deque<HttpReply> answers;       // of the daemon, in order; none left: nobody answers
  std::vector<HttpRequest> questions;  // asked of it
  std::string socket;                  // where
  std::deque<std::string> typed;       // at the password prompt
  std::vector<std::string> prompts;
  bool terminal = false;
  std::chrono::sys_time<std::chrono::milliseconds> now =
      std::chrono::sys_days(std::chrono::year(2026) / 11 / 21) + std::chrono::hours(9);
  Exchanges dns;
  queue::Verified spool;  // what its reader finds
  std::string asked_domain;
  Look look{.utf8 = true, .colour = false, .width = 100};

 private:
  std::string directory_;
};

// The least configuration that loads.
extern const std::string least_config;

// No line is wider than `columns`.
testing::AssertionResult fits(const std::string& page, std::size_t columns);

}  // namespace mta::ctl
