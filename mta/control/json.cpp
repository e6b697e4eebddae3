#include "mta/control/json.h"

#include <boost/json/array.hpp>

#include <fmt/format.h>

#include <algorithm>

#include "conf/units.h"
#include "mta/books/lanes.h"
#include "mta/observe/events.h"
#include "mta/rehearsal.h"

namespace mta {

namespace json = boost::json;

namespace {

json::value instant(const std::optional<queue::Instant>& when) {
  return when ? json::value(queue::rfc3339(*when)) : json::value(nullptr);
}

std::int64_t seconds_since(queue::Instant then, queue::Instant now) {
  return std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(now - then).count());
}

json::object line_json(const LineReport& line, queue::Instant now) {
  return {{"pool", line.pool},
          {"provider", line.provider},
          {"class", line.mail_class},
          {"waiting", line.waiting},
          {"oldest_seconds", seconds_since(line.oldest, now)},
          {"next_permit", instant(line.next.value_or(now))},
          {"eta", instant(line.eta)},
          {"reason", line.reason}};
}

template <class T>
json::value maybe(const std::optional<T>& value) {
  return value ? json::value(*value) : json::value(nullptr);
}

json::object today_json(const warmup::Day& day) {
  json::object today{{"attempts", day.attempts}};
  for (const char* verdict : {"delivered", "greylisted", "rate_limited", "unknown_user", "reputation_block"}) today[verdict] = 0;
  for (const auto& [verdict, n] : day.outcomes) today[verdict] = n;
  return today;
}

json::object by_name(const warmup::ByName& counts) {
  json::object object;
  for (const auto& [name, count] : counts) object[name] = count;
  return object;
}

json::array history_json(const warmup::Lane& record) {
  json::array days;
  for (const auto& day : record.history) {
    days.push_back(
        {{"day", day.date}, {"stage", day.stage}, {"cap", maybe(day.limit)}, {"sent", day.sent}, {"delivered", day.delivered}});
  }
  return days;
}

json::array evidence_json(const std::vector<warmup::Evidence>& evidence) {
  json::array list;
  for (const auto& each : evidence) list.push_back({{"at", queue::rfc3339(each.at)}, {"text", valid_utf8(each.text)}});
  return list;
}

std::string reason_of(const LaneReport& lane) {
  const auto& record = lane.record;
  if (record.pin.state != warmup::Pin::none) {
    return std::string(warmup::name(record.pin.state)) + " by " + (record.pin.by.empty() ? "an operator" : record.pin.by) +
           (record.pin.reason.empty() ? "" : ": " + record.pin.reason);
  }
  return record.reason.empty() ? lane.held_by : record.reason;
}

json::object lane_json(const LaneReport& lane) {
  const auto& record = lane.record;
  const auto& day = record.today;
  const bool planned = !lane.plan.empty();
  const auto used = record.committed();
  return {{"source", lane.source},
          {"provider", lane.overall ? std::string(all_providers) : lane.provider},
          {"overall", lane.overall},
          {"plan", planned ? json::value(lane.plan) : json::value(nullptr)},
          {"state", planned || record.brake.state != warmup::Brake::none || record.pin.state != warmup::Pin::none
                        ? record.shown_state()
                        : "warm"},
          {"phase", planned ? warmup::name(record.phase) : "warm"},
          {"brake", warmup::name(record.brake.state)},
          {"pin", record.pin.state == warmup::Pin::none ? json::value(nullptr) : json::value(warmup::name(record.pin.state))},
          {"stage", planned ? json::value(record.stage) : json::value(nullptr)},
          {"cap", planned ? maybe(day.limit) : json::value(nullptr)},
          {"curve_cap", planned ? maybe(day.cap) : json::value(nullptr)},
          {"enforced", lane.enforced},
          {"sent", day.sent},
          {"delivered", day.delivered},
          {"reserved", record.reserved()},
          {"pending", record.pending()},
          {"left", planned && day.limit ? json::value(*day.limit - std::min(*day.limit, used)) : json::value(nullptr)},
          {"day_started", queue::rfc3339(day.started)},
          {"day_ends", queue::rfc3339(day.ends)},
          {"waiting", lane.waiting},
          {"next_permit", lane.waiting > 0 ? instant(lane.next_permit) : json::value(nullptr)},
          {"eta", lane.overall ? json::value(nullptr) : instant(lane.eta)},
          {"connections", lane.connections},
          {"would_hold", day.would_hold},
          {"today", today_json(day)},
          {"by_provider", lane.provider == "*" ? json::value(by_name(day.sent_by_provider)) : json::value(nullptr)},
          {"reason", valid_utf8(reason_of(lane))},
          {"evidence", evidence_json(record.evidence)},
          {"acknowledged", record.acknowledged},
          {"brake_until",
           record.brake.state == warmup::Brake::none ? json::value(nullptr) : json::value(queue::rfc3339(record.brake.until))},
          {"history", history_json(record)}};
}

json::object last_json(const queue::LastReply& last) {
  return {{"verdict", last.verdict}, {"code", last.code},     {"enhanced", last.enhanced},    {"text", valid_utf8(last.text)},
          {"mx", last.mx},           {"source", last.source}, {"at", queue::rfc3339(last.at)}};
}

std::string_view state_of(const RecipientReport& row, queue::Instant now) {
  if (row.in_conversation) return "in conversation";
  if (row.recipient.fate != queue::Fate::waiting) return "its report is being written";
  if (row.line.kind == queue::LineKind::unrouted) return "unrouted";
  if (row.recipient.due > now) return "waiting";
  return row.held_until || row.closed_until ? "held" : "due";
}

json::object recipient_json(const RecipientReport& row, queue::Instant now) {
  const auto& recipient = row.recipient;
  const bool routed = row.line.knows_site();
  return {{"id", row.id.text()},
          {"recipient", valid_utf8(recipient.address)},
          {"state", state_of(row, now)},
          {"provider", routed ? json::value(row.line.provider) : json::value(nullptr)},
          {"site", routed ? json::value(row.line.site) : json::value(nullptr)},
          {"pool", row.line.pool},
          {"pinned_to", row.line.pin.empty() ? json::value(nullptr) : json::value(row.line.pin)},
          {"attempts", recipient.attempts},
          {"next_try", queue::rfc3339(std::max(
                           {recipient.due, row.held_until.value_or(recipient.due), row.closed_until.value_or(recipient.due)}))},
          {"held_by", row.held_until     ? json::value(row.held_why)
                      : row.closed_until ? json::value(valid_utf8(row.closed_why))
                                         : json::value(nullptr)},
          {"lifetime_used_seconds", std::chrono::duration_cast<std::chrono::seconds>(recipient.backoff_used).count()},
          {"last", recipient.last.at == queue::Instant{} ? json::value(nullptr) : json::value(last_json(recipient.last))}};
}

}  // namespace

json::object to_json(const StatusReport& report, const conf::Config& config) {
  json::array lines, lanes;
  for (const auto& line : report.lines) lines.push_back(line_json(line, report.now));
  for (const auto& lane : report.lanes) lanes.push_back(lane_json(lane));
  const json::value oldest =
      report.oldest && report.recipients > 0 ? json::value(seconds_since(*report.oldest, report.now)) : json::value(nullptr);
  return {{"now", queue::rfc3339(report.now)},
          {"version", WARMUPD_VERSION},
          {"hostname", config.hostname},
          {"rehearsal", is_rehearsal(config)},
          {"deliver_to", config.rehearsal.deliver_to.empty() ? json::value(nullptr) : json::value(config.rehearsal.deliver_to)},
          {"time_scale", config.rehearsal.time_scale},
          {"accepting", report.accepting},
          {"not_accepting", report.not_accepting.empty() ? json::value(nullptr) : json::value(report.not_accepting)},
          {"queue",
           {{"messages", report.messages},
            {"recipients", report.recipients},
            {"unrouted", report.unrouted},
            {"returning", report.returning},
            {"oldest_seconds", oldest}}},
          {"lines", lines},
          {"more_lines", report.more_lines},
          {"lanes", lanes}};
}

json::object to_json(const MessageReport& report, queue::Instant now) {
  const auto& message = report.message;
  json::array recipients;
  for (const auto& row : report.recipients) recipients.push_back(recipient_json(row, now));
  return {{"id", message.id.text()},
          {"accepted", queue::rfc3339(message.accepted)},
          {"sender", valid_utf8(message.sender)},
          {"class", message.mail_class},
          {"size", message.size},
          {"message_id", valid_utf8(message.message_id)},
          {"client", message.client},
          {"user", message.user},
          {"signed_with", message.signed_with},
          {"envelope_recipients", message.recipients},
          {"recipients", recipients}};
}

json::object to_json(const QueuePage& page, queue::Instant now) {
  json::array messages;
  for (const auto& message : page.messages) messages.push_back(to_json(message, now));
  return {{"now", queue::rfc3339(now)},
          {"messages", messages},
          {"cursor", page.cursor.empty() ? json::value(nullptr) : json::value(page.cursor)}};
}

json::object to_json(const Gate& gate) {
  return {{"gate", gate.name}, {"value", gate.value}, {"limit", gate.limit}, {"open", gate.open}, {"next", instant(gate.next)}};
}

std::vector<Gate> gates_of(const MessageReport& report, const RecipientReport& row, queue::Instant now,
                           const conf::Config& config, const std::vector<Gate>& lanes) {
  std::vector<Gate> gates;
  const auto& recipient = row.recipient;
  const auto lifetime = report.message.sender.empty() ? config.retry.lifetime_bounce : config.retry.lifetime;
  const auto used = conf::duration_text(std::chrono::floor<std::chrono::seconds>(recipient.backoff_used));
  gates.push_back({"lifetime", used + " used", conf::duration_text(lifetime), recipient.backoff_used < lifetime, std::nullopt});
  const bool routed = row.line.kind != queue::LineKind::unrouted;
  std::string route = routed ? row.line.provider + " by " + row.line.site : "MX of " + row.line.provider + " not known yet";
  if (!routed && !row.closed_why.empty()) route = row.closed_why;
  gates.push_back({"route", std::move(route), "", routed, routed ? std::nullopt : row.closed_until});
  const bool due = recipient.due <= now;
  std::string last = recipient.last.at == queue::Instant{} ? "never tried"
                                                           : fmt::format("tried {}x, last: {} {}", recipient.attempts,
                                                                         recipient.last.code, valid_utf8(recipient.last.text));
  gates.push_back({"retry", std::move(last), "next try " + queue::rfc3339(recipient.due), due,
                   due ? std::nullopt : std::optional(recipient.due)});
  if (!row.line.pin.empty() && recipient.pin_source.empty())
    gates.push_back({"overflow", "goes by " + row.line.pin, "", true, std::nullopt});
  if (!row.line.pin.empty() && !recipient.pin_source.empty())
    gates.push_back({"pin", "greylisted: source " + row.line.pin + ", host " + recipient.pin_mx, "24 h", true, std::nullopt});
  if (routed) {
    gates.push_back(
        {"site", row.closed_why.empty() ? "answers" : row.closed_why, "", !row.closed_until.has_value(), row.closed_until});
  }
  gates.insert(gates.end(), lanes.begin(), lanes.end());
  return gates;
}

json::object to_json(const ForecastReport& report) {
  json::array days;
  for (const auto& day : report.forecast.days)
    days.push_back({{"day", day.date}, {"cap", day.cap}, {"sent", day.sent}, {"waiting", day.waiting}});
  const warmup::Demand demand{report.wish.mail_class, report.wish.backlog.value_or(report.wish.waiting), report.wish.per_day,
                              report.wish.days};
  return {{"now", queue::rfc3339(report.now)},
          {"pool", report.wish.pool},
          {"provider", report.wish.provider},
          {"class", report.wish.mail_class},
          {"waiting", report.wish.backlog.value_or(report.wish.waiting)},
          {"per_day", report.wish.per_day},
          {"gone", instant(report.forecast.gone)},
          {"days", days},
          {"exceeds_max_wait", warmup::late(report.forecast, demand, report.max_wait, report.now)}};
}

json::object to_json(const LaneReport& lane) { return lane_json(lane); }

}  // namespace mta
