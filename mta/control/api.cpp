#include "mta/control/api.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "conf/load.h"
#include "conf/names.h"
#include "mta/control/find_json.h"
#include "mta/control/json.h"
#include "mta/control/spool_json.h"
#include "mta/observe/events.h"
#include "mta/report/found.h"
#include "mta/report/gates.h"
#include "mta/scheduler/scheduler_thread.h"

namespace mta {

namespace json = boost::json;

namespace {

HttpReply ok(const json::value& body) { return {200, "application/json", json::serialize(body) + "\n"}; }

// As the rows have them: ids as we write them, whatever people typed; domains in lower case.
QueueFilter filter_of(const HttpRequest& request) {
  const auto id = queue::MessageId::parse(parameter(request, "id"));
  return {parameter(request, "provider"),  domain_of("@" + parameter(request, "domain")),
          parameter(request, "class"),     parameter(request, "sender"),
          parameter(request, "recipient"), id ? id->text() : ""};
}

// What is wrong with a question about the queue: a name that is not known, an id or a cursor that is none, a domain that is none.
std::optional<HttpReply> wrong_question(const HttpRequest& request, const std::vector<std::string>& also_known) {
  std::vector<std::string> known{"provider", "domain", "class", "sender", "recipient", "id", "cursor"};
  known.insert(known.end(), also_known.begin(), also_known.end());
  if (auto unknown = unknown_parameter(request, known)) return unknown;
  for (const auto& [name, value] : request.query) {
    const bool id = name == "id" || (name == "cursor" && !value.empty());
    if (id && !queue::MessageId::parse(value))
      return problem(400, "bad " + name, fmt::format("{}: expected 13 characters of a message id, found {}", name, value));
  }
  const std::string domain = parameter(request, "domain");
  const std::string ascii(domain_of("@" + domain));
  if (!domain.empty() && !ascii.starts_with('[') && !conf::host_name.fits(ascii))
    return problem(400, "bad domain", fmt::format("domain: expected a domain like example.com, found {}", domain));
  const std::string recipient = parameter(request, "recipient");
  if (!recipient.empty() && recipient.find('@') == std::string::npos)
    return problem(
        400, "bad recipient",
        fmt::format("recipient: expected an address like ann@example.com, found {}; domain finds all mail for a domain",
                    recipient));
  return std::nullopt;
}

// What waits of a class or provider that is gone is under another name.
std::optional<HttpReply> unknown_name(const QueueFilter& filter, const conf::Config& config) {
  auto unknown = filter.provider.empty() ? std::nullopt : unknown_provider(filter.provider, config);
  return unknown || filter.mail_class.empty() ? std::move(unknown) : unknown_class(filter.mail_class, config);
}

// "/api/v1/messages/ID" with prefix "/api/v1/messages/" → "ID".
std::optional<std::string> below(const std::string& path, std::string_view prefix) {
  if (!path.starts_with(prefix) || path.size() == prefix.size()) return std::nullopt;
  return path.substr(prefix.size());
}

constexpr std::string_view collections[] = {"/api/v1/messages/", "/api/v1/why/", "/api/v1/queue/", "/api/v1/lane/"};

// Whether the path is one of ours, so that it was the method that did not fit.
bool is_endpoint(const std::string& path) {
  for (const char* one : {"/healthz", "/api/v1/status", "/api/v1/lanes", "/api/v1/queue", "/api/v1/history", "/api/v1/reload",
                          "/api/v1/forecast", "/api/v1/spool/verify", "/api/v1/senders", "/api/v1/sender/history"})
    if (path == one) return true;
  return std::any_of(std::begin(collections), std::end(collections),
                     [&](std::string_view prefix) { return below(path, prefix).has_value(); });
}

bool takes_no_parameters(const std::string& path) {
  return path == "/api/v1/reload" || path == "/api/v1/spool/verify" || below(path, "/api/v1/messages/") ||
         below(path, "/api/v1/why/");
}

}  // namespace

std::optional<std::size_t> limit_of(const HttpRequest& request) {
  const auto text = parameter(request, "limit");
  if (text.empty()) return 100;
  std::size_t limit = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || limit == 0 || limit > page_rows) return std::nullopt;
  return limit;
}

awaitable<HttpReply> Api::handle(HttpRequest request) {
  const bool get = request.method == "GET", post = request.method == "POST";
  const std::string& path = request.path;
  if (get && path == "/healthz") co_return HttpReply{200, "text/plain", "ok\n"};
  if (takes_no_parameters(path)) {
    if (auto unknown = unknown_parameter(request, {})) co_return std::move(*unknown);
  }
  if (get && (path == "/api/v1/status" || path == "/api/v1/lanes")) co_return co_await status(request);
  if (get && path == "/api/v1/queue") co_return co_await queue(request);
  if (get && path == "/api/v1/history") co_return co_await find(request);
  if (const auto id = below(path, "/api/v1/messages/"); get && id) co_return co_await message(*id);
  if (const auto id = below(path, "/api/v1/why/"); get && id) co_return co_await why(*id);
  if (const auto verb = below(path, "/api/v1/queue/"); post && verb) co_return co_await act_on_queue(*verb, request);
  if (get && path == "/api/v1/lane/history") co_return co_await lane_history(request);
  if (const auto verb = below(path, "/api/v1/lane/"); post && verb) co_return co_await lane(*verb, request);
  if (get && path == "/api/v1/senders") co_return co_await senders(request);
  if (get && path == "/api/v1/sender/history") co_return co_await sender_history(request);
  if (get && path == "/api/v1/forecast") co_return co_await forecast(request);
  if (get && path == "/api/v1/spool/verify") co_return co_await verify_spool();
  if (post && path == "/api/v1/reload") co_return reload();
  if (is_endpoint(path)) co_return problem(405, "wrong method", request.method + " " + path);
  co_return problem(404, "no such endpoint", request.method + " " + path);
}

// The lanes and queues of one provider or source. What a provider that was taken out of the configuration still has is shown too.
awaitable<HttpReply> Api::status(const HttpRequest& request) {
  if (auto unknown = unknown_parameter(request, {"provider", "source"})) co_return std::move(*unknown);
  const std::string provider = parameter(request, "provider"), source = parameter(request, "source");
  const LaneFilter filter{source, provider};
  StatusReport report = co_await parts_.server.scheduler().reports().status(filter);
  const auto config = parts_.server.config();
  const bool any = narrow(report, *config, provider, source);
  if (!any && !source.empty()) {
    if (auto unknown = unknown_source(source, *config)) co_return std::move(*unknown);
  }
  if (!any && !provider.empty()) {
    if (auto unknown = unknown_lane(provider, *config)) co_return std::move(*unknown);
  }
  json::object status = to_json(report, *config);
  status["unsigned"] = marks_json(parts_.server.unsigned_domains());
  status["lint"] = marks_json(parts_.server.lacking_domains());
  co_return ok(status);
}

awaitable<HttpReply> Api::verify_spool() {
  const queue::Verified found = co_await parts_.server.scheduler().reports().verify();
  co_return ok(to_json(found));
}

awaitable<HttpReply> Api::queue(const HttpRequest& request) {
  if (auto wrong = wrong_question(request, {"limit"})) co_return std::move(*wrong);
  const auto limit = limit_of(request);
  if (!limit)
    co_return problem(400, "bad limit", fmt::format("limit: expected 1 to {}, found {}", page_rows, parameter(request, "limit")));
  const QueueFilter filter = filter_of(request);
  if (auto unknown = unknown_name(filter, *parts_.server.config())) co_return std::move(*unknown);
  const QueuePage page = co_await parts_.server.scheduler().reports().list(filter, parameter(request, "cursor"), *limit);
  co_return ok(to_json(page, parts_.server.scheduler().now()));
}

awaitable<HttpReply> Api::message(std::string id) {
  const auto parsed = queue::MessageId::parse(id);
  if (!parsed) co_return problem(400, "bad id", fmt::format("expected a message id of 13 characters, found {}", id));
  const auto found = co_await parts_.server.scheduler().reports().show(*parsed);
  if (!found) co_return co_await not_in_queue(*parsed);
  const auto now = parts_.server.scheduler().now();
  json::object body = to_json(*found, now);
  body["now"] = queue::rfc3339(now);
  co_return ok(body);
}

awaitable<HttpReply> Api::why(std::string id) {
  const auto one = queue::RecipientId::parse(id);
  const auto parsed = one ? std::optional(one->message) : queue::MessageId::parse(id);
  if (!parsed)
    co_return problem(400, "bad id",
                      fmt::format("expected a message id of 13 characters (with /N for one recipient), found {}", id));
  const auto found = co_await parts_.server.scheduler().reports().show(*parsed);
  json::array ends = co_await ended(*parsed, one);
  if (!found && ends.empty()) co_return unknown_message(id);
  const auto now = parts_.server.scheduler().now();
  json::array recipients;
  for (const auto& row : found ? found->recipients : std::vector<RecipientReport>{}) {
    if (one && row.id != *one) continue;
    if (row.recipient.fate != queue::Fate::waiting && !ends.empty()) continue;  // among those that have ended
    json::array gates;
    GateRequest wanted{row.queue, row.recipient.place, found->message.from_domain, row.recipient.due};
    const auto lanes = co_await parts_.server.scheduler().reports().lane_gates(std::move(wanted));
    for (const auto& gate : gates_of(*found, row, now, *parts_.server.config(), lanes)) gates.push_back(to_json(gate));
    json::object shown = to_json(found_of(found->message, row.id, row.recipient));
    shown["in_conversation"] = row.in_conversation;
    shown["gates"] = std::move(gates);
    recipients.push_back(std::move(shown));
  }
  for (auto& end : ends) recipients.push_back(std::move(end));
  if (recipients.empty()) co_return problem(404, "no such recipient", "the message has no recipient " + id);
  co_return ok(json::object{{"id", parsed->text()}, {"now", queue::rfc3339(now)}, {"recipients", recipients}});
}

awaitable<HttpReply> Api::act_on_queue(std::string verb, const HttpRequest& request) {
  static const std::map<std::string, QueueAction> hands{
      {"retry", QueueAction::retry}, {"drop", QueueAction::drop}, {"bounce", QueueAction::bounce}};
  const auto found = hands.find(verb);
  if (found == hands.end()) co_return no_such("verb", verb, {"retry", "drop", "bounce"});
  if (auto wrong = wrong_question(request, {"all", "by", "reason"})) co_return std::move(*wrong);
  const QueueFilter filter = filter_of(request);
  if (auto unknown = unknown_name(filter, *parts_.server.config())) co_return std::move(*unknown);
  if (filter.empty() && parameter(request, "all") != "true") {
    co_return problem(400, "no filter", "say which mail (provider, domain, class, sender, recipient or id), or all=true");
  }
  const QueueAction action = found->second;
  const QueueActionReport report = co_await parts_.server.scheduler().act_on_queue(
      filter, parameter(request, "cursor"), action, parameter(request, "by"), parameter(request, "reason"));
  json::array withheld;
  for (const auto& [of, still] : report.withheld)
    withheld.push_back(json::object{{"from_domain", of.first},
                                    {"provider", of.second},
                                    {"verdict", still.verdict},
                                    {"lacks", still.lacks},
                                    {"until", queue::rfc3339(still.until)},
                                    {"recipients", still.recipients}});
  co_return ok(json::object{{"recipients", report.recipients},
                            {"in_conversation", report.in_conversation},
                            {"withheld", std::move(withheld)},
                            {"next_cursor", report.cursor.empty() ? json::value(nullptr) : json::value(report.cursor)}});
}

HttpReply Api::reload() {
  try {
    json::array said;
    for (const auto& line : parts_.reload()) said.emplace_back(line);
    return ok(json::object{{"said", said}});
  } catch (const conf::ConfigError& error) {
    return wrong_configuration(error);
  } catch (const std::exception& error) {
    return problem(409, "the old configuration stays", error.what());
  }
}

}  // namespace mta
