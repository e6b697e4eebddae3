#include "mta/smtp/dots.h"

#include <cstring>

namespace mta::smtp {

// Dots are rarer than lines, and encoded bodies have none: look for the dot, then at what stands before it. After a bare LF too: no
// receiver that takes it for a line end shall find a lone dot there.
void DotStuffer::add(std::string_view piece, std::string& out) {
  if (piece.empty()) return;
  std::size_t copied = 0;
  for (std::size_t from = 0; from < piece.size();) {
    const void* found = std::memchr(piece.data() + from, '.', piece.size() - from);
    if (found == nullptr) break;
    const auto at = static_cast<std::size_t>(static_cast<const char*>(found) - piece.data());
    if ((at == 0 ? last_ : piece[at - 1]) == '\n') {
      out.append(piece.substr(copied, at - copied)).append(1, '.');
      copied = at;
    }
    from = at + 1;
  }
  out.append(piece.substr(copied));
  before_last_ = piece.size() > 1 ? piece[piece.size() - 2] : last_;
  last_ = piece.back();
}

void DotStuffer::finish(std::string& out) {
  const bool at_line_start = before_last_ == '\r' && last_ == '\n';
  out.append(at_line_start ? ".\r\n" : "\r\n.\r\n");
  *this = DotStuffer();
}

}  // namespace mta::smtp
