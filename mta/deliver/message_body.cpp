#include "mta/deliver/message_body.h"

#include <fmt/format.h>

#include "mta/smtp/lost.h"

namespace mta {

MessageBody::MessageBody(Desk& desk, std::shared_ptr<const queue::Message> message, std::string prefix)
    : desk_(desk), message_(std::move(message)), prefix_(std::move(prefix)) {}

std::uint64_t MessageBody::size() const { return message_->size + prefix_.size(); }

awaitable<smtp::Piece> MessageBody::next() {
  smtp::Piece piece;
  std::string reason;
  if (next_ < message_->chunks) {
    try {
      piece.octets = co_await desk_.chunk(message_->id, next_);
    } catch (const StreamLost&) {
      throw;
    } catch (const std::runtime_error& error) {
      reason = error.what();
    }
  }
  if (!reason.empty())
    throw smtp::BodyLost(fmt::format("message {} cannot be read from the spool: {}", message_->id.text(), reason));
  if (next_ == 0 && !prefix_.empty()) piece.octets.insert(0, prefix_);
  ++next_;
  piece.last = next_ >= message_->chunks;
  co_return piece;
}

}  // namespace mta
