// mta/scheduler/transaction.h — one decision: rows, events and effects that become true together.
//
// What      The batch at hand, the events and lines of the log that go with it, and the effects that wait for it.
// Units     –
// Promise   write() is all or nothing. An effect of `after_write` runs once its rows are in the store, one of `after_sync` once they are on
//           stable storage, both in the order in which they were added. Rows that change with almost every decision join the batch when
//           it is about to be written (`before_write`). Events of the batch are told to readers after the sync.
//           What changes it runs on the writer's thread.
// Errors    No space: write() returns false, says so once, keeps the batch with its effects and tries again when it is called again.
// Source    DESIGN.md §4.
// Not here  syncing (commit.h), what a recipient's end or move writes (mail_table.h).
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "mta/observe/event_file.h"
#include "mta/observe/events.h"
#include "mta/observe/mail_lines.h"
#include "mta/scheduler/commit.h"
#include "mta/scheduler/parts.h"

namespace mta {

class Transaction {
 public:
  Transaction(World, const Policy&, std::shared_ptr<queue::Store>, const WriterThread&);

  queue::Batch& batch() {
    ENSURE(writer_.is_here());
    return batch_;
  }
  void event(const Event&);  // a row of the batch; also a line of the log
  void note(const Event&);   // only a line of the log: for what costs a recipient nothing, but is looked for
  void log(MailLine);        // of the mail log, when there is one: what is no event

  void after_write(Job job) { after_write_.push_back(std::move(job)); }
  void after_sync(Job job) { effects_.push_back(std::move(job)); }
  // Set before the first write: `before` adds rows, `after` hears that the store has them, `no_room` that it does not.
  struct Members {
    std::function<void(queue::Batch&)> before;
    std::function<void()> after, no_room;
  };
  void set_members(Members members) { members_ = std::move(members); }

  // `cursor_alone`: writes how far the file of events is though there is nothing else. False: no space, the batch is kept.
  bool write(bool cursor_alone = false);
  bool full() const { return full_; }  // from any thread

  // What follows may be taken back, once everything before it is complete.
  void mark();
  void undo_to_mark();

  void continue_events(std::uint64_t last_seq);                              // at start
  void read_until(EventCursor cursor) { events_read_ = std::move(cursor); }  // stored with the next batch
  void store_event_cursor();
  Commit& commit() { return *commit_; }
  void abandon();  // a crash: nothing that waits is run

  // Set before start(); run on the syncer thread.
  std::function<void(std::uint64_t synced_seq)> on_events;
  std::function<void(const std::vector<MailLine>&)> on_lines;  // which are true now

 private:
  World world_;
  const Policy& policy_;
  const WriterThread& writer_;
  std::shared_ptr<Commit> commit_;
  Members members_;
  queue::Batch batch_;
  EventLog events_{0};
  std::uint64_t stored_seq_ = 0;  // of the last event in the store
  std::vector<MailLine> lines_to_log_;
  std::size_t lines_at_mark_ = 0;
  std::vector<Job> effects_, after_write_;
  std::optional<EventCursor> events_read_;
  std::atomic<bool> full_{false};
};

}  // namespace mta
