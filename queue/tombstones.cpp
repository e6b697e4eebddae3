#include "queue/tombstones.h"

#include <rocksdb/table_properties.h>

#include <string>

namespace queue {

void Tombstones::row(bool erasure) {
  ++rows_;
  ++in_half_;
  if (erasure) {
    ++erasures_;
    ++half_erasures_;
  }
  if (in_half_ == window / 2) close_half();
}

void Tombstones::close_half() {
  if (previous_half_ + half_erasures_ >= window / 2) dense_ = true;
  previous_half_ = half_erasures_;
  in_half_ = half_erasures_ = 0;
}

bool Tombstones::heavy() const { return dense_ || (erasures_ >= fewest && erasures_ * 4 >= rows_); }

namespace {

class Collector : public rocksdb::TablePropertiesCollector {
 public:
  explicit Collector(bool fresh) : fresh_(fresh) {}
  rocksdb::Status AddUserKey(const rocksdb::Slice&, const rocksdb::Slice&, rocksdb::EntryType type, rocksdb::SequenceNumber,
                             std::uint64_t) override {
    counted_.row(type == rocksdb::kEntryDelete || type == rocksdb::kEntrySingleDelete ||
                 type == rocksdb::kEntryDeleteWithTimestamp);
    return rocksdb::Status::OK();
  }
  rocksdb::Status Finish(rocksdb::UserCollectedProperties* properties) override {
    *properties = GetReadableProperties();
    return rocksdb::Status::OK();
  }
  rocksdb::UserCollectedProperties GetReadableProperties() const override {
    return {{"warmupd.erasures", std::to_string(counted_.erasures())}};
  }
  const char* Name() const override { return "warmupd.tombstones"; }
  bool NeedCompact() const override { return !fresh_ && counted_.heavy(); }

 private:
  bool fresh_;
  Tombstones counted_;
};

class CollectorFactory : public rocksdb::TablePropertiesCollectorFactory {
 public:
  rocksdb::TablePropertiesCollector* CreateTablePropertiesCollector(Context context) override {
    return new Collector(context.level_at_creation == 0);  // RocksDB deletes it
  }
  const char* Name() const override { return "warmupd.tombstones"; }
};

}  // namespace

std::shared_ptr<rocksdb::TablePropertiesCollectorFactory> collect_tombstones() { return std::make_shared<CollectorFactory>(); }

}  // namespace queue
