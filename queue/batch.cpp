#include "queue/batch.h"

#include <rocksdb/comparator.h>
#include <rocksdb/db.h>

namespace queue {

namespace {

// A batch is built before any store is at hand; RocksDB asks a handle for no more than its number and its order of keys. Families
// are created in the order of Family, so our numbers are theirs; where they are not, Store::write renumbers.
class Number : public rocksdb::ColumnFamilyHandle {
 public:
  explicit Number(std::uint32_t number) : number_(number) {}
  const std::string& GetName() const override { return name_; }
  std::uint32_t GetID() const override { return number_; }
  rocksdb::Status GetDescriptor(rocksdb::ColumnFamilyDescriptor*) override { return rocksdb::Status::NotSupported(); }
  const rocksdb::Comparator* GetComparator() const override { return rocksdb::BytewiseComparator(); }

 private:
  std::uint32_t number_;
  std::string name_;
};

rocksdb::ColumnFamilyHandle* handle(Family family) {
  static std::array<Number, family_count> numbers{Number{0}, Number{1}, Number{2}, Number{3}, Number{4}, Number{5},
                                                  Number{6}, Number{7}, Number{8}, Number{9}, Number{10}};
  return &numbers.at(static_cast<std::size_t>(family));
}

}  // namespace

Batch::Batch() : rows_(std::make_unique<Rows>()) {}
Batch::~Batch() = default;
Batch::Batch(Batch&&) noexcept = default;
Batch& Batch::operator=(Batch&&) noexcept = default;

void Batch::put(Family family, std::string_view key, std::string_view value) {
  rows_->rows.Put(handle(family), slice(key), slice(value));
}
void Batch::erase(Family family, std::string_view key) { rows_->rows.Delete(handle(family), slice(key)); }
void Batch::single_erase(Family family, std::string_view key) { rows_->rows.SingleDelete(handle(family), slice(key)); }
void Batch::erase_range(Family family, std::string_view from, std::string_view to) {
  rows_->rows.DeleteRange(handle(family), slice(from), slice(to));
}
bool Batch::empty() const { return rows_->rows.Count() == 0; }
std::size_t Batch::bytes() const { return rows_->rows.GetDataSize(); }
void Batch::clear() { rows_->rows.Clear(); }
void Batch::mark() { rows_->rows.SetSavePoint(); }
void Batch::undo_to_mark() { rows_->rows.RollbackToSavePoint(); }

}  // namespace queue
