// Rows read and written by the books: messages, recipients, lanes.
#include "mta/books/attempt_row.h"
#include "mta/books/books.h"
#include "mta/tasks.h"
#include "queue/keys.h"

namespace mta {

using queue::Family;

std::shared_ptr<const queue::Message> Books::message(queue::MessageId id) {
  if (auto hot = hot_.message(id)) return hot;
  const auto row = read(Family::message, queue::message_key(id), id);
  auto decoded = row ? queue::decode_message(id, *row) : std::nullopt;
  if (row && !decoded) note_damage(id, "row", "its message row is not one that was written");
  return decoded ? std::make_shared<const queue::Message>(std::move(*decoded)) : nullptr;
}

// A row that cannot be read is as one that is not there, and its message is noted.
std::optional<std::string> Books::read(Family family, const std::string& key, queue::MessageId of) {
  try {
    return store_->get(family, key);
  } catch (const queue::StoreError& error) {
    note_damage(of, "row", error.what());
    return std::nullopt;
  }
}

std::optional<queue::Recipient> Books::recipient(const queue::RecipientId& id) {
  if (const auto ahead = unwritten_.find(id); ahead != unwritten_.end()) return ahead->second;
  if (auto hot = hot_.recipient(id)) return hot;
  const auto row = read(Family::recipient, queue::recipient_key(id), id.message);
  auto decoded = row ? queue::decode_recipient(*row) : std::nullopt;
  if (row && !decoded) note_damage(id.message, "row", "its recipient row is not one that was written");
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
  std::string wrong = "is not in the spool";
  bool gone = false;
  const std::function<void()> read = [this, id, number, &row, &wrong, &gone] {
    try {
      row = store_->get(Family::body, queue::body_key(id, number));
    } catch (const queue::StoreError& error) {
      wrong = fmt::format("cannot be read: {}", error.what());
      gone = error.damaged;
    }
  };
  co_await world_.work.run(read);
  if (row) co_return std::move(*row);
  const std::string why = fmt::format("body row {} {}", number, wrong);
  inbox_->put([this, id, number, why, gone] { note_damaged_body(id, number, why, gone); });  // before the settlement that follows
  throw std::runtime_error("message " + id.text() + ": " + why);
}

}  // namespace mta
