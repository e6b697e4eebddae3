// queue/batch.h — what a Batch holds: RocksDB's own batch, addressed by our family numbers.
//
// What      The inside of Batch and what the Store needs of it.
// Units     –
// Promise   Rows are copied once, into the form that goes to the log.
// Errors    None.
// Source    STORE.md.
// Not here  the interface (store.h). Include only where RocksDB's headers are allowed.
#pragma once

#include <rocksdb/write_batch.h>

#include "queue/store.h"

namespace queue {

struct Batch::Rows {
  rocksdb::WriteBatch rows;
};

inline rocksdb::Slice slice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
inline std::string_view view(const rocksdb::Slice& bytes) { return {bytes.data(), bytes.size()}; }

}  // namespace queue
