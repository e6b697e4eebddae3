// What remote servers say.
#include "mta/deliver/verdict.h"
#include "mta/observe/events.h"
#include "mta/smtp/offers.h"
#include "mta/smtp/reply.h"
#include "tests/fuzz/targets.h"

namespace fuzz {
namespace {

using namespace mta::smtp;

std::string trouble_with(const Reply& reply) {
  if (reply.code < 200 || reply.code > 599) return "a code of " + std::to_string(reply.code);
  std::size_t octets = 0;
  for (const std::string& line : reply.lines) {
    if (has_control(line) || !is_utf8(line)) return "a line that may not go to a log";
    octets += line.size();
  }
  if (octets > max_reply_bytes) return "more kept than promised";
  const std::string text = reply.text();
  if (has_control(text) || !is_utf8(text)) return "a text that may not go to a log";
  if (!reply.enhanced.empty() && reply.enhanced.find_first_not_of("0123456789.") != std::string::npos)
    return "a strange enhanced code";
  return {};
}

// The input's lines, as a server would send them.
std::string check_reply(std::string_view input) {
  ReplyParser parser;
  while (true) {
    const auto end = input.find('\n');
    const auto state = parser.add(input.substr(0, end));
    if (state == ReplyParser::State::bad) return {};
    if (state == ReplyParser::State::done) break;
    if (end == std::string_view::npos) return {};
    input.remove_prefix(end + 1);
  }
  const Reply reply = parser.take();
  if (auto wrong = trouble_with(reply); !wrong.empty()) return wrong;
  if (parser.add("250 2.0.0 ok") != ReplyParser::State::done || parser.take().text() != "ok")
    return "it is not ready for another";
  const Offers offers = parse_offers(reply);
  return offers.size_limit && !offers.size ? "a size limit without SIZE" : "";
}

std::string check_text(std::string_view text) {
  if (auto wrong = trouble_with(make_reply(550, text)); !wrong.empty()) return wrong;
  const std::string shown = printable(text);
  if (has_control(shown) || !is_utf8(shown) || printable(shown) != shown || shown.size() > text.size())
    return "printable() is not";
  const std::string valid = mta::valid_utf8(text);
  if (!is_utf8(valid) || mta::valid_utf8(valid) != valid) return "valid_utf8() is not";
  if (is_utf8(text) && valid != text) return "valid_utf8() changes what is valid";
  const auto delay = mta::named_delay(text);
  return delay && delay->count() < 0 ? "a delay in the past" : "";
}

}  // namespace

Target reply() {
  return {
      "reply",
      check_reply,
      {"250 2.0.0 ok", "250-mx.example.org\n250-PIPELINING\n250-SIZE 52428800\n250 SMTPUTF8",
       "421-4.7.28 Our system\n421-4.7.28 has detected\n421 4.7.28 an unusual rate",
       "550 5.1.1 <b\xC3\xBC@example.org>: no such user", "354", "220 mx ESMTP \x1b[2J", "250-AUTH PLAIN LOGIN\n250 AUTH=PLAIN"}};
}

Target reply_text() {
  return {"reply_text",
          check_text,
          {"4.2.0 greylisted, try again in 500 seconds", "come back in 00:05:00",
           "retry after 5 minutes and 30 seconds\r\n4.7.1 later", "b\xC3\xBC\xFF\xC0\xAF", "wait 99999999999999999999 hours",
           "in 1 day", std::string("a\0b", 3)}};
}

}  // namespace fuzz
