#include "mta/control/find_json.h"

#include <boost/json/array.hpp>

#include <fmt/format.h>

#include <charconv>
#include <map>

#include "conf/units.h"
#include "mta/observe/events.h"

namespace mta {

namespace json = boost::json;

namespace {

json::value text_or_null(const std::string& text) { return text.empty() ? json::value(nullptr) : json::value(valid_utf8(text)); }

json::value last_reply_json(const queue::LastReply& last) {
  if (last.verdict.empty()) return nullptr;
  const json::value code = last.code == 0 ? json::value(nullptr) : json::value(last.code);
  return json::object{{"verdict", last.verdict},
                      {"code", code},
                      {"enhanced", text_or_null(last.enhanced)},
                      {"text", text_or_null(last.text)},
                      {"mx", text_or_null(last.mx)},
                      {"source", text_or_null(last.source)},
                      {"at", queue::rfc3339(last.at)}};
}

// Takes a number of exactly so many digits.
std::optional<int> digits(std::string_view& text, std::size_t count) {
  int value = 0;
  if (text.size() < count) return std::nullopt;
  const auto parsed = std::from_chars(text.data(), text.data() + count, value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + count || value < 0) return std::nullopt;
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char mark) {
  if (!text.starts_with(mark)) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<queue::Instant> parse_date(std::string_view& text) {
  const auto year = digits(text, 4);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = digits(text, 2);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = digits(text, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

std::optional<queue::Duration> parse_hour_and_minute(std::string_view& text) {
  const auto hour = digits(text, 2);
  if (!hour || !take(text, ':')) return std::nullopt;
  const auto minute = digits(text, 2);
  if (!minute || *hour > 23 || *minute > 59) return std::nullopt;
  return std::chrono::hours(*hour) + std::chrono::minutes(*minute);
}

// RFC 3339 §5.6; without a zone: UTC.
std::optional<queue::Duration> parse_offset(std::string_view& text) {
  if (text.empty() || take(text, 'Z') || take(text, 'z')) return queue::Duration(0);
  const bool west = text.starts_with('-');
  if (!west && !text.starts_with('+')) return std::nullopt;
  text.remove_prefix(1);
  const auto offset = parse_hour_and_minute(text);
  if (!offset) return std::nullopt;
  return west ? -*offset : *offset;
}

}  // namespace

json::object to_json(const FoundRecipient& found) {
  const queue::Ended& what = found.what;
  return {{"id", what.id.text()},
          {"recipient", valid_utf8(what.recipient)},
          {"sender", text_or_null(what.sender)},
          {"message_id", text_or_null(what.message_id)},
          {"class", what.mail_class},
          {"provider", text_or_null(what.provider)},
          {"fate", found.waiting ? "waiting" : name(what.end)},
          {"accepted", queue::rfc3339(what.accepted)},
          {"ended", found.waiting ? json::value(nullptr) : json::value(queue::rfc3339(what.ended))},
          {"next_try", found.waiting ? json::value(queue::rfc3339(found.next_try)) : json::value(nullptr)},
          {"attempts", what.attempts},
          {"last", last_reply_json(what.last)},
          {"by", text_or_null(what.by)},
          {"reason", text_or_null(what.reason)}};
}

json::object to_json(const FoundPage& page, queue::Instant now) {
  json::array rows;
  for (const auto& found : page.found) rows.push_back(to_json(found));
  return {{"now", queue::rfc3339(now)}, {"history", rows}, {"next_cursor", text_or_null(page.cursor)}};
}

std::optional<queue::Instant> parse_since(std::string_view text, queue::Instant now) {
  if (const auto before = conf::parse_duration(text)) return now - *before;
  auto at = parse_date(text);
  if (!at || text.empty()) return at;
  if (!take(text, 'T') && !take(text, 't') && !take(text, ' ')) return std::nullopt;
  const auto time = parse_hour_and_minute(text);
  if (!time) return std::nullopt;
  *at += *time;
  if (take(text, ':')) {
    const auto second = digits(text, 2);
    if (!second || *second > 60) return std::nullopt;
    *at += std::chrono::seconds(*second);
    if (take(text, '.'))  // fractions of a second do not matter here
      text.remove_prefix(std::min(text.find_first_not_of("0123456789"), text.size()));
  }
  const auto offset = parse_offset(text);
  if (!offset || !text.empty()) return std::nullopt;
  return *at - *offset;
}

std::string ended_text(const std::vector<queue::Ended>& ends) {
  if (ends.size() == 1)
    return fmt::format("{} to {} at {}", name(ends.front().end), ends.front().recipient, queue::rfc3339(ends.front().ended));
  std::map<queue::End, unsigned> counts;
  for (const auto& each : ends) ++counts[each.end];
  std::string text;
  for (const auto& [end, count] : counts) text += fmt::format("{}{} recipients {}", text.empty() ? "" : ", ", count, name(end));
  return text;
}

}  // namespace mta
