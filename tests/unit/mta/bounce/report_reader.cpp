#include "tests/unit/mta/bounce/report_reader.h"

#include <cstdint>

namespace mta {
namespace {

constexpr std::size_t longest_line = 998;  // RFC 5322 §2.1.1

std::string lower(std::string_view text) {
  std::string made(text);
  for (char& c : made) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return made;
}

ReadPart split(std::string_view text) {
  const auto end = text.find("\r\n\r\n");
  if (end == std::string_view::npos) return {std::string(text), ""};
  return {std::string(text.substr(0, end + 2)), std::string(text.substr(end + 4))};
}

}  // namespace

std::vector<std::string> fields(std::string_view block, std::string_view name) {
  std::vector<std::string> found;
  bool inside = false;
  while (!block.empty()) {
    const auto end = std::min(block.find("\r\n"), block.size());
    const std::string_view line = block.substr(0, end);
    block.remove_prefix(std::min(block.size(), end + 2));
    const bool continued = !line.empty() && (line.front() == ' ' || line.front() == '\t');
    if (continued && inside) found.back() += " " + std::string(line.substr(1));
    if (continued) continue;
    const auto colon = line.find(':');
    inside = colon != std::string_view::npos && lower(line.substr(0, colon)) == lower(name);
    if (inside) found.emplace_back(line.substr(std::min(line.size(), line.find_first_not_of(' ', colon + 1))));
  }
  return found;
}

std::string field(std::string_view block, std::string_view name) {
  const auto found = fields(block, name);
  return found.empty() ? "(none)" : found.size() > 1 ? "(several)" : found.front();
}

ReadReport read_report(const std::string& mail) {
  ReadReport report;
  const ReadPart whole = split(mail);
  report.header = whole.header;
  const std::string type = field(whole.header, "Content-Type");
  const auto begin = type.find("boundary=\"");
  if (begin == std::string::npos) return report;
  const std::string boundary = type.substr(begin + 10, type.find('"', begin + 10) - begin - 10);
  const std::string body = "\r\n" + whole.body, delimiter = "\r\n--" + boundary;
  auto at = body.find(delimiter);
  while (at != std::string::npos) {
    at += delimiter.size();
    if (body.compare(at, 2, "--") == 0) break;  // RFC 2046 §5.1.1: the close-delimiter
    const auto next = body.find(delimiter, at);
    if (next == std::string::npos) break;
    report.parts.push_back(split(std::string_view(body).substr(at + 2, next - at - 2)));
    at = next;
  }
  return report;
}

std::string trouble_with_lines(std::string_view mail) {
  if (!mail.ends_with("\r\n")) return "the last line has no end";
  while (!mail.empty()) {
    const auto end = mail.find("\r\n");
    const std::string_view line = mail.substr(0, end);
    if (line.size() > longest_line) return "a line of " + std::to_string(line.size()) + " octets";
    for (const char c : line)
      if (c != '\t' && (static_cast<unsigned char>(c) < 32 || c == 127)) return "a control character in: " + std::string(line);
    mail.remove_prefix(end + 2);
  }
  return {};
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<std::uint8_t>(text[i]);
    const std::size_t length = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
    if (length == 0 || i + length > text.size()) return false;
    for (std::size_t n = 1; n < length; ++n)
      if ((static_cast<std::uint8_t>(text[i + n]) & 0xC0U) != 0x80) return false;
    i += length;
  }
  return true;
}

}  // namespace mta
