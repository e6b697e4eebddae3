// mta/real/log.h — the program's own log: lines to standard error, which no thread waits for.
//
// What      A sink of spdlog with a thread of its own: "2026-11-30T09:00:00.000+02:00 info TEXT".
// Units     Times of the host's zone, with the offset from UTC.
// Promise   A thread that logs never waits for the reader: lines beyond most_waiting octets in memory are dropped, counted, and the number is said.
//           What is critical is written before log() returns, since the process ends after it. Text that strangers chose cannot
//           begin a line or steer a terminal. The destructor writes what waits, for at most 2 s.
// Errors    None.
// Source    conf/example.toml ([log]).
// Not here  levels (spdlog), the lines of mail (mta/observe/mail_log.h).
#pragma once

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/sink.h>

#include <memory>
#include <string>

namespace mta::real {

class LogSink final : public spdlog::sinks::sink {
 public:
  explicit LogSink(int descriptor);  // 2: standard error
  ~LogSink() override;
  LogSink(const LogSink&) = delete;
  LogSink& operator=(const LogSink&) = delete;

  void log(const spdlog::details::log_msg&) override;
  void flush() override;                            // waits until all is written, for at most 2 s
  void set_pattern(const std::string&) override {}  // the pattern is ours
  void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

  static constexpr std::size_t most_waiting = 4U << 20U;

 private:
  struct Parts;
  std::shared_ptr<Parts> state_;  // the thread's too: it outlives us when nothing reads what it writes
};

void start_log(const std::string& level);      // of the whole process, to standard error
void set_log_level(const std::string& level);  // "debug" … "error"

}  // namespace mta::real
