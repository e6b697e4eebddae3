#include "conf/faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace conf {
namespace {

std::string one_a_line(const std::vector<Problem>& problems) {
  std::string text;
  for (const auto& problem : problems) text += (text.empty() ? "" : "\n") + problem.line();
  return text;
}

}  // namespace

std::string Problem::line() const { return where.file.empty() ? text : fmt::format("{}: {}", where.text(), text); }

ConfigError::ConfigError(std::vector<Problem> found) : std::runtime_error(one_a_line(found)), problems(std::move(found)) {}

void Faults::problem(const Where& where, const std::string& text) { problems_.push_back({where, text}); }

void Faults::warning(const Where& where, const std::string& text) { warnings_.push_back({where, text}); }

void Faults::problems(const std::vector<Problem>& found) { problems_.insert(problems_.end(), found.begin(), found.end()); }

std::vector<Problem> Faults::sorted(std::vector<Problem> faults) const {
  const auto place = [&](const Problem& fault) {
    return std::tuple(fault.where.file != file_, std::string_view(fault.where.file), fault.where.line);
  };
  std::stable_sort(faults.begin(), faults.end(), [&](const Problem& a, const Problem& b) { return place(a) < place(b); });
  const auto same = [](const Problem& a, const Problem& b) { return a.line() == b.line(); };
  faults.erase(std::unique(faults.begin(), faults.end(), same), faults.end());
  return faults;
}

}  // namespace conf
