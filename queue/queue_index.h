// queue/queue_index.h — the queues that are awake, and the index of those that sleep.
//
// What      Rows of waiting recipients, in order; a window of each awake queue in memory; counts and wake times on disk.
// Units     Rows are recipients. A window holds at most window_rows.
// Promise   Whatever the backlog, memory holds at most the awake queues and their windows, and a count per QueueGroup. Every queue with
//           rows has a record and one wake row, in the batch that made it so: no row is counted or searched at start. A look at a queue
//           writes nothing: rows that the current batch adds or takes away are seen as they will be.
// Errors    A row that does not decode is corruption: broken_promise.
// Source    mta/DESIGN.md §4.2, queue/STORE.md.
// Not here  whether a recipient may go (mta/scheduler/scheduler.cpp).
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "queue/queue_groups.h"
#include "queue/store.h"

namespace queue {

inline constexpr std::size_t window_rows = 256;

struct Queue {
  std::string bytes;
  QueueKey key;
  QueueRecord record;
  bool fresh = false;                    // awake because mail just came, not because its time did
  bool queued = false;                   // in the list of queues to serve, or being served
  unsigned busy = 0;                     // conversations that hold mail of it
  std::vector<std::uint64_t> idle;       // conversations that wait for more of it
  std::set<std::string> failed_sources;  // could not reach the site; when all of the pool have, the site is closed
  bool routing = false;                  // unrouted: a look-up is under way
  bool in_hand = false;                  // being worked on: stays in memory
  Instant planned{};                     // when it would have looked again, had nothing come between
  std::deque<QueueRow> window;
  bool complete = true;  // the window ends where the queue ends

 private:
  friend class QueueIndex;
  QueueRow scan_from{};  // the next refill begins here
  std::map<QueueRow, bool>
      unwritten;        // what the current batch makes of a row, which a scan does not see: true = there, false = gone
  bool stored = false;  // record and wake row are on disk
  bool undone = false;  // an older record may still be
  Instant stored_wake{};
  bool dirty = false;
  std::optional<Instant> sleep_until;  // leaves memory at the next write
};

class QueueIndex {
 public:
  using Skip = std::function<bool(const Queue&, const RecipientId&)>;  // taken

  QueueIndex(std::shared_ptr<Store> store, Skip skip)
      : store_(std::move(store)), skip_(std::move(skip)), groups_(count_groups(*store_)) {}

  Queue& open(const std::string& bytes);        // wakes it
  const Queue& look(const std::string& bytes);  // does not wake it: a queue that sleeps goes on sleeping
  Queue* awake(const std::string& bytes);       // only if it is in memory
  std::size_t awake_count() const { return awake_.size(); }
  std::vector<std::string> awake_queues() const;
  // Of providers with a name; an unlisted destination ("other:…") is mostly one queue, whose own count says it, and there may be a
  // million.
  const QueueGroups& groups() const { return groups_; }

  bool has(const Queue&, const QueueRow&) const;  // as the current batch will leave it
  void insert(Batch&, Queue&, const QueueRow&);   // REQUIRES: it has no such row
  void erase(Batch&, Queue&, const QueueRow&);
  void undo_insert(Queue&, const QueueRow&);                      // the batch was not written
  const QueueRow* front(Queue&);                                  // the first row that is not skipped, or null
  void pop(Queue&);                                               // REQUIRES: front() returned a row
  void put_back(Queue&, const QueueRow&);                         // a popped row, whose row on disk is as it was
  void changed(Queue& queue) { queue.dirty = true; }              // the record was edited
  void touch(const Queue& queue) { dirty_.insert(queue.bytes); }  // may it leave memory? looked at with the next write
  void sleep(Queue&, Instant until, Instant opens = {});          // `opens`: QueueRecord
  // Its site did not answer: nothing but one probe before the back-off ends, twice as long each time. And when it answers again.
  void close_site(Queue&, const std::string& reason, const std::string& said_by, Instant now);
  void open_site(Queue&);
  void note_reason(Queue&, std::string reason);  // why it does not go, while its site is open; "" = nothing holds it

  void flush(Batch&, Instant now);  // records and wake rows of all that changed
  void written();                   // the batch is in the store: drop what sleeps or is empty

  // Wakes at most `most` queues whose time has come.
  std::vector<Queue*> wake_due(Batch&, Instant now, std::size_t most);
  std::optional<Instant> next_wake() const { return next_wake_; }  // no sleeping queue wakes before

 private:
  void count(const Queue&, bool more);
  void refill(Queue&);
  std::string collect_due(const std::string& from, Instant now, std::size_t most, std::vector<Wake>&);
  void store_record(Batch&, Queue&, Instant now);

  std::shared_ptr<Store> store_;
  Skip skip_;
  std::map<std::string, Queue> awake_;
  QueueGroups groups_;
  std::set<std::string> dirty_;                   // names of queues to look at in flush
  std::string wake_low_ = std::string(8, '\0');   // no wake row of a sleeping queue sorts before this
  std::optional<Instant> next_wake_ = Instant{};  // unknown at start: look at once
};

}  // namespace queue
