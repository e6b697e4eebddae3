#include "mta/deliver/verdict_patterns.h"

#include <re2/filtered_re2.h>
#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace mta {
namespace {

constexpr int shortest_word = 3;  // shorter words are in every text
constexpr std::int64_t memory_a_pattern = 1 << 18;

// Which pairs of neighbouring octets a text has: a word that lacks one of its pairs there is not in it.
class Pairs {
 public:
  explicit Pairs(std::string_view text) {
    for (std::size_t i = 1; i < text.size(); ++i) seen_[slot(text[i - 1], text[i])] = true;
  }
  bool may_hold(std::string_view word) const {
    return word.size() < 2 || (seen_[slot(word[0], word[1])] && seen_[slot(word[word.size() - 2], word.back())]);
  }

 private:
  static std::size_t slot(char a, char b) {
    return (static_cast<unsigned char>(a) * 31U + static_cast<unsigned char>(b)) % slots;
  }
  static constexpr std::size_t slots = 4096;
  std::array<bool, slots> seen_{};
};

}  // namespace

struct Patterns::Compiled {
  re2::FilteredRE2 expressions{shortest_word};
  std::vector<std::string> words;
};

Patterns::Patterns() : compiled_(std::make_unique<Compiled>()) {}
Patterns::~Patterns() = default;

std::optional<std::string> Patterns::add(const std::string& pattern) {
  re2::RE2::Options options;
  options.set_case_sensitive(false);
  options.set_never_capture(true);
  options.set_log_errors(false);
  options.set_max_mem(memory_a_pattern);
  const re2::RE2 trial(pattern, options);
  if (!trial.ok()) return trial.error();
  int number = 0;
  compiled_->expressions.Add(pattern, options, &number);
  return std::nullopt;
}

void Patterns::compile() {
  if (compiled_->expressions.NumRegexps() > 0) compiled_->expressions.Compile(&compiled_->words);
}

std::vector<int> Patterns::found_in(std::string_view lower_text) const {
  if (compiled_->expressions.NumRegexps() == 0) return {};
  const Pairs pairs(lower_text);
  std::vector<int> words;
  for (std::size_t i = 0; i < compiled_->words.size(); ++i) {
    const std::string& word = compiled_->words[i];
    if (pairs.may_hold(word) && lower_text.find(word) != std::string_view::npos) words.push_back(static_cast<int>(i));
  }
  std::vector<int> found;
  compiled_->expressions.AllMatches({lower_text.data(), lower_text.size()}, words, &found);
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace mta
