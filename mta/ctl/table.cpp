#include "mta/ctl/table.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "mta/tasks.h"

namespace mta::ctl {
namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t note_lines = 3;  // beneath a row

std::size_t sum(const std::vector<std::size_t>& widths) {
  return std::accumulate(widths.begin(), widths.end(), std::size_t{0}) + gap * (widths.size() - 1);
}

void trim(std::string& line) { line.erase(line.find_last_not_of(' ') + 1); }

}  // namespace

Table::Table(std::vector<Column> columns, std::string note_head)
    : columns_(std::move(columns)), note_head_(std::move(note_head)) {}

void Table::add(std::vector<Cell> cells, Cell note) {
  ENSURE(cells.size() == columns_.size());
  rows_.push_back({std::move(cells), std::move(note)});
}

std::vector<std::size_t> Table::widths(const std::vector<Row>& rows, std::size_t limit) const {
  std::vector<std::size_t> widths;
  for (const Column& column : columns_) widths.push_back(columns_of(column.head));
  for (const Row& row : rows)
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], columns_of(row.cells[i].text));
  while (sum(widths) > limit) {  // the widest that may be cut gives first
    std::size_t widest = widths.size();
    for (std::size_t i = 0; i < widths.size(); ++i) {
      const bool may = columns_[i].least > 0 && widths[i] > columns_[i].least;
      if (may && (widest == widths.size() || widths[i] > widths[widest])) widest = i;
    }
    if (widest == widths.size()) break;
    --widths[widest];
  }
  return widths;
}

std::string Table::line(const std::vector<Cell>& cells, const std::vector<std::size_t>& widths, const Look& look) const {
  std::string made;
  std::size_t owed = 0;  // blanks that nothing may need
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string text = cut(cells[i].text, widths[i], look);
    const std::size_t blank = widths[i] - std::min(widths[i], columns_of(text));
    if (columns_[i].right) owed += blank;
    if (!text.empty()) made.append(std::exchange(owed, 0), ' ') += look.paint(text, cells[i].ink);
    owed += gap + (columns_[i].right ? 0 : blank);
  }
  made.append(owed - gap, ' ');
  return made;
}

std::string Table::draw(const Look& look) const {
  std::vector<Row> rows = rows_;
  std::size_t longest_note = 0;
  for (Row& row : rows) {
    for (Cell& cell : row.cells) cell.text = shown(cell.text, look);
    row.note.text = shown(row.note.text, look);
    longest_note = std::max(longest_note, columns_of(row.note.text));
  }
  const std::vector<std::size_t> widths = this->widths(rows, look.width);
  const std::size_t used = sum(widths) + gap;
  const bool beside = longest_note > 0 && used + std::max(longest_note, columns_of(note_head_)) <= look.width;
  std::vector<Cell> heads;
  for (const Column& column : columns_) heads.push_back({column.head, Ink::dim});
  std::string made = line(heads, widths, look);
  if (beside) made += std::string(gap, ' ') + look.paint(note_head_, Ink::dim);
  trim(made);
  made += '\n';
  for (const Row& row : rows) {
    std::string text = line(row.cells, widths, look);
    if (beside && !row.note.text.empty()) text += std::string(gap, ' ') + look.paint(row.note.text, row.note.ink);
    trim(text);
    made += text + '\n';
    if (beside || row.note.text.empty()) continue;
    std::vector<std::string> lines = wrap(row.note.text, look.width - 4);
    if (lines.size() > note_lines) lines[note_lines - 1] += std::string(" ") + look.ellipsis();
    lines.resize(std::min(lines.size(), note_lines));
    for (std::size_t i = 0; i < lines.size(); ++i)
      made += (i == 0 ? std::string("  ") + look.branch() : std::string(4, ' ')) +
              look.paint(cut(lines[i], look.width - 4, look), row.note.ink) + '\n';
  }
  return made;
}

}  // namespace mta::ctl
