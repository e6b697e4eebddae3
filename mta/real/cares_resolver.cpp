#include "mta/real/cares_resolver.h"

#include <boost/asio/post.hpp>
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
  explicit Parts(const ResolverOptions& options)
      : cache(options.cached), trust_ad(options.trust_ad), outstanding(options.outstanding) {}

  using Waiter = std::function<void(const Answer&)>;
  struct Flight {  // one question under way, with everybody who waits for it
    std::string key, name;
    RecordType type;
    std::vector<Waiter> waiters;
    std::size_t first_server = 0, tries = 0;
    unsigned detours = 0;
    Answer answer;
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

  std::vector<std::unique_ptr<CaresChannel>> servers;
  std::size_t good_server = 0;  // answered last
  DnsCache cache;
  bool trust_ad;
  std::size_t outstanding;
  std::map<std::string, FlightPointer> flights;
  std::deque<FlightPointer> queue;  // wait for a place on the wire
  std::size_t on_wire = 0;
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
  if (on_wire >= outstanding) {
    queue.push_back(flight);
    return;
  }
  ++on_wire;
  send(flight);
}

void CaresResolver::Parts::send(const FlightPointer& flight) {
  const std::size_t server = (flight->first_server + flight->tries++) % servers.size();
  ++queries;
  servers[server]->ask(flight->name, flight->type, [weak = weak_from_this(), flight, server](const DnsWire& wire) {
    if (const auto parts = weak.lock()) parts->heard(flight, server, wire);
  });
}

void CaresResolver::Parts::heard(const FlightPointer& flight, std::size_t server, const DnsWire& wire) {
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
  --on_wire;
  if (!queue.empty()) {
    const FlightPointer next = queue.front();
    queue.pop_front();
    ++on_wire;
    send(next);
  }
  for (const auto& waiter : flight->waiters) waiter(flight->answer);
}

CaresResolver::CaresResolver(const Executor& home, const ResolverOptions& options)
    : parts_(std::make_shared<Parts>(options)), home_(home) {
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
}

awaitable<Answer> CaresResolver::ask(std::string name, RecordType type) {
  const Executor asker = co_await asio::this_coro::executor;
  auto begin = [this, asker, type](auto handler, std::string asked) {
    // Shared: std::function wants to copy what it holds; it is called once.
    auto shared = std::make_shared<decltype(handler)>(std::move(handler));
    Parts::Waiter waiter = [asker, shared](const Answer& answer) {
      asio::post(asker, [shared, answer]() mutable { std::move (*shared)(std::move(answer)); });
    };
    asio::post(home_, [parts = parts_, asked = std::move(asked), type, waiter = std::move(waiter)]() mutable {
      parts->ask(std::move(asked), type, std::move(waiter));
    });
  };
  Answer answer =
      co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(Answer)>(begin, asio::use_awaitable, std::move(name));
  co_return answer;
}

std::size_t CaresResolver::queries() const { return parts_->queries; }

}  // namespace mta::real
