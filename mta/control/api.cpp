#include "mta/control/api.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include <charconv>

#include "conf/load.h"
#include "mta/books/books.h"
#include "mta/control/json.h"

namespace mta {

namespace json = boost::json;

namespace {

HttpReply ok(const json::value& body) { return {200, "application/json", json::serialize(body) + "\n"}; }

std::string parameter(const HttpRequest& request, const std::string& name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? "" : found->second;
}

QueueFilter filter_of(const HttpRequest& request) {
  return {parameter(request, "provider"), parameter(request, "domain"),    parameter(request, "class"),
          parameter(request, "sender"),   parameter(request, "recipient"), parameter(request, "id")};
}

std::optional<std::size_t> limit_of(const HttpRequest& request) {
  const auto text = parameter(request, "limit");
  if (text.empty()) return 100;
  std::size_t limit = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || limit == 0 || limit > page_rows) return std::nullopt;
  return limit;
}

// "/api/v1/messages/ID" with prefix "/api/v1/messages/" → "ID".
std::optional<std::string> below(const std::string& path, std::string_view prefix) {
  if (!path.starts_with(prefix) || path.size() == prefix.size()) return std::nullopt;
  return path.substr(prefix.size());
}

HttpReply no_message(const std::string& id) {
  return problem(404, "no such message",
                 fmt::format("message {} is not in the queue: delivered, bounced or never accepted (see the events)", id));
}

}  // namespace

HttpReply problem(unsigned status, const std::string& title, const std::string& detail) {
  return {status, "application/problem+json",
          json::serialize(json::object{{"title", title}, {"status", status}, {"detail", detail}}) + "\n"};
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
  co_return problem(404, "no such endpoint", request.method + " " + path);
}

awaitable<HttpReply> Api::status() {
  const StatusReport report = co_await parts_.server.books().status();
  co_return ok(to_json(report, *parts_.server.config()));
}

awaitable<HttpReply> Api::queue(const HttpRequest& request) {
  const auto limit = limit_of(request);
  if (!limit)
    co_return problem(400, "bad limit", fmt::format("limit: expected 1 to {}, found {}", page_rows, parameter(request, "limit")));
  const QueueFilter filter = filter_of(request);
  const QueuePage page = co_await parts_.server.books().list(filter, parameter(request, "cursor"), *limit);
  const StatusReport now = co_await parts_.server.books().status();
  co_return ok(to_json(page, now.now));
}

awaitable<HttpReply> Api::message(std::string id) {
  const auto parsed = queue::MessageId::parse(id);
  if (!parsed) co_return problem(400, "bad id", fmt::format("expected a message id of 13 characters, found {}", id));
  const auto found = co_await parts_.server.books().show(*parsed);
  if (!found) co_return no_message(id);
  const StatusReport now = co_await parts_.server.books().status();
  json::object body = to_json(*found, now.now);
  body["now"] = queue::rfc3339(now.now);
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
  const StatusReport report = co_await parts_.server.books().status();
  json::array recipients;
  for (const auto& row : found->recipients) {
    if (one && row.id != *one) continue;
    json::array gates;
    const auto lanes = co_await parts_.server.books().lane_gates(row.line, row.recipient.slot);
    for (const auto& gate : gates_of(*found, row, report, *parts_.server.config(), lanes)) gates.push_back(to_json(gate));
    recipients.push_back({{"id", row.id.text()},
                          {"recipient", row.recipient.address},
                          {"in_conversation", row.in_conversation},
                          {"next_try", queue::rfc3339(row.recipient.due)},
                          {"gates", gates}});
  }
  co_return ok(json::object{{"id", found->message.id.text()}, {"now", queue::rfc3339(report.now)}, {"recipients", recipients}});
}

awaitable<HttpReply> Api::hand(std::string verb, const HttpRequest& request) {
  static const std::map<std::string, Hand> hands{{"retry", Hand::retry}, {"drop", Hand::drop}, {"bounce", Hand::bounce}};
  const auto found = hands.find(verb);
  if (found == hands.end()) co_return problem(404, "no such verb", "expected retry, drop or bounce, found " + verb);
  const QueueFilter filter = filter_of(request);
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
