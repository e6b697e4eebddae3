#include "mta/base/plain_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace mta {

// RFC 3629 §4: no over-long forms, no surrogates, nothing beyond U+10FFFF.
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

bool is_unsafe(char32_t code) {
  struct Range {
    char32_t first, last;
  };
  constexpr std::array<Range, 12> ranges{{{0x00, 0x1F},
                                          {0x7F, 0x9F},
                                          {0xAD, 0xAD},          // soft hyphen
                                          {0x61C, 0x61C},        // Arabic letter mark
                                          {0x180E, 0x180E},      // a separator without width
                                          {0x200B, 0x200F},      // no width, marks of direction
                                          {0x2028, 0x202E},      // line and paragraph separators, embeddings and overrides
                                          {0x2060, 0x206F},      // joiners, isolates
                                          {0xFEFF, 0xFEFF},      // byte order mark
                                          {0xFFF9, 0xFFFB},      // interlinear annotation
                                          {0x1D173, 0x1D17A},    // musical controls
                                          {0xE0000, 0xE0FFF}}};  // tags, variation selectors
  return std::any_of(ranges.begin(), ranges.end(), [&](const Range& range) { return code >= range.first && code <= range.last; });
}

std::string escaped(std::string_view text) {
  const auto plain = [](char octet) { return octet >= 0x20 && octet < 0x7F; };
  std::string made;
  made.reserve(text.size());
  while (!text.empty()) {
    const auto* end = std::find_if_not(text.begin(), text.end(), plain);
    made.append(text.begin(), end);
    text.remove_prefix(static_cast<std::size_t>(end - text.begin()));
    if (text.empty()) break;
    const Letter letter = first_letter(text);
    if (!letter.valid)
      fmt::format_to(std::back_inserter(made), "\\x{:02x}", static_cast<unsigned char>(text.front()));
    else if (is_unsafe(letter.code) && letter.code > 0xFFFF)
      fmt::format_to(std::back_inserter(made), "\\U{:08x}", static_cast<std::uint32_t>(letter.code));
    else if (is_unsafe(letter.code))
      fmt::format_to(std::back_inserter(made), "\\u{:04x}", static_cast<std::uint32_t>(letter.code));
    else
      made += text.substr(0, letter.octets);
    text.remove_prefix(letter.octets);
  }
  return made;
}

}  // namespace mta
