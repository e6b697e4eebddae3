// mta/submit/mime_walk.h — a message, line by line, with the part each line belongs to.
//
// What      Follows headers, boundaries and embedded messages of a message that streams by, and hands every line to a reader.
// Units     Octets; lines with their CRLF. Parts are numbered in order of their headers; 0 is the message itself.
// Promise   Every octet is handed out once, in order. Holds one line and one header section at most, and a boundary a level. Any octets
//           are taken: what is no MIME is one part of plain text.
// Errors    None; a part that must not be changed says why.
// Source    RFC 2045 §5, §6, RFC 2046 §5; RFC 1847 (signed, encrypted), RFC 8551 (S/MIME), RFC 3156 (PGP). GMime reads the fields.
// Not here  what is done with the lines (reencode.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mta {

struct MimePart {
  enum class Encoding { identity, quoted_printable, base64 };
  std::size_t number = 0;
  bool message = false;        // it has its own MIME-Version: the message, or one embedded in it
  bool header_sealed = false;  // its header stands within something signed or encrypted
  Encoding encoding = Encoding::identity;
  std::string untouchable;  // why its body must not be written in another encoding; empty when it may be
};

class MimeReader {
 public:
  virtual ~MimeReader() = default;
  virtual void header(const MimePart&, const std::string& text) = 0;  // all fields and the empty line, if there is one
  virtual void body(const MimePart&, std::string_view line) = 0;      // the last one of all may lack its CRLF
  virtual void between(std::string_view line, bool sealed) = 0;       // boundaries, and what no part owns
};

class MimeWalk {
 public:
  explicit MimeWalk(MimeReader& reader) : reader_(reader) { part_.message = true; }
  void add(std::string_view octets);
  void finish();

 private:
  enum class MimePlace { header, body, between };
  struct Level {
    std::string boundary;     // with the two dashes in front
    std::string untouchable;  // why nothing in it may be changed; empty when it may be
    bool digest = false;      // RFC 2046 §5.1.5
  };
  void take_line(std::string_view line);
  bool take_boundary(std::string_view line);
  void begin_part(bool message);
  void end_header();
  bool sealed() const { return !levels_.empty() && !levels_.back().untouchable.empty(); }

  MimeReader& reader_;
  MimePlace at_ = MimePlace::header;
  MimePart part_;
  std::vector<Level> levels_;
  std::size_t next_ = 1;
  std::string line_, header_;
};

}  // namespace mta
