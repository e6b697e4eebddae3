#include "queue/ballast.h"

#include <algorithm>
#include <functional>

namespace queue {

namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

constexpr std::uint64_t looked_at_every = 4U << 20U;

// How much may be written before the free space is looked at again.
class Allowance {
 public:
  Allowance(std::shared_ptr<Ballast> ballast, std::uint64_t floor) : ballast_(std::move(ballast)), floor_(floor) {}

  Ballast& ballast() { return *ballast_; }
  void take(std::uint64_t octets) {
    const auto wanted = static_cast<std::int64_t>(octets);
    if (left_.fetch_sub(wanted) >= wanted) return;
    std::uint64_t free = ballast_->free();
    if (free < floor_ + octets && ballast_->give_up()) free = ballast_->free();
    const std::uint64_t spare = free - std::min(free, floor_ + octets);
    left_ = static_cast<std::int64_t>(std::min(looked_at_every, spare));
  }

 private:
  std::shared_ptr<Ballast> ballast_;
  std::uint64_t floor_;
  std::atomic<std::int64_t> left_{0};
};

// Another program may fill the disk between a look and a write. RocksDB asserts in many places that it is not asked again for a file at which
// it met that, so it does not meet it: what is left of the write is tried again, for some seconds.
class Patience {
 public:
  explicit Patience(Ballast& ballast) : ballast_(ballast) {}
  // True: try again.
  bool after(const IOStatus& status) {
    if (!status.IsNoSpace() || tries_ == most_tries) return false;
    if (!ballast_.give_up() && tries_ > 0) rocksdb::Env::Default()->SleepForMicroseconds(pause_microseconds);
    ++tries_;
    return true;
  }

 private:
  static constexpr int most_tries = 200, pause_microseconds = 10'000;
  Ballast& ballast_;
  int tries_ = 0;
};

class CarefulFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  CarefulFile(std::unique_ptr<rocksdb::FSWritableFile> file, std::function<std::uint64_t()> size,
              std::shared_ptr<Allowance> allowance)
      : FSWritableFileOwnerWrapper(std::move(file)), size_(std::move(size)), allowance_(std::move(allowance)) {}
  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* context) override {
    allowance_->take(data.size());
    auto status = FSWritableFileOwnerWrapper::Append(data, options, context);
    return status.IsNoSpace() ? append_rest(data, status, options, context) : noted(std::move(status), data.size());
  }
  IOStatus Append(const Slice& data, const IOOptions& options, const rocksdb::DataVerificationInfo&,
                  IODebugContext* context) override {
    return Append(data, options, context);
  }
  IOStatus Truncate(std::uint64_t size, const IOOptions& options, IODebugContext* context) override {
    auto status = FSWritableFileOwnerWrapper::Truncate(size, options, context);
    if (status.ok()) written_ = size;
    return status;
  }

 private:
  IOStatus noted(IOStatus status, std::size_t octets) {
    if (status.ok()) written_ += octets;
    return status;
  }
  IOStatus append_rest(const Slice& data, IOStatus status, const IOOptions& options, IODebugContext* context) {
    const std::uint64_t end = written_ + data.size();
    for (Patience patience(allowance_->ballast()); patience.after(status);) {
      const std::uint64_t there = size_();
      if (there < written_ || there > end) return status;
      const Slice rest(data.data() + (there - written_), static_cast<std::size_t>(end - there));
      status = FSWritableFileOwnerWrapper::Append(rest, options, context);
    }
    // The file itself counted whole writes only: it is told its length.
    return status.ok() ? Truncate(end, options, context) : status;
  }

  std::function<std::uint64_t()> size_;  // as the folder has it
  std::shared_ptr<Allowance> allowance_;
  std::uint64_t written_ = 0;
};

class CarefulFiles : public rocksdb::FileSystemWrapper {
 public:
  CarefulFiles(const std::shared_ptr<rocksdb::FileSystem>& base, std::shared_ptr<Allowance> allowance)
      : FileSystemWrapper(base), allowance_(std::move(allowance)) {}
  const char* Name() const override { return "warmupd.CarefulFiles"; }
  IOStatus NewWritableFile(const std::string& path, const FileOptions& options, std::unique_ptr<rocksdb::FSWritableFile>* made,
                           IODebugContext* context) override {
    auto status = FileSystemWrapper::NewWritableFile(path, options, made, context);
    for (Patience patience(allowance_->ballast()); patience.after(status);)
      status = FileSystemWrapper::NewWritableFile(path, options, made, context);
    if (!status.ok()) return status;
    auto size = [files = target(), path] {
      std::uint64_t octets = 0;
      return files->GetFileSize(path, IOOptions(), &octets, nullptr).ok() ? octets : 0;
    };
    *made = std::make_unique<CarefulFile>(std::move(*made), std::move(size), allowance_);
    return status;
  }

 private:
  std::shared_ptr<Allowance> allowance_;
};

class CarefulEnv : public rocksdb::EnvWrapper {
 public:
  CarefulEnv(rocksdb::Env& base, std::shared_ptr<rocksdb::FileSystem> files) : EnvWrapper(&base) {
    file_system_ = std::move(files);  // RocksDB reaches its files through this
  }
};

}  // namespace

std::uint64_t Ballast::free() const {
  std::uint64_t octets = 0;
  return env_.GetFreeSpace(spool_, &octets).ok() ? octets : UINT64_MAX;
}

bool Ballast::is_there() const { return env_.FileExists(path()).ok(); }

void Ballast::make(std::uint64_t spare) {
  const std::lock_guard lock(mutex_);
  if (octets_ == 0 || is_there()) return;
  const std::uint64_t room = free();
  if (room == UINT64_MAX || room < spare + octets_) return;
  std::unique_ptr<rocksdb::WritableFile> file;
  if (!env_.NewWritableFile(path(), &file, {}).ok()) return;
  if (!file->Allocate(0, octets_).ok()) env_.DeleteFile(path());
}

bool Ballast::give_up() {
  const std::lock_guard lock(mutex_);
  return env_.DeleteFile(path()).ok();
}

std::unique_ptr<rocksdb::Env> careful_env(rocksdb::Env& base, std::shared_ptr<Ballast> ballast, std::uint64_t floor) {
  auto allowance = std::make_shared<Allowance>(std::move(ballast), floor);
  return std::make_unique<CarefulEnv>(base, std::make_shared<CarefulFiles>(base.GetFileSystem(), std::move(allowance)));
}

}  // namespace queue
