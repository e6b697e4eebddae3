#include "mta/smtp/lines.h"

#include <algorithm>
#include <cstring>

#include "queue/ensure.h"

namespace mta::smtp {

LineReader::LineReader(Stream& stream, std::size_t capacity)
    : stream_(stream), capacity_(capacity), buffer_(std::make_unique_for_overwrite<char[]>(capacity)) {}

std::optional<Line> LineReader::next_line(std::size_t limit) {
  ENSURE(limit > 0 && limit + 2 <= capacity_);
  const auto all = pending();
  const auto from = std::min(searched_, all.size());
  const void* found = from < all.size() ? std::memchr(all.data() + from, '\n', all.size() - from) : nullptr;
  if (found == nullptr && all.size() < limit + 2) {
    searched_ = all.size();
    return std::nullopt;
  }
  const auto length = found == nullptr ? all.size() : static_cast<std::size_t>(static_cast<const char*>(found) - all.data());
  const bool crlf = found != nullptr && length > 0 && all[length - 1] == '\r';
  const auto text = crlf ? length - 1 : length;
  if (text > limit) {
    consume(limit);
    return Line{all.substr(0, limit), LineEnd::too_long};
  }
  consume(length + 1);
  return Line{all.substr(0, text), crlf ? LineEnd::crlf : LineEnd::bare_lf};
}

awaitable<Line> LineReader::read_line(std::size_t limit) {
  while (true) {
    const auto line = next_line(limit);
    if (line) co_return *line;
    co_await fill();
  }
}

void LineReader::consume(std::size_t octets) {
  ENSURE(octets <= end_ - begin_);
  begin_ += octets;
  searched_ = 0;
}

awaitable<void> LineReader::fill() {
  ENSURE(end_ - begin_ < capacity_);
  if (begin_ == end_) {
    begin_ = end_ = 0;
  } else if (begin_ > 0 && end_ > capacity_ / 2) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  const auto got = co_await stream_.read_some({buffer_.get() + end_, capacity_ - end_});
  end_ += got;
}

}  // namespace mta::smtp
