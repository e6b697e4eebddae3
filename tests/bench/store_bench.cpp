// What the store costs a message: accept (chunk, message, recipient, line row), settle, cursor and replay.
// Run in a directory on the disk that is meant: TMPDIR decides.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <filesystem>

#include "queue/keys.h"
#include "queue/queue.h"
#include "queue/store.h"

namespace queue {
namespace {

class Spool {
 public:
  Spool() {
    std::string pattern = (std::filesystem::temp_directory_path() / "store-bench-XXXXXX").string();
    base_ = ::mkdtemp(pattern.data());
    store = Store::open(path());
  }
  ~Spool() {
    store.reset();
    std::filesystem::remove_all(base_);
  }
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;
  std::string path() const { return base_ + "/spool"; }

  void accept(std::uint64_t number, std::size_t octets) {
    Batch batch;
    batch.put(Family::body, body_key({number}, 0), std::string(octets, 'b'));
    batch.put(Family::message, message_key({number}), std::string(200, 'm'));
    batch.put(Family::recipient, recipient_key({{number}, 0}), std::string(120, 'r'));
    batch.put(Family::queue_row, line_key(number), "");
    store->write(batch);
  }
  void settle(std::uint64_t number) {
    Batch batch;
    batch.single_erase(Family::body, body_key({number}, 0));
    batch.erase(Family::message, message_key({number}));
    batch.erase(Family::recipient, recipient_key({{number}, 0}));
    batch.single_erase(Family::queue_row, line_key(number));
    store->write(batch);
  }
  std::string line_key(std::uint64_t number) const { return queue_row_key(line, {Instant{}, {{number}, 0}}); }

  std::unique_ptr<Store> store;
  std::string line = QueueKey{QueueKind::routed, "default", "google", "bulk", "mx.example.org", ""}.encode();

 private:
  std::string base_;
};

// A message in and out; one sync for every `range(1)` messages, as concurrent sessions share it.
void accept_and_settle(benchmark::State& state) {
  Spool spool;
  const auto octets = static_cast<std::size_t>(state.range(0));
  const auto shared = static_cast<std::uint64_t>(state.range(1));
  std::uint64_t number = 0;
  for (auto round : state) {
    spool.accept(++number, octets);
    if (number % shared == 0) spool.store->sync();
    spool.settle(number);
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["memory"] = static_cast<double>(spool.store->approximate_memory());
}
BENCHMARK(accept_and_settle)->Args({4'096, 20})->Args({4'096, 1})->Args({65'536, 20})->UseRealTime();

void first_row_of_a_drained_line(benchmark::State& state) {
  Spool spool;
  constexpr std::uint64_t drained = 300'000;
  for (std::uint64_t number = 0; number < drained; ++number) spool.accept(number, 16);
  for (std::uint64_t number = 0; number + 1 < drained; ++number) spool.settle(number);
  const std::string from = state.range(0) == 0 ? spool.line : spool.line_key(drained - 1);
  for (auto round : state)
    benchmark::DoNotOptimize(spool.store->scan(Family::queue_row, from, queue_row_end(spool.line)).valid());
}
BENCHMARK(first_row_of_a_drained_line)->ArgName("from_cursor")->Arg(0)->Arg(1);

void reopen_after_a_crash(benchmark::State& state) {
  Spool spool;
  const auto backlog = static_cast<std::uint64_t>(state.range(0));
  for (std::uint64_t number = 0; number < backlog; ++number) spool.accept(number, 4'096);
  for (auto round : state) {
    spool.store.reset();  // no flush: as much to replay as after a crash
    spool.store = Store::open(spool.path());
  }
}
BENCHMARK(reopen_after_a_crash)->Arg(1'000)->Arg(20'000)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
}  // namespace queue
