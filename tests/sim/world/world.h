// tests/sim/world/world.h — everything of mta/doors/world.h, simulated, from one seed.
//
// What      The parts put together, and the mta::World that a program under test is given.
// Units     –
// Promise   Two SimWorlds with one seed, driven alike, log alike (loop.hash()).
// Errors    Those of the parts.
// Source    DESIGN.md §6.1.
// Not here  mail (tests/sim/town.h), the disk that crashes (disk.h; pass it to `with`).
//
// A test in three lines:
//   SimWorld world{7};
//   auto listener = world.net.listen(world.loop.outside(), *Endpoint::parse("192.0.2.25:25"));
//   const Reply reply = world.loop.run(ask_something(world.plain(), ...));      // runs until the coroutine returns
#pragma once

#include <map>
#include <string>

#include "tests/sim/world/clock.h"
#include "tests/sim/world/dice.h"
#include "tests/sim/world/dns.h"
#include "tests/sim/world/loop.h"
#include "tests/sim/world/net.h"

namespace mta::sim {

// The seed of a test: SIM_SEED from the environment, else `usual`.
std::uint64_t seed_from_env_or(std::uint64_t usual);

class SimWork final : public Work {  // inline
 public:
  awaitable<void> run(std::function<void()> job) override;
};

class SimThreads final : public Threads {  // one executor for all: the process
 public:
  explicit SimThreads(Loop& loop) : loop_(loop) {}
  Executor io() override { return loop_.process(); }
  Executor scheduler() override { return loop_.process(); }
  Executor syncer() override { return loop_.process(); }

 private:
  Loop& loop_;
};

// For tests that store nothing: RocksDB's own environment, endless space, appended files kept in memory.
class PlainDisk final : public Disk {
 public:
  rocksdb::Env* env() override { return nullptr; }
  std::uint64_t free_bytes(const std::string&) override { return 1ULL << 40U; }
  std::unique_ptr<Appender> open_append(const std::string& path) override;
  std::map<std::string, std::string> files;
};

class SimWorld {
 public:
  explicit SimWorld(std::uint64_t seed);
  ~SimWorld();
  World with(Disk& disk) { return {calendar, stopwatch, net, resolver, work, dice, disk, threads}; }
  World plain() { return with(plain_disk); }  // no crashes

  const std::uint64_t seed;
  Loop loop;
  SimDice dice, net_dice;
  PlainDisk plain_disk;
  SimCalendar calendar;
  SimStopwatch stopwatch;
  SimNet net;
  SimResolver resolver;
  SimWork work;
  SimThreads threads;
};

}  // namespace mta::sim
