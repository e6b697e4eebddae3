#include "mta/ctl/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "mta/ctl/figures.h"

namespace mta::ctl {
namespace {

constexpr std::size_t height = 6, eighths = 8, widest_column = 3;
constexpr std::array<const char*, eighths + 1> blocks{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
constexpr std::array<const char*, eighths + 1> plain{" ", ".", ".", ".", ":", ":", ":", "#", "#"};

std::vector<std::uint64_t> grouped_to(const std::vector<std::uint64_t>& values, std::size_t most) {
  const std::size_t group = (values.size() + most - 1) / most;
  std::vector<std::uint64_t> made;
  for (std::size_t at = 0; at < values.size(); at += group)
    made.push_back(*std::max_element(values.begin() + static_cast<std::ptrdiff_t>(at),
                                     values.begin() + static_cast<std::ptrdiff_t>(std::min(values.size(), at + group))));
  return made;
}

// How many eighths of a line the column has in this row, counted from the bottom.
std::size_t filled(std::uint64_t value, std::uint64_t most, std::size_t row) {
  const double exact = static_cast<double>(value) / static_cast<double>(most) * static_cast<double>(height * eighths);
  const auto all = std::max<std::size_t>(value > 0 ? 1 : 0, static_cast<std::size_t>(exact));
  return std::min(eighths, all - std::min(all, row * eighths));
}

}  // namespace

std::string draw_chart(const Bars& bars, const Look& look) {
  if (bars.values.empty()) return "";
  const std::uint64_t most = std::max<std::uint64_t>(1, *std::max_element(bars.values.begin(), bars.values.end()));
  const std::string top = grouped(most);
  const std::size_t margin = top.size() + 2, room = look.width - std::min(look.width - 1, margin);
  const auto values = grouped_to(bars.values, room);
  const std::size_t column = std::clamp<std::size_t>(room / values.size(), 1, widest_column);
  std::string made = look.paint(bars.title, Ink::bold) + "\n";
  for (std::size_t row = height; row-- > 0;) {
    const std::string mark = row + 1 == height ? top : row == 0 ? "0" : "";
    std::string line;
    for (const std::uint64_t value : values) {
      const char* part = (look.utf8 ? blocks : plain).at(filled(value, most, row));
      for (std::size_t i = 0; i + 1 < column || i == 0; ++i) line += part;
      if (column > 1) line += ' ';
    }
    line.erase(line.find_last_not_of(' ') + 1);
    made += look.paint(fmt::format("{:>{}} ", mark, margin - 2), Ink::dim) + (look.utf8 ? "│" : "|") +
            look.paint(line, bars.ink) + "\n";
  }
  const std::size_t used = values.size() * column, names = bars.first.size() + bars.last.size();
  made += std::string(margin, ' ') + look.paint(bars.first, Ink::dim);
  if (used > names) made += std::string(used - names, ' ') + look.paint(bars.last, Ink::dim);
  return made + "\n";
}

}  // namespace mta::ctl
