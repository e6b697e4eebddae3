#include "tests/sim/world/disk.h"

#include <stdexcept>

#include "tests/sim/world/disk_env.h"

namespace mta::sim {

namespace {

class MemoryAppender : public Appender {
 public:
  MemoryAppender(std::shared_ptr<DiskLife> life, FileHandle file, std::string path)
      : life_(std::move(life)), file_(std::move(file)), path_(std::move(path)), directory_(path_.substr(0, path_.rfind('/'))) {
    life_->with([&](DiskImage& image) { image.truncate(*file_, file_->bytes.rfind('\n') + 1); });  // npos + 1 = 0
  }
  // All of it or, as the real one, the file as it was.
  bool append(std::string_view text) override {
    if (rotate_at_ > 0 && file_->bytes.size() >= rotate_at_ && sync()) rotate();
    return life_->with([&](DiskImage& image) {
      const std::size_t before = file_->bytes.size();
      const Fault fault = image.append(*file_, text);
      if (fault == Fault::no_space) image.truncate(*file_, before);
      return fault == Fault::none;
    });
  }
  bool sync() override {
    return life_->with(
        [&](DiskImage& image) { return image.sync(*file_) == Fault::none && image.sync_directory(directory_) == Fault::none; });
  }
  void rotate_at(std::uint64_t size, unsigned kept) override {
    rotate_at_ = size;
    kept_ = kept;
  }

 private:
  void rotate() {
    const auto numbered = [this](unsigned number) { return path_ + "." + std::to_string(number); };
    life_->with([&](DiskImage& image) {
      for (unsigned number = kept_; number > 1; --number) {
        if (image.find(numbered(number - 1))) image.rename(numbered(number - 1), numbered(number));
      }
      FileHandle fresh;
      if (image.rename(path_, numbered(1)) == Fault::none && image.create(path_, fresh) == Fault::none) file_ = fresh;
      return true;
    });
  }

  std::shared_ptr<DiskLife> life_;  // shared: the appender may be destroyed after the crash that ended its life
  FileHandle file_;
  std::string path_, directory_;
  std::uint64_t rotate_at_ = 0;  // 0: never
  unsigned kept_ = 0;
};

}  // namespace

SimDisk::SimDisk(std::uint64_t seed) : seed_(seed) { lives_.push_back(std::make_shared<DiskLife>(DiskImage{})); }
SimDisk::~SimDisk() = default;

rocksdb::Env* SimDisk::env() { return life().env(); }

std::uint64_t SimDisk::free_bytes(const std::string&) {
  return life().with([](const DiskImage& image) { return image.free(); });
}

std::unique_ptr<Appender> SimDisk::open_append(const std::string& path) {
  FileHandle file = life().with([&](DiskImage& image) {
    FileHandle found = image.find(path);
    if (!found) image.create(path, found);
    return found;
  });
  if (!file) throw std::runtime_error("cannot open " + path + " to append: input/output error");
  return std::make_unique<MemoryAppender>(lives_.back(), std::move(file), path);
}

void SimDisk::crash() {
  if (powered()) life().wait_for_background();
  const std::uint64_t seed = seed_ + 0x9e3779b97f4a7c15ULL * lives_.size();
  DiskImage left = life().with([&](DiskImage& image) {
    image.cut_power();
    return image.after_power_loss(seed);
  });
  lives_.push_back(std::make_shared<DiskLife>(std::move(left)));
}

void SimDisk::crash_at_operation(std::uint64_t nth) {
  life().with([&](DiskImage& image) { image.cut_power_at(nth); });
}
bool SimDisk::powered() const {
  return life().with([](const DiskImage& image) { return image.powered(); });
}
void SimDisk::lose_from_operation(std::uint64_t nth, Left how) {
  const std::uint64_t seed = seed_ + 0x9e3779b97f4a7c15ULL * (lives_.size() + nth);
  life().with([&](DiskImage& image) { image.lose_from(nth, seed, how); });
}
bool SimDisk::losing() const {
  return life().with([](const DiskImage& image) { return image.losing(); });
}
void SimDisk::fail_operation(std::uint64_t nth) {
  life().with([&](DiskImage& image) { image.break_at(nth); });
}
void SimDisk::set_free_bytes(std::uint64_t octets) {
  life().with([&](DiskImage& image) { image.set_free(octets); });
}
void SimDisk::lie_about_syncs(bool lie) {
  life().with([&](DiskImage& image) { image.lie_about_syncs(lie); });
}
std::uint64_t SimDisk::operations() const {
  return life().with([](const DiskImage& image) { return image.operations(); });
}
std::uint64_t SimDisk::syncs() const {
  return life().with([](const DiskImage& image) { return image.syncs(); });
}
void SimDisk::edit(const std::string& path, const std::function<void(std::string&)>& change) {
  life().with([&](const DiskImage& image) {
    const auto file = image.find(path);
    if (!file) return;
    change(file->bytes);
    file->synced = file->bytes.size();
  });
}
void SimDisk::no_space_at(std::uint64_t nth, std::uint64_t more) {
  life().with([&](DiskImage& image) { image.no_space_at(nth, more); });
}
std::string SimDisk::contents(const std::string& path) const {
  return life().with([&](const DiskImage& image) {
    const auto file = image.find(path);
    return file ? file->bytes : std::string();
  });
}
std::vector<std::string> SimDisk::files(const std::string& directory) const {
  return life().with([&](const DiskImage& image) { return image.children(directory); });
}

}  // namespace mta::sim
