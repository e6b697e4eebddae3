#include "tests/sim/world/world.h"

#include <cstdlib>

namespace mta::sim {

std::uint64_t seed_from_env_or(std::uint64_t usual) {
  const char* wish = std::getenv("SIM_SEED");
  return wish == nullptr || *wish == '\0' ? usual : std::strtoull(wish, nullptr, 10);
}

awaitable<void> SimWork::run(std::function<void()> job) {
  job();
  co_return;
}

namespace {
class MemoryAppender final : public Appender {
 public:
  explicit MemoryAppender(std::string& file) : file_(file) {}
  bool append(std::string_view text) override {
    file_ += text;
    return true;
  }
  bool sync() override { return true; }
  void rotate_at(std::uint64_t, unsigned) override {}

 private:
  std::string& file_;
};
}  // namespace

std::unique_ptr<Appender> PlainDisk::open_append(const std::string& path) {
  return std::make_unique<MemoryAppender>(files[path]);
}

SimWorld::SimWorld(std::uint64_t seed_in)
    : seed(seed_in),
      dice(seed, "daemon"),
      net_dice(seed, "net"),
      calendar(loop),
      stopwatch(loop),
      net(loop, net_dice),
      resolver(loop),
      threads(loop) {}

// Frames refer to the parts below the loop, so they end first (loop.h).
SimWorld::~SimWorld() { loop.end(); }

}  // namespace mta::sim
