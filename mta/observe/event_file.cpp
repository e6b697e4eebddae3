#include "mta/observe/event_file.h"

#include <spdlog/spdlog.h>

#include "mta/observe/events.h"

namespace mta {

namespace {
constexpr std::size_t piece = 256U << 10U;
}

EventFile::EventFile(Disk& disk, std::shared_ptr<const queue::Store> store, const std::string& path,
                     std::function<void(std::uint64_t)> save)
    : store_(std::move(store)), path_(path), file_(disk.open_append(path)), save_(std::move(save)) {
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
  save_(written_);
}

}  // namespace mta
