#include "mta/ctl/look.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <utility>

#include "mta/base/plain_text.h"

namespace mta::ctl {
namespace {

constexpr std::size_t narrowest = 60;
constexpr std::size_t usual_terminal = 80;
constexpr std::size_t usual_page = 100;  // of charts in a file
constexpr std::size_t endless = 1'000'000;

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

// What ASCII shows for signs that we write ourselves; letters are written as their number, which nobody takes for another letter.
std::string stand_in(char32_t code) {
  static const std::map<char32_t, std::string> signs{
      {0xA0, " "},    {0xA7, "section "}, {0xB0, " deg"}, {0xB1, "+-"},   {0xB7, "*"},     {0xD7, "x"},    {0x2010, "-"},
      {0x2011, "-"},  {0x2012, "-"},      {0x2013, "-"},  {0x2014, "-"},  {0x2018, "'"},   {0x2019, "'"},  {0x201C, "\""},
      {0x201D, "\""}, {0x201E, "\""},     {0x2022, "*"},  {0x2026, ".."}, {0x20AC, "EUR"}, {0x2190, "<-"}, {0x2192, "->"},
      {0x2264, "<="}, {0x2265, ">="},     {0x2502, "|"},  {0x2514, "`"},  {0x2588, "#"},   {0x258C, "-"},  {0x2591, "."},
      {0x2713, "ok"}, {0x2717, "NO"},     {0x2212, "-"}};
  const auto found = signs.find(code);
  if (found != signs.end()) return found->second;
  return code > 0xFFFF ? fmt::format("\\U{:08x}", static_cast<std::uint32_t>(code))
                       : fmt::format("\\u{:04x}", static_cast<std::uint32_t>(code));
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
  look.cuts = terminal;
  const std::string wished = value("COLUMNS");
  if (columns == 0 && !wished.empty() && wished.size() < 5 && wished.find_first_not_of("0123456789") == std::string::npos)
    columns = std::stoull(wished);
  const std::size_t usual = terminal ? usual_terminal : usual_page;
  look.width = columns > 0 ? std::max(columns, narrowest) : usual;
  return look;
}

std::size_t Look::room(std::size_t margin) const { return cuts ? width - std::min(width - 1, margin) : endless; }

std::string shown(std::string_view text, const Look& look) {
  std::string made;
  while (!text.empty()) {
    const Letter letter = first_letter(text);
    const bool blank = letter.code == '\t' || letter.code == '\n' || letter.code == '\r';
    if (!letter.valid)
      made += escaped(text.substr(0, 1));
    else if (blank)
      made += ' ';
    else if (is_unsafe(letter.code))
      made += escaped(text.substr(0, letter.octets));
    else if (!look.utf8 && letter.code > 0x7F)
      made += stand_in(letter.code);
    else
      made += text.substr(0, letter.octets);
    text.remove_prefix(letter.octets);
  }
  return made;
}

std::string shown_lines(std::string_view text, const Look& look) {
  std::string made;
  for (;;) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    made += shown(text.substr(0, end), look);
    if (end == text.size()) return made;
    made += '\n';
    text.remove_prefix(end + 1);
  }
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
  if (!look.cuts || columns_of(text) <= columns) return text;
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

std::string paragraph(const std::string& text, std::size_t indent, const Look& look, Ink ink) {
  std::string made;
  const std::size_t leading = std::min(text.find_first_not_of(' '), text.size());
  const std::size_t margin = std::max(indent, leading);
  for (const auto& line : wrap(shown(text, look), look.room(margin)))
    made += std::string(made.empty() ? leading : margin, ' ') + look.paint(cut(line, look.room(margin), look), ink) + "\n";
  return made;
}

}  // namespace mta::ctl
