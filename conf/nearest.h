// conf/nearest.h — "did you mean …?"
//
// What      The known name nearest to what somebody typed, by edit distance (insert, delete, replace, swap of neighbours), and the
//           words in which a message names it.
// Units     Edits of octets; ASCII letters compare without case.
// Promise   Pure; the first of equally near names; names before the words that people type instead of them.
// Errors    None.
// Source    DESIGN.md §7, promise 6; README "See what it does": an unknown name is named with the nearest known one.
// Not here  which names are known (config.h), which words lead to a provider (provider_words.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace conf {

std::size_t edit_distance(std::string_view a, std::string_view b);
bool is_near(std::string_view typed, std::string_view known);  // near enough to be a slip of the finger

// "" when there are no names.
std::string nearest(std::string_view typed, const std::vector<std::string>& known);

struct Alias {  // what people type instead of a name: "gmail" for "google"
  std::string word, name;
};
struct Guess {
  std::string name;  // the nearest known name; "" when none is known
  bool near = false;
};
Guess guess(std::string_view typed, const std::vector<std::string>& known, const std::vector<Alias>& aliases = {});

// The end of the sentence "there is no … TYPED": `, did you mean "google"?`, else the names when they are few, else the nearest one.
std::string hint(std::string_view typed, const std::vector<std::string>& known, const std::vector<Alias>& aliases = {});

template <typename Things>
std::vector<std::string> names_of(const Things& things) {
  std::vector<std::string> names;
  for (const auto& thing : things) names.push_back(thing.name);
  return names;
}

}  // namespace conf
