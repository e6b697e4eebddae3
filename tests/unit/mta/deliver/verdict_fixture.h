// tests/unit/mta/deliver/verdict_fixture.h — the shipped rules, and replies with the verdicts that are accepted for each.
//
// What      shipped_judge() of conf/responses.toml; known_replies() of a file in tests/data.
// Units     –
// Promise   Rules are read once a program.
// Errors    conf::ConfigError; std::invalid_argument for a code that is no number.
// Source    The files' columns: code, enhanced, text, provider, verdicts separated by '|'.
// Not here  judging (mta/deliver/verdict.h).
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "conf/load.h"
#include "mta/deliver/verdict.h"

namespace mta {

inline const std::vector<conf::ResponseRule>& shipped_rules() {
  static const auto rules = conf::load_responses(WARMUPD_SOURCE_DIR "/conf/responses.toml");
  return rules;
}

inline const Judge& shipped_judge() {
  static const Judge judge(shipped_rules());
  return judge;
}

struct KnownReply {
  int code;
  std::string enhanced, text, provider, accepted;  // accepted: "a|b"
  bool takes(std::string_view verdict) const {
    return ("|" + accepted + "|").find("|" + std::string(verdict) + "|") != std::string::npos;
  }
};

inline std::vector<KnownReply> known_replies(const std::string& file) {
  std::ifstream lines(std::string(TEST_DATA) + "/" + file);
  std::vector<KnownReply> replies;
  std::string line;
  std::getline(lines, line);  // header
  while (std::getline(lines, line)) {
    std::istringstream fields(line);
    std::string code;
    KnownReply reply;
    for (std::string* field : {&code, &reply.enhanced, &reply.text, &reply.provider, &reply.accepted})
      std::getline(fields, *field, '\t');
    reply.code = std::stoi(code);
    replies.push_back(reply);
  }
  return replies;
}

}  // namespace mta
