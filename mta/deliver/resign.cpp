#include "mta/deliver/resign.h"

#include <spdlog/spdlog.h>

namespace mta {

bool signature_is_stale(const queue::Message& message, const dkim::Signer& signer, Instant now) {
  if (message.signed_with.empty()) return !signer.keys_for(message.from_domain).empty();
  return !signer.knows(message.signed_with) || now - message.signed_at > oldest_signature;
}

// A field ends where the next line does not begin with a blank (RFC 5322 §2.2.3), so the last line waits for the next one.
void SignatureFeed::take_fields(bool all) {
  std::size_t begin = 0;
  while (begin < header_.size()) {
    if (header_.compare(begin, 2, "\r\n") == 0) {  // the empty line
      in_body_ = true;
      begin += 2;
      break;
    }
    std::size_t end = header_.find("\r\n", begin);
    while (end != std::string::npos && end + 2 < header_.size() && (header_[end + 2] == ' ' || header_[end + 2] == '\t'))
      end = header_.find("\r\n", end + 2);
    const bool whole = end != std::string::npos && end + 3 < header_.size();  // what follows is seen, an empty line too
    if (!whole && !all) break;
    signature_.header(std::string_view(header_).substr(begin, end == std::string::npos ? end : end - begin));
    begin = end == std::string::npos ? header_.size() : end + 2;
  }
  header_.erase(0, begin);
}

void SignatureFeed::add(std::string_view piece) {
  if (in_body_) return signature_.body(piece);
  header_.append(piece);
  take_fields(false);
  if (in_body_ && !header_.empty()) signature_.body(std::exchange(header_, ""));
}

std::string SignatureFeed::finish() {
  if (!in_body_) take_fields(true);
  return signature_.finish();
}

awaitable<std::optional<std::string>> sign_again(std::unique_ptr<dkim::Signature> signature, std::unique_ptr<smtp::Body> content,
                                                 Work& work) {
  SignatureFeed feed(*signature);
  std::optional<std::string> fields;
  try {
    for (bool last = false; !last;) {
      const smtp::Piece piece = co_await content->next();
      last = piece.last;
      co_await work.run([&feed, &fields, &piece] {
        feed.add(piece.octets);
        if (piece.last) fields = feed.finish();
      });
    }
  } catch (const smtp::BodyLost&) {
    throw;
  } catch (const std::runtime_error& error) {
    spdlog::warn("a queued message cannot be signed again: {}", error.what());
    fields.reset();
  }
  co_return fields;
}

}  // namespace mta
