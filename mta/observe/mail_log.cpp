#include "mta/observe/mail_log.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <ctime>

namespace mta {

namespace {
constexpr Duration retry_pause = std::chrono::seconds(1);
}  // namespace

std::shared_ptr<MailLog::File> MailLog::open(const std::string& path) {
  if (path.empty()) return nullptr;
  auto fresh = std::make_shared<File>();
  fresh->path = path;
  fresh->appender = world_.disk.open_append(path);
  return fresh;
}

void MailLog::use(std::shared_ptr<File> fresh) {
  finish();
  const std::lock_guard lock(mutex_);
  file_ = std::move(fresh);
}

// "2026-11-30T09:00:00.000+02:00 HOST warmupd/"
std::string MailLog::stamp() const {
  const auto now = world_.calendar.wall();
  const auto whole = std::chrono::floor<std::chrono::seconds>(now);
  const std::time_t seconds = whole.time_since_epoch().count();
  std::tm local{};
  ::localtime_r(&seconds, &local);
  const long minutes = std::abs(local.tm_gmtoff) / 60;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}{}{:02}:{:02} {} warmupd/", local.tm_year + 1900, local.tm_mon + 1,
                     local.tm_mday, local.tm_hour, local.tm_min, local.tm_sec, (now - whole).count(),
                     local.tm_gmtoff < 0 ? '-' : '+', minutes / 60, minutes % 60, stamp_.host);
}

void MailLog::add(const std::vector<MailLine>& lines) {
  if (spdlog::should_log(spdlog::level::info)) {
    for (const auto& line : lines)
      if (line.for_journal) spdlog::info("{}{}", line.text, line.more);
  }
  std::unique_lock lock(mutex_);
  if (!file_) return;
  const std::string head = stamp();
  for (const auto& line : lines) {
    if (!line.for_maillog) continue;
    if (waiting_.size() > most_waiting) {
      ++lost_;
      continue;
    }
    waiting_ += fmt::format("{}{}[{}]: {}\n", head, name(line.program), stamp_.process, line.text);
  }
  if (waiting_.empty() || draining_) return;
  draining_ = true;
  const auto file = file_;
  lock.unlock();  // the task may begin at once, and it asks for the mutex
  tasks_.spawn(world_.threads.syncer(), "maillog", drain(file));
}

awaitable<void> MailLog::drain(std::shared_ptr<File> file) {
  const auto self = shared_from_this();
  for (;;) {
    bool written = false;
    co_await world_.work.run([&] { written = write_out(*file); });
    if (!written) co_await world_.stopwatch.wait_for(retry_pause);
    const std::lock_guard lock(mutex_);
    file = file_;
    if (file && !waiting_.empty()) continue;
    draining_ = false;
    co_return;
  }
}

// False: it stays as it was, to be tried again.
bool MailLog::write_out(File& file) {
  const std::lock_guard writing(file.writing);
  std::string lines;
  std::uint64_t lost = 0;
  {
    const std::lock_guard lock(mutex_);
    lines.swap(waiting_);
    lost = std::exchange(lost_, 0);
  }
  if (lines.empty() || file.appender->append(lines)) {
    if (std::exchange(file.failing, false)) spdlog::info("maillog: {} is written again", file.path);
    if (lost > 0) spdlog::warn("maillog: {} lines are missing in {}: it could not be written fast enough", lost, file.path);
    return true;
  }
  if (!std::exchange(file.failing, true)) spdlog::error("maillog: {} cannot be written; its lines wait in memory", file.path);
  const std::lock_guard lock(mutex_);
  waiting_.insert(0, lines);
  lost_ += lost;
  return false;
}

void MailLog::finish() {
  std::shared_ptr<File> file;
  {
    const std::lock_guard lock(mutex_);
    file = file_;
  }
  if (file) write_out(*file);
}

}  // namespace mta
