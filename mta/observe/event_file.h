// mta/observe/event_file.h — events as JSON lines in a file.
//
// What      Copies event rows that are durable to the end of a file, from a stored cursor.
// Units     Sequence numbers.
// Promise   At least once, in order; what could not be written is written later. Nothing is written that a crash could take back.
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
  EventFile(Disk&, std::shared_ptr<const queue::Store>, const std::string& path, std::function<void(std::uint64_t)> save);
  void advance(std::uint64_t synced);  // one thread at a time (the syncer's)

  static constexpr std::string_view cursor_key = "events/file";

 private:
  std::shared_ptr<const queue::Store> store_;
  std::string path_;
  std::unique_ptr<Appender> file_;
  std::function<void(std::uint64_t)> save_;
  std::uint64_t written_ = 0;
  bool failing_ = false;
};

}  // namespace mta
