#include "tests/sim/world/disk_env.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <algorithm>
#include <cstring>

#include "tests/sim/world/backroom.h"

namespace mta::sim {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

namespace {

IOStatus status(Fault fault, const std::string& path) {
  switch (fault) {
    case Fault::none: return IOStatus::OK();
    case Fault::power: return IOStatus::IOError(path, "the power is off");
    case Fault::broken: return IOStatus::IOError(path, "Input/output error");
    case Fault::no_space: return IOStatus::NoSpace(path, "No space left on device");
    case Fault::no_file: return IOStatus::PathNotFound(path, "No such file or directory");
  }
  return IOStatus::IOError(path, "unknown fault");
}

constexpr std::chrono::milliseconds patience{20};  // longer than it takes to come from one step of a program to the next

bool is_log(const std::string& path) { return path.ends_with(".log"); }

class Reading : public rocksdb::FSSequentialFile {
 public:
  Reading(DiskLife& life, FileHandle file, std::string path) : life_(life), file_(std::move(file)), path_(std::move(path)) {}
  IOStatus Read(std::size_t wanted, const IOOptions&, Slice* result, char* scratch, IODebugContext*) override {
    return life_.with([&](const DiskImage& image) {
      if (!image.powered()) return status(Fault::power, path_);
      const std::size_t size = std::min(wanted, file_->bytes.size() - std::min(at_, file_->bytes.size()));
      std::memcpy(scratch, file_->bytes.data() + at_, size);
      at_ += size;
      *result = Slice(scratch, size);
      return IOStatus::OK();
    });
  }
  IOStatus Skip(std::uint64_t octets) override {
    return life_.with([&](const DiskImage&) {
      at_ = std::min(file_->bytes.size(), at_ + static_cast<std::size_t>(octets));
      return IOStatus::OK();
    });
  }

 private:
  DiskLife& life_;
  FileHandle file_;
  std::string path_;
  std::size_t at_ = 0;
};

class Looking : public rocksdb::FSRandomAccessFile {
 public:
  Looking(DiskLife& life, FileHandle file, std::string path) : life_(life), file_(std::move(file)), path_(std::move(path)) {}
  IOStatus Read(std::uint64_t offset, std::size_t wanted, const IOOptions&, Slice* result, char* scratch,
                IODebugContext*) const override {
    return life_.with([&](const DiskImage& image) {
      if (!image.powered()) return status(Fault::power, path_);
      const std::size_t from = std::min(static_cast<std::size_t>(offset), file_->bytes.size());
      const std::size_t size = std::min(wanted, file_->bytes.size() - from);
      std::memcpy(scratch, file_->bytes.data() + from, size);
      *result = Slice(scratch, size);
      return IOStatus::OK();
    });
  }

 private:
  DiskLife& life_;
  FileHandle file_;
  std::string path_;
};

class Writing : public rocksdb::FSWritableFile {
 public:
  Writing(DiskLife& life, FileHandle file, std::string path) : life_(life), file_(std::move(file)), path_(std::move(path)) {}
  using rocksdb::FSWritableFile::Append;
  IOStatus Append(const Slice& data, const IOOptions&, IODebugContext*) override {
    if (is_log(path_)) life_.wait_for_background();  // not at Sync: a flush may be waiting for that very sync
    return life_.with([&](DiskImage& image) { return status(image.append(*file_, {data.data(), data.size()}), path_); });
  }
  IOStatus Truncate(std::uint64_t size, const IOOptions&, IODebugContext*) override {
    return life_.with([&](DiskImage& image) {
      if (image.powered() && size == file_->bytes.size()) return IOStatus::OK();
      return status(image.truncate(*file_, static_cast<std::size_t>(size)), path_);
    });
  }
  // RocksDB allocates ahead of what it writes, which changes nothing here; the ballast is nothing but allocated.
  IOStatus Allocate(std::uint64_t, std::uint64_t octets, const IOOptions&, IODebugContext*) override {
    if (!path_.ends_with("/ballast")) return IOStatus::OK();
    return life_.with([&](DiskImage& image) { return status(image.reserve(*file_, octets), path_); });
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    return life_.with([&](DiskImage& image) { return status(image.sync(*file_), path_); });
  }
  IOStatus Flush(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }
  bool IsSyncThreadSafe() const override { return true; }
  std::uint64_t GetFileSize(const IOOptions&, IODebugContext*) override {
    return life_.with([&](const DiskImage&) { return static_cast<std::uint64_t>(file_->bytes.size()); });
  }

 private:
  DiskLife& life_;
  FileHandle file_;
  std::string path_;
};

class Directory : public rocksdb::FSDirectory {
 public:
  Directory(DiskLife& life, std::string path) : life_(life), path_(std::move(path)) {}
  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    return life_.with([&](DiskImage& image) { return status(image.sync_directory(path_), path_); });
  }
  IOStatus Close(const IOOptions&, IODebugContext*) override { return IOStatus::OK(); }

 private:
  DiskLife& life_;
  std::string path_;
};

class SilentLogger : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
  std::size_t GetLogFileSize() const override { return 0; }
};

struct HeldLock : rocksdb::FileLock {
  explicit HeldLock(std::string path_in) : path(std::move(path_in)) {}
  std::string path;
};

// ---- the file system: everything that touches a file is ours, the wrapped one only answers questions of options.

class MemoryFiles : public rocksdb::FileSystemWrapper {
 public:
  explicit MemoryFiles(DiskLife& life) : FileSystemWrapper(rocksdb::FileSystem::Default()), life_(life) {}
  const char* Name() const override { return "warmupd.MemoryFiles"; }

  IOStatus NewSequentialFile(const std::string& path, const FileOptions&, std::unique_ptr<rocksdb::FSSequentialFile>* made,
                             IODebugContext*) override {
    return open<Reading>(path, made);
  }
  IOStatus NewRandomAccessFile(const std::string& path, const FileOptions&, std::unique_ptr<rocksdb::FSRandomAccessFile>* made,
                               IODebugContext*) override {
    return open<Looking>(path, made);
  }
  IOStatus NewWritableFile(const std::string& path, const FileOptions&, std::unique_ptr<rocksdb::FSWritableFile>* made,
                           IODebugContext*) override {
    FileHandle file;
    const Fault fault = life_.with([&](DiskImage& image) { return image.create(path, file); });
    if (fault == Fault::none) *made = std::make_unique<Writing>(life_, std::move(file), path);
    return status(fault, path);
  }
  IOStatus ReopenWritableFile(const std::string& path, const FileOptions& options, std::unique_ptr<rocksdb::FSWritableFile>* made,
                              IODebugContext* context) override {
    const auto found = open<Writing>(path, made);
    return found.IsPathNotFound() ? NewWritableFile(path, options, made, context) : found;
  }
  IOStatus ReuseWritableFile(const std::string&, const std::string&, const FileOptions&,
                             std::unique_ptr<rocksdb::FSWritableFile>*, IODebugContext*) override {
    return IOStatus::NotSupported("reusing files");
  }
  IOStatus NewRandomRWFile(const std::string&, const FileOptions&, std::unique_ptr<rocksdb::FSRandomRWFile>*,
                           IODebugContext*) override {
    return IOStatus::NotSupported("writing in the middle of files");
  }
  IOStatus NewMemoryMappedFileBuffer(const std::string&, std::unique_ptr<rocksdb::MemoryMappedFileBuffer>*) override {
    return IOStatus::NotSupported("mapping files");
  }
  IOStatus NewDirectory(const std::string& path, const IOOptions&, std::unique_ptr<rocksdb::FSDirectory>* made,
                        IODebugContext*) override {
    const bool there = life_.with([&](const DiskImage& image) { return image.is_directory(path); });
    if (!there) return status(Fault::no_file, path);
    *made = std::make_unique<Directory>(life_, path);
    return IOStatus::OK();
  }
  IOStatus NewLogger(const std::string&, const IOOptions&, std::shared_ptr<rocksdb::Logger>* made, IODebugContext*) override {
    *made = std::make_shared<SilentLogger>();
    return IOStatus::OK();
  }

  IOStatus FileExists(const std::string& path, const IOOptions&, IODebugContext*) override {
    return life_.with([&](const DiskImage& image) {
      if (!image.powered()) return status(Fault::power, path);
      return image.find(path) || image.is_directory(path) ? IOStatus::OK() : IOStatus::NotFound(path);
    });
  }
  IOStatus GetChildren(const std::string& path, const IOOptions&, std::vector<std::string>* names, IODebugContext*) override {
    return life_.with([&](const DiskImage& image) {
      if (!image.powered()) return status(Fault::power, path);
      if (!image.is_directory(path)) return status(Fault::no_file, path);
      *names = image.children(path);
      return IOStatus::OK();
    });
  }
  IOStatus GetChildrenFileAttributes(const std::string& path, const IOOptions& options,
                                     std::vector<rocksdb::FileAttributes>* result, IODebugContext* context) override {
    return FileSystem::GetChildrenFileAttributes(path, options, result, context);  // by GetChildren and GetFileSize
  }
  IOStatus IsDirectory(const std::string& path, const IOOptions&, bool* answer, IODebugContext*) override {
    *answer = life_.with([&](const DiskImage& image) { return image.is_directory(path); });
    return IOStatus::OK();
  }
  // Who knows a file from the database and then looks for it finds it gone, if a compaction is to remove it. Nobody asks this while
  // the database's mutex is held and there are jobs.
  IOStatus GetFileSize(const std::string& path, const IOOptions&, std::uint64_t* size, IODebugContext*) override {
    life_.wait_for_background();
    return with_file(path, [size](const StoredFile& file) { *size = file.bytes.size(); });
  }
  IOStatus GetFileModificationTime(const std::string& path, const IOOptions&, std::uint64_t* time, IODebugContext*) override {
    return with_file(path, [time](const StoredFile&) { *time = 0; });
  }
  IOStatus GetAbsolutePath(const std::string& path, const IOOptions&, std::string* absolute, IODebugContext*) override {
    *absolute = path;
    return IOStatus::OK();
  }
  IOStatus GetFreeSpace(const std::string&, const IOOptions&, std::uint64_t* free, IODebugContext*) override {
    *free = life_.with([](const DiskImage& image) { return image.free(); });
    return IOStatus::OK();
  }
  IOStatus NumFileLinks(const std::string& path, const IOOptions&, std::uint64_t*, IODebugContext*) override {
    return IOStatus::NotSupported(path);
  }
  IOStatus AreFilesSame(const std::string& path, const std::string&, const IOOptions&, bool*, IODebugContext*) override {
    return IOStatus::NotSupported(path);
  }
  IOStatus GetTestDirectory(const IOOptions&, std::string* path, IODebugContext*) override {
    *path = "/test";
    return IOStatus::OK();
  }

  IOStatus DeleteFile(const std::string& path, const IOOptions&, IODebugContext*) override {
    return status(life_.with([&](DiskImage& image) { return image.remove(path); }), path);
  }
  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions&, IODebugContext*) override {
    return status(life_.with([&](DiskImage& image) { return image.rename(from, to); }), from);
  }
  IOStatus LinkFile(const std::string& from, const std::string& to, const IOOptions&, IODebugContext*) override {
    return status(life_.with([&](DiskImage& image) { return image.link(from, to); }), from);
  }
  IOStatus Truncate(const std::string& path, std::size_t size, const IOOptions&, IODebugContext*) override {
    return status(life_.with([&](DiskImage& image) {
      const auto file = image.find(path);
      return file ? image.truncate(*file, size) : Fault::no_file;
    }),
                  path);
  }
  IOStatus CreateDir(const std::string& path, const IOOptions&, IODebugContext*) override { return make_directory(path); }
  IOStatus CreateDirIfMissing(const std::string& path, const IOOptions&, IODebugContext*) override {
    return make_directory(path);
  }
  IOStatus DeleteDir(const std::string& path, const IOOptions&, IODebugContext*) override {
    life_.with([&](DiskImage& image) { image.remove_directory(path); });
    return IOStatus::OK();
  }
  IOStatus LockFile(const std::string& path, const IOOptions&, rocksdb::FileLock** lock, IODebugContext*) override {
    *lock = nullptr;
    if (!life_.lock_file(path)) return IOStatus::IOError("lock hold by current process", path);
    *lock = new HeldLock(path);  // NOLINT: RocksDB gives it back to UnlockFile
    return IOStatus::OK();
  }
  IOStatus UnlockFile(rocksdb::FileLock* lock, const IOOptions&, IODebugContext*) override {
    const std::unique_ptr<HeldLock> held(static_cast<HeldLock*>(lock));
    life_.unlock_file(held->path);
    return IOStatus::OK();
  }

 private:
  template <class File, class Base>
  IOStatus open(const std::string& path, std::unique_ptr<Base>* made) {
    const FileHandle file = life_.with([&](const DiskImage& image) { return image.find(path); });
    if (!file) return status(Fault::no_file, path);
    *made = std::make_unique<File>(life_, file, path);
    return IOStatus::OK();
  }
  template <class Look>
  IOStatus with_file(const std::string& path, Look look) {
    return life_.with([&](const DiskImage& image) {
      const auto file = image.find(path);
      if (!file) return status(Fault::no_file, path);
      look(*file);
      return IOStatus::OK();
    });
  }
  IOStatus make_directory(const std::string& path) {
    return life_.with([&](DiskImage& image) {
      if (!image.powered()) return status(Fault::power, path);
      image.make_directory(path);
      return IOStatus::OK();
    });
  }

  DiskLife& life_;
};

class MemoryEnv : public rocksdb::EnvWrapper {
 public:
  MemoryEnv(const std::shared_ptr<rocksdb::FileSystem>& files, BackgroundThread& backroom)
      : EnvWrapper(rocksdb::NewCompositeEnv(files)), backroom_(backroom) {
    file_system_ = files;  // without this RocksDB would reach the files through its legacy adaptors
  }
  void Schedule(void (*run)(void*), void* argument, Priority, void* tag, void (*given_up)(void*)) override {
    backroom_.add({run, argument, tag, given_up});
  }
  int UnSchedule(void* tag, Priority) override { return backroom_.give_up(tag); }
  void SetBackgroundThreads(int, Priority) override {}
  int GetBackgroundThreads(Priority) override { return 1; }
  void IncBackgroundThreadsIfNeeded(int, Priority) override {}
  int ReserveThreads(int, Priority) override { return 0; }
  int ReleaseThreads(int, Priority) override { return 0; }
  unsigned int GetThreadPoolQueueLen(Priority) const override { return 0; }

 private:
  BackgroundThread& backroom_;
};

}  // namespace

DiskLife::DiskLife(DiskImage image)
    : image_(std::move(image)),
      backroom_(std::make_unique<BackgroundThread>(patience)),
      env_(std::make_unique<MemoryEnv>(std::make_shared<MemoryFiles>(*this), *backroom_)) {}
DiskLife::~DiskLife() = default;

rocksdb::Env* DiskLife::env() { return env_.get(); }
void DiskLife::wait_for_background() { backroom_->wait_until_idle(); }

bool DiskLife::lock_file(const std::string& path) {
  const std::lock_guard lock(mutex_);
  return locks_.insert(path).second;
}
void DiskLife::unlock_file(const std::string& path) {
  const std::lock_guard lock(mutex_);
  locks_.erase(path);
}

}  // namespace mta::sim
