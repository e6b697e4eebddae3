// conf/faults.h — what is wrong with a configuration, collected.
//
// What      Problems (the file is refused) and warnings (it is not), gathered while everything is read.
// Units     –
// Promise   Handed out in the order of the lines, the configuration file before the files that it names; no fault twice.
// Errors    –
// Source    DESIGN.md §7, promise 6.
// Not here  finding them.
#pragma once

#include <string>
#include <vector>

#include "conf/load.h"

namespace conf {

class Faults {
 public:
  explicit Faults(std::string file) : file_(std::move(file)) {}
  Where at(std::size_t line) const { return Where{file_, line}; }
  void problem(const Where&, const std::string& text);
  void warning(const Where&, const std::string& text);
  void problems(const std::vector<Problem>&);  // of a file that was read by itself
  std::vector<Problem> problems() const { return sorted(problems_); }
  std::vector<Problem> warnings() const { return sorted(warnings_); }

 private:
  std::vector<Problem> sorted(std::vector<Problem>) const;
  std::string file_;
  std::vector<Problem> problems_, warnings_;
};

}  // namespace conf
