// Lanes over the control socket: the operator's hand, their history, the forecast.
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "mta/control/api.h"
#include "mta/control/json.h"
#include "mta/scheduler/scheduler_thread.h"
#include "warmup/total.h"

namespace mta {

namespace json = boost::json;

namespace {

HttpReply ok(const json::value& body) { return {200, "application/json", json::serialize(body) + "\n"}; }

const std::map<std::string, warmup::LaneCommand>& hands() {
  using warmup::LaneCommand;
  static const std::map<std::string, LaneCommand> all{{"pause", LaneCommand::pause}, {"resume", LaneCommand::resume},
                                                      {"hold", LaneCommand::hold},   {"set", LaneCommand::set},
                                                      {"undo", LaneCommand::undo},   {"ack", LaneCommand::ack}};
  return all;
}

OrProblem<warmup::LaneCommandRequest> wish_of(const HttpRequest& request, warmup::LaneCommand hand) {
  const auto stage = number(request, "stage");
  if (!stage) return stage.error();
  const auto seconds = number(request, "for");
  if (!seconds) return seconds.error();
  warmup::LaneCommandRequest wish;
  wish.hand = hand;
  if (*stage) wish.stage = static_cast<unsigned>(std::min<std::uint64_t>(**stage, 1'000'000));
  if (*seconds) wish.lasts = std::chrono::seconds(**seconds);
  wish.by = parameter(request, "by");
  wish.reason = parameter(request, "reason");
  return wish;
}

// The same lane, with who waits for it.
const LaneReport& of_status(const StatusReport& status, const LaneReport& lane) {
  const auto found = std::find_if(status.lanes.begin(), status.lanes.end(), [&](const LaneReport& each) {
    return each.source == lane.source && each.provider == lane.provider;
  });
  return found == status.lanes.end() ? lane : *found;
}

// What is wrong with the name of a lane of a source that there is.
std::optional<HttpReply> wrong_lane(const conf::Source& source, const std::string& provider) {
  if (source.is_smarthost() && provider != "*") {
    return problem(400, "no such lane",
                   fmt::format("source {} is a smarthost: it has one lane, `*`, found {}", source.name, provider));
  }
  if (!source.is_smarthost() && provider == "*") {
    return problem(
        400, "no such lane",
        fmt::format("source {} has one lane for each provider, and a total: `(others)` over unlisted sites, or `(all)` when "
                    "`overall` names a plan; `*` is the lane of a smarthost",
                    source.name));
  }
  return std::nullopt;
}

// A lane without a history: its provider is a typo, or nothing went to it by this source.
HttpReply no_lane(const StatusReport& status, const std::string& source, const std::string& provider,
                  const conf::Config& config) {
  if (auto unknown = unknown_lane(provider, config)) return std::move(*unknown);
  std::vector<std::string> known;
  for (const auto& lane : status.lanes) known.push_back(lane.source + " " + lane.shown_provider());
  return no_such("lane", source + " " + provider, known);
}

// Puts the numbers of the request into `wish`; empty when all can be read, else what is wrong with the first that cannot.
std::optional<HttpReply> read_numbers(const HttpRequest& request, ForecastRequest& wish) {
  constexpr std::uint64_t usual_days = 60, most_days = 3650;
  const auto backlog = number(request, "backlog");
  if (!backlog) return backlog.error();
  const auto per_day = number(request, "per_day");
  if (!per_day) return per_day.error();
  const auto asked = number(request, "days");
  if (!asked) return asked.error();
  const auto days = asked->value_or(usual_days);
  if (days < 1 || days > most_days)
    return problem(400, "bad days", fmt::format("days: expected 1 to {}, found {}", most_days, days));
  wish.backlog = *backlog;
  wish.per_day = per_day->value_or(0);
  wish.days = static_cast<unsigned>(days);
  return std::nullopt;
}

// What is wrong with a forecast's names.
std::optional<HttpReply> wrong_line(const ForecastRequest& wish, const conf::Config& config) {
  const auto* pool = config.pool(wish.pool);
  if (pool == nullptr) return unknown_pool(wish.pool, config);
  const bool smarthosts_only = std::all_of(pool->sources.begin(), pool->sources.end(), [&](const std::string& name) {
    const auto* source = config.source(name);
    return source != nullptr && source->is_smarthost();
  });
  if (smarthosts_only && wish.provider != "*") {
    return problem(400, "no such queue",
                   fmt::format("pool {} has only smarthosts: its mail is one queue, `*`, found {}", wish.pool, wish.provider));
  }
  if (!smarthosts_only && wish.provider == "*") {
    return problem(
        400, "no such queue",
        fmt::format("pool {} delivers by provider: expected the name of one; `*` is for pools of smarthosts", wish.pool));
  }
  if (warmup::total_named(wish.provider))
    return problem(400, "no such queue",
                   fmt::format("`{}` is a lane, not a provider; a forecast is for the mail of one provider", wish.provider));
  return std::nullopt;
}

}  // namespace

awaitable<HttpReply> Api::lane(std::string verb, const HttpRequest& request) {
  const auto hand = hands().find(verb);
  if (hand == hands().end()) co_return no_such("verb", verb, {"pause", "resume", "hold", "set", "undo", "ack"});
  if (auto unknown = unknown_parameter(request, {"source", "provider", "stage", "for", "by", "reason"}))
    co_return std::move(*unknown);
  const std::string source = parameter(request, "source"), provider = parameter(request, "provider");
  if (auto missing = missing_parameter(request, {"source", "provider"})) co_return std::move(*missing);
  const auto config = parts_.server.config();
  const auto* of = config->source(source);
  if (of == nullptr) co_return *unknown_source(source, *config);
  if (auto unknown = unknown_lane(provider, *config)) co_return std::move(*unknown);
  if (auto wrong = wrong_lane(*of, provider)) co_return std::move(*wrong);
  auto wish = wish_of(request, hand->second);
  if (!wish) co_return wish.error();
  const LaneCommandReport done = co_await parts_.server.scheduler().lane_command(source, provider, std::move(*wish));
  if (!done.known) co_return no_such("source", source, {});  // a reload took it out just now
  if (!done.refused.empty()) co_return problem(400, "lane " + verb, done.refused);
  json::array changes;
  for (const auto& change : done.changes) changes.push_back(json::object{{"change", change.change}, {"reason", change.reason}});
  const StatusReport status = co_await parts_.server.scheduler().reports().status();
  co_return ok(json::object{{"now", queue::rfc3339(status.now)},
                            {"source", source},
                            {"provider", provider},
                            {"changes", changes},
                            {"lane", to_json(of_status(status, done.lane))}});
}

awaitable<HttpReply> Api::lane_history(const HttpRequest& request) {
  if (auto unknown = unknown_parameter(request, {"source", "provider"})) co_return std::move(*unknown);
  if (auto missing = missing_parameter(request, {"source", "provider"})) co_return std::move(*missing);
  const std::string source = parameter(request, "source"), provider = parameter(request, "provider");
  const auto config = parts_.server.config();
  const auto* of = config->source(source);
  if (of == nullptr) co_return *unknown_source(source, *config);
  if (auto wrong = wrong_lane(*of, provider)) co_return std::move(*wrong);
  const StatusReport status = co_await parts_.server.scheduler().reports().status();
  for (const auto& lane : status.lanes) {
    if (lane.source != source || lane.shown_provider() != provider) continue;
    const auto events = co_await parts_.server.scheduler().reports().lane_events(source, provider);
    json::array changes;
    for (const auto& row : events) {
      boost::system::error_code bad;
      const auto event = json::parse(row, bad);
      if (!bad) changes.push_back(event);
    }
    auto object = to_json(lane);
    object["changes"] = std::move(changes);
    co_return ok(json::object{{"now", queue::rfc3339(status.now)}, {"lane", std::move(object)}});
  }
  co_return no_lane(status, source, provider, *config);
}

awaitable<HttpReply> Api::forecast(const HttpRequest& request) {
  if (auto unknown = unknown_parameter(request, {"provider", "source", "pool", "class", "backlog", "per_day", "days"}))
    co_return std::move(*unknown);
  if (auto missing = missing_parameter(request, {"provider"})) co_return std::move(*missing);
  ForecastRequest wish;
  const auto config = parts_.server.config();
  wish.provider = parameter(request, "provider");
  wish.source = parameter(request, "source");
  if (const auto pool = parameter(request, "pool"); !pool.empty()) wish.pool = pool;
  if (const auto mail_class = parameter(request, "class"); !mail_class.empty()) wish.mail_class = mail_class;
  if (!warmup::total_named(wish.provider)) {
    if (auto unknown = unknown_provider(wish.provider, *config)) co_return std::move(*unknown);
  }
  if (!wish.source.empty()) {
    if (auto unknown = unknown_source(wish.source, *config)) co_return std::move(*unknown);
  }
  if (auto wrong = wrong_line(wish, *config)) co_return std::move(*wrong);
  if (auto unknown = unknown_class(wish.mail_class, *config)) co_return std::move(*unknown);
  if (auto bad = read_numbers(request, wish)) co_return std::move(*bad);
  const ForecastReport report = co_await parts_.server.scheduler().reports().forecast(std::move(wish));
  co_return ok(to_json(report));
}

}  // namespace mta
