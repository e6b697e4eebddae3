#include "mta/scheduler/damaged.h"

namespace mta {

using queue::Family;

namespace {
constexpr std::string_view damaged_prefix = "damaged/", damaged_end = "damaged0";  // '0' is what follows '/'
std::string key_of(queue::MessageId id) { return std::string(damaged_prefix) + id.text(); }
}  // namespace

Damaged::Damaged(const queue::Store& store) {
  for (auto cursor = store.scan(Family::meta, damaged_prefix, damaged_end); cursor.valid(); cursor.next()) {
    if (const auto id = queue::MessageId::parse(cursor.key().substr(damaged_prefix.size()))) noted_.insert(*id);
  }
}

bool Damaged::note(queue::Batch& batch, queue::MessageId id, const std::string& why) {
  if (!noted_.insert(id).second) return false;
  batch.put(Family::meta, key_of(id), why);
  return true;
}

void Damaged::forget(queue::Batch& batch, queue::MessageId id) {
  if (noted_.erase(id) > 0) batch.erase(Family::meta, key_of(id));
}

}  // namespace mta
