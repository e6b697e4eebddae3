#include "mta/submit/body_scan.h"

#include <algorithm>
#include <cstring>

namespace mta {
namespace {

std::size_t find(std::string_view text, char wanted, std::size_t from) {
  if (from >= text.size()) return std::string_view::npos;
  const void* found = std::memchr(text.data() + from, wanted, text.size() - from);
  return found == nullptr ? std::string_view::npos : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
}

std::uint8_t or_all(std::string_view octets) {
  std::uint8_t seen = 0;
  for (const char c : octets) seen = static_cast<std::uint8_t>(seen | static_cast<std::uint8_t>(c));
  return seen;
}

}  // namespace

// Inside a line: everything up to the next CRLF that a dot follows goes in one piece.
std::size_t Undot::copy_text(std::string_view octets, std::string& clean) {
  for (auto lf = find(octets, '\n', 0); lf != std::string_view::npos; lf = find(octets, '\n', lf + 1)) {
    if (lf == 0 || octets[lf - 1] != '\r') continue;  // a bare LF does not end a line
    if (lf + 1 == octets.size()) {
      clean.append(octets);
      at_ = ScanPlace::line_start;
      return octets.size();
    }
    if (octets[lf + 1] == '.') {  // RFC 5321 §4.5.2
      clean.append(octets.substr(0, lf + 1));
      at_ = ScanPlace::dot;
      return lf + 2;
    }
  }
  clean.append(octets);
  at_ = octets.back() == '\r' ? ScanPlace::cr : ScanPlace::text;
  return octets.size();
}

std::size_t Undot::add(std::string_view octets, std::string& clean) {
  std::size_t i = 0;
  while (i < octets.size()) {
    const char c = octets[i];
    switch (at_) {
      case ScanPlace::line_start:
        at_ = c == '.' ? ScanPlace::dot : ScanPlace::text;
        if (c == '.') ++i;
        break;
      case ScanPlace::dot:
        at_ = c == '\r' ? ScanPlace::dot_cr : ScanPlace::text;
        if (c == '\r') ++i;
        break;
      case ScanPlace::dot_cr:
        if (c == '\n') {  // RFC 5321 §4.1.1.4: CRLF "." CRLF, and nothing else
          ended_ = true;
          return i + 1;
        }
        clean += '\r';
        at_ = ScanPlace::cr;
        break;
      case ScanPlace::cr:
        at_ = c == '\n' ? ScanPlace::line_start : ScanPlace::text;
        if (c == '\n') {
          clean += c;
          ++i;
        }
        break;
      case ScanPlace::text: i += copy_text(octets.substr(i), clean); break;
    }
  }
  return i;
}

// `line` is a piece of one line, `ended` by the LF behind it.
void TextCheck::check_line(std::string_view line, bool ended) {
  if (after_cr_ && !(line.empty() && ended)) blame("bare CR");
  const bool cr_last = line.empty() ? after_cr_ && ended : line.back() == '\r';
  if (!line.empty() && find(line.substr(0, line.size() - 1), '\r', 0) != std::string_view::npos) blame("bare CR");
  if (ended && !cr_last) blame("bare LF");
  line_length_ += line.size();
  const auto length = line_length_ - (cr_last ? 1 : 0);
  longest_ = std::max(longest_, length);
  if (length > most_) blame("line longer than " + std::to_string(most_) + " octets");
  if (ended) line_length_ = 0;
  after_cr_ = cr_last && !ended;
}

void TextCheck::add(std::string_view octets) {
  if (octets.empty()) return;
  seen_ = static_cast<std::uint8_t>(seen_ | or_all(octets));
  if (find(octets, '\0', 0) != std::string_view::npos) blame("NUL octet");
  std::size_t begin = 0;
  for (auto lf = find(octets, '\n', 0); lf != std::string_view::npos; lf = find(octets, '\n', begin)) {
    check_line(octets.substr(begin, lf - begin), true);
    begin = lf + 1;
  }
  if (begin < octets.size()) check_line(octets.substr(begin), false);
}

void TextCheck::finish() {
  if (after_cr_) blame("bare CR");
}

}  // namespace mta
