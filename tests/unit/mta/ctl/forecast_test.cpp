// `warmupctl forecast`: asked of the daemon, or computed from a configuration with cold lanes.
#include <sysexits.h>

#include "desk_of_the_operator.h"
#include "mta/ctl/fields.h"
#include "mta/ctl/forecast_page.h"

namespace mta::ctl {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const Look utf8{.utf8 = true, .colour = false, .width = 100};

const std::string answered =
    R"({"now":"2026-11-21T09:00:00.000Z","pool":"default","provider":"google","class":"bulk","waiting":300,
  "per_day":0,"gone":"2026-11-23T14:00:00Z","exceeds_max_wait":0,"days":[{"day":"2026-11-21","cap":100,"sent":100,"waiting":200},
  {"day":"2026-11-22","cap":120,"sent":120,"waiting":80},{"day":"2026-11-23","cap":144,"sent":80,"waiting":0}]})";

TEST(ForecastPage, TheDateComesFirstThenTheDays) {
  const std::string page = draw_forecast(object_of(answered), utf8);
  EXPECT_THAT(page,
              testing::StartsWith(
                  "google bulk, 300 waiting\n  the last of it goes about 23 Nov 14:00 (in 2d 5h)\n  as the lanes stand now"));
  EXPECT_THAT(page, HasSubstr("   2026-11-22  120   120       80\n"));
  EXPECT_THAT(page, HasSubstr("Waiting at the end of the day"));
  EXPECT_THAT(page, Not(HasSubstr("max_wait")));
  EXPECT_TRUE(fits(page, 100));
}

TEST(ForecastPage, WhatDoesNotEndOrEndsTooLateIsSaid) {
  json::object forecast = object_of(answered);
  forecast["gone"] = nullptr;
  forecast["per_day"] = 5000;
  forecast["exceeds_max_wait"] = 12345;
  const std::string page = draw_forecast(forecast, utf8);
  EXPECT_THAT(page, HasSubstr("300 waiting, 5,000 more a day\n  it takes longer than 3 days\n  12,345 recipients would wait "
                              "longer than max_wait of their class\n"));
}

TEST(ForecastPage, ALaneWithoutACapHasNoFigure) {
  json::object forecast = object_of(answered);
  forecast["days"] = json::array{json::object{{"day", "2026-11-21"}, {"cap", nullptr}, {"sent", 300}, {"waiting", 0}}};
  EXPECT_THAT(draw_forecast(forecast, utf8), HasSubstr("2026-11-21  no cap   300        0\n"));
}

class Forecasts : public DeskOfTheOperator {
 protected:
  std::string file(const std::string& more = "") { return put("w.toml", "[auth]\nusers = \"\"\n" + with_plan_ + more); }
  const std::string with_plan_ =
      "[[listener]]\naddress = \"127.0.0.1:0\"\n[[source]]\nname = \"ip-1\"\naddress = \"203.0.113.10\"\nplan = "
      "\"default\"\n[[source]]\nname = \"ip-2\"\naddress = \"203.0.113.11\"\nplan = \"default\"\n";
};

TEST_F(Forecasts, AreTheDaemonsWhereNoFileIsNamed) {
  answers.push_back({200, "application/json", answered});
  EXPECT_EQ(run({"forecast", "--provider", "google", "--source", "ip-1", "--backlog", "300", "--per-day", "5", "--days", "9"}),
            EX_OK)
      << err;
  ASSERT_EQ(questions.size(), 1U);
  EXPECT_EQ(questions[0].path, "/api/v1/forecast");
  EXPECT_EQ(questions[0].query, (std::map<std::string, std::string>{{"backlog", "300"},
                                                                    {"class", "bulk"},
                                                                    {"days", "9"},
                                                                    {"per_day", "5"},
                                                                    {"pool", "default"},
                                                                    {"provider", "google"},
                                                                    {"source", "ip-1"}}));
  EXPECT_THAT(out, HasSubstr("the last of it goes about 23 Nov"));
  answers.push_back({200, "application/json", answered});
  EXPECT_EQ(run({"forecast", "--provider", "google", "--config", file(), "--socket", "/run/x.sock"}), EX_OK) << err;
  EXPECT_EQ(socket, "/run/x.sock");
}

// The first day began at 9, so it lasts until the first midnight 12 hours later; 100 × 1.2 on each source.
TEST_F(Forecasts, OfAFileNeedNoDaemonAndBeginCold) {
  EXPECT_EQ(run({"forecast", "--config", file(), "--provider", "google", "--backlog", "1000"}), EX_OK) << err;
  EXPECT_THAT(questions, IsEmpty());
  EXPECT_THAT(out, HasSubstr("every lane cold, by the plans of "));
  EXPECT_THAT(out, HasSubstr("2026-11-21  200   200      800\n   2026-11-22  240   240      560\n   2026-11-23  288   288      "
                             "272\n   2026-11-24  344   272        0\n"));
  EXPECT_EQ(run({"forecast", "--config", file(), "--provider", "google", "--source", "ip-2", "--backlog", "1000", "--json"}),
            EX_OK);
  const json::object told = object_of(out);
  EXPECT_EQ(count_of(as_part(list_of(told, "days").at(1)), "sent"), 120U);
  EXPECT_EQ(text_of(told, "cold_lanes_of"), path("w.toml"));
}

TEST_F(Forecasts, OfAFileFollowProvidersAndTotals) {
  const std::string plan = "[[plan]]\nname = \"default\"\nstart = 10\n[plan.providers.google]\nstart = 5\n";
  const auto first_sent = [&](const std::string& provider, const std::string& more) {
    EXPECT_EQ(run({"forecast", "--config", file(plan + more), "--provider", provider, "--source", "ip-1", "--backlog", "1000",
                   "--json"}),
              EX_OK)
        << err;
    return count_of(as_part(list_of(object_of(out), "days").at(0)), "sent");
  };
  EXPECT_EQ(first_sent("google", ""), 5U);
  EXPECT_EQ(first_sent("other:example.org", ""), 10U);
}

TEST_F(Forecasts, CountWhatWouldWaitTooLong) {
  const std::string impatient = "[[class]]\nname = \"bulk\"\nmax_wait = \"2d\"\n";
  EXPECT_EQ(run({"forecast", "--config", file(impatient), "--provider", "google", "--backlog", "1000", "--json"}), EX_OK) << err;
  const auto late = count_of(object_of(out), "exceeds_max_wait");
  ASSERT_TRUE(late);
  EXPECT_LT(*late, 1000U - 200 - 240);  // two days' caps are gone by then, and a part of the third's
  EXPECT_GT(*late, 1000U - 200 - 240 - 288);
}

TEST_F(Forecasts, SayWhatIsMissing) {
  EXPECT_EQ(run({"forecast", "--backlog", "1"}), EX_USAGE);
  EXPECT_EQ(run({"forecast", "--config", file(), "--provider", "google"}), EX_USAGE);
  EXPECT_THAT(err, HasSubstr("--backlog N"));
  EXPECT_EQ(run({"forecast", "--config", file(), "--provider", "gogle", "--backlog", "1"}), EX_USAGE);
  EXPECT_THAT(err, HasSubstr("there is no provider \"gogle\", did you mean \"google\"?"));
  EXPECT_EQ(run({"forecast", "--config", file(), "--provider", "google", "--pool", "x", "--backlog", "1"}), EX_USAGE);
  EXPECT_EQ(run({"forecast", "--config", put("bad.toml", "nonsense = 1\n"), "--provider", "google", "--backlog", "1"}),
            EX_CONFIG);
}

}  // namespace
}  // namespace mta::ctl
