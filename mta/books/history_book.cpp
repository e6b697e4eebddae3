#include "mta/books/history_book.h"

#include <charconv>

namespace mta {

using queue::Family;

void HistoryBook::load(const queue::Store& store) {
  std::string from;
  for (;;) {
    auto row = store.scan(Family::history, from, "");
    const auto hour = row.valid() ? queue::decode_history_hour(row.key()) : std::nullopt;
    if (!hour) return;
    std::uint64_t octets = 1;
    if (queue::is_history_hour(row.key())) std::from_chars(row.value().data(), row.value().data() + row.value().size(), octets);
    hours_[*hour] = octets;
    octets_ += octets;
    from = queue::history_hour_key(*hour + 1);
  }
}

void HistoryBook::add(queue::Batch& batch, const queue::Ended& row) {
  const std::string key = queue::history_key(row.ended, row.id), value = encode(row);
  batch.put(Family::history, key, value);
  const auto hour = queue::hour_of(row.ended);
  if (changed_ != 0 && changed_ != hour) flush(batch);
  hours_[hour] += key.size() + value.size();
  octets_ += key.size() + value.size();
  changed_ = hour;
}

void HistoryBook::flush(queue::Batch& batch) {
  if (changed_ == 0) return;
  batch.put(Family::history, queue::history_hour_key(changed_), std::to_string(hours_[changed_]));
  changed_ = 0;
  while (octets_ > most_octets && hours_.size() > 1) drop_first(batch);
}

void HistoryBook::drop_first(queue::Batch& batch) {
  const auto first = hours_.begin();
  batch.erase_range(Family::history, queue::history_hour_key(first->first), queue::history_hour_key(first->first + 1));
  octets_ -= first->second;
  hours_.erase(first);
}

void HistoryBook::expire(queue::Batch& batch, queue::Instant now, queue::Duration keep) {
  const auto oldest = queue::hour_of(now - keep);  // its last rows may be needed
  while (!hours_.empty() && (hours_.begin()->first < oldest || keep <= queue::Duration(0))) drop_first(batch);
  if (changed_ != 0 && !hours_.contains(changed_)) changed_ = 0;
}

}  // namespace mta
