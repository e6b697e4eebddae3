// Many forecasts at once, for queues that wait for one total: each is what it would be alone, and most days are played once.
#include <random>

#include "road.h"
#include "warmup/forecast.h"

namespace warmup {
namespace {

// So many providers with mail, each with its lane, all under the total of one source.
class OneTotal {
 public:
  OneTotal(std::size_t providers, Recipients cap_of_total)
      : total_(with([&](PlanOptions& plan) { plan.start = cap_of_total, plan.growth = 1.1; })) {
    total_.rules.overall = true;
    total_.advance_to();
    for (std::size_t n = 0; n < providers; ++n) {
      lanes_.push_back(std::make_unique<Road>());
      lanes_.back()->advance_to();
      waiting_.push_back(1'000);
    }
  }
  Road& lane(std::size_t n) { return *lanes_[n]; }
  void wait(std::size_t n, Recipients recipients) { waiting_[n] = recipients; }

  ForecastQuestion question(std::size_t n, std::string mail_class = "bulk", std::vector<Rival> rivals = {}) {
    Way way{lanes_[n]->with_rules(), total_.with_rules()};
    for (std::size_t other = 0; other < lanes_.size(); ++other) {
      if (other != n)
        way.beside.push_back({1, waiting_[other], lanes_[other]->with_rules(), false, LaneKey{"ip-1", std::to_string(other)}});
    }
    way.beside.push_back({12, 300});
    return {{way}, {std::move(mail_class), waiting_[n], 0, 365, std::move(rivals)}};
  }
  Instant now() const { return total_.now; }

 private:
  Road total_;
  std::vector<std::unique_ptr<Road>> lanes_;
  std::vector<Recipients> waiting_;
};

void expect_same(const Forecast& together, const Forecast& alone, std::size_t n) {
  EXPECT_EQ(together.gone, alone.gone) << n;
  ASSERT_EQ(together.days.size(), alone.days.size()) << n;
  for (std::size_t day = 0; day < alone.days.size(); ++day) {
    const Outlook &one = together.days[day], &other = alone.days[day];
    EXPECT_EQ(one.sent, other.sent) << n << " on " << other.date;
    EXPECT_EQ(one.cap, other.cap) << n << " on " << other.date;
    EXPECT_EQ(one.waiting, other.waiting) << n << " on " << other.date;
    EXPECT_EQ(one.done, other.done) << n << " on " << other.date;
  }
}

TEST(Forecasts, ManyTogetherSayWhatEachSaysAlone) {
  std::mt19937_64 dice{11};
  const auto upto = [&dice](Recipients most) { return std::uniform_int_distribution<Recipients>(0, most)(dice); };
  for (const Recipients cap : {100U, 900U, 20'000U}) {
    OneTotal source(30, cap);
    for (std::size_t n = 0; n < 30; ++n) {
      source.wait(n, upto(3'000));
      source.lane(n).lane.stage = static_cast<unsigned>(upto(9));
      set_limit(source.lane(n).with_rules(), source.now());
      source.lane(n).lane.today.sent = upto(30);
    }
    source.lane(3).block("m1", "a@example.com", true);
    source.lane(4).hand(LaneCommand::pause);
    std::vector<ForecastQuestion> questions;
    for (std::size_t n = 0; n < 30; ++n)
      questions.push_back(source.question(n, n % 4 == 0 ? "transactional" : "bulk",
                                          n % 5 == 0 ? std::vector<Rival>{{"bulk", upto(500)}} : std::vector<Rival>{}));
    const auto together = forecasts(questions, source.now());
    for (std::size_t n = 0; n < 30; ++n)
      expect_same(together[n], forecast(questions[n].lanes, questions[n].demand, source.now()), n);
  }
}

TEST(Forecasts, ADayThatManyPlayAlikeIsPlayedOnce) {
  constexpr std::size_t providers = 100, asked = 40;
  OneTotal source(providers, 2'000);
  std::vector<ForecastQuestion> questions;
  for (std::size_t n = 0; n < asked; ++n) questions.push_back(source.question(n));
  std::uint64_t alone = 0, together = 0;
  const auto first = forecasts({questions.front()}, source.now(), &alone);
  forecasts(questions, source.now(), &together);
  const std::size_t days = first.front().days.size();
  EXPECT_GT(days, 10U);
  EXPECT_EQ(alone, (providers - 1) * days);
  EXPECT_LE(together, 2 * providers * days) << "instead of " << asked * alone;
}

TEST(Forecasts, NoQuestionsNoForecasts) { EXPECT_TRUE(forecasts({}, utc("2026-11-20 00:00")).empty()); }

}  // namespace
}  // namespace warmup
