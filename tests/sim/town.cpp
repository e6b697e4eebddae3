#include "tests/sim/town.h"

#include <fmt/format.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <cstdio>

#include "mta/route/provider.h"

namespace mta::sim {

namespace {

// The daemon's own log is part of the story. What is critical is also said aloud: after it the process aborts.
class StorySink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit StorySink(const Town& town, Loop& loop) : town_(town), loop_(loop) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    const std::string_view text(message.payload.data(), message.payload.size());
    loop_.log(message.level >= spdlog::level::warn ? "WARNS" : "says", text);
    if (message.level >= spdlog::level::critical) fmt::print(stderr, "{}\n", town_.story());
  }
  void flush_() override {}
  const Town& town_;
  Loop& loop_;
};

std::shared_ptr<spdlog::logger> listen_to_daemon(const Town& town, Loop& loop) {
  auto logger = std::make_shared<spdlog::logger>("town", std::make_shared<StorySink>(town, loop));
  logger->set_level(spdlog::level::debug);
  return logger;
}

// One stderr logger for all times without a town: a logger that refers to a town must not outlive it.
std::shared_ptr<spdlog::logger> quiet() {
  static const auto logger = std::make_shared<spdlog::logger>("no town");
  return logger;
}

}  // namespace

Town::Town(std::uint64_t seed) : world_(seed) { spdlog::set_default_logger(listen_to_daemon(*this, world_.loop)); }

Town::~Town() {
  if (daemon_) daemon_->vanish();
  world_.loop.end();
  daemon_.reset();
  receivers_.clear();
  spdlog::set_default_logger(quiet());
}

Receiver& Town::build(const std::string& domain, std::uint16_t preference, unsigned number) {
  const std::size_t place = receivers_.size();
  const std::string host = fmt::format("mx{}.{}", number, domain);
  const std::string address = fmt::format("198.18.{}.{}", place / 250, place % 250 + 1);
  world_.resolver.mx(domain, preference, host);
  world_.resolver.address(host, address);
  receivers_.push_back(std::make_unique<Receiver>(world_, host, Endpoint{asio::ip::make_address(address), 25}));
  return *receivers_.back();
}

Receiver& Town::receiver(const std::string& domain) { return another_host(domain, 10); }

Receiver& Town::another_host(const std::string& domain, std::uint16_t preference) {
  return build(domain, preference, ++hosts_[domain]);
}

Daemon& Town::mta(Wishes wishes) {
  daemon_ = std::make_unique<Daemon>(world_, wishes);
  return *daemon_;
}

void Town::pass(Duration span) { world_.loop.pass(span); }

bool Town::pass_until(const std::function<bool()>& done, Duration at_most) {
  bool late = false;
  Loop::TimerId bell = world_.loop.at(world_.loop.now() + at_most, [&late] { late = true; });
  world_.loop.run_until([&] { return late || done(); });
  world_.loop.cancel(bell);
  return done();
}

std::vector<std::string> Town::broken_promises() {
  const bool running = daemon_->running();
  if (running) daemon_->stop();
  Evidence evidence;
  daemon_->read_spool(evidence);
  for (const auto& receiver : receivers_) {
    evidence.copies.insert(evidence.copies.end(), receiver->copies().begin(), receiver->copies().end());
    for (const std::string& offence : receiver->offences()) evidence.offences.push_back(receiver->host() + " " + offence);
    evidence.dots.insert(evidence.dots.end(), receiver->dots().begin(), receiver->dots().end());
    evidence.strangers.insert(evidence.strangers.end(), receiver->strangers().begin(), receiver->strangers().end());
  }
  evidence.providers = providers_of(evidence.dots);
  evidence.clock_jumped = world_.calendar.jumped();
  std::stable_sort(evidence.copies.begin(), evidence.copies.end(),
                   [](const Copy& a, const Copy& b) { return a.letter->at < b.letter->at; });
  if (running) daemon_->start();
  return sim::broken_promises(evidence);
}

// By the zones as they are and the shipped table: whoever shares the best host of a provider belongs to it.
std::map<std::string, std::string> Town::providers_of(const std::vector<Dot>& dots) {
  const Providers table(daemon_->config().providers);
  std::map<std::string, std::string> found;
  for (const Dot& dot : dots) {
    for (const std::string& recipient : dot.recipients) {
      const std::string domain = recipient.substr(recipient.rfind('@') + 1);
      if (found.contains(domain)) continue;
      const auto best = world_.resolver.best_hosts(domain);
      if (!best.empty()) found[domain] = table.of_hosts(best).name;
    }
  }
  return found;
}

bool Town::every_recipient_is_somewhere_exactly_once() {
  const std::vector<std::string> broken = broken_promises();
  for (std::size_t i = 0; i < broken.size() && i < 20; ++i) fmt::print(stderr, "broken: {}\n", broken[i]);
  if (!broken.empty()) fmt::print(stderr, "{} broken promises\n{}", broken.size(), story());
  return broken.empty();
}

std::string Town::story(std::size_t lines) const {
  return fmt::format("seed {}; replay with SIM_SEED={} (and SIM_LOG=1 for the whole log); the end of the log:\n{}", seed(),
                     seed(), world_.loop.tail(lines));
}

Mail to(const std::string& domain) {
  Mail mail;
  mail.recipients = {"user{}@" + domain};
  return mail;
}

}  // namespace mta::sim
