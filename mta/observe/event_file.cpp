#include "mta/observe/event_file.h"

#include <spdlog/spdlog.h>

#include "mta/observe/events.h"

namespace mta {

namespace {
constexpr std::size_t piece = 256U << 10U;
constexpr Duration sync_pause = std::chrono::seconds(1);  // a crash repeats the events of so long
}  // namespace

EventFile::EventFile(World world, std::shared_ptr<const queue::Store> store, const std::string& path,
                     std::function<void(std::uint64_t)> save)
    : stopwatch_(world.stopwatch),
      store_(std::move(store)),
      path_(path),
      file_(world.disk.open_append(path)),
      save_(std::move(save)),
      synced_at_(stopwatch_.now()) {
  if (const auto row = store_->get(queue::Family::meta, cursor_key)) written_ = event_seq(*row);
}

void EventFile::advance(std::uint64_t synced) {
  while (written_ < synced) {
    std::string lines;
    std::uint64_t last = written_;
    auto row = store_->scan(queue::Family::event, queue::event_key(written_ + 1), queue::event_key(synced + 1));
    for (; row.valid() && lines.size() < piece; row.next()) {
      lines.append(row.value());
      lines += '\n';
      last = event_seq(row.key());
    }
    const bool reached_end = !row.valid();
    if (!lines.empty() && !file_->append(lines)) {
      if (!failing_) spdlog::error("events: {} cannot be written; events are kept in the spool until it can", path_);
      failing_ = true;
      return;
    }
    if (failing_) spdlog::info("events: {} is written again", path_);
    failing_ = false;
    written_ = reached_end ? synced : last;
  }
  if (finishing_ || stopwatch_.now() - synced_at_ >= sync_pause) save_cursor();
}

void EventFile::save_cursor() {
  synced_at_ = stopwatch_.now();
  if (file_->sync()) save_(written_);
}

void EventFile::finish() {
  finishing_ = true;
  save_cursor();
}

}  // namespace mta
