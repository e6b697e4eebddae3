#include "mta/real/control_client.h"

#include <sys/un.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include "mta/real/http_target.h"

namespace mta::real {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using unix_socket = asio::local::stream_protocol;
using boost::system::error_code;

constexpr std::uint64_t reply_limit = 64U << 20U;

std::string hint(const error_code& error) {
  if (error == boost::system::errc::no_such_file_or_directory) return "there is no such socket; is warmupd running?";
  if (error == boost::system::errc::connection_refused) return "nothing answers there; is warmupd running?";
  if (error == boost::system::errc::permission_denied)
    return "permission denied; try as root or as a member of the socket's group";
  return error.message();
}

// Drives one exchange on a private io_context, so that the stream's own time limit works in blocking code.
class HttpExchange {
 public:
  HttpExchange(const std::string& path, std::chrono::milliseconds limit) : path_(path), stream_(context_) {
    stream_.expires_after(limit);
  }

  void connect() {
    if (path_.size() >= sizeof(sockaddr_un::sun_path)) throw ControlError("control socket " + path_ + ": the path is too long");
    error_code error;
    stream_.async_connect(unix_socket::endpoint(path_), [&error](error_code result) { error = result; });
    context_.run();
    if (error) throw ControlError("control socket " + path_ + ": " + hint(error));
  }

  HttpReply ask(const HttpRequest& request) {
    http::request<http::string_body> message;
    message.version(11);
    message.method_string(request.method);
    message.target(join_target(request));
    message.set(http::field::host, "localhost");
    message.keep_alive(false);
    message.body() = request.body;
    message.prepare_payload();
    error_code error;
    // A refused body may be answered before all of it is sent: the reply says more than the broken pipe.
    http::async_write(stream_, message, [&error](error_code result, std::size_t) { error = result; });
    run();
    if (error == beast::error::timeout) lose(error);
    return read();
  }

 private:
  HttpReply read() {
    http::response_parser<http::string_body> parser;
    parser.body_limit(reply_limit);
    beast::flat_buffer buffer;
    error_code error;
    http::async_read(stream_, buffer, parser, [&error](error_code result, std::size_t) { error = result; });
    run();
    if (error) lose(error);
    auto& message = parser.get();
    const auto type = message[http::field::content_type];
    return {message.result_int(), std::string(type.data(), type.size()), std::move(message.body())};
  }

  void run() {
    context_.restart();
    context_.run();
  }

  [[noreturn]] void lose(const error_code& error) const {
    if (error == beast::error::timeout) throw ControlError("control socket " + path_ + ": warmupd did not answer in time");
    throw ControlError("control socket " + path_ + ": warmupd ended the conversation: " + error.message());
  }

  std::string path_;
  asio::io_context context_;
  beast::basic_stream<unix_socket> stream_;
};

}  // namespace

ControlClient::ControlClient(std::string path, std::chrono::milliseconds limit) : path_(std::move(path)), limit_(limit) {}

HttpReply ControlClient::ask(const HttpRequest& request) const {
  HttpExchange exchange(path_, limit_);
  exchange.connect();
  return exchange.ask(request);
}

}  // namespace mta::real
