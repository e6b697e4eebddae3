// mta/smtp/lines.h — lines and octets out of a byte stream.
//
// What      A buffered reader over mta::Stream: one line at a time for commands and replies, the buffered octets as they are for DATA
//           and BDAT, and a way to drop them for STARTTLS.
// Units     Octets. A limit counts the line without its end.
// Promise   Never buffers more than its capacity. A view stays valid until the next call that is not const. An octet is handed out once.
// Errors    StreamLost of the stream passes through. A line that is too long or ends in a bare LF is a value (Line::end).
// Source    RFC 5321 §2.3.8 (lines end in CRLF), §4.5.3.1 (limits), RFC 3207 §4.2 (nothing survives STARTTLS).
// Not here  what lines mean (reply.h, command.h), time-outs (the owner calls Stream::expires_after).
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "mta/doors/world.h"

namespace mta::smtp {

enum class LineEnd { crlf, bare_lf, too_long };

struct Line {
  // bare_lf: ended by LF alone. too_long: `text` is the first `limit` octets, and they are consumed; the rest comes as the next lines.
  std::string_view text;  // without its end; may hold NUL and bare CR
  LineEnd end = LineEnd::crlf;
};

class LineReader {
 public:
  explicit LineReader(Stream& stream, std::size_t capacity = 16U << 10U);

  // REQUIRES: 0 < limit ≤ capacity − 2.
  awaitable<Line> read_line(std::size_t limit);
  std::optional<Line> next_line(std::size_t limit);  // from what is buffered; nothing when the line is not there yet

  std::string_view pending() const { return {buffer_.get() + begin_, end_ - begin_}; }  // read, not yet consumed
  void consume(std::size_t octets);                                                     // REQUIRES: ≤ pending().size()
  // Reads at least one more octet behind pending(). REQUIRES: pending().size() < capacity.
  awaitable<void> fill();
  void discard() { begin_ = end_ = searched_ = 0; }  // RFC 3207 §4.2
  std::size_t capacity() const { return capacity_; }
  Stream& stream() { return stream_; }

 private:
  Stream& stream_;
  std::size_t capacity_;
  std::unique_ptr<char[]> buffer_;
  std::size_t begin_ = 0, end_ = 0;
  std::size_t searched_ = 0;  // of pending(): known to hold no LF
};

}  // namespace mta::smtp
