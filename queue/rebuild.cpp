#include "queue/rebuild.h"

#include <algorithm>
#include <map>
#include <string>

#include "queue/keys.h"
#include "queue/message.h"
#include "queue/queue.h"
#include "queue/verify.h"

namespace queue {

namespace {

constexpr std::size_t rows_at_once = 10'000;

class Rebuild {
 public:
  Rebuild(Store& store, Instant now) : store_(store), now_(now) {}

  Totals run() {
    store_.clear_indexes();
    for_each_readable(store_, Family::message, [this](std::string_view key, std::string_view value) { message(key, value); });
    for_each_readable(store_, Family::recipient, [this](std::string_view key, std::string_view value) { recipient(key, value); });
    for (const auto& [line, record] : records_) {
      batch_.put(Family::queue, line, encode(record));
      batch_.put(Family::wake, wake_key(record.wake, line), "");
      write_when(rows_at_once);
    }
    for (const auto& [id, count] : uncounted_) batch_.put(Family::message, message_key(id) + "n", std::to_string(count));
    batch_.put(Family::meta, totals_key, encode(made_));
    write_when(0);
    store_.note_rebuilt();
    return made_;
  }

 private:
  void message(std::string_view key, std::string_view value) {
    const auto id = decode_message_key(key);
    if (!id) {
      uncounted_.erase(*decode_message_key(key.substr(0, 8)));
      return;
    }
    ++made_.messages;
    const auto found = decode_message(*id, value);
    if (!found) return;
    made_.octets += found->size;
    if (found->recipients > 1) uncounted_[*id] = 0;  // until the counter beside it is met
  }

  void recipient(std::string_view key, std::string_view value) {
    const auto id = decode_recipient_key(key);
    const auto found = decode_recipient(value);
    if (!id || !found || !QueueKey::decode(found->queue)) return;
    ++made_.recipients;
    if (const auto of = uncounted_.find(id->message); of != uncounted_.end()) ++of->second;
    batch_.put(Family::queue_row, queue_row_key(found->queue, {found->due, *id}), "");
    auto& record = records_[found->queue];
    record.low_water = record.waiting == 0 ? found->due : std::min(record.low_water, found->due);
    record.wake = std::max(record.low_water, now_);
    ++record.waiting;
    write_when(rows_at_once);
  }

  void write_when(std::size_t rows) {
    if (++unwritten_ < rows) return;
    store_.write(batch_);
    batch_ = {};
    unwritten_ = 0;
  }

  Store& store_;
  Instant now_;
  Batch batch_;
  std::size_t unwritten_ = 0;
  Totals made_;
  std::map<std::string, QueueRecord> records_;
  std::map<MessageId, std::uint64_t> uncounted_;  // messages with several recipients whose counter cannot be read
};

}  // namespace

Totals rebuild(Store& store, Instant now) { return Rebuild(store, now).run(); }

}  // namespace queue
