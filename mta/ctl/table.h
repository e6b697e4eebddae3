// mta/ctl/table.h — rows under headings that fit the terminal.
//
// What      Columns as wide as their content, cut where they may be when the sum is too wide; a note a row, in the last column when
//           all notes fit there, else on lines of their own beneath.
// Units     Columns of a terminal.
// Promise   No line is wider than the look's width as long as the columns that may not be cut fit. Ink changes no width. Text comes out
//           printable whatever came in.
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
};

class Table {
 public:
  Table(std::vector<Column> columns, std::string note_head);
  void add(std::vector<Cell> cells, Cell note = {});  // REQUIRES: one cell a column
  bool empty() const { return rows_.empty(); }
  std::string draw(const Look&) const;

 private:
  struct Row {
    std::vector<Cell> cells;
    Cell note;
  };
  std::vector<std::size_t> widths(const std::vector<Row>&, std::size_t limit) const;
  std::string line(const std::vector<Cell>&, const std::vector<std::size_t>&, const Look&) const;

  std::vector<Column> columns_;
  std::string note_head_;
  std::vector<Row> rows_;
};

}  // namespace mta::ctl
