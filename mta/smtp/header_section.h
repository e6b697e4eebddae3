// mta/smtp/header_section.h — the header of a message, split into its fields.
//
// What      Collects the first octets of a message until its header section is over, and shows the fields of it: the one place that knows
//           where a field ends and where the body begins. Taking mail in, signing it and walking its parts all ask here.
// Units     Octets, CRLF line ends.
// Promise   Keeps every octet: the text of all fields, the empty line and rest() together are what was added, in order. How the octets
//           were cut into pieces makes no difference. Any octets are taken; faulty text is read in one of the two ways of HeaderReading.
// Errors    None; a section above max_header_section is the caller's to refuse.
// Source    RFC 5322 §2.1, §2.2 (fields), §2.2.3 (folding), §4.5 (blanks before the colon); RFC 6376 §3.4 (what a signature reads).
// Not here  what fields mean (mta/submit/intake.h), which are signed, and what in one cannot be (dkim/fields.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mta::smtp {

inline constexpr std::size_t max_header_section = 256U << 10U;  // two chunks

struct HeaderField {
  std::string_view name;                  // without blanks before the colon; empty for a line that is no field
  std::string_view value;                 // behind the colon, folding and all, without the last CRLF
  std::string_view text;                  // the whole field with its last CRLF, if it had one
  bool is(std::string_view other) const;  // RFC 5322 §1.2.2: without regard to case
  std::string_view to_sign() const;       // the whole field without its last CRLF, as dkim::Signature::header() wants it
};

// How a header section is read that RFC 5322 does not allow. What it allows is read the same in both ways.
enum class HeaderReading {
  // As those read it who show mail: an LF alone ends a line too, and a line that is neither a field nor a continuation ends the section
  // as an empty line would; the body starts with that line.
  shown,
  // As a signature reads it: only CRLF ends a line, and only an empty line ends the section. Every other line is a field, with an empty
  // name when it has none; the signer says what is wrong with it.
  as_signed,
};

class HeaderSection {
 public:
  HeaderSection() = default;
  explicit HeaderSection(HeaderReading reading) : reading_(reading) {}

  void add(std::string_view octets);  // REQUIRES: !complete()
  void finish();                      // the message is over; changes nothing when the section was complete before
  bool complete() const { return complete_; }
  std::size_t size() const { return octets_.size(); }

  // REQUIRES: complete(). Views into this object.
  std::vector<HeaderField> fields() const;
  bool has_separator() const { return separated_; }  // an empty line, or a body that began without one
  std::string_view rest() const;                     // octets of the body that came along

 private:
  void take_line(std::string_view line);
  bool continues_field(std::string_view line) const;
  bool begins_field(std::string_view line) const;

  HeaderReading reading_ = HeaderReading::shown;
  std::string octets_;
  std::vector<std::size_t> starts_;  // of fields
  std::size_t line_ = 0;             // start of the first line not looked at
  std::size_t end_ = 0;              // of the last field
  std::size_t body_ = 0;
  bool complete_ = false, separated_ = false;
};

// Length of the field name that a line begins with; 0 when the line begins no field (RFC 5322 §2.2; blanks before the colon: §4.5).
std::size_t field_name_length(std::string_view line);

}  // namespace mta::smtp
