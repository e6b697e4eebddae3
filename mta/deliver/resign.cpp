#include "mta/deliver/resign.h"

#include <spdlog/spdlog.h>

namespace mta {

bool signature_is_stale(const queue::Message& message, const dkim::Signer& signer, Instant now) {
  if (message.signed_with.empty()) return !signer.keys_for(message.from_domain).empty();
  return !signer.knows(message.signed_with) || now - message.signed_at > oldest_signature;
}

// REQUIRES: header_.complete().
void SignatureFeed::feed_header() {
  for (const auto& field : header_.fields()) signature_.header(field.to_sign());
  if (!header_.rest().empty()) signature_.body(header_.rest());
  header_ = smtp::HeaderSection();  // its octets are not needed any more
  in_body_ = true;
}

void SignatureFeed::add(std::string_view piece) {
  if (in_body_) return signature_.body(piece);
  header_.add(piece);
  if (header_.complete()) feed_header();
}

std::string SignatureFeed::finish() {
  if (!in_body_) {
    header_.finish();
    feed_header();
  }
  return signature_.finish();
}

namespace {
awaitable<std::string> feed_all(SignatureFeed& feed, smtp::Body& content, Work& work) {
  std::string fields;
  for (bool last = false; !last;) {
    const smtp::Piece piece = co_await content.next();
    last = piece.last;
    co_await work.run([&feed, &fields, &piece] {
      feed.add(piece.octets);
      if (piece.last) fields = feed.finish();
    });
  }
  co_return fields;
}
}  // namespace

awaitable<std::optional<std::string>> sign_again(std::unique_ptr<dkim::Signature> signature, std::unique_ptr<smtp::Body> content,
                                                 Work& work) {
  SignatureFeed feed(*signature);
  std::optional<std::string> fields;
  try {
    fields = co_await feed_all(feed, *content, work);
  } catch (const smtp::BodyLost&) {
    throw;
  } catch (const std::runtime_error& error) {
    spdlog::warn("a queued message cannot be signed again: {}", error.what());
  }
  co_return fields;
}

}  // namespace mta
