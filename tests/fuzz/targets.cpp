#include "tests/fuzz/targets.h"

#include <algorithm>
#include <cstdint>

namespace fuzz {

const std::vector<Target>& targets() {
  static const std::vector<Target> all{command(),     address(),       xtext(),      reply(),      reply_text(),
                                       data(),        header(),        from(),       dns(),        http_target(),
                                       message_row(), recipient_row(), queue_keys(), attempt_row()};
  return all;
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; });
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto first = static_cast<std::uint8_t>(text.front());
    const std::size_t length = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
    if (length == 0 || length > text.size()) return false;
    std::uint32_t code = length == 1 ? first : first & (0xFFU >> (length + 1));
    for (std::size_t i = 1; i < length; ++i) {
      const auto next = static_cast<std::uint8_t>(text[i]);
      if ((next & 0xC0U) != 0x80) return false;
      code = code << 6U | (next & 0x3FU);
    }
    if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000) || (length == 3 && code < 0x800) || (length == 4 && code < 0x10000))
      return false;
    text.remove_prefix(length);
  }
  return true;
}

Cuts::Cuts(std::string_view input) : state_(std::hash<std::string_view>{}(input)) {}

std::size_t Cuts::next(std::size_t most) {
  state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
  return 1 + (state_ >> 33U) % most;
}

}  // namespace fuzz
