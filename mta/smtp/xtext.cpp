#include "mta/smtp/xtext.h"

#include <algorithm>

#include "mta/smtp/utf8.h"

namespace mta::smtp {
namespace {

int hex_value(char c) {  // RFC 3461 §4: upper case only
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_xchar(char c) { return c >= '!' && c <= '~' && c != '+' && c != '='; }

bool is_type_char(char c) {  // RFC 3461 §4.2: addr-type is an atom
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

bool equals_lower(std::string_view text, std::string_view lower) {
  return std::ranges::equal(text, lower, {}, [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
}

}  // namespace

std::optional<std::string> decode_xtext(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '+') {
      if (!is_xchar(text[i])) return std::nullopt;
      result += text[i];
      continue;
    }
    if (text.size() - i < 3) return std::nullopt;
    const int high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    result += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return result;
}

bool is_xtext(std::string_view text) { return decode_xtext(text).has_value(); }

std::string encode_xtext(std::string_view text) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string result;
  for (const char c : text) {
    if (is_xchar(c)) {
      result += c;
      continue;
    }
    const auto octet = static_cast<unsigned char>(c);
    result += '+';
    result += digits[octet >> 4U];
    result += digits[octet & 15U];
  }
  return result;
}

bool is_original_recipient(std::string_view value) {
  const auto semicolon = value.find(';');
  if (semicolon == std::string_view::npos || semicolon == 0 || semicolon + 1 == value.size()) return false;
  const auto type = value.substr(0, semicolon);
  if (!std::ranges::all_of(type, is_type_char)) return false;
  std::string address(value.substr(semicolon + 1));
  if (equals_lower(type, "utf-8")) {  // RFC 6533 §3
    if (!is_utf8(address)) return false;
    std::erase_if(address, [](char c) { return static_cast<unsigned char>(c) > 127; });
  }
  return is_xtext(address);
}

}  // namespace mta::smtp
