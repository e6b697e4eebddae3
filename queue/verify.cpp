#include "queue/verify.h"

#include <fmt/format.h>

#include <map>
#include <optional>

#include "queue/keys.h"
#include "queue/message.h"

namespace queue {

namespace {

// Ids with a row of this family from `from` on; of a stretch that cannot be read it finds the other end by doubling its steps, then halving.
class Walk {
 public:
  Walk(const Store& store, Family family) : store_(store), family_(family) {}

  // The next message with a row, which is at `from` or behind it; empty at the end.
  std::optional<std::uint64_t> next(std::uint64_t from) {
    try {
      return first(from);
    } catch (const StoreError& error) {
      if (text_.empty()) text_ = error.what();
    }
    std::uint64_t bad = from, step = 1;
    while (step < (UINT64_MAX - from) / 2 && !can_read(from + step)) bad = from + step, step *= 2;
    std::uint64_t good = from + step;
    if (!can_read(good)) return std::nullopt;
    while (good - bad > 1) {
      const std::uint64_t middle = bad + (good - bad) / 2;
      (can_read(middle) ? good : bad) = middle;
    }
    return first(good);
  }
  const std::string& text() const { return text_; }  // what the first damage was, "" = none

 private:
  std::optional<std::uint64_t> first(std::uint64_t from) const {
    for (auto cursor = store_.scan(family_, message_key({from}), ""); cursor.valid(); cursor.next()) {
      if (cursor.key().size() >= 8) return decode_message_key(cursor.key().substr(0, 8))->value;
    }
    return std::nullopt;
  }
  bool can_read(std::uint64_t from) const {
    try {
      first(from);
      return true;
    } catch (const StoreError&) {
      return false;
    }
  }
  const Store& store_;
  Family family_;
  std::string text_;
};

class Verifier {
 public:
  explicit Verifier(const Store& store) : store_(store) {}

  Verified run() {
    Walk messages(store_, Family::message), recipients(store_, Family::recipient);
    for (auto id = messages.next(0); id; id = messages.next(*id + 1)) look_at({*id});
    for (auto id = recipients.next(0); id; id = recipients.next(*id + 1)) {
      if (!rows_.contains({*id})) note({*id}, "row", "it has recipients, and no row of its own that can be read");
    }
    for (const auto& [id, found] : damaged_) found_.damaged.push_back({id, found.first, found.second});
    for (const auto* text : {&messages.text(), &recipients.text()})
      if (!text->empty()) found_.other.push_back(*text);
    for (auto& text : store_.damaged_tables()) found_.other.push_back(std::move(text));
    return std::move(found_);
  }

 private:
  void note(MessageId id, const std::string& what, const std::string& text) { damaged_.try_emplace(id, what, text); }

  std::optional<std::string> get(Family family, const std::string& key, MessageId of, const std::string& what) {
    try {
      auto row = store_.get(family, key);
      if (!row) note(of, what, fmt::format("a {} row is not there", name(family)));
      return row;
    } catch (const StoreError& error) {
      note(of, what, error.what());
      return std::nullopt;
    }
  }

  void look_at(MessageId id) {
    rows_[id] = true;
    ++found_.messages;
    const auto row = get(Family::message, message_key(id), id, "row");
    if (!row) return;
    const auto message = decode_message(id, *row);
    if (!message) return note(id, "row", "its message row is not one that was written");
    std::uint64_t octets = 0;
    bool whole = true;
    for (std::uint32_t n = 0; n < message->chunks; ++n) {
      const auto chunk = get(Family::body, body_key(id, n), id, "body");
      whole = whole && chunk;
      octets += chunk ? chunk->size() : 0;
    }
    if (whole && octets != message->size)
      note(id, "body", fmt::format("its body has {} octets, {} were stored", octets, message->size));
    found_.octets += octets;
    look_at_recipients(id);
  }

  void look_at_recipients(MessageId id) {
    std::size_t count = 0;
    try {
      for (auto cursor = store_.scan(Family::recipient, message_key(id), message_end(id)); cursor.valid();
           cursor.next(), ++count) {
        if (!decode_recipient(cursor.value())) note(id, "row", "a recipient row is not one that was written");
      }
    } catch (const StoreError& error) {
      return note(id, "row", error.what());
    }
    if (count == 0) note(id, "row", "it has no recipient that can be read");
  }

  const Store& store_;
  Verified found_;
  std::map<MessageId, bool> rows_;
  std::map<MessageId, std::pair<std::string, std::string>> damaged_;
};

}  // namespace

Verified verify(const Store& store) { return Verifier(store).run(); }

void for_each_readable(const Store& store, Family family,
                       const std::function<void(std::string_view key, std::string_view value)>& see) {
  Walk walk(store, family);
  for (auto from = walk.next(0); from;) {
    std::uint64_t last = *from;
    auto row = store.scan(family, message_key({*from}), "");
    const auto can_read = [&row] {
      try {
        return row.valid();
      } catch (const StoreError&) {
        return false;
      }
    };
    for (; can_read(); row.next()) {
      if (row.key().size() < 8) continue;
      last = decode_message_key(row.key().substr(0, 8))->value;
      see(row.key(), row.value());
    }
    from = walk.next(last + 1);  // nothing more, or what lies behind the stretch
  }
}

}  // namespace queue
