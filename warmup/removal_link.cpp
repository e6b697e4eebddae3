#include "warmup/removal_link.h"

#include <algorithm>
#include <array>

namespace warmup {

namespace {

constexpr std::array<std::string_view, 5> signs{"remov", "delist", "unlist", "unblock", "reset-request"};
constexpr std::size_t longest = 500;

bool in_address(char c) { return c > ' ' && c < 0x7f && std::string_view("<>\"'`|\\{}^").find(c) == std::string_view::npos; }

bool takes_removals(std::string_view page) {
  std::string lower(page);
  std::ranges::transform(lower, lower.begin(), [](char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c); });
  return std::ranges::any_of(signs, [&](std::string_view sign) { return lower.find(sign) != std::string::npos; });
}

// The page that begins at `at`.
std::string_view page_at(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && end - at < longest && in_address(text[end])) ++end;
  std::string_view page = text.substr(at, end - at);
  while (!page.empty() && std::string_view(".,;:!?)]").find(page.back()) != std::string_view::npos) page.remove_suffix(1);
  return page;
}

bool starts_page(std::string_view text, std::size_t at) {
  return text.substr(at).starts_with("http://") || text.substr(at).starts_with("https://");
}

}  // namespace

std::string removal_link(std::string_view text) {
  std::string_view first;
  for (std::size_t at = text.find("http"); at != std::string_view::npos; at = text.find("http", at + 1)) {
    if (!starts_page(text, at)) continue;
    const std::string_view page = page_at(text, at);
    if (takes_removals(page)) return std::string(page);
    if (first.empty()) first = page;
  }
  return std::string(first);
}

}  // namespace warmup
