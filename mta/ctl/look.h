// mta/ctl/look.h — what the place that we write to can show.
//
// What      UTF-8 or ASCII, colours or none, how many columns; and text made fit for it.
// Units     Columns of a terminal: East Asian wide characters take two, combining ones none.
// Promise   Pure. Nothing that a remote said reaches a terminal as a control sequence.
// Errors    None: every octet has a shape.
// Source    no-color.org; POSIX locale variables LC_ALL, LC_CTYPE, LANG; ECMA-48 SGR.
// Not here  asking the operating system (warmupctl.cpp), tables (table.h).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace mta::ctl {

enum class Ink { plain, dim, bold, good, notice, warning, alarm };

struct Look {
  bool utf8 = false;
  bool colour = false;
  std::size_t width = 100;

  const char* dash() const { return utf8 ? "–" : "-"; }       // does not apply
  const char* ellipsis() const { return utf8 ? "…" : ".."; }  // cut here
  const char* branch() const { return utf8 ? "└ " : "` "; }   // belongs to the row above
  std::string paint(std::string_view text, Ink) const;
};

// `columns` is the width of the terminal; 0: it is none.
Look look_for(const std::map<std::string, std::string>& environment, bool terminal, std::size_t columns);

std::string shown(std::string_view text, const Look&);  // controls become blanks, octets that cannot be shown '?'
std::size_t columns_of(std::string_view text);          // REQUIRES: valid UTF-8
std::string cut(const std::string& text, std::size_t columns, const Look&);
std::vector<std::string> wrap(const std::string& text, std::size_t columns);

}  // namespace mta::ctl
