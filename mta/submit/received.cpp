#include "mta/submit/received.h"

#include <fmt/format.h>

#include <optional>

#include "mta/smtp/address.h"

namespace mta {
namespace {

// RFC 3848, RFC 6531 §4.3.
std::string protocol(const Client& client, bool smtputf8) {
  if (!client.extended) return "SMTP";
  std::string name = smtputf8 ? "UTF8SMTP" : "ESMTP";
  if (client.tls) name += 'S';
  if (client.user != nullptr) name += 'A';
  return name;
}

std::string literal(const std::string& client) {  // RFC 5321 §4.1.3
  return client.find(':') == std::string::npos ? "[" + client + "]" : "[IPv6:" + client + "]";
}

std::string_view next_token(std::string_view& rest) {
  constexpr std::string_view between = " \t\r\n;()";
  const auto begin = rest.find_first_not_of(between);
  if (begin == std::string_view::npos) return rest = {};
  const auto end = std::min(rest.find_first_of(between, begin), rest.size());
  const auto token = rest.substr(begin, end - begin);
  rest.remove_prefix(end);
  return token;
}

}  // namespace

std::string rfc5322_date(std::chrono::sys_seconds at) {
  static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(at - day);
  return fmt::format("{}, {} {} {:04} {:02}:{:02}:{:02} +0000", days[std::chrono::weekday(day).c_encoding()],
                     static_cast<unsigned>(date.day()), months[static_cast<unsigned>(date.month()) - 1],
                     static_cast<int>(date.year()), time.hours().count(), time.minutes().count(), time.seconds().count());
}

std::string received_field(const Client& client, const ReceivedStamp& stamp) {
  const bool fits = stamp.smtputf8 || smtp::is_ascii(client.hello);  // other mail has no octets above 127 in its header
  const bool named = fits && (smtp::is_domain(client.hello) || smtp::is_literal(client.hello));
  std::string field = fmt::format("Received: from {} ({})\r\n\tby {} with {}", named ? client.hello : "unknown",
                                  literal(client.address), client.config->hostname, protocol(client, stamp.smtputf8));
  if (client.tls) field += fmt::format("\r\n\t({} {})", client.tls->version, client.tls->cipher);
  field += fmt::format(" id {}", stamp.id.text());
  if (!stamp.only_recipient.empty()) field += fmt::format("\r\n\tfor <{}>", stamp.only_recipient);
  field += fmt::format(";\r\n\t{}\r\n", rfc5322_date(stamp.at));
  return field;
}

bool is_our_received(std::string_view value, std::string_view hostname) {
  bool ours = false;
  while (true) {
    const auto token = next_token(value);
    if (token.empty()) return false;
    const auto keyword = smtp::lower(token);
    if (keyword == "by") ours = smtp::lower(next_token(value)) == smtp::lower(hostname);
    if (keyword == "id" && ours) return queue::MessageId::parse(next_token(value)).has_value();
  }
}

}  // namespace mta
