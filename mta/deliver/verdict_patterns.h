// mta/deliver/verdict_patterns.h — many regular expressions over one text, fast.
//
// What      Which of the patterns occur in a text. Words that a pattern cannot do without are looked for first, so that only the
//           few expressions run that can match.
// Units     –
// Promise   Linear time in the text, whatever the patterns; thread-safe after compile().
// Errors    add() answers what is wrong with a pattern, for people.
// Source    RE2 (no backtracking); its prefilter gives the words.
// Not here  what a match means (verdict_judge.cpp).
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mta {

class Patterns {
 public:
  Patterns();
  ~Patterns();
  std::optional<std::string> add(const std::string& pattern);    // numbered from 0 in the order of success; else the fault
  void compile();                                                // after the last add()
  std::vector<int> found_in(std::string_view lower_text) const;  // numbers, ascending

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
};

}  // namespace mta
