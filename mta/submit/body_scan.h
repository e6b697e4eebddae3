// mta/submit/body_scan.h — where a message ends, and whether its octets may be stored.
//
// What      Undot undoes the dots of DATA and finds its end; TextCheck looks at the octets of a message, from DATA or from BDAT.
// Units     Octets, in pieces of any split.
// Promise   Only CRLF "." CRLF ends DATA. Pure, linear, no memory but a few octets of state.
// Errors    TextCheck::fault() says what is wrong: NUL, bare CR, bare LF, a line longer than the limit it was given.
// Source    RFC 5321 §2.3.8, §4.1.1.4, §4.5.2, §4.5.3.1.6; RFC 5322 §2.3; conf/example.toml ([limits] line_length).
// Not here  where the octets go (incoming_message.h), what becomes of lines that are too long to be sent (reencode.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mta {

inline constexpr std::size_t longest_sent_line = 998;  // RFC 5321 §4.5.3.1.6, without CRLF

class Undot {
 public:
  // Appends to `clean` what is message; returns how many octets belonged to it, the end included. REQUIRES: not ended().
  std::size_t add(std::string_view octets, std::string& clean);
  bool ended() const { return ended_; }

 private:
  // Where in a line we are; `dot`: a dot was taken off its beginning.
  enum class ScanPlace { line_start, dot, dot_cr, text, cr };
  std::size_t copy_text(std::string_view octets, std::string& clean);

  ScanPlace at_ = ScanPlace::line_start;
  bool ended_ = false;
};

class TextCheck {
 public:
  explicit TextCheck(std::size_t longest_line = longest_sent_line) : most_(longest_line) {}  // without its CRLF

  void add(std::string_view octets);
  void finish();  // the message is over: a CR that still waits for its LF is bare
  bool eight_bit() const { return (seen_ & 0x80U) != 0; }
  bool has_long_lines() const { return longest_ > longest_sent_line; }  // longer than can be sent
  const std::string& fault() const { return fault_; }                   // "" = none; the first found

 private:
  void check_line(std::string_view line, bool ended);
  void blame(const std::string& fault) {
    if (fault_.empty()) fault_ = fault;
  }

  std::size_t most_;
  std::uint8_t seen_ = 0;  // all octets or-ed
  std::size_t line_length_ = 0, longest_ = 0;
  bool after_cr_ = false;
  std::string fault_;
};

}  // namespace mta
