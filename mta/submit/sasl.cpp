#include "mta/submit/sasl.h"

#include <openssl/evp.h>

#include <algorithm>

namespace mta {

std::optional<std::string> decode_base64(std::string_view text) {
  if (text == "=") return std::string();  // RFC 4954 §4
  if (text.size() % 4 != 0) return std::nullopt;
  const auto padding = static_cast<std::size_t>(text.ends_with("==") ? 2 : text.ends_with("=") ? 1 : 0);
  const auto fits = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
  };
  if (!std::ranges::all_of(text.substr(0, text.size() - padding), fits)) return std::nullopt;
  std::string result(text.size() / 4 * 3, '\0');
  if (text.empty()) return result;
  const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(result.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  if (length < 0) return std::nullopt;
  result.resize(static_cast<std::size_t>(length) - padding);
  return result;
}

std::optional<Login> read_plain(std::string_view decoded) {
  const auto first = decoded.find('\0');
  if (first == std::string_view::npos) return std::nullopt;
  const auto second = decoded.find('\0', first + 1);
  if (second == std::string_view::npos || decoded.find('\0', second + 1) != std::string_view::npos) return std::nullopt;
  const auto acts_for = decoded.substr(0, first), user = decoded.substr(first + 1, second - first - 1);
  if (user.empty() || (!acts_for.empty() && acts_for != user)) return std::nullopt;
  return Login{std::string(user), std::string(decoded.substr(second + 1))};
}

}  // namespace mta
