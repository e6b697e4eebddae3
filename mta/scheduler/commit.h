// mta/scheduler/commit.h — from decision to stable storage.
//
// What      The batch being written, the log that is synced behind it, and those who wait for the sync.
// Units     Marks count writes; a waiter belongs to the write it follows.
// Promise   write() is one atomic batch. `when_durable` runs its release only after a sync that began after that write. Releases run
//           on the syncer's thread, in order. Writes made while a Together stands share one sync. The store's mark of what was synced
//           follows within a tenth of a second, at most ten times a second.
// Errors    No space: write() says so and keeps nothing, the caller decides. Any other failure of the log: logged, abort — a restart
//           knows what is durable, we do not any more.
// Source    DESIGN.md §4.2.
// Not here  what is in the batch (mta/scheduler).
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <mutex>

#include "mta/scheduler/inbox.h"
#include "queue/store.h"

namespace mta {

class Commit : public std::enable_shared_from_this<Commit> {
 public:
  Commit(World world, std::shared_ptr<queue::Store> store) : world_(world), store_(std::move(store)) {}

  // REQUIRES: the scheduler thread, for both.
  bool write(const queue::Batch&);  // false: no space, nothing was written
  void when_durable(Job release);   // everything written so far
  std::uint64_t written() const { return written_; }

  // While it stands on the scheduler thread no sync begins.
  class Together {
   public:
    explicit Together(Commit& commit) : commit_(commit) { commit_.hold(true); }
    ~Together() { commit_.hold(false); }
    Together(const Together&) = delete;
    Together& operator=(const Together&) = delete;

   private:
    Commit& commit_;
  };

  void close();  // no release runs after this returns; for destruction without stop()
  queue::Store& store() { return *store_; }

 private:
  void hold(bool);
  void sync_round();
  void start_sync();
  void mark_soon();

  struct SyncWaiter {
    std::uint64_t mark;
    Job release;
  };
  World world_;
  std::shared_ptr<queue::Store> store_;
  std::atomic<std::uint64_t> written_{0};
  std::mutex mutex_;  // guards the rest
  std::deque<SyncWaiter> waiters_;
  bool syncing_ = false;
  bool marking_ = false;  // of the syncer's thread: the mark of what was synced is on its way to the disk
  bool held_ = false;
  bool closed_ = false;
};

}  // namespace mta
