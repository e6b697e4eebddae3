// Rows read and written by the books: messages, recipients, lanes.
#include "mta/books/attempt_row.h"
#include "mta/books/books.h"
#include "mta/tasks.h"
#include "queue/keys.h"

namespace mta {

using queue::Family;

std::shared_ptr<const queue::Message> Books::message(queue::MessageId id) {
  if (auto hot = hot_.message(id)) return hot;
  const auto row = store_->get(Family::message, queue::message_key(id));
  if (!row) return nullptr;
  auto decoded = queue::decode_message(id, *row);
  ENSURE(decoded.has_value());
  return std::make_shared<const queue::Message>(std::move(*decoded));
}

std::optional<queue::Recipient> Books::recipient(const queue::RecipientId& id) {
  if (const auto ahead = unwritten_.find(id); ahead != unwritten_.end()) return ahead->second;
  if (auto hot = hot_.recipient(id)) return hot;
  const auto row = store_->get(Family::recipient, queue::recipient_key(id));
  if (!row) return std::nullopt;
  auto decoded = queue::decode_recipient(*row);
  ENSURE(decoded.has_value());
  return decoded;
}

void Books::put_recipient(const queue::RecipientId& id, const queue::Recipient& recipient) {
  hot_.forget(id.message);
  batch_.put(Family::recipient, queue::recipient_key(id), encode(recipient));
  unwritten_[id] = recipient;
}

void Books::erase_recipient(const queue::RecipientId& id) {
  hot_.forget(id.message);
  batch_.erase(Family::recipient, queue::recipient_key(id));
  unwritten_[id] = std::nullopt;
}

awaitable<std::string> Books::chunk(queue::MessageId id, std::uint32_t number) {
  if (number == 0) {
    auto hot = hot_.body(id);
    if (hot) co_return std::move(*hot);
  }
  std::optional<std::string> row;
  co_await world_.work.run([this, id, number, &row] { row = store_->get(Family::body, queue::body_key(id, number)); });
  if (!row) throw std::runtime_error("message " + id.text() + ": body row " + std::to_string(number) + " is not in the spool");
  co_return std::move(*row);
}

}  // namespace mta
