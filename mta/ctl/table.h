// mta/ctl/table.h — rows under headings that fit the terminal.
//
// What      Columns as wide as their content; where the sum is too wide for a terminal they stand closer, are cut where they may be, and at
//           last are left out, and a line beneath says so. A note a row, in the last column when all notes fit there, else on lines of their
//           own beneath.
// Units     Columns of a terminal.
// Promise   On a terminal no line is wider than the look's width. Elsewhere nothing is cut, left out or wrapped: one row is one line. Ink
//           changes no width. Text comes out printable whatever came in.
// Errors    None.
// Source    –
// Not here  what the cells say (status_page.h, queue_page.h).
#pragma once

#include <string>
#include <vector>

#include "mta/ctl/look.h"

namespace mta::ctl {

struct Cell {
  std::string text;
  Ink ink = Ink::plain;
};

struct Column {
  std::string head;
  bool right = false;     // numbers
  std::size_t least = 0;  // > 0: may be cut to this many columns
  unsigned drop = 0;      // > 0: may be left out, the highest first
};

class TextTable {
 public:
  TextTable(std::vector<Column> columns, std::string note_head);
  void add(std::vector<Cell> cells, Cell note = {});  // REQUIRES: one cell a column
  bool empty() const { return rows_.empty(); }
  std::string draw(const Look&, bool heads = true) const;
  bool fits(const Look&, std::size_t gap) const;  // every column, with so many blanks between them

 private:
  struct TableRow {
    std::vector<Cell> cells;
    Cell note;
  };
  struct Layout {
    std::size_t gap = 2;
    std::vector<std::size_t> widths;
    std::vector<bool> out;  // columns that are left out
    std::size_t sum() const;
  };
  Layout layout(const std::vector<TableRow>&, const Look&) const;
  std::vector<TableRow> shown_rows(const Look&) const;
  void cut_to(Layout&, std::size_t limit, bool all) const;
  std::string line(const std::vector<Cell>&, const Layout&, const Look&) const;
  std::string missing_line(const Layout&, const Look&) const;

  std::vector<Column> columns_;
  std::string note_head_;
  std::vector<TableRow> rows_;
};

}  // namespace mta::ctl
