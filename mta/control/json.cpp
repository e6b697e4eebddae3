#include "mta/control/json.h"

#include <boost/json/array.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "mta/daemon/rehearsal.h"
#include "mta/observe/events.h"

namespace mta {

namespace json = boost::json;

namespace {

json::value instant(const std::optional<queue::Instant>& when) {
  return when ? json::value(queue::rfc3339(*when)) : json::value(nullptr);
}

// 1440, not 1.44E3.
json::value number(double value) {
  const auto whole = static_cast<std::int64_t>(value);
  return std::abs(value - static_cast<double>(whole)) > 0 ? json::value(value) : json::value(whole);
}

std::int64_t seconds_since(queue::Instant then, queue::Instant now) {
  return std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::seconds>(now - then).count());
}

json::value or_null(std::string_view text) { return text.empty() ? json::value(nullptr) : json::value(valid_utf8(text)); }

json::object line_json(const QueueReport& line, queue::Instant now) {
  return {{"pool", line.pool},
          {"provider", line.provider},
          {"class", line.mail_class},
          {"waiting", line.waiting},
          {"oldest_seconds", seconds_since(line.oldest, now)},
          {"next_permit", line.next == queue::nobody_knows ? json::value(nullptr) : instant(line.next.value_or(now))},
          {"eta", instant(line.eta)},
          {"reason", or_null(line.reason)}};
}

// Empty for a time that has not come.
std::optional<queue::Instant> when(queue::Instant at) { return at == queue::Instant{} ? std::nullopt : std::optional(at); }

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

// A day without a plan has neither stage nor cap; warm without a surge guard it has no cap.
json::array history_json(const warmup::Lane& record, bool planned) {
  json::array days;
  for (const auto& day : record.history) {
    const bool has_stage = day.limit || (planned && day.stage > 0);
    const json::value stage = has_stage ? json::value(day.stage) : json::value(nullptr);
    const json::value growth = day.growth > 0 ? json::value(warmup::factor_of(day.growth)) : json::value(nullptr);
    days.push_back({{"day", day.date},
                    {"stage", stage},
                    {"growth", growth},
                    {"cap", maybe(day.limit)},
                    {"sent", day.sent},
                    {"delivered", day.delivered}});
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
  if (record.operator_hold.state != warmup::OperatorHold::none) {
    return std::string(warmup::name(record.operator_hold.state)) + " by " +
           (record.operator_hold.by.empty() ? "an operator" : record.operator_hold.by) +
           (record.operator_hold.reason.empty() ? "" : ": " + record.operator_hold.reason);
  }
  return record.reason.empty() ? lane.held_by : record.reason;
}

json::object lane_json(const LaneReport& lane) {
  const auto& record = lane.record;
  const auto& day = record.today;
  const bool planned = !lane.plan.empty();
  const auto used = record.committed();
  return {
      {"source", lane.source},
      {"provider", lane.shown_provider()},
      {"overall", lane.overall},
      {"plan", planned ? json::value(lane.plan) : json::value(nullptr)},
      {"state", record.shown_state(planned)},
      {"phase", planned ? warmup::name(record.phase) : "warm"},
      {"brake", warmup::name(record.brake.state)},
      {"pin", record.operator_hold.state == warmup::OperatorHold::none ? json::value(nullptr)
                                                                       : json::value(warmup::name(record.operator_hold.state))},
      {"stage", planned ? json::value(record.stage) : json::value(nullptr)},
      {"growth", maybe(lane.growth)},
      {"cap", planned ? maybe(day.limit) : json::value(nullptr)},
      {"curve_cap", planned ? maybe(day.cap) : json::value(nullptr)},
      {"enforced", lane.enforced},
      {"sent", day.sent},
      {"delivered", day.delivered},
      {"reserved", record.reserved()},
      {"pending", record.pending()},
      {"left", planned && day.limit ? json::value(*day.limit - std::min(*day.limit, used)) : json::value(nullptr)},
      {"day_started", instant(when(day.started))},
      {"day_ends", instant(when(day.ends))},
      {"waiting", lane.waiting},
      {"next_permit", lane.waiting > 0 ? instant(lane.next_permit) : json::value(nullptr)},
      {"eta", lane.overall ? json::value(nullptr) : instant(lane.eta)},
      {"connections", lane.connections},
      {"would_hold", day.would_hold},
      {"today", today_json(day)},
      {"by_provider", lane.provider == "*" ? json::value(by_name(day.sent_by_provider)) : json::value(nullptr)},
      {"reason", or_null(reason_of(lane))},
      {"evidence", evidence_json(record.evidence)},
      {"acknowledged", record.acknowledged},
      {"brake_until",
       record.brake.state == warmup::Brake::none ? json::value(nullptr) : json::value(queue::rfc3339(record.brake.until))},
      {"history", history_json(record, planned)}};
}

json::array withheld_json(const std::vector<WithheldReport>& withheld) {
  json::array list;
  for (const auto& each : withheld)
    list.push_back({{"from_domain", each.from_domain},
                    {"provider", each.provider},
                    {"verdict", each.verdict},
                    {"until", queue::rfc3339(each.until)}});
  return list;
}

constexpr std::uint64_t without_limit = 1'000'000'000'000;  // as warmup/forecast.cpp counts a lane without a cap

json::value cap_json(std::uint64_t cap) { return cap < without_limit ? json::value(cap) : json::value(nullptr); }

json::object last_json(const queue::LastReply& last) {
  return {{"verdict", or_null(last.verdict)},
          {"code", last.code == 0 ? json::value(nullptr) : json::value(last.code)},
          {"enhanced", or_null(last.enhanced)},
          {"text", or_null(last.text)},
          {"mx", or_null(last.mx)},
          {"source", or_null(last.source)},
          {"at", queue::rfc3339(last.at)}};
}

std::string_view state_of(const RecipientReport& row, queue::Instant now) {
  if (row.in_conversation) return "in_conversation";
  if (row.recipient.fate != queue::Fate::waiting) return "returning";
  if (row.queue.kind == queue::QueueKind::damaged) return "damaged";
  if (row.queue.kind == queue::QueueKind::unrouted) return "unrouted";
  if (row.recipient.due > now) return "waiting";
  return row.held_until || row.closed_until ? "held" : "due";
}

json::object recipient_json(const RecipientReport& row, queue::Instant now) {
  const auto& recipient = row.recipient;
  const bool routed = row.queue.knows_site();
  return {{"id", row.id.text()},
          {"recipient", valid_utf8(recipient.address)},
          {"state", state_of(row, now)},
          {"provider", routed ? json::value(row.queue.provider) : json::value(nullptr)},
          {"site", routed ? json::value(row.queue.site) : json::value(nullptr)},
          {"pool", row.queue.pool},
          {"pinned_to", row.queue.bound_to.empty() ? json::value(nullptr) : json::value(row.queue.bound_to)},
          {"attempts", recipient.attempts},
          {"next_try", queue::rfc3339(std::max(
                           {recipient.due, row.held_until.value_or(recipient.due), row.closed_until.value_or(recipient.due)}))},
          {"held_by", row.held_until     ? or_null(row.held_why)
                      : row.closed_until ? or_null(row.closed_why)
                                         : json::value(nullptr)},
          {"lifetime_used_seconds", std::chrono::duration_cast<std::chrono::seconds>(recipient.backoff_used).count()},
          {"last", recipient.last.at == queue::Instant{} ? json::value(nullptr) : json::value(last_json(recipient.last))}};
}

}  // namespace

json::object to_json(const StatusReport& report, const conf::Config& config) {
  json::array lines, lanes, senders, damaged;
  for (const auto& damage : report.damaged) {
    damaged.push_back(json::object{{"what", damage.what},
                                   {"lost_since", instant(damage.lost_since)},
                                   {"messages", damage.messages ? json::value(*damage.messages) : json::value(nullptr)},
                                   {"text", valid_utf8(damage.text)}});
  }
  for (const auto& line : report.queues) lines.push_back(line_json(line, report.now));
  for (const auto& lane : report.lanes) lanes.push_back(lane_json(lane));
  for (const auto& sender : report.senders) senders.push_back(sender_json(sender));
  const json::value oldest =
      report.oldest && report.recipients > 0 ? json::value(seconds_since(*report.oldest, report.now)) : json::value(nullptr);
  return {{"now", queue::rfc3339(report.now)},
          {"version", WARMUPD_VERSION},
          {"hostname", config.hostname},
          {"rehearsal", is_rehearsal(config)},
          {"deliver_to", config.rehearsal.deliver_to.empty() ? json::value(nullptr) : json::value(config.rehearsal.deliver_to)},
          {"time_scale", number(config.rehearsal.time_scale)},
          {"accepting", report.accepting},
          {"not_accepting", report.not_accepting.empty() ? json::value(nullptr) : json::value(report.not_accepting)},
          {"damaged", damaged},
          {"queue",
           {{"messages", report.messages},
            {"recipients", report.recipients},
            {"unrouted", report.unrouted},
            {"returning", report.returning},
            {"oldest_seconds", oldest}}},
          {"queues", lines},
          {"more_queues", report.more_queues},
          {"withheld", withheld_json(report.withheld)},
          {"lanes", lanes},
          {"senders", senders}};
}

// A smarthost's only lane carries mail to every provider.
bool narrow(StatusReport& report, const conf::Config& config, const std::string& provider, const std::string& source) {
  std::erase_if(report.lanes, [&](const LaneReport& lane) {
    const std::string name = lane.shown_provider();
    return (!provider.empty() && name != provider && name != "*") || (!source.empty() && lane.source != source);
  });
  const auto may_use = [&](const QueueReport& line) {
    const conf::Pool* pool = config.pool(line.pool);
    return pool != nullptr && pool->may_use(source);
  };
  std::erase_if(report.queues, [&](const QueueReport& line) {
    return (!provider.empty() && line.provider != provider) || (!source.empty() && !may_use(line));
  });
  const auto named = [&](const LaneReport& lane) { return provider.empty() || lane.overall || lane.provider == provider; };
  return std::any_of(report.lanes.begin(), report.lanes.end(), named) || (source.empty() && !report.queues.empty());
}

json::array marks_json(const std::vector<MarkedDomains::Row>& rows) {
  json::array list;
  for (const auto& row : rows) {
    list.push_back(json::object{{"domain", row.domain.empty() ? json::value(nullptr) : json::value(valid_utf8(row.domain))},
                                {"messages", row.messages},
                                {"since", queue::rfc3339(row.since)},
                                {"last", queue::rfc3339(row.last)},
                                {"reason", valid_utf8(row.reason)}});
  }
  return list;
}

json::object to_json(const MessageReport& report, queue::Instant now) {
  const auto& message = report.message;
  json::array recipients;
  for (const auto& row : report.recipients) recipients.push_back(recipient_json(row, now));
  return {{"id", message.id.text()},
          {"accepted", queue::rfc3339(message.accepted)},
          {"sender", or_null(message.sender)},
          {"class", message.mail_class},
          {"size", message.size},
          {"message_id", or_null(message.message_id)},
          {"client", or_null(message.client)},
          {"user", or_null(message.user)},
          {"signed_with", or_null(message.signed_with)},
          {"envelope_recipients", message.recipients},
          {"recipients", recipients}};
}

json::object to_json(const QueuePage& page, queue::Instant now) {
  json::array messages;
  for (const auto& message : page.messages) messages.push_back(to_json(message, now));
  return {{"now", queue::rfc3339(now)}, {"messages", messages}, {"next_cursor", or_null(page.cursor)}};
}

json::object to_json(const Gate& gate) {
  return {{"gate", gate.gate},
          {"source", or_null(gate.source)},
          {"provider", or_null(gate.provider)},
          {"state", or_null(gate.state)},
          {"value", maybe(gate.value)},
          {"limit", maybe(gate.limit)},
          {"unit", or_null(gate.unit)},
          {"text", or_null(gate.text)},
          {"limit_text", or_null(gate.limit_text)},
          {"open", gate.open},
          {"next", instant(gate.next)}};
}

json::object to_json(const ForecastReport& report) {
  json::array days;
  for (const auto& day : report.forecast.days)
    days.push_back({{"day", day.date}, {"cap", cap_json(day.cap)}, {"sent", day.sent}, {"waiting", day.waiting}});
  const warmup::Demand demand{report.request.mail_class, report.request.backlog.value_or(report.request.waiting),
                              report.request.per_day, report.request.days};
  return {{"now", queue::rfc3339(report.now)},
          {"pool", report.request.pool},
          {"provider", report.request.provider},
          {"class", report.request.mail_class},
          {"waiting", report.request.backlog.value_or(report.request.waiting)},
          {"per_day", report.request.per_day},
          {"source", or_null(report.request.source)},
          {"gone", instant(report.forecast.gone)},
          {"withheld", withheld_json(report.withheld)},
          {"days", days},
          {"exceeds_max_wait", warmup::late(report.forecast, demand, report.max_wait, report.now)},
          {"cold_lanes_of", nullptr}};
}

json::object to_json(const LaneReport& lane) { return lane_json(lane); }

// As a lane, but for what only a source or a queue has.
json::object sender_json(const LaneReport& sender) {
  json::object made{{"domain", sender.source.substr(1)}};
  for (const auto& [name, value] : lane_json(sender)) {
    const bool of_lane = name == "source" || name == "overall" || name == "connections" || name == "by_provider" ||
                         name == "waiting" || name == "next_permit" || name == "eta";
    if (!of_lane) made[name] = value;
  }
  made["bulk_since"] = instant(sender.bulk_since);
  return made;
}

}  // namespace mta
