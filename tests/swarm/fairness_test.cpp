// Of queues of one class that wait for one ledger and may all go none has had two messages fewer than another: in many towns.
//
// FAIR_SEEDS=n plays n towns instead of the usual number; SIM_SEED=n plays town n only.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "tests/sim/town.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t usual_towns = 40, most_each = 12;

std::string site(std::uint64_t number) { return "d" + std::to_string(number) + ".test"; }

// A total that is scarce for more sites than it has places for a second message, mail for all of them in rounds, restarts and power
// cuts. What every site had at the end of the day, and how much it had to send.
class ScarceTown {
 public:
  explicit ScarceTown(std::uint64_t seed) : town_(seed), dice_(seed, "scarce") {}

  std::vector<std::string> play() {
    warmup::PlanOptions plan;
    plan.start = dice_.between(8, 40);
    plan.growth = 1.5;
    plan.use = 0.9;
    if (dice_.chance(0.3)) plan.pace = warmup::Pace::none, plan.hourly = 0.05 + dice_.fraction();
    const double factor = static_cast<double>(dice_.between(2, 6));
    auto& host = town_.receiver("host.test");
    auto& out = town_.mta({.plan = plan, .change = [&](conf::Config& config) {
                             for (auto& each : config.classes) each.reserve = 0;
                             config.sources.at(0).overall_factor = factor;
                           }});
    const auto total = static_cast<std::uint64_t>(factor * static_cast<double>(plan.start));
    sites_ = dice_.between(total / 3 + 1, total);
    for (std::uint64_t i = 0; i < sites_; ++i) {
      town_.world().resolver.mx(site(i), 10, "mx." + site(i));
      town_.world().resolver.address("mx." + site(i), host.endpoint().address.to_string());
      had_to_send_[site(i)] = dice_.between(1, most_each);
    }
    for (std::uint64_t nth = 1; nth <= most_each;
         ++nth) {  // what comes first finds no other queue: all sites have their first mail then
      for (std::uint64_t i = 0; i < sites_; ++i) {
        if (had_to_send_[site(i)] < nth) continue;
        Mail mail = to(site(i));
        mail.headers = "List-Id: <news.sender.test>\r\n";
        mail.recipients = {fmt::format("u{}@{}", nth, site(i))};
        out.submit(mail);
      }
      if (dice_.chance(0.3)) town_.pass(std::chrono::minutes(dice_.between(1, 10)));
    }
    for (int part = 0; part < 3; ++part) {
      town_.pass(std::chrono::minutes(dice_.between(60, 300)));
      if (dice_.chance(0.3)) out.crash_and_restart();
      if (dice_.chance(0.3)) out.restart();
    }
    town_.pass_until([&] { return false; }, world_began + 24h - 1min - town_.now());
    const auto broken = judge(host, total);
    out.stop();
    return broken;
  }
  std::string story() const { return town_.story(); }

 private:
  std::vector<std::string> judge(const Receiver& host, std::uint64_t total) {
    std::map<std::string, std::uint64_t> had;
    for (const auto& copy : host.copies()) ++had[copy.recipient.substr(copy.recipient.find('@') + 1)];
    std::vector<std::string> broken;
    std::uint64_t sum = 0, most = 0;
    for (const auto& [domain, count] : had) sum += count, most = std::max(most, count);
    for (const auto& [domain, wanted] : had_to_send_) {
      const bool waits = had[domain] < wanted;
      if (waits && had[domain] + 2 <= most)
        broken.push_back(fmt::format("{} had {} of {}, another site {}", domain, had[domain], wanted, most));
    }
    if (sum > total) broken.push_back(fmt::format("{} left, the total is {}", sum, total));
    return broken;
  }

  Town town_;
  SimDice dice_;
  std::uint64_t sites_ = 0;
  std::map<std::string, std::uint64_t> had_to_send_;
};

std::uint64_t towns() {
  const char* wish = std::getenv("FAIR_SEEDS");
  return wish == nullptr || *wish == '\0' ? usual_towns : std::strtoull(wish, nullptr, 10);
}

TEST(Swarm, NoQueueHasHadTwoMessagesFewerThanAnother) {
  const bool one = std::getenv("SIM_SEED") != nullptr;
  const std::uint64_t first = one ? seed_from_env_or(1) : 1, count = one ? 1 : towns();
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    ScarceTown town(seed);
    const auto broken = town.play();
    if (broken.empty()) continue;
    std::string text = fmt::format("seed {}\n", seed);
    for (std::size_t i = 0; i < broken.size() && i < 10; ++i) text += broken[i] + "\n";
    FAIL() << text << town.story();
  }
}

}  // namespace
}  // namespace mta::sim
