#include "mta/ctl/look.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <utility>

namespace mta::ctl {
namespace {

constexpr std::size_t narrowest = 60;
constexpr std::size_t default_width = 100;

struct Letter {
  char32_t code = 0;
  std::size_t octets = 1;
  bool valid = false;
};

// RFC 3629 §4: no overlong forms, no surrogates, nothing above U+10FFFF.
Letter first_letter(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t octets = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < octets) return {};
  char32_t code = lead & (0xFFU >> (octets + 1));
  for (std::size_t i = 1; i < octets; ++i) {
    const auto octet = static_cast<unsigned char>(text[i]);
    if ((octet & 0xC0U) != 0x80) return {};
    code = (code << 6U) | (octet & 0x3FU);
  }
  constexpr std::array<char32_t, 5> least{0, 0, 0x80, 0x800, 0x10000};
  if (code < least.at(octets) || (code >= 0xD800 && code < 0xE000) || code > 0x10FFFF) return {};
  return {code, octets, true};
}

// C0, DEL, C1, and the marks that turn text around.
bool is_control(char32_t code) {
  return code < 0x20 || (code >= 0x7F && code < 0xA0) || (code >= 0x200B && code <= 0x200F) ||
         (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF;
}

std::size_t columns_of_letter(char32_t code) {
  if (code >= 0x300 && code < 0x370) return 0;
  struct Range {
    char32_t first, last;
  };
  constexpr std::array<Range, 9> wide{{{0x1100, 0x115F},
                                       {0x2E80, 0xA4CF},
                                       {0xAC00, 0xD7A3},
                                       {0xF900, 0xFAFF},
                                       {0xFE30, 0xFE6F},
                                       {0xFF00, 0xFF60},
                                       {0xFFE0, 0xFFE6},
                                       {0x1F300, 0x1FAFF},
                                       {0x20000, 0x3FFFD}}};
  return std::any_of(wide.begin(), wide.end(), [&](const Range& range) { return code >= range.first && code <= range.last; }) ? 2
                                                                                                                              : 1;
}

bool speaks_utf8(const std::map<std::string, std::string>& environment) {
  for (const char* variable : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const auto found = environment.find(variable);
    if (found == environment.end() || found->second.empty()) continue;
    std::string name = found->second;
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return name.find("UTF-8") != std::string::npos || name.find("UTF8") != std::string::npos;
  }
  return false;
}

}  // namespace

std::string Look::paint(std::string_view text, Ink ink) const {
  static const std::map<Ink, const char*> codes{{Ink::dim, "2"},     {Ink::bold, "1"},     {Ink::good, "32"},
                                                {Ink::notice, "36"}, {Ink::warning, "33"}, {Ink::alarm, "1;31"}};
  const auto found = codes.find(ink);
  if (!colour || text.empty() || found == codes.end()) return std::string(text);
  return std::string("\x1b[") + found->second + "m" + std::string(text) + "\x1b[0m";
}

Look look_for(const std::map<std::string, std::string>& environment, bool terminal, std::size_t columns) {
  const auto value = [&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  };
  Look look;
  look.utf8 = speaks_utf8(environment);
  look.colour = terminal && value("NO_COLOR").empty() && value("TERM") != "dumb";
  const std::string wished = value("COLUMNS");
  if (!terminal && !wished.empty() && wished.size() < 5 && wished.find_first_not_of("0123456789") == std::string::npos)
    columns = std::stoull(wished);
  look.width = columns > 0 ? std::max(columns, narrowest) : default_width;
  return look;
}

std::string shown(std::string_view text, const Look& look) {
  std::string made;
  while (!text.empty()) {
    const Letter letter = first_letter(text);
    if (!letter.valid || (!look.utf8 && letter.code > 0x7F))
      made += '?';
    else if (is_control(letter.code))
      made += ' ';
    else
      made += text.substr(0, letter.octets);
    text.remove_prefix(letter.octets);
  }
  return made;
}

std::size_t columns_of(std::string_view text) {
  std::size_t columns = 0;
  while (!text.empty()) {
    const Letter letter = first_letter(text);
    columns += columns_of_letter(letter.code);
    text.remove_prefix(letter.octets);
  }
  return columns;
}

std::string cut(const std::string& text, std::size_t columns, const Look& look) {
  if (columns_of(text) <= columns) return text;
  const std::size_t mark = columns_of(look.ellipsis());
  std::string made;
  std::size_t used = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const Letter letter = first_letter(rest);
    used += columns_of_letter(letter.code);
    if (used + mark > columns) break;
    made += rest.substr(0, letter.octets);
    rest.remove_prefix(letter.octets);
  }
  return columns < mark ? made : made + look.ellipsis();
}

std::vector<std::string> wrap(const std::string& text, std::size_t columns) {
  std::vector<std::string> lines;
  std::string line;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view word = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), word.size() + 1));
    if (word.empty()) continue;
    const bool fits = line.empty() || columns_of(line) + 1 + columns_of(word) <= columns;
    if (!fits) lines.push_back(std::exchange(line, std::string()));
    line += (line.empty() ? "" : " ") + std::string(word);
  }
  if (!line.empty()) lines.push_back(line);
  return lines;
}

}  // namespace mta::ctl
