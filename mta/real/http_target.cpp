#include "mta/real/http_target.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

namespace mta::real {

namespace {

std::optional<std::string> unescape(std::string_view text, bool plus_is_space) {
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    char letter = text[at];
    if (letter == '%') {
      unsigned value = 0;
      const auto* end = text.data() + at + 3;
      if (text.size() - at < 3 || std::from_chars(text.data() + at + 1, end, value, 16).ptr != end) return std::nullopt;
      letter = static_cast<char>(value);
      at += 2;
    } else if (letter == '+' && plus_is_space) {
      letter = ' ';
    }
    if (letter == '\0') return std::nullopt;
    plain += letter;
  }
  return plain;
}

std::string escape(std::string_view text, std::string_view also_plain) {
  std::string escaped;
  for (const char letter : text) {
    const bool plain = (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
                       std::string_view("-._~").find(letter) != std::string_view::npos ||
                       also_plain.find(letter) != std::string_view::npos;
    escaped += plain ? std::string(1, letter) : fmt::format("%{:02X}", static_cast<unsigned char>(letter));
  }
  return escaped;
}

}  // namespace

bool split_target(std::string_view target, HttpRequest& request) {
  const auto mark = target.find('?');
  const auto path = unescape(target.substr(0, mark), false);
  if (!path || !path->starts_with('/')) return false;
  request.path = *path;
  request.query.clear();
  std::string_view rest = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    const auto key = unescape(pair.substr(0, equals), true);
    const auto value = unescape(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1), true);
    if (!key || !value) return false;
    request.query[*key] = *value;
  }
  return true;
}

std::string join_target(const HttpRequest& request) {
  std::string target = escape(request.path, "/:@");
  char before = '?';
  for (const auto& [key, value] : request.query) {
    target += before + escape(key, "") + '=' + escape(value, "@:/");
    before = '&';
  }
  return target;
}

}  // namespace mta::real
