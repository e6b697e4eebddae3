#include "mta/observe/events.h"

namespace mta {

namespace {

constexpr std::string_view hour_prefix = "events/hour/";

std::string big_endian(std::uint64_t value) {
  std::string bytes(8, '\0');
  for (std::size_t i = 8; i-- > 0; value >>= 8U) bytes[i] = static_cast<char>(value & 0xFFU);
  return bytes;
}

}  // namespace

std::uint64_t event_seq(std::string_view key) { return queue::decode_event_key(key).value_or(0); }

void EventLog::add(queue::Batch& batch, Instant now, const Event& event) {
  ++seq_;
  batch.put(queue::Family::event, queue::event_key(seq_), encode(event, seq_, now));
  // A mark an hour tells expire_events where to cut without reading events.
  const auto hour = std::chrono::duration_cast<std::chrono::hours>(now.time_since_epoch()).count();
  if (hour != hour_) {
    hour_ = hour;
    batch.put(queue::Family::meta, std::string(hour_prefix) + big_endian(static_cast<std::uint64_t>(hour)),
              queue::event_key(seq_));
  }
}

bool expire_events(queue::Batch& batch, const queue::Store& store, Instant before) {
  const auto last_hour = std::chrono::duration_cast<std::chrono::hours>(before.time_since_epoch()).count();
  const std::string from(hour_prefix), to = from + big_endian(static_cast<std::uint64_t>(last_hour));
  std::string cut;
  std::vector<std::string> marks;
  for (auto mark = store.scan(queue::Family::meta, from, to); mark.valid(); mark.next()) {
    marks.emplace_back(mark.key());
    cut = mark.value();
  }
  if (marks.size() < 2) return false;
  batch.erase_range(queue::Family::event, queue::event_key(0), cut);
  marks.pop_back();  // the hour that begins at the cut stays
  for (const auto& mark : marks) batch.erase(queue::Family::meta, mark);
  return true;
}

}  // namespace mta
