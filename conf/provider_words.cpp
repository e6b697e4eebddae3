#include "conf/provider_words.h"

#include "conf/names.h"

namespace conf {
namespace {

constexpr std::size_t shortest_word = 3;

// "*.mail.protection.outlook.com" → "outlook"; "*.mx.microsoft" → "microsoft".
std::string_view owner_of(std::string_view pattern) {
  const auto dot = pattern.rfind('.');
  if (dot == std::string_view::npos) return pattern;
  const std::string_view last = pattern.substr(dot + 1), before = pattern.substr(0, dot);
  constexpr std::size_t longest_common_ending = 4;
  if (last.size() > longest_common_ending) return last;
  return before.substr(before.rfind('.') + 1);
}

}  // namespace

std::vector<Alias> provider_words(const std::vector<Provider>& providers) {
  std::vector<Alias> words;
  const auto add = [&](std::string_view word, const std::string& name) {
    if (word.size() >= shortest_word) words.push_back({std::string(word), name});
  };
  for (const auto& provider : providers) {
    for (const std::string_view domain : provider.domains) {
      add(domain, provider.name);
      add(domain.substr(0, domain.find('.')), provider.name);
    }
  }
  for (const auto& provider : providers)
    for (const std::string_view pattern : provider.mx) add(owner_of(pattern), provider.name);
  return words;
}

bool is_provider(const Config& config, const std::string& name) {
  constexpr std::string_view unlisted = "other:";
  if (name.starts_with(unlisted)) return host_name.fits(std::string_view(name).substr(unlisted.size()));
  return name == "*" || config.provider(name) != nullptr;
}

}  // namespace conf
