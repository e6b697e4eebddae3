// Random and mutated lines: the parser keeps its promises, whatever comes. SIM_SEED replays one run.
#include <gtest/gtest.h>

#include "mta/sim/world/world.h"
#include "tests/fuzz/command_promises.h"

namespace mta::smtp {
namespace {

const std::vector<std::string> good = {
    "MAIL FROM:<a@example.com> SIZE=10 BODY=8BITMIME SMTPUTF8 AUTH=<> RET=FULL ENVID=x+2By",
    "RCPT TO:<\"a b\"@[IPv6:2001:db8::1]> NOTIFY=SUCCESS,DELAY ORCPT=utf-8;b\xC3\xBC@example.org",
    "RCPT TO:<@one.example,@two.example:a@example.com>",
    "BDAT 100 LAST",
    "AUTH PLAIN AGEAYg==",
    "EHLO client.example",
};

std::string mutated(std::string line, sim::SimDice& dice) {
  static constexpr std::string_view spice("<>@:\",.=+; \t\0\r\n\\[]\x80\xC3\xFF", 22);
  for (auto changes = dice.between(1, 4); changes > 0 && !line.empty(); --changes) {
    const auto at = static_cast<std::size_t>(dice.below(line.size()));
    const char c =
        dice.chance(0.5) ? spice[static_cast<std::size_t>(dice.below(spice.size()))] : static_cast<char>(dice.below(256));
    switch (dice.below(4)) {
      case 0: line[at] = c; break;
      case 1: line.insert(at, 1, c); break;
      case 2: line.erase(at, static_cast<std::size_t>(dice.between(1, 9))); break;
      default: line.insert(at, line.substr(0, static_cast<std::size_t>(dice.below(40))));
    }
  }
  return line;
}

TEST(CommandFuzz, NoLineBreaksAPromise) {
  const auto seed = sim::seed_from_env_or(11);
  sim::SimDice dice(seed, "lines");
  std::size_t taken = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string line = mutated(good[static_cast<std::size_t>(dice.below(good.size()))], dice);
    if (round % 10 == 0) std::ranges::generate(line, [&] { return static_cast<char>(dice.below(256)); });
    ASSERT_EQ(broken_promise_of(line), "") << "seed " << seed << ", line: " << testing::PrintToString(line);
    if (parse_command(line).index() != 0) ++taken;
  }
  EXPECT_GT(taken, 1000U) << "the fuzzer reaches what is behind the first check";
}

}  // namespace
}  // namespace mta::smtp
