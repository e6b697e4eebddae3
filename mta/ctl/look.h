// mta/ctl/look.h — what the place that we write to can show.
//
// What      UTF-8 or ASCII, colours or none, how many columns; and text made fit for it.
// Units     Columns of a terminal: East Asian wide characters take two, combining ones none.
// Promise   Pure. Nothing that a remote said reaches a terminal as a control sequence. Only for a terminal is anything cut or wrapped. What
//           ASCII cannot show has a stand-in, never a question mark.
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
  bool cuts = true;  // it is a terminal: what is wider is cut or wrapped

  std::size_t room(std::size_t margin) const;  // columns for text beside so many others; without end where nothing is cut
  const char* dash() const { return utf8 ? "–" : "-"; }       // does not apply
  const char* ellipsis() const { return utf8 ? "…" : ".."; }  // cut here
  const char* branch() const { return utf8 ? "└ " : "` "; }   // belongs to the row above
  std::string paint(std::string_view text, Ink) const;
};

// `columns` is the width of the terminal; 0: it is none.
Look look_for(const std::map<std::string, std::string>& environment, bool terminal, std::size_t columns);

std::string shown(std::string_view text, const Look&);        // one line: blanks for line ends, other controls escaped
std::string shown_lines(std::string_view text, const Look&);  // several
std::size_t columns_of(std::string_view text);                // REQUIRES: valid UTF-8
std::string cut(const std::string& text, std::size_t columns, const Look&);
std::vector<std::string> wrap(const std::string& text, std::size_t columns);

// Whole lines of text that may hold anything; those after the first begin with so many blanks.
std::string paragraph(const std::string& text, std::size_t indent, const Look&, Ink = Ink::plain);

}  // namespace mta::ctl
