#include "mta/report/bulk_senders.h"

#include "queue/bytes.h"

namespace mta {

using queue::Family;

namespace {

constexpr char row_format = 0x53;

std::string row_key(const warmup::LaneKey& sender) { return "bulk/" + warmup::lane_row_key(sender.source, sender.provider); }

}  // namespace

void note_bulk(queue::Batch& batch, const warmup::LaneKey& sender, queue::Instant at) {
  queue::Writer row(row_format);
  row.instant(at);
  batch.put(Family::meta, row_key(sender), row.take());
}

std::optional<queue::Instant> bulk_since(const queue::Store& store, const warmup::LaneKey& sender) {
  const auto bytes = store.get(Family::meta, row_key(sender));
  if (!bytes) return std::nullopt;
  queue::Reader row(row_format, *bytes);
  const auto at = row.instant();
  return row.done() ? std::optional(at) : std::nullopt;
}

}  // namespace mta
