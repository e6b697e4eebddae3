// warmupd — the daemon: builds the real world, runs the server in it, answers signals.
#include <pthread.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <future>
#include <iostream>
#include <mutex>

#include "conf/load.h"
#include "dkim/signer.h"
#include "mta/control/api.h"
#include "mta/real/control_socket.h"
#include "mta/real/host.h"
#include "mta/real/world.h"
#include "mta/rehearsal.h"
#include "mta/server.h"
#include "queue/store.h"

namespace {

struct Wishes {
  std::string config = "/etc/warmupd/warmupd.toml";
  bool check = false;
  std::string log_level = "info";
};

void print(const std::vector<conf::Problem>& problems, const char* kind) {
  for (const auto& problem : problems) std::cerr << "warmupd: " << kind << ": " << problem.line() << "\n";
}

conf::Loaded load(const std::string& file) { return conf::load_file(file, mta::real::fully_qualified_host_name()); }

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
mta::real::Tempo tempo_of(const conf::Config& config) {
  if (!mta::is_rehearsal(config)) return {};
  const auto store = queue::Store::open(config.spool);
  const auto rehearsal = mta::enter_rehearsal(*store, config, mta::real::SystemCalendar().wall());
  return {rehearsal->epoch, rehearsal->scale};
}

class Daemon {
 public:
  explicit Daemon(conf::Config config)
      : file_(config.file),
        world_({config.threads, config.dns.servers, config.dns.timeout, config.dns.trust_ad, tempo_of(config)}),
        server_(world_.world(), std::move(config)) {}
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

  std::string file_;
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
      spdlog::error("reload failed, the old configuration stays:\n{}", error.what());
    }
  }
}

int run(const Wishes& wishes) {
  conf::Loaded loaded;
  try {
    loaded = load(wishes.config);
  } catch (const conf::ConfigError& error) {
    print(error.problems, "error");
    return EX_CONFIG;
  }
  print(loaded.warnings, "warning");
  if (wishes.check) {
    std::cout << wishes.config << ": ok\n";
    return EX_OK;
  }
  const sigset_t signals = block_signals();
  open_many_files();
  try {
    Daemon daemon(std::move(loaded.config));
    daemon.start();
    wait_for_end(daemon, signals);
    daemon.stop();
  } catch (const conf::ConfigError& error) {
    print(error.problems, "error");
    return EX_CONFIG;
  } catch (const queue::StoreError& error) {
    std::cerr << "warmupd: " << error.what() << "\n";
    return EX_CANTCREAT;
  } catch (const std::exception& error) {
    std::cerr << "warmupd: " << error.what() << "\n";
    return EX_UNAVAILABLE;
  }
  spdlog::info("ended");
  return EX_OK;
}

}  // namespace

int main(int count, char** words) {
  Wishes wishes;
  CLI::App app{"warmupd — an outbound mail transfer agent that warms up its own IP addresses"};
  app.add_option("--config", wishes.config, "configuration file")->capture_default_str();
  app.add_flag("--check", wishes.check, "validate the configuration and exit");
  app.add_option("--log-level", wishes.log_level, "debug | info | warn | error")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
  app.set_version_flag("--version", [] {
    return fmt::format("warmupd {}\ndkim key cache: {}", WARMUPD_VERSION, dkim::key_cache_active() ? "active" : "inactive");
  });
  try {
    app.parse(count, words);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? EX_OK : EX_USAGE;
  }
  spdlog::set_default_logger(spdlog::stderr_logger_mt("warmupd"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e %l %v");
  spdlog::set_level(spdlog::level::from_str(wishes.log_level));
  return run(wishes);
}
