#include "warmup/exempt.h"

#include <algorithm>

namespace warmup {

namespace {
std::string lower(std::string_view text) {
  std::string name(text);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (name.ends_with('.')) name.pop_back();
  return name;
}
}  // namespace

void Exempt::add(std::string_view domain) {
  if (auto name = lower(domain); !name.empty()) domains_.insert(std::move(name));
}

bool Exempt::covers(std::string_view domain) const {
  if (domains_.empty()) return false;
  const std::string name = lower(domain);
  for (std::string_view rest = name; !rest.empty();) {
    if (domains_.contains(rest)) return true;
    const auto dot = rest.find('.');
    rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
  }
  return false;
}

}  // namespace warmup
