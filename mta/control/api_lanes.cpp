// Lanes over the control socket: the operator's hand, their history, the forecast.
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "mta/books/books.h"
#include "mta/control/api.h"
#include "mta/control/json.h"

namespace mta {

namespace json = boost::json;

namespace {

HttpReply ok(const json::value& body) { return {200, "application/json", json::serialize(body) + "\n"}; }

std::string parameter(const HttpRequest& request, const std::string& name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? "" : found->second;
}

// A whole number; nothing when the parameter is not given. Throws the reply when it is no number.
std::optional<std::uint64_t> number(const HttpRequest& request, const std::string& name) {
  const auto text = parameter(request, name);
  if (text.empty()) return std::nullopt;
  std::uint64_t value = 0;
  const auto end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  constexpr std::uint64_t most = 1'000'000'000'000;
  if (parsed.ec != std::errc() || parsed.ptr != end || value > most) {
    throw problem(400, "bad " + name, fmt::format("{}: expected a whole number, found {}", name, text));
  }
  return value;
}

HttpReply unknown_source(const std::string& source, const conf::Config& config) {
  std::vector<std::string> names;
  for (const auto& each : config.sources) names.push_back(each.name);
  return problem(404, "no such source", fmt::format("there is no source {}, only {}", source, fmt::join(names, ", ")));
}

const std::map<std::string, warmup::Hand>& hands() {
  using warmup::Hand;
  static const std::map<std::string, Hand> all{{"pause", Hand::pause}, {"resume", Hand::resume}, {"hold", Hand::hold},
                                               {"set", Hand::set},     {"undo", Hand::undo},     {"ack", Hand::ack}};
  return all;
}

warmup::HandWish wish_of(const HttpRequest& request, warmup::Hand hand) {
  warmup::HandWish wish;
  wish.hand = hand;
  if (const auto stage = number(request, "stage")) wish.stage = static_cast<unsigned>(std::min<std::uint64_t>(*stage, 1'000'000));
  if (const auto seconds = number(request, "for")) wish.lasts = std::chrono::seconds(*seconds);
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
    return problem(400, "no such lane",
                   fmt::format("source {} has a lane a provider, and `{}` for all mail by it; `*` is the lane of a smarthost",
                               source.name, all_providers));
  }
  return std::nullopt;
}

// What is wrong with a forecast's names.
std::optional<HttpReply> wrong_line(const ForecastWish& wish, const conf::Config& config) {
  const auto* pool = config.pool(wish.pool);
  if (pool == nullptr) {
    std::vector<std::string> names;
    for (const auto& each : config.pools) names.push_back(each.name);
    return problem(404, "no such pool", fmt::format("there is no pool {}, only {}", wish.pool, fmt::join(names, ", ")));
  }
  const bool smarthosts_only = std::all_of(pool->sources.begin(), pool->sources.end(), [&](const std::string& name) {
    const auto* source = config.source(name);
    return source != nullptr && source->is_smarthost();
  });
  if (smarthosts_only && wish.provider != "*") {
    return problem(400, "no such line",
                   fmt::format("pool {} has only smarthosts: its mail is one line, `*`, found {}", wish.pool, wish.provider));
  }
  if (!smarthosts_only && wish.provider == "*") {
    return problem(400, "no such line",
                   fmt::format("pool {} delivers by provider: expected one of them; `*` is for pools of smarthosts", wish.pool));
  }
  if (wish.provider == all_providers)
    return problem(400, "no such line", fmt::format("`{}` is a lane: a forecast is of one provider's mail", all_providers));
  return std::nullopt;
}

}  // namespace

awaitable<HttpReply> Api::lane(std::string verb, const HttpRequest& request) {
  const auto hand = hands().find(verb);
  if (hand == hands().end())
    co_return problem(404, "no such verb", "expected pause, resume, hold, set, undo or ack, found " + verb);
  const std::string source = parameter(request, "source"), provider = parameter(request, "provider");
  if (source.empty() || provider.empty()) co_return problem(400, "no lane", "say which lane: source and provider");
  const auto config = parts_.server.config();
  const auto* of = config->source(source);
  if (of == nullptr) co_return unknown_source(source, *config);
  if (provider != all_providers) {
    if (auto unknown = unknown_provider(provider, *config)) co_return std::move(*unknown);
  }
  if (auto wrong = wrong_lane(*of, provider)) co_return std::move(*wrong);
  warmup::HandWish wish;
  std::optional<HttpReply> bad;
  try {
    wish = wish_of(request, hand->second);
  } catch (const HttpReply& reply) {
    bad = reply;
  }
  if (bad) co_return *bad;
  const LaneHandReport done = co_await parts_.server.books().lane_hand(source, provider, std::move(wish));
  if (!done.known) co_return unknown_source(source, *config);
  if (!done.refused.empty()) co_return problem(400, "lane " + verb, done.refused);
  json::array changes;
  for (const auto& change : done.changes) changes.push_back(json::object{{"change", change.change}, {"reason", change.reason}});
  const StatusReport status = co_await parts_.server.books().status();
  co_return ok(json::object{{"now", queue::rfc3339(status.now)},
                            {"source", source},
                            {"provider", provider},
                            {"changes", changes},
                            {"lane", to_json(of_status(status, done.lane))}});
}

awaitable<HttpReply> Api::lane_history(const HttpRequest& request) {
  const std::string source = parameter(request, "source"), provider = parameter(request, "provider");
  const auto config = parts_.server.config();
  const auto* of = config->source(source);
  if (of == nullptr) co_return unknown_source(source, *config);
  if (auto wrong = wrong_lane(*of, provider)) co_return std::move(*wrong);
  const StatusReport status = co_await parts_.server.books().status();
  for (const auto& lane : status.lanes) {
    if (lane.source != source || (lane.overall ? std::string(all_providers) : lane.provider) != provider) continue;
    const auto events = co_await parts_.server.books().lane_events(source, provider);
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
  co_return problem(404, "no such lane", fmt::format("lane {} {} has carried no mail yet", source, provider));
}

awaitable<HttpReply> Api::forecast(const HttpRequest& request) {
  ForecastWish wish;
  const auto config = parts_.server.config();
  wish.provider = parameter(request, "provider");
  wish.source = parameter(request, "source");
  if (const auto pool = parameter(request, "pool"); !pool.empty()) wish.pool = pool;
  if (const auto mail_class = parameter(request, "class"); !mail_class.empty()) wish.mail_class = mail_class;
  if (wish.provider != all_providers) {
    if (auto unknown = unknown_provider(wish.provider, *config)) co_return std::move(*unknown);
  }
  if (!wish.source.empty() && config->source(wish.source) == nullptr) co_return unknown_source(wish.source, *config);
  if (auto wrong = wrong_line(wish, *config)) co_return std::move(*wrong);
  if (auto unknown = unknown_class(wish.mail_class, *config)) co_return std::move(*unknown);
  std::optional<HttpReply> bad;
  try {
    wish.backlog = number(request, "backlog");
    wish.per_day = number(request, "per_day").value_or(0);
    wish.days = static_cast<unsigned>(std::clamp<std::uint64_t>(number(request, "days").value_or(60), 1, 3650));
  } catch (const HttpReply& reply) {
    bad = reply;
  }
  if (bad) co_return *bad;
  const ForecastReport report = co_await parts_.server.books().forecast(std::move(wish));
  co_return ok(to_json(report));
}

}  // namespace mta
