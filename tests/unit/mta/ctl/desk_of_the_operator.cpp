#include "desk_of_the_operator.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "mta/ctl/program.h"

namespace mta::ctl {

const std::string least_config =
    "hostname = \"mta1.example.com\"\n[[listener]]\naddress = \"127.0.0.1:0\"\n[[source]]\nname = \"ip-1\"\naddress = "
    "\"203.0.113.10\"\n";

DeskOfTheOperator::DeskOfTheOperator() {
  std::string pattern = testing::TempDir() + "warmupctl.XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no directory for the test");
  directory_ = pattern;
}

DeskOfTheOperator::~DeskOfTheOperator() { std::filesystem::remove_all(directory_); }

int DeskOfTheOperator::run(std::vector<std::string> words) {
  std::ostringstream said, complained;
  const auto ask = [this](const std::string& where, const HttpRequest& request) {
    socket = where;
    questions.push_back(request);
    if (answers.empty()) throw Unavailable("control socket " + where + ": nothing answers there; is warmupd running?");
    HttpReply reply = answers.front();
    answers.pop_front();
    return reply;
  };
  const auto secret = [this](const std::string& prompt) {
    prompts.push_back(prompt);
    if (typed.empty()) return std::string();
    std::string line = typed.front();
    typed.pop_front();
    return line;
  };
  const auto exchanges = [this](const conf::Dns&, const std::string& domain) {
    asked_domain = domain;
    return dns;
  };
  Outside outside{said,
                  complained,
                  look,
                  "mta1.example.com",
                  "operator",
                  ask,
                  exchanges,
                  secret,
                  [this](const std::string&) { return spool; },
                  terminal,
                  [this] { return now; }};
  const int code = ctl::run(words, outside);
  out = said.str();
  err = complained.str();
  return code;
}

std::string DeskOfTheOperator::put(const std::string& name, const std::string& content) {
  std::ofstream(path(name), std::ios::binary) << content;
  return path(name);
}

std::string DeskOfTheOperator::content(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

testing::AssertionResult fits(const std::string& page, std::size_t columns) {
  std::istringstream lines(page);
  for (std::string line; std::getline(lines, line);)
    if (columns_of(line) > columns) return testing::AssertionFailure() << columns_of(line) << " columns: " << line;
  return testing::AssertionSuccess();
}

}  // namespace mta::ctl
