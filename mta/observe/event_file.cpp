#include "mta/observe/event_file.h"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>

#include "mta/observe/events.h"

namespace mta {

namespace {
constexpr std::size_t piece = 256U << 10U;
constexpr Duration gather = std::chrono::milliseconds(20);
constexpr unsigned most_at_once = 8;  // writes within that time; what comes behind them is written together at its end
constexpr Duration failing_pause = std::chrono::seconds(1);
constexpr Duration sync_pause = std::chrono::seconds(1);  // a power loss repeats the events of so long
}  // namespace

std::string EventCursor::encode() const { return queue::event_key(synced) + queue::event_key(written) + boot; }

// A spool of before has the first alone.
EventCursor EventCursor::decode(std::string_view row) {
  constexpr std::size_t one = 8;
  EventCursor cursor;
  if (row.size() < one) return cursor;
  cursor.synced = cursor.written = event_seq(row.substr(0, one));
  if (row.size() < 2 * one) return cursor;
  cursor.written = event_seq(row.substr(one, one));
  cursor.boot = row.substr(2 * one);
  return cursor;
}

EventFile::EventFile(World world, std::shared_ptr<const queue::Store> store, const std::string& path,
                     std::function<void(EventCursor)> save)
    : world_(world),
      store_(std::move(store)),
      path_(path),
      file_(world.disk.open_append(path)),
      save_(std::move(save)),
      synced_at_(world.stopwatch.now()) {
  file_->rotate_at(rotate_at, rotated);
  if (const auto row = store_->get(queue::Family::meta, cursor_key)) cursor_ = EventCursor::decode(*row);
  const std::string boot = world.calendar.boot().id;
  if (boot.empty() || cursor_.boot != boot) cursor_.written = cursor_.synced;
  cursor_.boot = boot;
}

void EventFile::advance(std::uint64_t synced) {
  durable_ = synced;
  if (pausing_ && at_once_ >= most_at_once && !finishing_) return;
  ++at_once_;
  write_now(synced);
  if (finishing_ || std::exchange(pausing_, true)) return;
  asio::co_spawn(world_.threads.syncer(), pause(world_.stopwatch, failing_ ? failing_pause : gather, weak_from_this()),
                 [](const std::exception_ptr&) {});
}

awaitable<void> EventFile::pause(Stopwatch& stopwatch, Duration how_long, std::weak_ptr<EventFile> file) {
  co_await stopwatch.wait_for(how_long);
  const auto still = file.lock();
  if (!still) co_return;
  still->pausing_ = false;
  still->at_once_ = 0;
  if (still->durable_ > still->cursor_.written) still->advance(still->durable_);
}

void EventFile::write_now(std::uint64_t synced) {
  const std::uint64_t before = cursor_.written;
  const bool done = write_until(synced);
  if (done && (finishing_ || world_.stopwatch.now() - synced_at_ >= sync_pause)) return sync_file();
  if (cursor_.written != before) save_(cursor_);
}

// The first event behind `last` that can be read, or the one after `end`.
std::uint64_t EventFile::readable_after(std::uint64_t last, std::uint64_t end) const {
  for (std::uint64_t next = last + 1; next <= end; ++next) {
    try {
      if (store_->get(queue::Family::event, queue::event_key(next))) return next;
    } catch (const queue::StoreError&) {
      continue;  // the next one may be readable
    }
  }
  return end + 1;
}

// False: the file cannot be written.
bool EventFile::write_until(std::uint64_t synced) {
  while (cursor_.written < synced) {
    std::string lines;
    std::uint64_t last = cursor_.written;
    auto row = store_->scan(queue::Family::event, queue::event_key(last + 1), queue::event_key(synced + 1));
    bool reached_end = false;
    try {
      for (; row.valid() && lines.size() < piece; row.next()) {
        lines.append(row.value());
        lines += '\n';
        last = event_seq(row.key());
      }
      reached_end = !row.valid();
    } catch (const queue::StoreError& error) {
      const std::uint64_t next = readable_after(last, synced);
      spdlog::error("events {} to {} cannot be read and are not in {}: {}", last + 1, next - 1, path_, error.what());
      last = next - 1;
    }
    if (!lines.empty() && !file_->append(lines)) {
      if (!failing_) spdlog::error("events: {} cannot be written; events are kept in the spool until it can", path_);
      failing_ = true;
      return false;
    }
    if (failing_) spdlog::info("events: {} is written again", path_);
    failing_ = false;
    cursor_.written = reached_end ? synced : last;
  }
  return true;
}

void EventFile::sync_file() {
  synced_at_ = world_.stopwatch.now();
  if (file_->sync()) cursor_.synced = cursor_.written;
  save_(cursor_);
}

void EventFile::finish() {
  finishing_ = true;
  write_until(durable_);
  sync_file();
}

}  // namespace mta
