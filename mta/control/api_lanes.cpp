// Lanes and the ledgers of senders over the control socket: the operator's hand, their history, the forecast.
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "conf/names.h"
#include "mta/control/api.h"
#include "mta/control/json.h"
#include "mta/route/sender_domain.h"
#include "mta/scheduler/scheduler_thread.h"
#include "warmup/total.h"

namespace mta {

namespace json = boost::json;

namespace {

HttpReply ok(const json::value& body) { return {200, "application/json", json::serialize(body) + "\n"}; }

json::array parsed(const std::vector<std::string>& events) {
  json::array changes;
  for (const auto& row : events) {
    boost::system::error_code bad;
    const auto event = json::parse(row, bad);
    if (!bad) changes.push_back(event);
  }
  return changes;
}

const std::map<std::string, warmup::LaneCommand>& commands() {
  using warmup::LaneCommand;
  static const std::map<std::string, LaneCommand> all{{"pause", LaneCommand::pause}, {"resume", LaneCommand::resume},
                                                      {"hold", LaneCommand::hold},   {"set", LaneCommand::set},
                                                      {"undo", LaneCommand::undo},   {"ack", LaneCommand::ack}};
  return all;
}

OrProblem<warmup::LaneCommandRequest> command_of(const HttpRequest& request, warmup::LaneCommand command) {
  const auto stage = number(request, "stage");
  if (!stage) return stage.error();
  const auto seconds = number(request, "for");
  if (!seconds) return seconds.error();
  warmup::LaneCommandRequest wanted;
  wanted.command = command;
  if (*stage) wanted.stage = static_cast<unsigned>(std::min<std::uint64_t>(**stage, 1'000'000));
  if (*seconds) wanted.lasts = std::chrono::seconds(**seconds);
  wanted.by = parameter(request, "by");
  wanted.reason = parameter(request, "reason");
  return wanted;
}

// Null when status does not show it.
const LaneReport* lane_in(const StatusReport& status, const std::string& source, const std::string& provider) {
  const auto found = std::find_if(status.lanes.begin(), status.lanes.end(), [&](const LaneReport& each) {
    return each.source == source && each.shown_provider() == provider;
  });
  return found == status.lanes.end() ? nullptr : &*found;
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
HttpReply no_lane(const std::string& source, const std::string& provider, const std::vector<std::string>& known,
                  const conf::Config& config) {
  if (auto unknown = unknown_lane(provider, config)) return std::move(*unknown);
  return no_such("lane", source + " " + provider, known);
}

// Puts the numbers of the request into `wanted`; empty when all can be read, else what is wrong with the first that cannot.
std::optional<HttpReply> read_numbers(const HttpRequest& request, ForecastRequest& wanted) {
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
  wanted.backlog = *backlog;
  wanted.per_day = per_day->value_or(0);
  wanted.days = static_cast<unsigned>(days);
  return std::nullopt;
}

// What is wrong with a forecast's names.
std::optional<HttpReply> wrong_line(const ForecastRequest& wanted, const conf::Config& config) {
  const auto* pool = config.pool(wanted.pool);
  if (pool == nullptr) return unknown_pool(wanted.pool, config);
  const bool smarthosts_only = std::all_of(pool->sources.begin(), pool->sources.end(), [&](const std::string& name) {
    const auto* source = config.source(name);
    return source != nullptr && source->is_smarthost();
  });
  if (smarthosts_only && wanted.provider != "*") {
    return problem(
        400, "no such queue",
        fmt::format("pool {} has only smarthosts: its mail is one queue, `*`, found {}", wanted.pool, wanted.provider));
  }
  if (!smarthosts_only && wanted.provider == "*") {
    return problem(
        400, "no such queue",
        fmt::format("pool {} delivers by provider: expected the name of one; `*` is for pools of smarthosts", wanted.pool));
  }
  if (warmup::total_named(wanted.provider))
    return problem(400, "no such queue",
                   fmt::format("`{}` is a lane, not a provider; a forecast is for the mail of one provider", wanted.provider));
  return std::nullopt;
}

// A domain beneath the organisational one counts in its ledger.
SenderFilter sender_filter_of(const HttpRequest& request) {
  return {organisational_domain(conf::lower(parameter(request, "domain"))), parameter(request, "provider")};
}

// What is wrong with the names in a question; empty when nothing is.
std::optional<HttpReply> wrong_names(const HttpRequest& request, const SenderFilter& filter, const conf::Config& config) {
  const std::string domain = parameter(request, "domain");
  if (!domain.empty() && filter.domain.empty())
    return problem(400, "bad domain", fmt::format("domain: expected a domain like example.com, found {}", domain));
  return filter.provider.empty() ? std::nullopt : unknown_provider(filter.provider, config);
}

std::optional<HttpReply> not_known(const SenderFilter& filter, const SendersReport& report) {
  if (filter.domain.empty() || !report.senders.empty()) return std::nullopt;
  return no_such("sender", filter.domain + (filter.provider.empty() ? "" : " " + filter.provider), {});
}

}  // namespace

awaitable<HttpReply> Api::lane(std::string verb, const HttpRequest& request) {
  const auto command = commands().find(verb);
  if (command == commands().end()) co_return no_such("verb", verb, {"pause", "resume", "hold", "set", "undo", "ack"});
  if (auto unknown = unknown_parameter(request, {"source", "provider", "stage", "for", "by", "reason"}))
    co_return std::move(*unknown);
  const std::string source = parameter(request, "source"), provider = parameter(request, "provider");
  if (auto missing = missing_parameter(request, {"source", "provider"})) co_return std::move(*missing);
  const auto config = parts_.server.config();
  const auto* of = config->source(source);
  if (of == nullptr) co_return *unknown_source(source, *config);
  if (auto unknown = unknown_lane(provider, *config)) co_return std::move(*unknown);
  if (auto wrong = wrong_lane(*of, provider)) co_return std::move(*wrong);
  auto wanted = command_of(request, command->second);
  if (!wanted) co_return wanted.error();
  const LaneCommandReport done = co_await parts_.server.scheduler().lane_command(source, provider, std::move(*wanted));
  if (!done.known) co_return no_such("source", source, {});  // a reload took it out just now
  if (!done.refused.empty()) co_return problem(400, "lane " + verb, done.refused);
  json::array changes;
  for (const auto& change : done.changes) changes.push_back(json::object{{"change", change.change}, {"reason", change.reason}});
  const LaneFilter one{source, provider};
  const StatusReport status = co_await parts_.server.scheduler().reports().status(one);
  const LaneReport* lane = lane_in(status, source, provider);
  if (lane == nullptr) co_return no_such("source", source, {});
  co_return ok(json::object{{"now", queue::rfc3339(status.now)},
                            {"source", source},
                            {"provider", provider},
                            {"changes", changes},
                            {"lane", to_json(*lane)}});
}

awaitable<HttpReply> Api::lane_history(const HttpRequest& request) {
  if (auto unknown = unknown_parameter(request, {"source", "provider"})) co_return std::move(*unknown);
  if (auto missing = missing_parameter(request, {"source", "provider"})) co_return std::move(*missing);
  const std::string source = parameter(request, "source"), provider = parameter(request, "provider");
  const auto config = parts_.server.config();
  const auto* of = config->source(source);
  if (of == nullptr) co_return *unknown_source(source, *config);
  if (auto wrong = wrong_lane(*of, provider)) co_return std::move(*wrong);
  Reports& reports = parts_.server.scheduler().reports();
  const LaneFilter one{source, provider};
  const StatusReport status = co_await reports.status(one);
  const LaneReport* lane = lane_in(status, source, provider);
  if (lane == nullptr) {
    const auto known = co_await reports.lane_names();
    co_return no_lane(source, provider, known, *config);
  }
  const auto events = co_await reports.lane_events(source, provider);
  json::array changes = parsed(events);
  auto object = to_json(*lane);
  object["changes"] = std::move(changes);
  co_return ok(json::object{{"now", queue::rfc3339(status.now)}, {"lane", std::move(object)}});
}

awaitable<HttpReply> Api::forecast(const HttpRequest& request) {
  if (auto unknown = unknown_parameter(request, {"provider", "source", "pool", "class", "backlog", "per_day", "days"}))
    co_return std::move(*unknown);
  if (auto missing = missing_parameter(request, {"provider"})) co_return std::move(*missing);
  ForecastRequest wanted;
  const auto config = parts_.server.config();
  wanted.provider = parameter(request, "provider");
  wanted.source = parameter(request, "source");
  if (const auto pool = parameter(request, "pool"); !pool.empty()) wanted.pool = pool;
  if (const auto mail_class = parameter(request, "class"); !mail_class.empty()) wanted.mail_class = mail_class;
  if (!warmup::total_named(wanted.provider)) {
    if (auto unknown = unknown_provider(wanted.provider, *config)) co_return std::move(*unknown);
  }
  if (!wanted.source.empty()) {
    if (auto unknown = unknown_source(wanted.source, *config)) co_return std::move(*unknown);
  }
  if (auto wrong = wrong_line(wanted, *config)) co_return std::move(*wrong);
  if (auto unknown = unknown_class(wanted.mail_class, *config)) co_return std::move(*unknown);
  if (auto bad = read_numbers(request, wanted)) co_return std::move(*bad);
  const ForecastReport report = co_await parts_.server.scheduler().reports().forecast(std::move(wanted));
  co_return ok(to_json(report));
}

awaitable<HttpReply> Api::senders(const HttpRequest& request) {
  if (auto unknown = unknown_parameter(request, {"domain", "provider"})) co_return std::move(*unknown);
  const SenderFilter filter = sender_filter_of(request);
  if (auto wrong = wrong_names(request, filter, *parts_.server.config())) co_return std::move(*wrong);
  const SendersReport report = co_await parts_.server.scheduler().reports().senders(filter);
  if (auto unknown = not_known(filter, report)) co_return std::move(*unknown);
  json::array senders;
  for (const auto& sender : report.senders) senders.push_back(sender_json(sender));
  co_return ok(json::object{{"now", queue::rfc3339(report.now)}, {"senders", std::move(senders)}, {"next_cursor", nullptr}});
}

awaitable<HttpReply> Api::sender_history(const HttpRequest& request) {
  if (auto unknown = unknown_parameter(request, {"domain", "provider"})) co_return std::move(*unknown);
  if (auto missing = missing_parameter(request, {"domain"})) co_return std::move(*missing);
  const SenderFilter filter = sender_filter_of(request);
  if (auto wrong = wrong_names(request, filter, *parts_.server.config())) co_return std::move(*wrong);
  Reports& reports = parts_.server.scheduler().reports();
  const SendersReport report = co_await reports.senders(filter);
  if (auto unknown = not_known(filter, report)) co_return std::move(*unknown);
  json::array senders;
  for (const auto& sender : report.senders) {
    const auto rows = co_await reports.sender_events(filter.domain, sender.provider);
    json::object shown = sender_json(sender);
    shown["changes"] = parsed(rows);
    senders.push_back(std::move(shown));
  }
  co_return ok(json::object{{"now", queue::rfc3339(report.now)}, {"senders", std::move(senders)}});
}

}  // namespace mta
