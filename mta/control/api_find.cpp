// Mail that waits or has ended, over the control interface.
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <fmt/format.h>

#include "conf/units.h"
#include "mta/control/api.h"
#include "mta/control/find_json.h"
#include "mta/scheduler/scheduler_thread.h"

namespace mta {

namespace json = boost::json;

namespace {

std::optional<HttpReply> wrong_find(const HttpRequest& request) {
  if (auto unknown = unknown_parameter(request, {"recipient", "sender", "message_id", "since", "limit", "cursor"}))
    return unknown;
  const std::string cursor = parameter(request, "cursor");
  if (!is_find_cursor(cursor))
    return problem(400, "bad cursor", "cursor: expected the next_cursor of an earlier answer, found " + cursor);
  const std::string recipient = parameter(request, "recipient");
  if (!recipient.empty() && recipient.find('@') == std::string::npos)
    return problem(
        400, "bad recipient",
        fmt::format("recipient: expected an address like ann@example.com, or @example.com for a domain, found {}", recipient));
  return std::nullopt;
}

}  // namespace

awaitable<HttpReply> Api::find(const HttpRequest& request) {
  if (auto wrong = wrong_find(request)) co_return std::move(*wrong);
  const auto limit = limit_of(request);
  if (!limit)
    co_return problem(400, "bad limit", fmt::format("limit: expected 1 to {}, found {}", page_rows, parameter(request, "limit")));
  FindFilter filter{parameter(request, "recipient"), parameter(request, "sender"), parameter(request, "message_id"),
                    std::nullopt};
  const auto now = parts_.server.scheduler().now();
  if (const std::string since = parameter(request, "since"); !since.empty()) {
    filter.since = parse_since(since, now);
    if (!filter.since)
      co_return problem(
          400, "bad since",
          "since: expected a time like 2026-11-21T09:00:00Z, a day like 2026-11-21 or a span like 2d, found " + since);
  }
  const FoundPage page =
      co_await parts_.server.scheduler().reports().find(std::move(filter), parameter(request, "cursor"), *limit);
  co_return HttpReply{200, "application/json", json::serialize(to_json(page, now)) + "\n"};
}

// Recipients of the message that left the queue, or whose end is decided and only its report is still to be written.
awaitable<json::array> Api::ended(queue::MessageId id, std::optional<queue::RecipientId> one) {
  json::array rows;
  for (const auto& end : co_await parts_.server.scheduler().reports().ends_of(id)) {
    if (one && end.id != *one) continue;
    json::object row = to_json(FoundRecipient{end, false, {}});
    row["in_conversation"] = false;
    row["gates"] = json::array{};
    rows.push_back(std::move(row));
  }
  co_return rows;
}

awaitable<HttpReply> Api::not_in_queue(queue::MessageId id) {
  const auto ends = co_await parts_.server.scheduler().reports().ends_of(id);
  if (ends.empty()) co_return unknown_message(id.text());
  co_return problem(404, "no such message",
                    fmt::format("message {} is not in the queue any more: {}; `warmupctl why {}` tells more", id.text(),
                                ended_text(ends), id.text()));
}

HttpReply Api::unknown_message(const std::string& id) const {
  const auto keep = parts_.server.config()->history.keep;
  return problem(404, "no such message",
                 fmt::format("message {} does not wait, and did not end within history.keep ({}): never accepted, or longer ago",
                             id, conf::duration_text(keep)));
}

}  // namespace mta
