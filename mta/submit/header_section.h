// mta/submit/header_section.h — the header of a message, found in its first octets.
//
// What      Collects octets until the header section is over, and shows its fields.
// Units     Octets, CRLF line ends.
// Promise   Keeps every octet: header, separator and rest() together are what was added. A line that is neither a field nor a
//           continuation ends the section as an empty line would (the body starts with that line).
// Errors    None; a section above max_header_section is the caller's to refuse.
// Source    RFC 5322 §2.1, §2.2.
// Not here  what fields mean (intake.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mta {

inline constexpr std::size_t max_header_section = 256U << 10U;  // two chunks

struct HeaderField {
  std::string_view name;
  std::string_view value;                 // behind the colon, folding and all, without the last CRLF
  std::string_view text;                  // the whole field with its last CRLF, if it had one
  bool is(std::string_view other) const;  // RFC 5322 §1.2.2: without regard to case
};

class HeaderSection {
 public:
  void add(std::string_view octets);
  void finish();  // the message is over
  bool complete() const { return complete_; }
  std::size_t size() const { return octets_.size(); }

  // REQUIRES: complete(). Views into this object.
  std::vector<HeaderField> fields() const;
  bool has_separator() const { return separated_; }  // an empty line, or a body that began without one
  std::string_view rest() const;                     // octets of the body that came along

 private:
  void read_lines();

  std::string octets_;
  std::vector<std::size_t> starts_;  // of fields
  std::size_t line_ = 0;             // start of the first line not looked at
  std::size_t end_ = 0;              // of the last field
  std::size_t body_ = 0;
  bool complete_ = false, separated_ = false;
};

}  // namespace mta
