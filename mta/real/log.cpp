#include "mta/real/log.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "mta/base/plain_text.h"
#include "mta/real/signals_blocked.h"

namespace mta::real {

namespace {
constexpr auto gather = std::chrono::milliseconds(10);  // lines that come in so short a time are written together
constexpr auto longest_wait = std::chrono::seconds(2);

void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // nobody reads any more
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}
}  // namespace

struct LogSink::Parts {
  explicit Parts(int descriptor_in) : descriptor(descriptor_in) {}

  const int descriptor;
  std::mutex mutex;  // guards the rest
  std::condition_variable wake, idle;
  spdlog::pattern_formatter head{"%Y-%m-%dT%H:%M:%S.%e%z %l ", spdlog::pattern_time_type::local, ""};
  std::string waiting;
  std::size_t in_writing = 0;  // octets taken from `waiting` that the reader has not got yet
  std::uint64_t lost = 0;
  bool sleeping = false, writing = false, ending = false;

  void run();
  bool wait_until_written(std::unique_lock<std::mutex>& lock) {
    wake.notify_one();
    return idle.wait_for(lock, longest_wait, [this] { return waiting.empty() && !writing; });
  }
};

void LogSink::Parts::run() {
  std::unique_lock lock(mutex);
  for (;;) {
    sleeping = true;
    wake.wait(lock, [this] { return ending || !waiting.empty(); });
    sleeping = false;
    if (waiting.empty()) return;
    if (!ending) wake.wait_for(lock, gather, [this] { return ending; });
    std::string lines = std::exchange(waiting, std::string());
    if (const auto missing = std::exchange(lost, 0); missing > 0)
      lines += fmt::format("warmupd: {} lines of the log are missing here: they were not read fast enough\n", missing);
    writing = true;
    in_writing = lines.size();
    lock.unlock();
    write_all(descriptor, lines);
    lock.lock();
    writing = false;
    in_writing = 0;
    idle.notify_all();
  }
}

LogSink::LogSink(int descriptor) : state_(std::make_shared<Parts>(descriptor)) {
  const SignalsBlocked no_signals;
  std::thread([state = state_] { state->run(); }).detach();
}

LogSink::~LogSink() {
  std::unique_lock lock(state_->mutex);
  state_->ending = true;
  state_->wait_until_written(lock);
}

void LogSink::log(const spdlog::details::log_msg& message) {
  const std::string text = escaped({message.payload.data(), message.payload.size()});
  std::unique_lock lock(state_->mutex);
  if (state_->waiting.size() + state_->in_writing > most_waiting && message.level < spdlog::level::critical) {
    ++state_->lost;
    return;
  }
  spdlog::memory_buf_t head;
  state_->head.format(message, head);
  state_->waiting.append(head.data(), head.size());
  state_->waiting += text;
  state_->waiting += '\n';
  if (message.level >= spdlog::level::critical) {
    state_->wait_until_written(lock);
  } else if (state_->sleeping) {
    state_->wake.notify_one();
  }
}

void LogSink::flush() {
  std::unique_lock lock(state_->mutex);
  state_->wait_until_written(lock);
}

void start_log(const std::string& level) {
  spdlog::set_default_logger(std::make_shared<spdlog::logger>("warmupd", std::make_shared<LogSink>(STDERR_FILENO)));
  set_log_level(level);
}

void set_log_level(const std::string& level) { spdlog::set_level(spdlog::level::from_str(level)); }

}  // namespace mta::real
