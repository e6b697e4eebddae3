#include "mta/ctl/table.h"

#include <algorithm>
#include <utility>

#include "queue/ensure.h"

namespace mta::ctl {
namespace {

constexpr std::size_t wide_gap = 2, narrow_gap = 1, note_gap = 2;
constexpr std::size_t note_lines = 3;  // beneath a row

void trim(std::string& line) { line.erase(line.find_last_not_of(' ') + 1); }

// The lines of a note beneath its row.
std::string beneath(const Cell& note, const Look& look) {
  std::vector<std::string> lines = wrap(note.text, look.width - 4);
  if (lines.size() > note_lines) lines[note_lines - 1] += std::string(" ") + look.ellipsis();
  lines.resize(std::min(lines.size(), note_lines));
  std::string made;
  for (std::size_t i = 0; i < lines.size(); ++i)
    made += (i == 0 ? std::string("  ") + look.branch() : std::string(4, ' ')) +
            look.paint(cut(lines[i], look.width - 4, look), note.ink) + '\n';
  return made;
}

}  // namespace

TextTable::TextTable(std::vector<Column> columns, std::string note_head)
    : columns_(std::move(columns)), note_head_(std::move(note_head)) {}

void TextTable::add(std::vector<Cell> cells, Cell note) {
  ENSURE(cells.size() == columns_.size());
  rows_.push_back({std::move(cells), std::move(note)});
}

std::size_t TextTable::Layout::sum() const {
  std::size_t columns = 0, all = 0;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    if (out[i]) continue;
    all += widths[i];
    ++columns;
  }
  return all + gap * (columns == 0 ? 0 : columns - 1);
}

// The widest that may be cut gives first.
void TextTable::cut_to(Layout& layout, std::size_t limit, bool all) const {
  while (layout.sum() > limit) {
    std::size_t widest = columns_.size();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::size_t least = columns_[i].least > 0 && !all ? columns_[i].least : 1;
      const bool may = !layout.out[i] && (columns_[i].least > 0 || all) && layout.widths[i] > least;
      if (may && (widest == columns_.size() || layout.widths[i] > layout.widths[widest])) widest = i;
    }
    if (widest == columns_.size()) return;
    --layout.widths[widest];
  }
}

TextTable::Layout TextTable::layout(const std::vector<TableRow>& rows, const Look& look) const {
  Layout natural;
  natural.out.resize(columns_.size());
  for (const Column& column : columns_) natural.widths.push_back(columns_of(column.head));
  for (const TableRow& row : rows)
    for (std::size_t i = 0; i < columns_.size(); ++i)
      natural.widths[i] = std::max(natural.widths[i], columns_of(row.cells[i].text));
  if (!look.cuts) return natural;
  for (const std::size_t gap : {wide_gap, narrow_gap}) {
    Layout tried = natural;
    tried.gap = gap;
    cut_to(tried, look.width, false);
    if (tried.sum() <= look.width) return tried;
  }
  natural.gap = narrow_gap;
  for (;;) {
    Layout tried = natural;
    cut_to(tried, look.width, false);
    if (tried.sum() <= look.width) return tried;
    std::size_t next = columns_.size();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (natural.out[i] || columns_[i].drop == 0) continue;
      if (next == columns_.size() || columns_[i].drop > columns_[next].drop) next = i;
    }
    if (next == columns_.size()) return cut_to(tried, look.width, true), tried;
    natural.out[next] = true;
  }
}

std::vector<TextTable::TableRow> TextTable::shown_rows(const Look& look) const {
  std::vector<TableRow> rows = rows_;
  for (TableRow& row : rows) {
    for (Cell& cell : row.cells) cell.text = shown(cell.text, look);
    row.note.text = shown(row.note.text, look);
  }
  return rows;
}

bool TextTable::fits(const Look& look, std::size_t gap) const {
  if (!look.cuts) return true;
  Look wide = look;
  wide.cuts = false;
  Layout all = layout(shown_rows(look), wide);
  all.gap = gap;
  cut_to(all, look.width, false);
  return all.sum() <= look.width;
}

std::string TextTable::line(const std::vector<Cell>& cells, const Layout& layout, const Look& look) const {
  std::string made;
  std::size_t owed = 0;  // blanks that nothing may need
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (layout.out[i]) continue;
    const std::string text = cut(cells[i].text, layout.widths[i], look);
    const std::size_t blank = layout.widths[i] - std::min(layout.widths[i], columns_of(text));
    if (columns_[i].right) owed += blank;
    if (!text.empty()) made.append(std::exchange(owed, 0), ' ') += look.paint(text, cells[i].ink);
    owed += layout.gap + (columns_[i].right ? 0 : blank);
  }
  made.append(owed - std::min(owed, layout.gap), ' ');
  return made;
}

std::string TextTable::missing_line(const Layout& layout, const Look& look) const {
  std::string names;
  for (std::size_t i = 0; i < columns_.size(); ++i)
    if (layout.out[i]) names += (names.empty() ? "" : ", ") + columns_[i].head;
  if (names.empty()) return "";
  return look.paint(cut("  not shown in " + std::to_string(look.width) + " columns: " + names, look.width, look), Ink::dim) +
         "\n";
}

std::string TextTable::draw(const Look& look, bool with_heads) const {
  const std::vector<TableRow> rows = shown_rows(look);
  std::size_t longest_note = 0;
  for (const TableRow& row : rows) longest_note = std::max(longest_note, columns_of(row.note.text));
  const Layout layout = this->layout(rows, look);
  const std::size_t used = layout.sum() + note_gap;
  const bool room = !look.cuts || used + std::max(longest_note, columns_of(note_head_)) <= look.width;
  const bool beside = longest_note > 0 && room;
  std::vector<Cell> heads;
  for (const Column& column : columns_) heads.push_back({column.head, Ink::dim});
  std::string made;
  if (with_heads) {
    made = line(heads, layout, look);
    if (beside) made += std::string(note_gap, ' ') + look.paint(note_head_, Ink::dim);
    trim(made);
    made += '\n';
  }
  for (const TableRow& row : rows) {
    std::string text = line(row.cells, layout, look);
    if (beside && !row.note.text.empty()) text += std::string(note_gap, ' ') + look.paint(row.note.text, row.note.ink);
    trim(text);
    made += text + '\n';
    if (!beside && !row.note.text.empty()) made += beneath(row.note, look);
  }
  return made + missing_line(layout, look);
}

}  // namespace mta::ctl
