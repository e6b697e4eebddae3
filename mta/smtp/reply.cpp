#include "mta/smtp/reply.h"

#include <algorithm>
#include <utility>

#include "mta/smtp/utf8.h"

namespace mta::smtp {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

// RFC 3463 §2: class "." subject "." detail, each number of one to three digits; "" when `text` does not begin with one.
std::string_view enhanced_prefix(std::string_view text) {
  if (text.size() < 5 || (text[0] != '2' && text[0] != '4' && text[0] != '5') || text[1] != '.') return {};
  std::size_t at = 2;
  for (int part = 0; part < 2; ++part) {
    const std::size_t begin = at;
    while (at < text.size() && at - begin < 3 && digit(text[at])) ++at;
    if (at == begin) return {};
    if (part == 1) break;
    if (at == text.size() || text[at] != '.') return {};
    ++at;
  }
  if (at < text.size() && text[at] != ' ' && text[at] != '\t') return {};
  return text.substr(0, at);
}

std::string_view without_leading_blanks(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view() : text.substr(first);
}

// One line's text joins the reply; the enhanced code of the first line is taken out of every line that repeats it.
void append(Reply& reply, std::string_view text) {
  if (reply.lines.empty())
    reply.enhanced = reply.code >= 200 && reply.code / 100 != 3 ? enhanced_prefix(text) : std::string_view();
  if (!reply.enhanced.empty() && enhanced_prefix(text) == reply.enhanced)
    text = without_leading_blanks(text.substr(reply.enhanced.size()));
  reply.lines.push_back(printable(text));
}

constexpr std::size_t least_line_cost = 64;  // what an empty line of an endless reply costs us

}  // namespace

std::string printable(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const auto c = static_cast<unsigned char>(text.front());
    const std::size_t length = utf8_length(text);
    const bool c1_control = length == 2 && c == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
    if (c < 0x20) {
      result += ' ';
    } else if (length == 0 || c == 0x7F || c1_control) {
      result += '?';
    } else {
      result += text.substr(0, length);
    }
    text.remove_prefix(length == 0 || c1_control ? 1 : length);
  }
  return result;
}

std::string_view name(Stage stage) {
  switch (stage) {
    case Stage::connect: return "connect";
    case Stage::banner: return "banner";
    case Stage::ehlo: return "ehlo";
    case Stage::starttls: return "starttls";
    case Stage::auth: return "auth";
    case Stage::mail: return "mail";
    case Stage::rcpt: return "rcpt";
    case Stage::data: return "data";
    case Stage::body: return "body";
    case Stage::dot: return "dot";
    case Stage::rset: return "rset";
    case Stage::quit: return "quit";
  }
  return "unknown";
}

std::string Reply::text() const {
  std::string result;
  for (const auto& line : lines) {
    if (line.empty()) continue;
    if (!result.empty()) result += ' ';
    result += line;
  }
  return result;
}

bool not_understood(const Reply& reply) {
  if (!reply.permanent()) return false;
  if (reply.enhanced == "5.5.2" || reply.enhanced == "5.5.4") return true;  // RFC 3463 §3.6
  const bool of_protocol = reply.enhanced.empty() || reply.enhanced.starts_with("5.5.");
  return of_protocol && (reply.code == 500 || reply.code == 501 || reply.code == 502 || reply.code == 504 || reply.code == 555);
}

// RFC 5321 §4.2: three digits, then '-' when more lines follow, ' ' or nothing on the last one. The last line's code counts when
// a server mixes them (§4.2.1 asks for equal ones).
ReplyParser::State ReplyParser::add(std::string_view line) {
  bytes_ += std::max(line.size(), least_line_cost);
  if (bytes_ > max_reply_bytes) return State::bad;
  if (line.size() < 3 || line[0] < '2' || line[0] > '5' || !digit(line[1]) || !digit(line[2])) return State::bad;
  if (line.size() > 3 && line[3] != ' ' && line[3] != '-') return State::bad;
  reply_.code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  append(reply_, line.size() > 4 ? line.substr(4) : std::string_view());
  return line.size() > 3 && line[3] == '-' ? State::more : State::done;
}

std::string ReplyParser::so_far() const { return reply_.heard() ? written(reply_) : std::string(); }

Reply ReplyParser::take() {
  bytes_ = 0;
  return std::exchange(reply_, Reply());
}

std::string status_of(int outcome, int code, std::string_view enhanced) {
  const std::string class_digit = std::to_string(outcome);
  if (enhanced.empty() || code / 100 != outcome) return class_digit + ".0.0";
  return class_digit + std::string(enhanced.substr(1));
}

std::string written(const Reply& reply) {
  std::string result = reply.heard() ? std::to_string(reply.code) : std::string();
  for (const std::string& part : {reply.enhanced, reply.text()})
    if (!part.empty()) result.append(result.empty() ? "" : " ").append(part);
  return result;
}

Reply make_reply(int code, std::string_view text) {
  Reply reply;
  reply.code = code;
  while (true) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    append(reply, line);
    if (end == std::string_view::npos) return reply;
    text.remove_prefix(end + 1);
  }
}

}  // namespace mta::smtp
