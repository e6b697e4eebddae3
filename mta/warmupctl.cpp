// warmupctl — the operator's tool: builds the real outside and hands the command line on.
#include <fmt/format.h>
#include <pwd.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <csignal>
#include <cstdlib>
#include <iostream>

#include "mta/ctl/program.h"
#include "mta/real/clock.h"
#include "mta/real/control_client.h"
#include "mta/real/host.h"
#include "mta/real/world.h"

namespace {

using mta::ctl::Outside;

std::map<std::string, std::string> environment() {
  std::map<std::string, std::string> made;
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG", "NO_COLOR", "TERM", "COLUMNS"})
    if (const char* value = std::getenv(name)) made[name] = value;
  return made;
}

mta::ctl::Look look() {
  winsize size{};
  const bool terminal = isatty(STDOUT_FILENO) == 1;
  const bool known = terminal && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
  return mta::ctl::look_for(environment(), terminal, known ? size.ws_col : 0);
}

// Who is behind sudo, else who runs this.
std::string login() {
  if (const char* behind = std::getenv("SUDO_USER"); behind != nullptr && *behind != '\0') return behind;
  const passwd* row = getpwuid(getuid());
  return row != nullptr && row->pw_name != nullptr ? row->pw_name : std::to_string(getuid());
}

mta::HttpReply ask(const std::string& socket, const mta::HttpRequest& request) {
  try {
    return mta::real::ControlClient(socket).ask(request);
  } catch (const mta::real::ControlError& error) {
    throw mta::ctl::Unavailable(error.what());
  }
}

mta::Exchanges exchanges(const conf::Dns& dns, const std::string& domain) {
  mta::real::RealWorld world(
      {.threads = 1, .dns_servers = dns.servers, .dns_timeout = dns.timeout, .trust_ad = dns.trust_ad, .ca_file = ""});
  const mta::World doors = world.world();
  return boost::asio::co_spawn(doors.threads.io(), mta::find_exchanges(doors.resolver, domain, doors.dice),
                               boost::asio::use_future)
      .get();
}

volatile std::sig_atomic_t interrupted = 0;

// The terminal forgets to echo while this lives, and remembers also when a signal ends us: its default comes after ours.
class Silence {
 public:
  Silence() {
    struct sigaction action {};
    action.sa_handler = [](int signal) { interrupted = signal; };  // no SA_RESTART: the read ends
    for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], &action, &actions_[i]);
    tcgetattr(STDIN_FILENO, &before_);
    termios silent = before_;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  ~Silence() {
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
    for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], &actions_[i], nullptr);
    if (interrupted != 0) std::raise(interrupted);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  static constexpr std::array<int, 3> signals{SIGINT, SIGTERM, SIGHUP};
  termios before_{};
  std::array<struct sigaction, 3> actions_{};
};

std::string read_line() {
  std::string line;
  for (char letter = 0; ::read(STDIN_FILENO, &letter, 1) == 1 && letter != '\n';) line += letter;
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

std::string secret(const std::string& prompt) {
  if (isatty(STDIN_FILENO) != 1) return read_line();
  std::cerr << prompt << std::flush;
  std::string line;
  {
    const Silence silence;
    line = read_line();
  }
  std::cerr << "\n";
  return line;
}

}  // namespace

int main(int count, char** words) {
  std::signal(SIGPIPE, SIG_DFL);  // `warmupctl queue | head` ends quietly
  Outside outside{.out = std::cout,
                  .err = std::cerr,
                  .look = look(),
                  .hostname = mta::real::fully_qualified_host_name(),
                  .login = login(),
                  .ask = ask,
                  .exchanges = exchanges,
                  .secret = secret,
                  .verify_spool = [](const std::string& spool) { return queue::verify(*queue::Store::open_to_read(spool)); },
                  .terminal = isatty(STDIN_FILENO) == 1,
                  .now = [] { return mta::real::SystemCalendar().wall(); }};
  return mta::ctl::run({words + 1, words + count}, outside);
}
