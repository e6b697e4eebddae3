#include "mta/real/net.h"

#include <netinet/in.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "mta/real/tcp_stream.h"

namespace mta::real {

namespace {

using asio::ip::tcp;
using boost::system::error_code;
constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr auto shortage_pause = std::chrono::milliseconds(100);
constexpr int backlog = 1024;

tcp::endpoint to_asio(const Endpoint& endpoint) { return {endpoint.address, endpoint.port}; }

// These pass by themselves; anything else at accept(2) would too, but is worth no other treatment either.
awaitable<void> pause(const Executor executor) {
  asio::steady_timer timer(executor, shortage_pause);
  co_await timer.async_wait(as_result);
}

class KernelListener : public Listener {
 public:
  KernelListener(tcp::acceptor acceptor, std::shared_ptr<TlsClient> tls) : acceptor_(std::move(acceptor)), tls_(std::move(tls)) {
    const auto bound = acceptor_.local_endpoint();
    local_ = {bound.address(), bound.port()};
  }

  awaitable<std::unique_ptr<Stream>> accept(Executor home) override {
    while (acceptor_.is_open()) {
      auto [error, socket] = co_await acceptor_.async_accept(home, as_result);
      if (!error) co_return std::make_unique<TcpStream>(tcp::socket(std::move(socket)), tls_);
      // EMFILE and its like: the connection waits in the backlog until somebody else's ends. ECONNABORTED: it left before we
      // came.
      if (acceptor_.is_open() && error != asio::error::connection_aborted) co_await pause(acceptor_.get_executor());
    }
    throw StreamLost(Loss::shut, "the listener " + local_.text() + " is closed");
  }

  void close() noexcept override {
    error_code ignored;
    acceptor_.close(ignored);
  }

  Endpoint local() const override { return local_; }

 private:
  tcp::acceptor acceptor_;
  std::shared_ptr<TlsClient> tls_;
  Endpoint local_;
};

// Opens and binds; the error tells at which step it failed, for the operator.
error_code open_from(tcp::socket& socket, const std::optional<asio::ip::address>& from, const Endpoint& to) {
  error_code error;
  socket.open(to.address.is_v6() ? tcp::v6() : tcp::v4(), error);
  if (error || !from) return error;
  using NoPort = asio::detail::socket_option::boolean<IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT>;
  error_code unsupported;
  socket.set_option(NoPort(true), unsupported);
  socket.bind({*from, 0}, error);
  return error;
}

StreamLost not_connected(const error_code& error, const std::string& both) {
  const Loss loss = loss_of(error);
  return {loss, both + (loss == Loss::unreachable ? error.message() : std::string(name(loss)))};
}

}  // namespace

KernelNet::KernelNet(const std::string& ca_file) : tls_(std::make_shared<TlsClient>(ca_file)) {}

std::unique_ptr<Listener> KernelNet::listen(Executor executor, const Endpoint& where) {
  tcp::acceptor acceptor(executor);
  error_code error;
  acceptor.open(where.address.is_v6() ? tcp::v6() : tcp::v4(), error);
  if (!error && where.address.is_v6()) acceptor.set_option(asio::ip::v6_only(true), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(to_asio(where), error);
  if (!error) acceptor.listen(backlog, error);
  if (error) throw std::runtime_error("cannot listen on " + where.text() + ": " + error.message());
  return std::make_unique<KernelListener>(std::move(acceptor), tls_);
}

awaitable<std::unique_ptr<Stream>> KernelNet::connect(std::optional<asio::ip::address> from, Endpoint to, Duration limit) {
  const Executor home = co_await asio::this_coro::executor;
  const std::string both = "connect to " + to.text() + (from ? " from " + from->to_string() : "") + ": ";
  if (from && from->is_v6() != to.address.is_v6()) {
    throw StreamLost(Loss::unreachable, both + "the source address is of the other family");
  }
  tcp::socket socket(home);
  if (const error_code error = open_from(socket, from, to)) {
    if (!socket.is_open()) throw StreamLost(Loss::unreachable, both + error.message());
    throw StreamLost(Loss::no_source, both + "cannot use the source address: " + error.message());
  }
  Deadline deadline(home, [&socket] {
    error_code ignored;
    socket.close(ignored);
  });
  deadline.set(limit);
  {
    const Deadline::Watch watch(deadline);
    const auto [error] = co_await socket.async_connect(to_asio(to), as_result);
    if (deadline.struck()) throw StreamLost(Loss::timeout, both + deadline.text());
    if (error) throw not_connected(error, both);
  }
  co_return std::make_unique<TcpStream>(std::move(socket), tls_);
}

std::shared_ptr<const TlsIdentity> KernelNet::load_identity(const std::string& certificate, const std::string& key) {
  return std::make_shared<ServerIdentity>(certificate, key);
}

}  // namespace mta::real
