// mta/smtp/dots.h — a body as DATA wants it.
//
// What      Doubles dots at the beginning of lines and ends the body with CRLF "." CRLF, over pieces of any split.
// Units     Octets, CRLF line ends.
// Promise   Without what was added, the output is the input; nothing in a body can end it early. Linear; a body without dots costs a copy.
// Errors    None.
// Source    RFC 5321 §4.5.2.
// Not here  undoing it (the receiving side), BDAT (no dots there).
#pragma once

#include <string>
#include <string_view>

namespace mta::smtp {

class DotStuffer {
 public:
  void add(std::string_view piece, std::string& out);
  void finish(std::string& out);  // CRLF when the body does not end in one, then "." CRLF; ready for another body after

 private:
  char before_last_ = '\r', last_ = '\n';  // a body begins at the beginning of a line
};

}  // namespace mta::smtp
