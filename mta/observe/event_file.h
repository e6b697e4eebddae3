// mta/observe/event_file.h — events as JSON lines in a file.
//
// What      Copies event rows that are durable to the end of a file, from a stored cursor.
// Units     Sequence numbers.
// Promise   At least once, in order, a line each, whatever crashes; what could not be written is written later. Nothing is written that
//           a crash could take back. The cursor that is saved stands before what the disk of the file could still lose.
// Errors    A file that cannot be written is logged once until it can.
// Source    contract "Events".
// Not here  making events (events.h).
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "mta/world.h"
#include "queue/store.h"

namespace mta {

class EventFile {
 public:
  // `save` stores the cursor, with some later batch. Throws for people when the file cannot be opened.
  EventFile(World, std::shared_ptr<const queue::Store>, const std::string& path, std::function<void(std::uint64_t)> save);
  // One thread at a time (the syncer's), both.
  void advance(std::uint64_t synced);
  void finish();  // shutdown: what is written is synced now, and at once from now on

  static constexpr std::string_view cursor_key = "events/file";

 private:
  void save_cursor();

  Stopwatch& stopwatch_;
  std::shared_ptr<const queue::Store> store_;
  std::string path_;
  std::unique_ptr<Appender> file_;
  std::function<void(std::uint64_t)> save_;
  std::uint64_t written_ = 0;
  std::chrono::steady_clock::time_point synced_at_{};
  bool failing_ = false, finishing_ = false;
};

}  // namespace mta
