// mta/books/lines.h — the lines that are awake, and the index of those that sleep.
//
// What      Rows of waiting recipients, in order; a window of each awake line in memory; counts and wake times on disk.
// Units     Rows are recipients. A window holds at most window_rows.
// Promise   Whatever the backlog, memory holds at most the awake lines and their windows, and a count per LineForPeople. Every line with
//           rows has a record and one wake row, in the batch that made it so: no row is counted or searched at start.
// Errors    A row that does not decode is corruption: broken_promise.
// Source    DESIGN.md §4.2, queue/STORE.md.
// Not here  whether a recipient may go (scheduler.cpp).
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "mta/world.h"
#include "queue/line.h"
#include "queue/store.h"

namespace mta {

inline constexpr std::size_t window_rows = 256;

struct Line {
  std::string bytes;
  queue::LineKey key;
  queue::LineRecord record;
  bool fresh = false;                    // awake because mail just came, not because its time did
  bool queued = false;                   // in the list of lines to serve, or being served
  unsigned busy = 0;                     // conversations that hold mail of it
  std::vector<std::uint64_t> idle;       // conversations that wait for more of it
  std::set<std::string> failed_sources;  // could not reach the site; when all of the pool have, the site is closed
  bool routing = false;                  // unrouted: a look-up is under way
  bool in_hand = false;                  // being worked on: stays in memory
  Instant planned{};                     // when it would have looked again, had nothing come between
  std::deque<queue::LineRow> window;
  bool complete = true;  // the window ends where the line ends

 private:
  friend class Lines;
  queue::LineRow scan_from{};  // the next refill begins here
  bool unwritten = false;      // rows changed since the last write: a scan would not see them so
  bool stored = false;         // record and wake row are on disk
  bool undone = false;         // an older record may still be
  Instant stored_wake{};
  bool dirty = false;
  std::optional<Instant> sleep_until;  // leaves memory at the next write
};

// Who waits for one provider, over all its sites: what people call a line (WARMUP.md §10). `pin` "" = any source of the pool.
struct LineForPeople {
  std::string provider, mail_class, pool, pin;
  friend auto operator<=>(const LineForPeople&, const LineForPeople&) = default;
};
using LinesForPeople = std::map<LineForPeople, std::uint64_t>;

class Lines {
 public:
  using Skip = std::function<bool(const Line&, const queue::RecipientId&)>;  // taken
  using WriteFirst = std::function<bool()>;                                  // writes the batch at hand; false: no space

  Lines(std::shared_ptr<queue::Store> store, Skip skip, WriteFirst write_first)
      : store_(std::move(store)), skip_(std::move(skip)), write_first_(std::move(write_first)) {
    count_for_people();
  }

  Line& open(const std::string& bytes);        // wakes it
  const Line& look(const std::string& bytes);  // does not wake it: who sleeps goes on sleeping
  Line* awake(const std::string& bytes);       // only if it is in memory
  std::size_t awake_count() const { return awake_.size(); }
  std::vector<std::string> awake_lines() const;
  // Of providers with a name; an unlisted destination ("other:…") is mostly one line, whose own count says it, and there may be a
  // million.
  const LinesForPeople& for_people() const { return for_people_; }

  void insert(queue::Batch&, Line&, const queue::LineRow&);
  void erase(queue::Batch&, Line&, const queue::LineRow&);
  void undo_insert(Line&, const queue::LineRow&);              // the batch was not written
  const queue::LineRow* front(Line&);                          // the first row that is not skipped, or nothing
  void pop(Line&);                                             // REQUIRES: front() returned a row
  void put_back(Line&, const queue::LineRow&);                 // a popped row, whose row on disk is as it was
  void changed(Line& line) { line.dirty = true; }              // the record was edited
  void touch(const Line& line) { dirty_.insert(line.bytes); }  // may it leave memory? looked at with the next write
  void sleep(Line&, Instant until, Instant opens = {});        // `opens`: LineRecord
  // Its site did not answer: nothing but one probe before the back-off ends, twice as long each time. And when it answers again.
  void close_site(Line&, const std::string& reason, const std::string& said_by, Instant now);
  void open_site(Line&);
  void note_reason(Line&, std::string reason);  // why it does not go, while its site is open; "" = nothing holds it

  void flush(queue::Batch&, Instant now);  // records and wake rows of all that changed
  void written();                          // the batch is in the store: drop what sleeps or is empty

  // Wakes at most `most` lines whose time has come.
  std::vector<Line*> wake_due(queue::Batch&, Instant now, std::size_t most);
  std::optional<Instant> next_wake() const { return next_wake_; }  // no sleeping line wakes before

 private:
  void count_for_people();  // by the records, once
  void count(const Line&, bool more);
  bool refill(Line&);
  std::string collect_due(const std::string& from, Instant now, std::size_t most, std::vector<queue::Wake>&);
  void store_record(queue::Batch&, Line&, Instant now);

  std::shared_ptr<queue::Store> store_;
  Skip skip_;
  WriteFirst write_first_;
  std::map<std::string, Line> awake_;
  LinesForPeople for_people_;
  std::set<std::string> dirty_;                   // names of lines to look at in flush
  std::string wake_low_ = std::string(8, '\0');   // no wake row of a sleeping line sorts before this
  std::optional<Instant> next_wake_ = Instant{};  // unknown at start: look at once
};

}  // namespace mta
