// queue/tuning.h — RocksDB's options for our families.
//
// What      StoreOptions → the options of the database and of each family.
// Units     Octets.
// Promise   Resident memory and replay stay bounded whatever the backlog.
// Errors    None: options are checked when the database opens.
// Source    STORE.md, "Tuning, and why".
// Not here  opening (store.cpp). Include only where RocksDB's headers are allowed.
#pragma once

#include <rocksdb/options.h>

#include "queue/store.h"

namespace queue {

rocksdb::DBOptions database_options(const StoreOptions&);
rocksdb::ColumnFamilyOptions family_options(Family, const StoreOptions&, std::shared_ptr<rocksdb::Cache>);

}  // namespace queue
