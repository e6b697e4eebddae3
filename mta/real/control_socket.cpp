#include "mta/real/control_socket.h"

#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <set>

#include "mta/real/http_target.h"

namespace mta::real {

namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using unix_socket = asio::local::stream_protocol;
using UnixStream = beast::basic_stream<unix_socket, Executor>;
using boost::system::error_code;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::uint64_t body_limit = 1U << 20U;
constexpr std::uint32_t header_limit = 16U << 10U;
constexpr auto idle_limit = std::chrono::seconds(30);
constexpr auto answer_limit = std::chrono::minutes(2);  // a handler may scan the store
constexpr std::size_t most_conversations = 64;
constexpr mode_t mode = 0660;

// Somebody may still live behind a socket file: only one that refuses us is stale.
void clear_path(const std::string& path) {
  struct stat file {};
  if (::lstat(path.c_str(), &file) != 0) return;
  if (!S_ISSOCK(file.st_mode)) throw std::runtime_error("control socket " + path + ": a file that is not a socket is in the way");
  asio::io_context nobody;
  unix_socket::socket probe(nobody);
  error_code error;
  probe.connect(unix_socket::endpoint(path), error);
  if (!error) throw std::runtime_error("control socket " + path + ": another warmupd answers there");
  if (error != asio::error::connection_refused) throw std::runtime_error("control socket " + path + ": " + error.message());
  if (::unlink(path.c_str()) != 0) {
    throw std::runtime_error("control socket " + path +
                             ": cannot remove the stale file: " + std::generic_category().message(errno));
  }
}

unix_socket::acceptor open_acceptor(const Executor& executor, const std::string& path) {
  if (path.size() >= sizeof(sockaddr_un::sun_path)) {
    throw std::runtime_error("control socket " + path + ": the path is longer than " +
                             std::to_string(sizeof(sockaddr_un::sun_path) - 1) + " octets");
  }
  clear_path(path);
  unix_socket::acceptor acceptor(executor);
  error_code error;
  acceptor.open(unix_socket(), error);
  // Linux gives the file the mode that the socket has before bind(2): at no instant may others connect.
  if (!error && ::fchmod(acceptor.native_handle(), mode) != 0) error.assign(errno, boost::system::system_category());
  if (!error) acceptor.bind(unix_socket::endpoint(path), error);
  if (!error && ::chmod(path.c_str(), mode) != 0) error.assign(errno, boost::system::system_category());
  if (!error) acceptor.listen(64, error);
  if (error) throw std::runtime_error("control socket " + path + ": " + error.message());
  return acceptor;
}

// RFC 9457, with the fields of mta/control/JSON.md. REQUIRES: the text is UTF-8.
HttpReply problem(unsigned status, const std::string& text) {
  std::string detail;
  for (const char c : text) {
    if (c == '"' || c == '\\') detail += '\\';
    detail += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return {status, "application/problem+json",
          R"({"title":")" + std::string(status >= 500 ? "a fault of warmupd" : "not a request") + R"(","status":)" +
              std::to_string(status) + R"(,"detail":")" + detail +
              R"(","unknown":null,"found":null,"nearest":null})"
              "\n"};
}

http::response<http::string_body> to_beast(HttpReply reply, unsigned version, bool keep_alive) {
  http::response<http::string_body> response;
  response.version(version);
  response.result(reply.status);
  response.set(http::field::content_type, reply.content_type);
  response.keep_alive(keep_alive);
  response.body() = std::move(reply.body);
  response.prepare_payload();
  return response;
}

using Parser = http::request_parser<http::string_body>;

struct ReadRequest {
  HttpRequest request;
  std::optional<HttpReply> reply;  // already known: it is refused
  unsigned version = 11;
  bool keep_alive = false;
  bool over = false;  // nobody is there to hear a reply
};

bool is_broken_http(const error_code& error) {
  return error.category() == make_error_code(http::error::bad_method).category() && error != http::error::end_of_stream &&
         error != http::error::partial_message;
}

ReadRequest judge(const error_code& error, Parser& parser) {
  ReadRequest question;
  if (error == http::error::body_limit) {
    question.reply = problem(413, "the request's body is larger than 1 MiB");
  } else if (error == http::error::header_limit) {
    question.reply = problem(431, "the request's header is larger than 16 KiB");
  } else if (error) {
    question.over = !is_broken_http(error);
    question.reply = problem(400, "not HTTP: " + error.message());
  } else {
    auto& message = parser.get();
    question.keep_alive = message.keep_alive();
    question.version = message.version();
    question.request.method = std::string(message.method_string());
    question.request.body = std::move(message.body());
    const auto target = message.target();
    if (!split_target({target.data(), target.size()}, question.request)) question.reply = problem(400, "not a request target");
  }
  return question;
}

awaitable<HttpReply> answer(HttpHandler handler, HttpRequest request) {
  std::string bug;
  try {
    HttpReply reply = co_await handler(std::move(request));
    co_return reply;
  } catch (const std::exception& error) {
    bug = error.what();
  }
  spdlog::error("control socket: {}", bug);
  co_return problem(500, bug);
}

}  // namespace

struct ControlSocket::Parts : std::enable_shared_from_this<ControlSocket::Parts> {
  Parts(const Executor& executor_in, const std::string& path_in, HttpHandler handler_in)
      : executor(executor_in), path(path_in), handler(std::move(handler_in)), acceptor(open_acceptor(executor, path)) {
    ::lstat(path.c_str(), &file);
  }

  static awaitable<void> listen(std::shared_ptr<Parts>);
  static awaitable<void> converse(std::shared_ptr<Parts>, std::shared_ptr<UnixStream>);
  static awaitable<bool> exchange(std::shared_ptr<Parts>, std::shared_ptr<UnixStream>, std::shared_ptr<beast::flat_buffer>);
  void close();
  void remove_file() const;

  Executor executor;
  std::string path;
  HttpHandler handler;
  unix_socket::acceptor acceptor;
  struct stat file {};
  std::set<std::shared_ptr<UnixStream>> conversations;
  bool closed = false;
};

awaitable<void> ControlSocket::Parts::listen(std::shared_ptr<Parts> parts) {
  while (!parts->closed) {
    auto [error, socket] = co_await parts->acceptor.async_accept(parts->executor, as_result);
    if (parts->closed) co_return;
    if (error) {  // no file descriptor free: somebody else's end makes room
      asio::steady_timer timer(parts->executor, std::chrono::milliseconds(100));
      co_await timer.async_wait(as_result);
      continue;
    }
    if (parts->conversations.size() >= most_conversations) continue;  // closes it
    auto stream = std::make_shared<UnixStream>(std::move(socket));
    parts->conversations.insert(stream);
    asio::co_spawn(parts->executor, converse(parts, stream), [parts, stream](const std::exception_ptr& bug) {
      parts->conversations.erase(stream);
      if (bug) spdlog::error("control socket: a conversation ended unexpectedly");
    });
  }
}

awaitable<void> ControlSocket::Parts::converse(std::shared_ptr<Parts> parts, std::shared_ptr<UnixStream> stream) {
  auto buffer = std::make_shared<beast::flat_buffer>();
  bool more = true;
  while (more && !parts->closed) more = co_await exchange(parts, stream, buffer);
  error_code ignored;
  stream->socket().shutdown(unix_socket::socket::shutdown_both, ignored);
}

// One question and its answer; false: the conversation is over.
awaitable<bool> ControlSocket::Parts::exchange(std::shared_ptr<Parts> parts, std::shared_ptr<UnixStream> stream,
                                               std::shared_ptr<beast::flat_buffer> buffer) {
  Parser parser;
  parser.body_limit(body_limit);
  parser.header_limit(header_limit);
  stream->expires_after(idle_limit);
  const auto [error, octets] = co_await http::async_read(*stream, *buffer, parser, as_result);
  static_cast<void>(octets);
  ReadRequest question = judge(error, parser);
  if (question.over) co_return false;
  if (!question.reply) {
    stream->expires_never();  // the handler has its own limits
    question.reply = co_await answer(parts->handler, std::move(question.request));
  }
  if (parts->closed) co_return false;
  auto response = to_beast(std::move(*question.reply), question.version, question.keep_alive);
  stream->expires_after(answer_limit);
  const auto [lost, sent] = co_await http::async_write(*stream, response, as_result);
  static_cast<void>(sent);
  co_return question.keep_alive && !lost;
}

void ControlSocket::Parts::close() {
  if (closed) return;
  closed = true;
  error_code ignored;
  acceptor.close(ignored);
  for (const auto& stream : conversations) stream->close();
}

// The file may be somebody else's by now.
void ControlSocket::Parts::remove_file() const {
  struct stat now {};
  if (::lstat(path.c_str(), &now) == 0 && now.st_ino == file.st_ino && now.st_dev == file.st_dev) ::unlink(path.c_str());
}

ControlSocket::ControlSocket(const Executor& executor, const std::string& path, HttpHandler handler)
    : parts_(std::make_shared<Parts>(executor, path, std::move(handler))) {
  asio::co_spawn(executor, Parts::listen(parts_), [](const std::exception_ptr& error) {
    if (error) spdlog::error("control socket: the listener ended unexpectedly");
  });
}

ControlSocket::~ControlSocket() { close(); }

void ControlSocket::close() {
  if (removed_) return;
  removed_ = true;
  parts_->remove_file();  // at once: the executor may run no more
  asio::dispatch(parts_->executor, [parts = parts_] { parts->close(); });
}

}  // namespace mta::real
