// What holds of every season: random plans, mail and receivers from seeds.
#include <fmt/format.h>

#include "mta/simulate/random.h"
#include "tests/unit/mta/simulate/played.h"

namespace mta::simulate {
namespace {

class Author {  // of scenarios
 public:
  explicit Author(std::uint64_t seed) : luck_(seed) {}

  std::string write() {
    std::string text = fmt::format("days = {}\nstep = \"{}m\"\nseed = {}\n", upto(1, 20), upto(1, 30), upto(1, 1000));
    for (std::uint64_t i = upto(1, 3); i > 0; --i) text += arrivals();
    text += fmt::format("[[burst]]\nclass = \"{}\"\nrecipients = {}\nto = {{ google = 0.7, yahoo = 0.3 }}\n", mail_class(),
                        upto(1, 20000));
    text += receiver("google") + receiver("any");
    if (luck_.fraction() < 0.5) text += receiver("*");
    if (luck_.fraction() < 0.3)
      text += fmt::format("[[outage]]\nprovider = \"google\"\nat = \"0{}:00\"\nlasts = \"{}h\"\n", upto(0, 9), upto(1, 60));
    return text + configuration();
  }

 private:
  std::uint64_t upto(std::uint64_t least, std::uint64_t most) {
    return least + static_cast<std::uint64_t>(luck_.fraction() * static_cast<double>(most - least + 1));
  }
  std::string mail_class() { return luck_.fraction() < 0.5 ? "bulk" : "transactional"; }
  std::string one_of(const std::vector<std::string>& names) { return names[upto(0, names.size() - 1)]; }

  std::string arrivals() {
    return fmt::format(
        "[[arrivals]]\nclass = \"{}\"\nper_day = {}\ngrowth = {:.2f}\nnoise = 0.5\nto = {{ google = 0.6, yahoo = 0.3, "
        "\"example.org\" = 0.1 }}\n",
        mail_class(), upto(0, 3000), 0.9 + 0.3 * luck_.fraction());
  }
  std::string receiver(const std::string& provider) {
    return fmt::format(
        "[[receiver]]\nprovider = \"{}\"\naccepts = {:.1f}\nstranger = {}\nsurge = {}\nblock = \"{}h\"\ngreylist = "
        "\"{}m\"\nknown = {}\n"
        "unknown_users = {:.3f}\ntemporary = {:.3f}\n",
        provider, 5 * luck_.fraction(), upto(0, 800), upto(0, 30), upto(0, 48), upto(0, 1) * upto(1, 90), upto(0, 500),
        0.2 * luck_.fraction(), 0.2 * luck_.fraction());
  }
  std::string configuration() {
    std::string text = fmt::format(
        "[[config.plan]]\nname = \"default\"\nstart = {}\ngrowth = {:.2f}\nadvance = \"{}\"\npace = \"{}\"\nsurge = {}\n",
        upto(1, 300), 1.05 + luck_.fraction(), one_of({"sending-days", "calendar"}), one_of({"even", "none"}), upto(0, 1) * 2);
    text += fmt::format("[[config.class]]\nname = \"{}\"\nwhen_full = \"{}\"\non_max_wait = \"{}\"\nmax_wait = \"{}h\"\n",
                        mail_class(), one_of({"accept", "tempfail", "overflow"}), one_of({"wait", "overflow", "bounce"}),
                        upto(1, 200));
    text += "[[config.pool]]\nname = \"default\"\noverflow = \"relay\"\nsources = [";
    const std::uint64_t sources = upto(1, 4);
    for (std::uint64_t i = 0; i < sources; ++i) text += fmt::format("{}\"ip-{}\"", i == 0 ? "" : ", ", i);
    text += "]\n[[config.source]]\nname = \"relay\"\nsmarthost = \"relay.example.net:25\"\n";
    for (std::uint64_t i = 0; i < sources; ++i)
      text += fmt::format("[[config.source]]\nname = \"ip-{0}\"\naddress = \"192.0.2.{0}\"\nplan = \"default\"\n", i);
    return text;
  }

  Random luck_;
};

TEST(SeasonsOfChance, NeverExceedACapAndLoseNobody) {
  Recipients delivered = 0, overflowed = 0, refused = 0, bounced = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    const SimulationReport report = played(Author(seed).write());
    expect_no_cap_exceeded(report);
    expect_nothing_lost(report);
    delivered += report.total.delivered, overflowed += report.total.overflowed, refused += report.total.refused,
        bounced += report.total.bounced;
    if (testing::Test::HasFailure()) break;
  }
  for (const Recipients each : {delivered, overflowed, refused, bounced}) EXPECT_GT(each, 10'000U);  // all of it was met
}

TEST(SeasonsOfChance, TheSameSeedIsTheSameSeasonAndAnotherOneIsNot) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const Read read = scenario_of(Author(seed).write());
    const auto once = fingerprint(play(read.config->config, read.scenario, 7));
    EXPECT_EQ(once, fingerprint(play(read.config->config, read.scenario, 7))) << "seed " << seed;
    EXPECT_NE(once, fingerprint(play(read.config->config, read.scenario, 8))) << "seed " << seed;
  }
}

TEST(Random, DrawsWhatIsAskedFor) {
  Random luck(1);
  for (const std::uint64_t tries : {10U, 1000U}) {
    std::uint64_t hits = 0;
    for (int i = 0; i < 1000; ++i) {
      const auto drawn = luck.binomial(tries, 0.1);
      EXPECT_LE(drawn, tries);
      hits += drawn;
    }
    EXPECT_NEAR(static_cast<double>(hits) / (1000.0 * static_cast<double>(tries)), 0.1, 0.01);
  }
  EXPECT_EQ(luck.binomial(50, 0), 0U);
  EXPECT_EQ(luck.binomial(50, 1), 50U);
  EXPECT_EQ(luck.around(100, 0), 100);
  for (int i = 0; i < 100; ++i) EXPECT_NEAR(luck.around(100, 0.2), 100, 20);
}

}  // namespace
}  // namespace mta::simulate
