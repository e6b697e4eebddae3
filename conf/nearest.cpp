#include "conf/nearest.h"

#include <fmt/format.h>

#include <algorithm>

#include "conf/names.h"
#include "conf/table.h"

namespace conf {
namespace {

constexpr std::size_t compared_at_most = 64;  // names are short; what is longer is no slip of the finger
constexpr std::size_t listed_at_most = 8;

std::size_t distance(std::string_view typed, std::string_view known) { return edit_distance(lower(typed), lower(known)); }

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  a = a.substr(0, compared_at_most);
  b = b.substr(0, compared_at_most);
  std::vector<std::vector<std::size_t>> edits(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) edits[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) edits[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = edits[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      edits[i][j] = std::min({edits[i - 1][j] + 1, edits[i][j - 1] + 1, replaced});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) edits[i][j] = std::min(edits[i][j], edits[i - 2][j - 2] + 1);
    }
  }
  return edits[a.size()][b.size()];
}

bool is_near(std::string_view typed, std::string_view known) {
  return distance(typed, known) <= std::max<std::size_t>(1, std::min(typed.size(), known.size()) / 3);
}

std::string nearest(std::string_view typed, const std::vector<std::string>& known) { return guess(typed, known).name; }

Guess guess(std::string_view typed, const std::vector<std::string>& known, const std::vector<Alias>& aliases) {
  Guess best;
  std::size_t edits = std::string::npos;
  const auto look = [&](std::string_view word, const std::string& name) {
    const std::size_t needed = distance(typed, word);
    if (needed < edits) edits = needed, best = {name, is_near(typed, word)};
  };
  for (const auto& name : known) look(name, name);
  const std::string nearest_name = best.name;
  for (const auto& alias : aliases) look(alias.word, alias.name);
  if (!best.near) best.name = nearest_name;  // a far word of one's own leads nowhere
  return best;
}

std::string hint(std::string_view typed, const std::vector<std::string>& known, const std::vector<Alias>& aliases) {
  const Guess best = guess(typed, known, aliases);
  if (best.name.empty()) return "";
  if (best.near) return fmt::format(", did you mean \"{}\"?", best.name);
  if (known.size() <= listed_at_most) return fmt::format(", only {}", listed(known));
  return fmt::format("; the nearest known name is \"{}\"", best.name);
}

}  // namespace conf
