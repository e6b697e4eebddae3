#include "tests/sim/world/net.h"

#include <fmt/format.h>

#include <deque>
#include <stdexcept>

#include "mta/doors/tasks.h"
#include "tests/sim/world/wire.h"

namespace mta::sim {

class SimStream final : public Stream {
 public:
  SimStream(SimNet& net, std::shared_ptr<Wire> wire, int side, Executor home) : net_(net), wire_(std::move(wire)), side_(side) {
    ++net_.open_streams_;
    wire_->sides.at(index()).home = std::move(home);
  }
  ~SimStream() override {
    SimStream::close();
    --net_.open_streams_;
  }
  void expires_after(Duration limit) override { wire_->expire(side_, limit); }
  awaitable<std::size_t> read_some(std::span<char> into) override {
    count_operation();
    return sim::read_some(wire_, side_, into);
  }
  bool has_arrived() override { return wire_->has_arrived(side_); }
  awaitable<void> write(std::string_view octets) override {
    count_operation();
    return sim::write(wire_, side_, octets);
  }
  awaitable<TlsFacts> start_tls(TlsRequest wish) override {
    count_operation();
    return shake_hands(wire_, side_, std::move(wish), &net_.sessions_);
  }
  awaitable<void> shut() override {
    wire_->close(side_, Loss::shut);
    co_return;
  }
  void close() noexcept override { wire_->close(side_, Loss::shut); }
  Endpoint local() const override { return wire_->ends.at(index()); }
  Endpoint remote() const override { return wire_->ends.at(1 - index()); }

 private:
  std::size_t index() const { return static_cast<std::size_t>(side_); }
  void count_operation() {
    if (net_.breaks_now()) wire_->sever(side_, net_.break_how_);
  }
  SimNet& net_;
  std::shared_ptr<Wire> wire_;
  int side_;
};

class SimListener final : public Listener {
 public:
  struct Backlog {  // shared with a pending accept
    Loop& loop;
    SimNet& net;
    std::deque<std::shared_ptr<Wire>> waiting;
    Loop::Slot acceptor = 0;
    bool closed = false;
  };

  SimListener(SimNet& net, Endpoint local, std::shared_ptr<Backlog> backlog)
      : net_(net), local_(local), backlog_(std::move(backlog)) {
    net_.listeners_.emplace(local_, this);
  }
  ~SimListener() override { SimListener::close(); }
  awaitable<std::unique_ptr<Stream>> accept(Executor home) override { return take(backlog_, std::move(home)); }
  void close() noexcept override {
    if (backlog_->closed) return;
    backlog_->closed = true;
    net_.listeners_.erase(local_);
    for (auto& wire : backlog_->waiting) wire->close(1, Loss::reset);
    backlog_->waiting.clear();
    backlog_->loop.wake(backlog_->acceptor);
  }
  Endpoint local() const override { return local_; }
  void knock(std::shared_ptr<Wire> wire) {
    backlog_->waiting.push_back(std::move(wire));
    backlog_->loop.wake(backlog_->acceptor);
  }

 private:
  static awaitable<std::unique_ptr<Stream>> take(std::shared_ptr<Backlog> backlog, Executor home) {
    while (!backlog->closed && backlog->waiting.empty()) co_await backlog->loop.park(backlog->acceptor);
    if (backlog->closed) throw StreamLost(Loss::shut, "listener closed");
    std::shared_ptr<Wire> wire = std::move(backlog->waiting.front());
    backlog->waiting.pop_front();
    co_return std::make_unique<SimStream>(backlog->net, std::move(wire), 1, std::move(home));
  }

  SimNet& net_;
  Endpoint local_;
  std::shared_ptr<Backlog> backlog_;
};

std::unique_ptr<Listener> SimNet::listen(Executor, const Endpoint& wanted) {
  Endpoint local = wanted;
  while (local.port == 0 || (wanted.port == 0 && listeners_.contains(local))) local.port = next_port_++;
  if (listeners_.contains(local)) throw std::runtime_error("cannot listen on " + local.text() + ": address already in use");
  loop_.log("listen", local.text());
  return std::make_unique<SimListener>(*this, local,
                                       std::make_shared<SimListener::Backlog>(SimListener::Backlog{loop_, *this, {}, 0, false}));
}

SimListener* SimNet::heard_at(const Endpoint& to) {
  const asio::ip::address any =
      to.address.is_v4() ? asio::ip::address(asio::ip::address_v4::any()) : asio::ip::address(asio::ip::address_v6::any());
  for (const Endpoint& candidate : {to, Endpoint{any, to.port}})
    if (const auto listener = listeners_.find(candidate); listener != listeners_.end()) return listener->second;
  return nullptr;
}

Link SimNet::way_to(const Endpoint& from, const Endpoint& to) {
  Link link = this->link(to.address);
  if (weather_) weather_(link, from, to);
  return link;
}

Endpoint SimNet::name_local(std::optional<asio::ip::address> from, const Endpoint& to) {
  const char* ours = to.address.is_v4() ? "192.0.2.254" : "2001:db8::fe";
  Endpoint local{asio::ip::make_address(ours), next_port_};
  if (to.address.is_loopback()) local.address = to.address;
  if (from) local.address = *from;
  next_port_ = next_port_ >= 60999 ? std::uint16_t{32768} : static_cast<std::uint16_t>(next_port_ + 1);
  return local;
}

awaitable<std::unique_ptr<Stream>> SimNet::connect(std::optional<asio::ip::address> from, Endpoint to, Duration limit) {
  const Executor home = co_await asio::this_coro::executor;
  const Time began = loop_.now();
  const std::uint64_t number = ++connects_;
  const Endpoint local = name_local(from, to);
  const Link link = way_to(local, to);
  loop_.log("connect", fmt::format("#{} {} > {}", number, local.text(), to.text()));
  const auto give_up = [&](Loss why) {
    loop_.log("connect", fmt::format("#{} {}", number, name(why)));
    throw StreamLost(why, to.text() + ": " + std::string(name(why)));
  };
  if (breaks_now()) {
    if (break_how_ == Cut::How::silent) co_await loop_.wait_until(began + limit);
    give_up(break_how_ == Cut::How::silent ? Loss::timeout : Loss::refused);
  }
  const bool foreign = from && !own_.empty() && !own_.contains(*from);
  if (foreign) {
    loop_.log("connect", fmt::format("#{} no such address", number));
    throw StreamLost(Loss::no_source, to.text() + ": cannot use the source address: it is not on this host");
  }
  if (link.reach == Reach::unreachable || local.address.is_v4() != to.address.is_v4()) give_up(Loss::unreachable);
  const Duration trip = link.latency * 2;
  if (link.reach == Reach::silent || trip >= limit) {
    co_await loop_.wait_until(began + limit);
    give_up(Loss::timeout);
  }
  co_await loop_.wait_until(began + trip);
  SimListener* listener = heard_at(to);
  if (listener == nullptr || link.reach == Reach::refused) give_up(Loss::refused);

  auto wire = std::make_shared<Wire>(loop_, dice_, number, link);
  wire->ends = {local, to};
  wire->sides[0].home = wire->sides[1].home = home;
  std::erase_if(wires_, [](const auto& entry) { return entry.second.expired(); });
  wires_.emplace(number, wire);
  auto stream = std::make_unique<SimStream>(*this, wire, 0, home);
  listener->knock(wire);
  co_return stream;
}

void SimNet::pull_cable(const Executor& executor) {
  const auto* context = &asio::query(executor, asio::execution::context);
  for (const auto& [number, known] : wires_) {
    const auto wire = known.lock();
    if (!wire) continue;
    for (const Side& side : wire->sides)
      if (&asio::query(side.home, asio::execution::context) == context) wire->silent = true;
  }
  loop_.log("cable", "pulled");
}

std::shared_ptr<const TlsIdentity> SimNet::load_identity(const std::string& certificate, const std::string&) {
  const auto known = identities_.find(certificate);
  if (known == identities_.end()) throw std::runtime_error("cannot read " + certificate + ": no such file");
  return std::make_shared<SimIdentity>(known->second);
}

void SimNet::file(const std::string& certificate, SimIdentity identity) { identities_[certificate] = std::move(identity); }

}  // namespace mta::sim
