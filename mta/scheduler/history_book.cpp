#include "mta/scheduler/history_book.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace mta {

using queue::Family;

namespace {
constexpr queue::HourNumber most_hours = 24 * 31;  // looked back at when not even the first can be read
}

namespace {

struct HourRow {
  queue::HourNumber hour = 0;
  std::uint64_t octets = 1;
};

std::optional<HourRow> first_hour(const queue::Store& store, const std::string& from, const std::string& to) {
  const auto row = store.scan(Family::history, from, to);
  const auto hour = row.valid() ? queue::decode_history_hour(row.key()) : std::nullopt;
  if (!hour) return std::nullopt;
  HourRow found{*hour};
  if (queue::is_history_hour(row.key()))
    std::from_chars(row.value().data(), row.value().data() + row.value().size(), found.octets);
  return found;
}

}  // namespace

void HistoryBook::load(const queue::Store& store, queue::Instant now) try {
  while (const auto found = first_hour(store, hours_.empty() ? "" : queue::history_hour_key(hours_.rbegin()->first + 1), "")) {
    hours_[found->hour] = found->octets;
    octets_ += found->octets;
  }
} catch (const queue::StoreError& error) {  // from here on hour by hour, none of them left out
  spdlog::error("{}", error.what());
  const queue::HourNumber last = queue::hour_of(now);
  for (queue::HourNumber hour = hours_.empty() ? last - std::min(last, most_hours) : hours_.rbegin()->first + 1; hour <= last;
       ++hour) {
    ++hours_[hour];
    ++octets_;
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
