#include "mta/control/api.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "conf/load.h"
#include "mta/books/books.h"
#include "mta/control/json.h"
#include "mta/observe/events.h"

namespace mta {

namespace json = boost::json;

namespace {

HttpReply ok(const json::value& body) { return {200, "application/json", json::serialize(body) + "\n"}; }

std::string parameter(const HttpRequest& request, const std::string& name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? "" : found->second;
}

// As the rows have them: ids as we write them, whatever people typed; domains in lower case.
QueueFilter filter_of(const HttpRequest& request) {
  const auto id = queue::MessageId::parse(parameter(request, "id"));
  return {parameter(request, "provider"),  domain_of("@" + parameter(request, "domain")),
          parameter(request, "class"),     parameter(request, "sender"),
          parameter(request, "recipient"), id ? id->text() : ""};
}

std::optional<std::size_t> limit_of(const HttpRequest& request) {
  const auto text = parameter(request, "limit");
  if (text.empty()) return 100;
  std::size_t limit = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || limit == 0 || limit > page_rows) return std::nullopt;
  return limit;
}

// What is wrong with a question about the queue: a name nobody knows (a slip of the pen must not mean "everything"), an id or a
// cursor that is none.
std::optional<HttpReply> wrong_question(const HttpRequest& request, const std::vector<std::string_view>& also_known) {
  std::vector<std::string_view> known{"provider", "domain", "class", "sender", "recipient", "id", "cursor"};
  known.insert(known.end(), also_known.begin(), also_known.end());
  for (const auto& [name, value] : request.query) {
    if (std::find(known.begin(), known.end(), name) == known.end())
      return problem(400, "unknown parameter", fmt::format("expected one of {}, found {}", fmt::join(known, ", "), name));
    const bool id = name == "id" || (name == "cursor" && !value.empty());
    if (id && !queue::MessageId::parse(value))
      return problem(400, "bad " + name, fmt::format("{}: expected 13 characters of a message id, found {}", name, value));
  }
  return std::nullopt;
}

// A typo must not look like an empty queue. What waits of a class or provider that is gone is under another name.
std::optional<HttpReply> unknown_name(const QueueFilter& filter, const conf::Config& config) {
  auto unknown = filter.provider.empty() ? std::nullopt : unknown_provider(filter.provider, config);
  return unknown || filter.mail_class.empty() ? std::move(unknown) : unknown_class(filter.mail_class, config);
}

// "/api/v1/messages/ID" with prefix "/api/v1/messages/" → "ID".
std::optional<std::string> below(const std::string& path, std::string_view prefix) {
  if (!path.starts_with(prefix) || path.size() == prefix.size()) return std::nullopt;
  return path.substr(prefix.size());
}

constexpr std::string_view collections[] = {"/api/v1/messages/", "/api/v1/why/", "/api/v1/queue/"};

// Whether the path is one of ours, so that it was the method that did not fit.
bool is_endpoint(const std::string& path) {
  for (const char* one : {"/healthz", "/api/v1/status", "/api/v1/lanes", "/api/v1/queue", "/api/v1/reload"})
    if (path == one) return true;
  return std::any_of(std::begin(collections), std::end(collections),
                     [&](std::string_view prefix) { return below(path, prefix).has_value(); });
}

HttpReply no_message(const std::string& id) {
  return problem(404, "no such message",
                 fmt::format("message {} is not in the queue: delivered, bounced or never accepted (see the events)", id));
}

}  // namespace

std::optional<HttpReply> unknown_provider(const std::string& name, const conf::Config& config) {
  if (name == "*" || name.starts_with("other:") || config.provider(name) != nullptr) return std::nullopt;
  return problem(404, "no such provider",
                 fmt::format("there is no provider {}; `warmupctl providers DOMAIN` tells a domain's", name));
}

std::optional<HttpReply> unknown_class(const std::string& name, const conf::Config& config) {
  if (config.mail_class(name) != nullptr) return std::nullopt;
  return problem(404, "no such class", "there is no class " + name);
}

HttpReply problem(unsigned status, const std::string& title, const std::string& detail) {
  return {status, "application/problem+json",
          json::serialize(json::object{{"title", title}, {"status", status}, {"detail", valid_utf8(detail)}}) + "\n"};
}

awaitable<HttpReply> Api::handle(HttpRequest request) {
  const bool get = request.method == "GET", post = request.method == "POST";
  const std::string& path = request.path;
  if (get && path == "/healthz") co_return HttpReply{200, "text/plain", "ok\n"};
  if (get && (path == "/api/v1/status" || path == "/api/v1/lanes")) co_return co_await status();
  if (get && path == "/api/v1/queue") co_return co_await queue(request);
  if (const auto id = below(path, "/api/v1/messages/"); get && id) co_return co_await message(*id);
  if (const auto id = below(path, "/api/v1/why/"); get && id) co_return co_await why(*id);
  if (const auto verb = below(path, "/api/v1/queue/"); post && verb) co_return co_await hand(*verb, request);
  if (get && path == "/api/v1/lane/history") co_return co_await lane_history(request);
  if (const auto verb = below(path, "/api/v1/lane/"); post && verb) co_return co_await lane(*verb, request);
  if (get && path == "/api/v1/forecast") co_return co_await forecast(request);
  if (post && path == "/api/v1/reload") co_return reload();
  if (is_endpoint(path)) co_return problem(405, "wrong method", request.method + " " + path);
  co_return problem(404, "no such endpoint", request.method + " " + path);
}

awaitable<HttpReply> Api::status() {
  const StatusReport report = co_await parts_.server.books().status();
  co_return ok(to_json(report, *parts_.server.config()));
}

awaitable<HttpReply> Api::queue(const HttpRequest& request) {
  if (auto wrong = wrong_question(request, {"limit"})) co_return std::move(*wrong);
  const auto limit = limit_of(request);
  if (!limit)
    co_return problem(400, "bad limit", fmt::format("limit: expected 1 to {}, found {}", page_rows, parameter(request, "limit")));
  const QueueFilter filter = filter_of(request);
  if (auto unknown = unknown_name(filter, *parts_.server.config())) co_return std::move(*unknown);
  const QueuePage page = co_await parts_.server.books().list(filter, parameter(request, "cursor"), *limit);
  co_return ok(to_json(page, parts_.server.books().now()));
}

awaitable<HttpReply> Api::message(std::string id) {
  const auto parsed = queue::MessageId::parse(id);
  if (!parsed) co_return problem(400, "bad id", fmt::format("expected a message id of 13 characters, found {}", id));
  const auto found = co_await parts_.server.books().show(*parsed);
  if (!found) co_return no_message(id);
  const auto now = parts_.server.books().now();
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
  const auto found = co_await parts_.server.books().show(*parsed);
  if (!found) co_return no_message(id);
  const auto now = parts_.server.books().now();
  json::array recipients;
  for (const auto& row : found->recipients) {
    if (one && row.id != *one) continue;
    json::array gates;
    GateWish wish{row.line, row.recipient.slot, found->message.from_domain, row.recipient.due};
    const auto lanes = co_await parts_.server.books().lane_gates(std::move(wish));
    for (const auto& gate : gates_of(*found, row, now, *parts_.server.config(), lanes)) gates.push_back(to_json(gate));
    recipients.push_back({{"id", row.id.text()},
                          {"recipient", valid_utf8(row.recipient.address)},
                          {"in_conversation", row.in_conversation},
                          {"next_try", queue::rfc3339(row.recipient.due)},
                          {"gates", gates}});
  }
  if (recipients.empty()) co_return problem(404, "no such recipient", id + " is not in the queue");
  co_return ok(json::object{{"id", found->message.id.text()}, {"now", queue::rfc3339(now)}, {"recipients", recipients}});
}

awaitable<HttpReply> Api::hand(std::string verb, const HttpRequest& request) {
  static const std::map<std::string, Hand> hands{{"retry", Hand::retry}, {"drop", Hand::drop}, {"bounce", Hand::bounce}};
  const auto found = hands.find(verb);
  if (found == hands.end()) co_return problem(404, "no such verb", "expected retry, drop or bounce, found " + verb);
  if (auto wrong = wrong_question(request, {"all", "by", "reason"})) co_return std::move(*wrong);
  const QueueFilter filter = filter_of(request);
  if (auto unknown = unknown_name(filter, *parts_.server.config())) co_return std::move(*unknown);
  if (filter.empty() && parameter(request, "all") != "true") {
    co_return problem(400, "no filter", "say which mail (provider, domain, class, sender, recipient or id), or all=true");
  }
  const Hand hand = found->second;
  const HandReport report = co_await parts_.server.books().hand(filter, parameter(request, "cursor"), hand,
                                                                parameter(request, "by"), parameter(request, "reason"));
  co_return ok(json::object{{"recipients", report.recipients},
                            {"in_conversation", report.in_conversation},
                            {"cursor", report.cursor.empty() ? json::value(nullptr) : json::value(report.cursor)}});
}

HttpReply Api::reload() {
  try {
    json::array said;
    for (const auto& line : parts_.reload()) said.emplace_back(line);
    return ok(json::object{{"said", said}});
  } catch (const std::exception& error) {
    return problem(409, "the old configuration stays", error.what());
  }
}

}  // namespace mta
