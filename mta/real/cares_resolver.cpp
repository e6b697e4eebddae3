#include "mta/real/cares_resolver.h"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <map>

#include "mta/real/cares_channel.h"
#include "mta/real/dns_cache.h"
#include "mta/real/dns_message.h"

namespace mta::real {

namespace {

using Clock = std::chrono::steady_clock;
constexpr unsigned rounds = 2;
constexpr unsigned longest_detour = 8;  // aliases that have to be asked for one by one
constexpr std::chrono::seconds impossible_ttl = std::chrono::hours(1);

std::string key_of(const std::string& name, RecordType type) { return std::to_string(dns_type(type)) + ' ' + name; }

}  // namespace

struct CaresResolver::Parts : std::enable_shared_from_this<CaresResolver::Parts> {
  Parts(const Executor& home, const ResolverOptions& options_in)
      : options(options_in), cache(options_in.cached), trust_ad(options_in.trust_ad), timer(home) {}

  using Waiter = std::function<void(const DnsAnswer&)>;
  struct Flight {  // one question under way, with everybody who waits for it
    std::string key, name;
    RecordType type;
    std::vector<Waiter> waiters;
    enum class Stand { queue, young, slow, landed } place = Stand::queue;
    Clock::time_point sent{};  // when it came on the wire
    std::size_t first_server = 0, tries = 0;
    unsigned detours = 0;
    DnsAnswer answer;
    std::chrono::seconds chain_ttl = std::chrono::seconds::max();
    bool chain_authentic = true;
  };
  using FlightPointer = std::shared_ptr<Flight>;

  void ask(std::string name, RecordType type, Waiter waiter);
  void send(const FlightPointer&);
  void heard(const FlightPointer&, std::size_t server, const DnsWire&);
  void failed(const FlightPointer&, const std::string& detail);
  void conclude(const FlightPointer&, const DnsReply&);
  void land(const FlightPointer&);
  void put_on_wire(const FlightPointer&);
  void give_places();
  void make_room();
  bool age_oldest(Clock::time_point now);
  void look_again();

  const ResolverOptions options;
  std::vector<std::unique_ptr<CaresChannel>> servers;
  std::size_t good_server = 0;  // answered last
  DnsCache cache;
  bool trust_ad;
  std::map<std::string, FlightPointer> flights;
  // By the time they came on the wire. Those that have landed are taken off when they come to the front.
  std::deque<FlightPointer> young, slow;
  std::size_t young_count = 0, slow_count = 0;
  std::deque<FlightPointer> queue;  // wait for a place on the wire
  asio::steady_timer timer;         // runs while something waits in the queue
  bool timer_runs = false;
  std::atomic<std::size_t> queries{0};
};

void CaresResolver::Parts::ask(std::string name, RecordType type, Waiter waiter) {
  name = fold_name(name);
  const std::string key = key_of(name, type);
  if (const auto known = cache.find(key, Clock::now())) return waiter(*known);
  auto& flight = flights[key];
  if (flight) {
    flight->waiters.push_back(std::move(waiter));
    return;
  }
  flight = std::make_shared<Flight>();
  flight->key = key;
  flight->name = name;
  flight->type = type;
  flight->waiters.push_back(std::move(waiter));
  flight->first_server = good_server;
  queue.push_back(flight);
  give_places();
}

void CaresResolver::Parts::put_on_wire(const FlightPointer& flight) {
  flight->place = Flight::Stand::young;
  flight->sent = Clock::now();
  young.push_back(flight);
  ++young_count;
  send(flight);
}

void CaresResolver::Parts::give_places() {
  make_room();
  while (!queue.empty() && young_count < options.outstanding) {
    const FlightPointer next = std::move(queue.front());
    queue.pop_front();
    put_on_wire(next);
  }
  look_again();
}

// Moves what has become slow out of the way, as far as somebody waits for it.
void CaresResolver::Parts::make_room() {
  const auto now = Clock::now();
  const auto landed = [](const FlightPointer& flight) { return flight->place == Flight::Stand::landed; };
  while (!slow.empty() && landed(slow.front())) slow.pop_front();
  while (!young.empty()) {
    const FlightPointer flight = young.front();
    if (!landed(flight)) {
      const bool wanted = queue.size() > options.outstanding - std::min(young_count, options.outstanding);
      if (!wanted || now - flight->sent < options.slow_after) return;
      if (slow_count >= options.slow && !age_oldest(now)) return;
      flight->place = Flight::Stand::slow;
      slow.push_back(flight);
      --young_count;
      ++slow_count;
    }
    young.pop_front();
  }
}

// The slow question that has waited longest fails, if it has waited long enough.
bool CaresResolver::Parts::age_oldest(Clock::time_point now) {
  while (!slow.empty()) {
    const FlightPointer oldest = slow.front();
    const bool gone = oldest->place == Flight::Stand::landed;
    if (!gone && now - oldest->sent < options.least_wait) return false;
    slow.pop_front();
    if (gone) continue;
    oldest->answer.rcode = Rcode::failed;
    oldest->answer.detail = "no answer, and too many other questions wait";
    land(oldest);
    return true;
  }
  return false;
}

void CaresResolver::Parts::look_again() {
  if (queue.empty() || timer_runs) return;
  timer_runs = true;
  timer.expires_after(options.slow_after / 4);
  timer.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
    const auto parts = weak.lock();
    if (!parts || error) return;
    parts->timer_runs = false;
    parts->give_places();
  });
}

void CaresResolver::Parts::send(const FlightPointer& flight) {
  const std::size_t server = (flight->first_server + flight->tries++) % servers.size();
  ++queries;
  servers[server]->ask(flight->name, flight->type, [weak = weak_from_this(), flight, server](const DnsWire& wire) {
    if (const auto parts = weak.lock()) parts->heard(flight, server, wire);
  });
}

void CaresResolver::Parts::heard(const FlightPointer& flight, std::size_t server, const DnsWire& wire) {
  if (flight->place == Flight::Stand::landed) return;
  const std::string& address = servers[server]->server();
  if (wire.impossible) {
    flight->answer.rcode = Rcode::nxdomain;
    flight->answer.ttl = impossible_ttl;
    return land(flight);
  }
  if (wire.message.empty()) return failed(flight, wire.error + " (" + address + ")");
  const DnsReply reply = read_dns_reply(wire.message, flight->name, flight->type);
  if (reply.outcome == DnsOutcome::failed || reply.outcome == DnsOutcome::malformed) {
    return failed(flight, reply.detail + " from " + address);
  }
  good_server = server;
  conclude(flight, reply);
}

void CaresResolver::Parts::failed(const FlightPointer& flight, const std::string& detail) {
  if (flight->tries < rounds * servers.size()) return send(flight);
  flight->answer.rcode = Rcode::failed;
  flight->answer.detail = detail;
  land(flight);
}

void CaresResolver::Parts::conclude(const FlightPointer& flight, const DnsReply& reply) {
  flight->chain_ttl = std::min(flight->chain_ttl, reply.ttl);
  flight->chain_authentic = flight->chain_authentic && reply.authentic;
  if (reply.outcome == DnsOutcome::elsewhere) {
    if (++flight->detours > longest_detour) {
      flight->tries = rounds * servers.size();
      return failed(flight, "too many aliases, last " + reply.alias);
    }
    flight->name = reply.alias;
    flight->first_server = good_server;
    flight->tries = 0;
    return send(flight);
  }
  flight->answer.rcode = reply.outcome == DnsOutcome::nxdomain ? Rcode::nxdomain : Rcode::ok;
  flight->answer.records = reply.records;
  flight->answer.ttl = flight->chain_ttl;
  flight->answer.authentic = trust_ad && flight->chain_authentic;
  land(flight);
}

void CaresResolver::Parts::land(const FlightPointer& flight) {
  cache.put(flight->key, flight->answer, Clock::now());
  flights.erase(flight->key);
  --(flight->place == Flight::Stand::slow ? slow_count : young_count);
  flight->place = Flight::Stand::landed;
  for (const auto& waiter : flight->waiters) waiter(flight->answer);
  flight->waiters.clear();
  if (queue.empty()) return;
  asio::post(timer.get_executor(), [weak = weak_from_this()] {  // not from within: landing may have made room for another
    if (const auto parts = weak.lock()) parts->give_places();
  });
}

CaresResolver::CaresResolver(const Executor& home, const ResolverOptions& options)
    : parts_(std::make_shared<Parts>(home, options)), home_(home) {
  const auto servers = options.servers.empty() ? system_dns_servers() : options.servers;
  for (const auto& server : servers) {
    parts_->servers.push_back(std::make_unique<CaresChannel>(home, DnsChannelOptions{server, options.timeout, options.trust_ad}));
  }
}

CaresResolver::~CaresResolver() { forget(); }

void CaresResolver::forget() {
  for (const auto& [key, flight] : parts_->flights) flight->waiters.clear();
  parts_->flights.clear();
  parts_->queue.clear();
  parts_->young.clear();
  parts_->slow.clear();
  parts_->timer.cancel();
}

awaitable<DnsAnswer> CaresResolver::ask(std::string name, RecordType type) {
  const Executor asker = co_await asio::this_coro::executor;
  auto begin = [this, asker, type](auto handler, std::string asked) {
    // Shared: std::function wants to copy what it holds; it is called once.
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    Parts::Waiter waiter = [asker, shared](const DnsAnswer& answer) {
      asio::post(asker, [shared, answer]() mutable { std::move (*shared)(std::move(answer)); });
    };
    asio::post(home_, [parts = parts_, asked = std::move(asked), type, waiter = std::move(waiter)]() mutable {
      parts->ask(std::move(asked), type, std::move(waiter));
    });
  };
  DnsAnswer answer =
      co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(DnsAnswer)>(begin, asio::use_awaitable, std::move(name));
  co_return answer;
}

std::size_t CaresResolver::queries() const { return parts_->queries; }

}  // namespace mta::real
