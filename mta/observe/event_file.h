// mta/observe/event_file.h — events as JSON lines in a file.
//
// What      Copies event rows that are durable to the end of a file, from a stored cursor.
// Units     Sequence numbers.
// Promise   At least once, in order, a line each, whatever crashes; what could not be written is written later. Nothing is written that
//           a crash could take back. An event is written as soon as it is durable, before the client hears its 250; of many, those of
//           a fiftieth of a second together. Two places are saved: what the disk of the file has for certain, from which it goes on
//           after the host went down, and what was written, from which it goes on when only the program did: twice is rare.
//           The file is moved to PATH.1 when it has grown to rotate_at octets, and `rotated` of those are kept: strangers cannot fill
//           the disk with what they are refused.
// Errors    A file that cannot be written is logged once until it can. Events that cannot be read are left out, and the log says which.
// Source    README "See what it does".
// Not here  making events (events.h).
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "mta/doors/world.h"
#include "queue/store.h"

namespace mta {

struct EventCursor {
  std::uint64_t synced = 0;   // in the file whatever happens
  std::uint64_t written = 0;  // in the file as long as the host stays up
  std::string boot;           // which time it is up, so that the next can tell
  std::string encode() const;
  static EventCursor decode(std::string_view);
  friend bool operator==(const EventCursor&, const EventCursor&) = default;
};

class EventFile : public std::enable_shared_from_this<EventFile> {
 public:
  // `save` stores the cursor, with the next batch. Throws for people when the file cannot be opened.
  EventFile(World, std::shared_ptr<const queue::Store>, const std::string& path, std::function<void(EventCursor)> save);
  // One thread at a time (the syncer's), all of them.
  void advance(std::uint64_t synced);  // events up to this one are durable
  void finish();                       // shutdown: what is durable is written and synced now, and at once from now on

  static constexpr std::string_view cursor_key = "events/file";
  static constexpr std::uint64_t rotate_at = 64ULL << 20U;
  static constexpr unsigned rotated = 8;

 private:
  static awaitable<void> pause(Stopwatch&, Duration, std::weak_ptr<EventFile>);
  void write_now(std::uint64_t synced);
  bool write_until(std::uint64_t synced);
  std::uint64_t readable_after(std::uint64_t last, std::uint64_t end) const;
  void sync_file();

  World world_;
  std::shared_ptr<const queue::Store> store_;
  std::string path_;
  std::unique_ptr<Appender> file_;
  std::function<void(EventCursor)> save_;
  EventCursor cursor_;
  std::uint64_t durable_ = 0;  // the last that may be written
  std::chrono::steady_clock::time_point synced_at_{};
  unsigned at_once_ = 0;
  bool pausing_ = false, failing_ = false, finishing_ = false;
};

}  // namespace mta
