#include "mta/real/tcp_stream.h"

#include <sys/socket.h>

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "mta/doors/tasks.h"

namespace mta::real {

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr auto farewell_limit = std::chrono::seconds(2);
constexpr unsigned turns_without_wait = 32;

Endpoint endpoint_of(const asio::ip::tcp::endpoint& endpoint) { return {endpoint.address(), endpoint.port()}; }

}  // namespace

Loss loss_of(const boost::system::error_code& error) {
  namespace errc = boost::system::errc;
  if (error == asio::error::eof) return Loss::eof;
  if (error == errc::timed_out) return Loss::timeout;
  if (error == errc::connection_refused) return Loss::refused;
  if (error == errc::connection_reset || error == errc::broken_pipe || error == errc::connection_aborted) return Loss::reset;
  if (error == asio::error::operation_aborted || error == errc::bad_file_descriptor) return Loss::shut;
  return Loss::unreachable;
}

TcpStream::TcpStream(asio::ip::tcp::socket socket, std::shared_ptr<TlsClient> client)
    : socket_(std::move(socket)), client_(std::move(client)), deadline_(socket_.get_executor(), [this] { close(); }) {
  boost::system::error_code gone;  // a connection that is already reset has no remote end any more: the first read will tell
  local_ = endpoint_of(socket_.local_endpoint(gone));
  remote_ = endpoint_of(socket_.remote_endpoint(gone));
  socket_.set_option(asio::ip::tcp::no_delay(true), gone);
}

void TcpStream::expires_after(Duration limit) { deadline_.set(limit); }

void TcpStream::close() noexcept {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

StreamLost TcpStream::lost(Loss loss, const std::string& cause) const { return {loss, remote_.text() + ": " + cause}; }

void TcpStream::must_be_open() const {
  if (deadline_.struck()) throw lost(Loss::timeout, deadline_.text());
  if (!socket_.is_open()) throw lost(Loss::shut, std::string(name(Loss::shut)));
}

void TcpStream::lose_now(const boost::system::error_code& error) const {
  const Loss loss = loss_of(error);
  throw lost(loss, loss == Loss::unreachable ? error.message() : std::string(name(loss)));
}

void TcpStream::lose(const boost::system::error_code& error) {
  must_be_open();  // when we closed the socket ourselves the error is only the echo of that
  close();
  lose_now(error);
}

void TcpStream::lose_write(const boost::system::error_code& error) {
  must_be_open();
  lose_now(error);
}

void TcpStream::lose_tls(TlsStep step) {
  must_be_open();
  const int error = tls_->socket_error();
  if (step == TlsStep::ended) lose(asio::error::eof);
  if (error != 0) lose({error, boost::system::system_category()});
  close();
  throw lost(Loss::tls, "TLS: " + tls_->reason());
}

awaitable<std::size_t> TcpStream::read_some(std::span<char> into) {
  must_be_open();
  const Deadline::Watch watch(deadline_);
  if (tls_) {
    const std::size_t decrypted = co_await read_tls(into);
    co_return decrypted;
  }
  const auto [error, got] = co_await socket_.async_read_some(asio::buffer(into.data(), into.size()), as_result);
  if (error) lose(error);
  co_return got;
}

bool TcpStream::has_arrived() {
  if (!socket_.is_open()) return true;
  if (tls_) return tls_->peek() != TlsStep::want_read;
  char octet = 0;
  return ::recv(socket_.native_handle(), &octet, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

awaitable<void> TcpStream::write(std::string_view text) {
  must_be_open();
  const Deadline::Watch watch(deadline_);
  if (tls_) {
    co_await write_tls(text);
    co_return;
  }
  const auto [error, put] = co_await asio::async_write(socket_, asio::buffer(text), as_result);
  if (error) lose_write(error);
}

awaitable<std::size_t> TcpStream::read_tls(std::span<char> into) {
  co_await give_way();
  for (;;) {
    std::size_t got = 0;
    const TlsStep step = tls_->read(into, got);
    if (step == TlsStep::done) co_return got;
    if (step == TlsStep::ended || step == TlsStep::failed) lose_tls(step);
    co_await wait_for(step);
  }
}

awaitable<void> TcpStream::write_tls(std::string_view text) {
  while (!text.empty()) {
    std::size_t put = 0;
    const TlsStep step = tls_->write(text, put);
    if (step == TlsStep::failed && tls_->socket_error() != 0)
      lose_write({tls_->socket_error(), boost::system::system_category()});
    if (step == TlsStep::ended || step == TlsStep::failed) lose_tls(step);
    if (step == TlsStep::done) {
      text.remove_prefix(put);
      co_await give_way();
    } else {
      co_await wait_for(step);
    }
  }
}

awaitable<void> TcpStream::wait_for(TlsStep step) {
  turns_ = 0;
  const auto what = step == TlsStep::want_read ? asio::socket_base::wait_read : asio::socket_base::wait_write;
  const auto [error] = co_await socket_.async_wait(what, as_result);
  if (error) lose(error);
  must_be_open();
}

// A fast peer always has more: let the other conversations of this thread have their turn.
awaitable<void> TcpStream::give_way() {
  if (++turns_ < turns_without_wait) co_return;
  turns_ = 0;
  co_await asio::post(socket_.get_executor(), asio::use_awaitable);
  must_be_open();
}

awaitable<TlsFacts> TcpStream::start_tls(TlsRequest request) {
  ENSURE(!tls_);
  must_be_open();
  const Deadline::Watch watch(deadline_);
  if (request.verify && !request.identity && request.host.empty()) {
    close();
    throw lost(Loss::tls, "TLS: no name to verify the certificate for");
  }
  const auto* identity = dynamic_cast<const ServerIdentity*>(request.identity.get());
  ENSURE(identity != nullptr || request.identity == nullptr);
  auto ssl = identity != nullptr ? identity->begin() : client_->begin(request);
  tls_ = std::make_unique<TlsSession>(std::move(ssl), socket_.native_handle(), request.host);
  for (;;) {
    const TlsStep step = tls_->handshake();
    if (step == TlsStep::done) co_return tls_->facts();
    if (step == TlsStep::failed) {
      must_be_open();
      close();
      throw lost(Loss::tls, "TLS handshake: " + tls_->reason());
    }
    co_await wait_for(step);
  }
}

awaitable<void> TcpStream::shut() {
  if (!socket_.is_open()) co_return;
  if (tls_) {
    // RFC 8446 §6.1: close_notify before the end. Bounded, and only when the connection still works.
    deadline_.set(farewell_limit);
    const TlsStep step = tls_->farewell();
    if (step == TlsStep::want_write) {
      try {
        const Deadline::Watch watch(deadline_);
        co_await wait_for(step);
        tls_->farewell();
      } catch (const StreamLost&) {  // then without
      }
    }
  }
  if (socket_.is_open()) drain();
  close();
}

// Closing a socket with unread octets makes the kernel send a reset, which can overtake our last reply.
void TcpStream::drain() {
  boost::system::error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  std::array<char, 16384> waste{};
  for (int piece = 0; piece < 16; ++piece) {
    const ssize_t got = ::recv(socket_.native_handle(), waste.data(), waste.size(), MSG_DONTWAIT);
    if (got <= 0) return;
  }
}

}  // namespace mta::real
