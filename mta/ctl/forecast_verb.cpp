// warmupctl forecast --provider P [--source S] [--backlog N] [--per-day N] [--days D]
#include <fmt/format.h>
#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/array.hpp>

#include "conf/provider_words.h"
#include "mta/ctl/fields.h"
#include "mta/ctl/forecast_page.h"
#include "mta/ctl/unknown.h"
#include "mta/ctl/verbs.h"
#include "mta/simulate/lanes.h"
#include "warmup/forecast.h"

namespace mta::ctl {
namespace {

constexpr std::uint64_t without_limit = 1'000'000'000'000;  // as warmup/forecast.cpp counts a lane without a cap

struct ColdRequest {
  std::string provider, source, pool = "default", mail_class = "bulk";
  std::optional<std::uint64_t> backlog, per_day;
  unsigned days = 60;
};

Query query_of(const ColdRequest& request) {
  Query query{{"provider", request.provider},
              {"pool", request.pool},
              {"class", request.mail_class},
              {"days", std::to_string(request.days)}};
  if (!request.source.empty()) query["source"] = request.source;
  if (request.backlog) query["backlog"] = std::to_string(*request.backlog);
  if (request.per_day) query["per_day"] = std::to_string(*request.per_day);
  return query;
}

std::string rfc3339(std::chrono::sys_time<std::chrono::milliseconds> when) {
  const auto day = std::chrono::floor<std::chrono::days>(when);
  const std::chrono::year_month_day date{day};
  const auto second = std::chrono::floor<std::chrono::seconds>(when - day).count();
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()), second / 3600, second % 3600 / 60, second % 60);
}

void check_names(const ColdRequest& request, const conf::Config& config) {
  const auto expect = [](bool known, const char* kind, const std::string& name, const std::vector<std::string>& names) {
    if (!known) throw no_such("forecast", kind, name, names);
  };
  expect(config.pool(request.pool) != nullptr, "pool", request.pool, conf::names_of(config.pools));
  expect(config.mail_class(request.mail_class) != nullptr, "class", request.mail_class, conf::names_of(config.classes));
  expect(request.source.empty() || config.source(request.source) != nullptr, "source", request.source,
         conf::names_of(config.sources));
  if (!conf::is_provider(config, request.provider))
    throw no_such("forecast", "provider", request.provider, conf::names_of(config.providers),
                  conf::provider_words(config.providers));
  const auto& sources = config.pool(request.pool)->sources;
  const bool smarthosts_only = std::all_of(sources.begin(), sources.end(), [&](const std::string& name) {
    const auto* source = config.source(name);
    return source != nullptr && source->is_smarthost();
  });
  if (smarthosts_only != (request.provider == "*"))
    throw Exit(EX_USAGE,
               "forecast: a pool of smarthosts is asked for with `--provider '*'`, every other pool with the name of a provider");
}

// By the plans alone, from the first day on: what an operator wants to know before there is a daemon.
json::object cold_forecast(Session& session, const ColdRequest& request) {
  const conf::Config config = session.config();
  check_names(request, config);
  const auto now = session.outside().now();
  simulate::Lanes lanes(config, [](const simulate::SimulatedLane&) {});
  std::vector<warmup::Way> ways;
  for (const auto& name : config.pool(request.pool)->sources) {
    const conf::Source* source = config.source(name);
    if (source == nullptr || (!request.source.empty() && name != request.source)) continue;
    simulate::SimulatedLane& lane = lanes.open(*source, source->is_smarthost() ? "*" : request.provider, false);
    lanes.bring(lane, now);
    ways.push_back({lane.with_rules(), lane.total == nullptr ? warmup::LaneView{} : lane.total->with_rules()});
  }
  const warmup::Demand demand{request.mail_class, request.backlog.value_or(0), request.per_day.value_or(0), request.days};
  const warmup::Forecast forecast = warmup::forecast(ways, demand, now);
  json::array days;
  for (const auto& day : forecast.days)
    days.push_back(json::object{{"day", day.date},
                                {"cap", day.cap < without_limit ? json::value(day.cap) : json::value(nullptr)},
                                {"sent", day.sent},
                                {"waiting", day.waiting}});
  return {{"now", rfc3339(now)},
          {"pool", request.pool},
          {"provider", request.provider},
          {"class", request.mail_class},
          {"waiting", demand.waiting},
          {"per_day", demand.per_day},
          {"source", request.source.empty() ? json::value(nullptr) : json::value(request.source)},
          {"withheld", json::array()},
          {"gone", forecast.gone ? json::value(rfc3339(*forecast.gone)) : json::value(nullptr)},
          {"days", days},
          {"exceeds_max_wait", warmup::late(forecast, demand, config.mail_class(request.mail_class)->max_wait, now)},
          {"cold_lanes_of", session.globals.config}};
}

// A configuration that is named is forecast as it stands; the daemon that runs may follow another one.
void forecast(Session& session, const ColdRequest& request) {
  const bool cold = session.globals.config_given && session.globals.socket.empty();
  if (cold && !request.backlog && !request.per_day)
    throw Exit(EX_USAGE,
               "forecast --config: say how much there is to send, --backlog N or --per-day N; or ask the daemon that runs: "
               "--socket PATH");
  const json::object answer = cold ? cold_forecast(session, request) : session.ask("GET", "/api/v1/forecast", query_of(request));
  if (session.globals.json)
    session.print(answer);
  else
    session.out() << draw_forecast(answer, session.look());
}

}  // namespace

void add_forecast(CLI::App& app, Session& session) {
  auto request = std::make_shared<ColdRequest>();
  auto* verb = app.add_subcommand("forecast",
                                  "day by day what may go and what waits, and when the backlog is gone; with --config and no "
                                  "--socket from cold lanes, without a daemon");
  constexpr std::uint64_t most = 1'000'000'000'000;
  verb->add_option("--provider", request->provider, "mailbox provider")->required();
  verb->add_option("--source", request->source, "by this source only");
  verb->add_option("--pool", request->pool, "by the sources of this pool")->capture_default_str();
  verb->add_option("--class", request->mail_class, "mail of this class")->capture_default_str();
  verb->add_option("--backlog", request->backlog, "recipients that wait (default: what waits now)")
      ->check(CLI::Range(std::uint64_t{0}, most));
  verb->add_option("--per-day", request->per_day, "recipients that come every day")->check(CLI::Range(std::uint64_t{0}, most));
  verb->add_option("--days", request->days, "how many days to look ahead")->check(CLI::Range(1U, 3650U))->capture_default_str();
  verb->callback([&session, request] { forecast(session, *request); });
}

}  // namespace mta::ctl
