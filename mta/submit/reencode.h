// mta/submit/reencode.h — lines that are too long to be sent, made short without changing what a reader sees.
//
// What      LongLines finds the parts of a message that hold lines above 998 octets; Reencoder writes these parts as quoted-printable
//           (base64 stays base64, in lines of 76) and folds header fields that are too long.
// Units     Octets, CRLF line ends. Both read the whole message in order, in pieces of any split.
// Promise   What Reencoder writes has no line above 998 octets and decodes to the same content; every other part stays as it is, octet by
//           octet. A header line is folded where it has a blank, else after a comma or semicolon, else a fold and a blank are put in; text
//           around the parts is cut, and blanks at the end of either are dropped. What is signed or encrypted is never touched.
//           Memory: a line, a header section, and what the caller has not yet taken.
// Errors    LongLines::fault(): a line that cannot be sent stands in a part that must not be changed.
// Source    RFC 2045 §6; RFC 5321 §4.5.3.1.6; RFC 5322 §2.1.1, §2.2.3 (folding). GMime encodes and decodes.
// Not here  where the message comes from and goes to (incoming_message.h).
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "mta/submit/mime_walk.h"

namespace mta {

class LongLines final : private MimeReader {
 public:
  void add(std::string_view octets) { walk_.add(octets); }
  void finish() { walk_.finish(); }
  const std::string& fault() const { return fault_; }  // for people; empty when all can be made short
  const std::set<std::size_t>& parts() const { return parts_; }
  bool in_body() const { return in_body_; }  // some stand behind the header of the message

 private:
  void header(const MimePart&, const std::string& text) override;
  void body(const MimePart&, std::string_view line) override;
  void between(std::string_view line, bool sealed) override;
  void blame(const std::string& why);

  MimeWalk walk_{*this};
  std::set<std::size_t> parts_;  // with a long line in the body
  std::string fault_;
  bool in_body_ = false;
};

class Reencoder final : private MimeReader {
 public:
  explicit Reencoder(std::set<std::size_t> parts);
  ~Reencoder() override;
  void add(std::string_view octets) { walk_.add(octets); }
  void finish();
  std::string take_head();                        // the header of the message; empty before it is complete, and once taken
  std::string take() { return std::move(out_); }  // what is written behind it, since it was asked last
  bool eight_bit() const { return eight_bit_; }   // of all that was written

 private:
  struct Coder;
  void header(const MimePart&, const std::string& text) override;
  void body(const MimePart&, std::string_view line) override;
  void between(std::string_view line, bool sealed) override;
  void write(std::string_view octets);
  void end_part();

  MimeWalk walk_{*this};
  std::set<std::size_t> parts_;
  std::unique_ptr<Coder> coder_;  // of the part that is being encoded
  std::string head_, out_;
  bool eight_bit_ = false;
};

// A header section whose lines are at most 998 octets long.
std::string fold_long_fields(std::string_view header);

}  // namespace mta
