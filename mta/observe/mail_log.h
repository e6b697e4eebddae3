// mta/observe/mail_log.h — the log of mail: to the program's own log, and to a file that readers of Postfix's maillog understand.
//
// What      Takes lines (mail_lines.h), writes those for people at level info, and all in Postfix's shape to the file of [log] maillog:
//           "TIME HOST warmupd/smtp[PID]: ID: to=<…>, …".
// Units     TIME is RFC 3339 with milliseconds and the host's zone, of real time.
// Promise   add() never waits for a disk: the file is written on the pool for long jobs, at most most_waiting octets wait for that,
//           and what is beyond is counted and said. A file that was moved away is made anew at the next line.
// Errors    open() throws for people. A file that cannot be written is said once, until it can.
// Source    conf/example.toml ([log]); RFC 3339; syslog_name of Postfix.
// Not here  the program's log itself (mta/real/log.h).
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "mta/doors/tasks.h"
#include "mta/doors/world.h"
#include "mta/observe/mail_lines.h"

namespace mta {

class MailLog : public std::enable_shared_from_this<MailLog> {
 public:
  struct Stamp {
    std::string host;
    unsigned process = 0;
  };
  MailLog(World world, Tasks& tasks, Stamp stamp) : world_(world), tasks_(tasks), stamp_(std::move(stamp)) {}

  struct File {
    std::string path;
    std::unique_ptr<Appender> appender;
    std::mutex writing;  // guards appender and failing
    bool failing = false;
  };
  std::shared_ptr<File> open(const std::string& path);  // "" = none
  void use(std::shared_ptr<File>);                      // from now on; what waits goes to the one of before first
  void add(const std::vector<MailLine>&);               // from any thread
  void finish();                                        // shutdown: what waits is written now

  static constexpr std::size_t most_waiting = 8U << 20U;

 private:
  awaitable<void> drain(std::shared_ptr<File>);
  bool write_out(File&);
  std::string stamp() const;

  World world_;
  Tasks& tasks_;
  const Stamp stamp_;
  std::mutex mutex_;  // guards the rest
  std::shared_ptr<File> file_;
  std::string waiting_;
  std::uint64_t lost_ = 0;
  bool draining_ = false;
};

}  // namespace mta
