// warmupd — the daemon: builds the real world, runs the server in it, answers signals.
#include <pthread.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <future>
#include <iostream>
#include <mutex>
#include <sstream>

#include "conf/load.h"
#include "conf/named_file.h"
#include "conf/nearest.h"
#include "dkim/signer.h"
#include "mta/control/api.h"
#include "mta/daemon/rehearsal.h"
#include "mta/daemon/server.h"
#include "mta/daemon/start_check.h"
#include "mta/real/control_socket.h"
#include "mta/real/host.h"
#include "mta/real/log.h"
#include "mta/real/world.h"
#include "queue/store.h"

namespace {

struct Options {
  std::string config = "/etc/warmupd/warmupd.toml";
  bool check = false;
  mta::StartOptions how;
  std::string log_level;  // "" = the configuration's
};

void print(const std::vector<conf::Problem>& problems, const char* kind) {
  for (const auto& problem : problems) std::cerr << "warmupd: " << kind << ": " << problem.line() << "\n";
}

conf::Loaded load(const std::string& file) { return conf::load_file(file, mta::real::fully_qualified_host_name()); }

mta::PathState path_state(const std::string& path) {
  const auto facts = mta::real::look_at(path);
  mta::PathState state;
  state.usable = facts.error == 0;
  if (!state.usable) state.reason = std::generic_category().message(facts.error);
  state.target = facts.target;
  if (!facts.target.empty()) state.kind = mta::PathKind::dangling;
  if (!facts.there) return state;
  switch (facts.mode & S_IFMT) {
    case S_IFDIR: state.kind = mta::PathKind::folder; break;
    case S_IFREG: state.kind = mta::PathKind::file; break;
    case S_IFSOCK: state.kind = mta::PathKind::socket; break;
    case S_IFIFO: state.kind = mta::PathKind::pipe; break;
    case S_IFCHR: state.kind = mta::PathKind::device; break;
    default: state.kind = mta::PathKind::other;
  }
  return state;
}

// A process that holds the spool is the daemon that this configuration describes: what it has does not count.
mta::PortState port_state(const mta::Endpoint& endpoint, pid_t daemon) {
  switch (mta::real::bind_error(endpoint)) {
    case 0: return mta::PortState::free;
    case EADDRNOTAVAIL: return mta::PortState::no_address;
    case EACCES:
    case EPERM: return mta::PortState::no_right;
    case EADDRINUSE: break;
    default: return mta::PortState::failed;
  }
  const bool its = daemon != 0 && (daemon < 0 || mta::real::listens_on(daemon, endpoint));
  return its ? mta::PortState::taken_by_daemon : mta::PortState::taken;
}

mta::HostView view_of_host(const conf::Config& config, const std::string& user) {
  // A spool that this user may not enter is found to be so, whoever has it open.
  const pid_t daemon = path_state(config.spool).usable ? mta::real::lock_holder(config.spool + "/LOCK") : 0;
  const pid_t socket = mta::real::socket_owner(config.control.socket);
  mta::HostView host;
  host.user = user.empty() ? mta::real::user_name() : user;
  host.has_service_user = mta::real::has_user("warmupd");
  host.port = [daemon](const mta::Endpoint& endpoint) { return port_state(endpoint, daemon); };
  host.path = path_state;
  host.addresses = mta::real::addresses;
  host.outward = mta::real::outward_address;
  host.spool_in_use = daemon != 0;
  host.socket_answered = socket != 0;
  host.socket_is_daemons = daemon != 0 && (socket == daemon || socket < 0 || daemon < 0);
  return host;
}

void open_many_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Signals are waited for in the main thread only; every other thread inherits the mask.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

// A rehearsal's time begins with its spool, so that is looked into before there is a world.
mta::real::Tempo tempo_of(const conf::Config& config, const mta::StartOptions& how) {
  if (!mta::is_rehearsal(config)) return {};
  queue::StoreOptions options;
  options.accept_damage = how.accept_damage;
  const auto store = queue::Store::open(config.spool, options);
  const auto rehearsal = mta::enter_rehearsal(*store, config, mta::real::SystemCalendar().wall());
  return {rehearsal->epoch, rehearsal->scale};
}

class Daemon {
 public:
  Daemon(conf::Config config, std::string log_level, const mta::StartOptions& how)
      : file_(config.file),
        log_level_(std::move(log_level)),
        world_({config.threads, config.dns.servers, config.dns.timeout, config.dns.trust_ad, tempo_of(config, how)}),
        server_(world_.world(), std::move(config), how) {}
  ~Daemon() { world_.stop(); }  // before the server: nothing may run in it any more

  void start() {
    if (mta::is_rehearsal(*server_.config())) spdlog::warn("{}", mta::rehearsal_banner(*server_.config()));
    warn_of_sources();
    server_.start();
    const auto socket = server_.config()->control.socket;
    control_ = std::make_unique<mta::real::ControlSocket>(
        world_.world().threads.io(), socket, [this](mta::HttpRequest request) { return api_.handle(std::move(request)); });
    for (const auto& endpoint : server_.listening()) spdlog::info("listening on {}", endpoint.text());
    spdlog::info("warmupd {} is ready; control socket {}", WARMUPD_VERSION, socket);
  }

  std::vector<std::string> reload() {
    const std::lock_guard lock(reloading_);
    auto loaded = load(file_);
    for (const auto& warning : loaded.warnings) spdlog::warn("{}", warning.line());
    auto said = server_.reload(std::move(loaded.config));
    if (log_level_.empty()) mta::real::set_log_level(server_.config()->log.level);
    for (const auto& line : said) spdlog::info("{}", line);
    warn_of_sources();
    return said;
  }

  void stop() {
    spdlog::info("shutting down");
    if (control_) control_->close();
    auto done = std::make_shared<std::promise<void>>();
    auto ended = done->get_future();
    server_.stop([done] { done->set_value(); });
    ended.wait();
  }

 private:
  void warn_of_sources() const {
    for (const auto& source : server_.config()->sources) {
      if (!mta::real::has_address(source.address))
        spdlog::error("source {}: this host has no address {}, so nothing can leave by it", source.name, source.address);
      if (source.plan.empty() && !source.is_smarthost())
        spdlog::warn("source {} follows no plan: it has no cap and no guard (plan = \"default\" gives it both)", source.name);
    }
  }

  std::string file_, log_level_;
  mta::real::RealWorld world_;
  mta::Server server_;
  mta::Api api_{{server_, [this] { return reload(); }}};
  std::unique_ptr<mta::real::ControlSocket> control_;
  std::mutex reloading_;
};

void wait_for_end(Daemon& daemon, const sigset_t& signals) {
  for (;;) {
    int signal = 0;
    if (sigwait(&signals, &signal) != 0) continue;
    if (signal != SIGHUP) return;
    try {
      daemon.reload();
    } catch (const std::exception& error) {
      spdlog::error("reload failed, the old configuration stays");
      std::istringstream lines(error.what());
      for (std::string line; std::getline(lines, line);) spdlog::error("reload: {}", line);
    }
  }
}

struct Prepared {
  conf::Loaded loaded;
  mta::StartCheck check;
};

// A spool that a daemon has open may show less than that one knows, and something that is just written.
void look_into_spool(const conf::Config& config, bool in_use, mta::StartCheck& check) {
  const auto there = [&](const char* file) { return mta::real::look_at(config.spool + file).there; };
  if (!there("/CURRENT") && !there("/synced")) return;  // never used
  try {
    const auto store = queue::Store::open_to_read(config.spool);
    mta::check_spool(config, *store, check);
    if (const auto loss = store->loss(); loss && !in_use) check.obstacles.push_back({{{config.file, 0}, *loss}, EX_CANTCREAT});
  } catch (const queue::StoreError& error) {
    if (!in_use) check.obstacles.push_back({{{config.file, 0}, error.what()}, EX_CANTCREAT});
  }
}

// Reads the configuration and looks at the host, as the user that the daemon's files belong to.
Prepared prepare(const Options& options) {
  Prepared made{load(options.config), {}};
  const std::string user = mta::real::act_as_owner_of(made.loaded.config.spool);
  if (!user.empty()) {
    std::cerr << "warmupd: note: " << made.loaded.config.spool << " belongs to " << user << ", so files are read and written as "
              << user << "\n";
    made.loaded = load(options.config);  // what that user cannot read is to be found now
  }
  const auto& config = made.loaded.config;
  const auto host = view_of_host(config, user);
  made.check = mta::check_start(config, host, options.check ? mta::CheckFor::check : mta::CheckFor::start);
  if (options.check) look_into_spool(config, host.spool_in_use, made.check);
  return made;
}

int report(const Options& options, const Prepared& prepared) {
  for (const auto& obstacle : prepared.check.obstacles) print({obstacle.problem}, "error");
  if (!options.check) return prepared.check.exit_code();
  print(prepared.check.warnings, "warning");
  print(prepared.check.notes, "note");
  if (prepared.check.exit_code() == EX_OK) std::cout << options.config << ": ok\n";
  return prepared.check.exit_code();
}

mta::awaitable<mta::HttpReply> say_no_room(std::string text) {
  co_return mta::problem(503, "warmupd waits for room on the disk", text);
}

// The disk of the spool is so full that nothing can be opened: says so, to whoever asks by the control socket too, until there is room.
// False: told to end.
bool wait_for_room(const conf::Config& config, const std::string& text, const sigset_t& signals) {
  spdlog::error("{}; waiting for room", text);
  mta::real::RealWorld world({.threads = 1, .dns_servers = config.dns.servers, .dns_timeout = config.dns.timeout});
  const auto answer = [text](const mta::HttpRequest&) { return say_no_room(text); };
  bool go_on = true;
  {
    mta::real::ControlSocket control(world.world().threads.io(), config.control.socket, answer);
    const timespec second{1, 0};
    while (go_on && world.world().disk.free_bytes(config.spool) < queue::least_to_open) {
      const int signal = sigtimedwait(&signals, nullptr, &second);
      go_on = signal != SIGTERM && signal != SIGINT;
    }
    control.close();
  }
  world.stop();
  return go_on;
}

// Empty when it was told to end before there was room.
std::unique_ptr<Daemon> start_when_there_is_room(const conf::Config& config, const Options& options, const sigset_t& signals) {
  for (;;) {
    std::string text;
    try {
      auto daemon = std::make_unique<Daemon>(config, options.log_level, options.how);
      daemon->start();
      return daemon;
    } catch (const queue::StoreError& error) {
      if (!error.no_space) throw;
      text = error.what();
    }
    if (!wait_for_room(config, text, signals)) return nullptr;
  }
}

// Behind all that the log has to say, in one piece.
void say_last(const std::string& text) {
  spdlog::default_logger()->flush();
  std::cerr << fmt::format("warmupd: {}\n", text);
}

int run(const Options& options) {
  if (const auto fault = conf::named_file_fault(options.config)) {
    std::cerr << "warmupd: " << fault->text << "\n";
    return EX_NOINPUT;
  }
  conf::Loaded loaded;
  try {
    Prepared prepared = prepare(options);
    print(prepared.loaded.warnings, "warning");
    const int code = report(options, prepared);
    if (options.check || code != EX_OK) return code;
    loaded = std::move(prepared.loaded);
  } catch (const conf::ConfigError& error) {
    print(error.problems, "error");
    return EX_CONFIG;
  }
  const sigset_t signals = block_signals();
  open_many_files();
  mta::real::start_log(options.log_level.empty() ? loaded.config.log.level : options.log_level);
  try {
    const auto daemon = start_when_there_is_room(loaded.config, options, signals);
    if (!daemon) return EX_TEMPFAIL;
    wait_for_end(*daemon, signals);
    daemon->stop();
  } catch (const conf::ConfigError& error) {
    spdlog::default_logger()->flush();
    print(error.problems, "error");
    return EX_CONFIG;
  } catch (const queue::StoreError& error) {
    say_last(error.what());
    return EX_CANTCREAT;
  } catch (const std::exception& error) {
    say_last(error.what());
    return EX_UNAVAILABLE;
  }
  spdlog::info("ended");
  return EX_OK;
}

}  // namespace

int main(int count, char** words) {
  umask(0077);  // what we write is for nobody else to read, whatever we were started with
  Options options;
  options.how.process = static_cast<unsigned>(::getpid());
  CLI::App app{"warmupd — an outbound mail transfer agent that warms up its own IP addresses"};
  app.add_option("--config", options.config, "configuration file")->capture_default_str();
  app.add_flag("--check", options.check, "validate the configuration and exit");
  app.add_flag("--accept-damage", options.how.accept_damage,
               "start although acknowledged mail or other rows are missing from the spool, this once");
  app.add_option("--log-level", options.log_level, "debug | info | warn | error, instead of the configuration's")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}));
  app.set_version_flag("--version", [] {
    return fmt::format("warmupd {}\ndkim key cache: {}", WARMUPD_VERSION, dkim::key_cache_active() ? "active" : "inactive");
  });
  try {
    app.parse(count, words);
  } catch (const CLI::ParseError& error) {
    const auto left = app.remaining(true);
    if (error.get_exit_code() == 0 || left.empty()) return app.exit(error) == 0 ? EX_OK : EX_USAGE;
    std::vector<std::string> options;
    for (const auto* option : app.get_options()) options.push_back("--" + option->get_lnames().front());
    std::cerr << "warmupd: there is no option \"" << left.front() << "\"" << conf::hint(left.front(), options) << "\n";
    return EX_USAGE;
  }
  const int code = run(options);
  spdlog::shutdown();  // what the log still holds is written
  return code;
}
