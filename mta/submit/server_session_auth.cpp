// AUTH PLAIN and LOGIN (RFC 4954, RFC 4616).
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "mta/submit/sasl.h"
#include "mta/submit/server_session.h"

namespace mta {
namespace {

constexpr unsigned most_failed_logins = 3;
constexpr auto failure_delay = std::chrono::seconds(1);

std::string printable(std::string name) {
  if (name.size() > 64) name.resize(64);
  std::ranges::replace_if(
      name, [](char c) { return c < ' ' || c > '~'; }, '?');
  return name;
}

}  // namespace

awaitable<void> ServerSession::authenticate(smtp::command::Auth request) {
  if (client_.listener->auth == conf::ListenerAuth::off) {
    complain(503, "5.5.1", "AUTH is not offered");
  } else if (!client_.auth_offered()) {
    complain(538, "5.7.11", "AUTH only after STARTTLS");  // RFC 4954 §6
  } else if (client_.hello.empty() || client_.user != nullptr || transaction_.open()) {
    complain(503, "5.5.1", client_.user != nullptr ? "authenticated already" : "AUTH is not allowed now");  // RFC 4954 §4
  } else if (request.mechanism != "PLAIN" && request.mechanism != "LOGIN") {
    complain(504, "5.5.4", "mechanism not known");
  } else {
    command_since_.reset();  // one span for the whole dialogue
    auto login = co_await exchange(std::move(request));
    if (login) co_await check_login(std::move(*login));
  }
}

// What the client sends us of itself; empty: it gave up or made no sense, and was told.
awaitable<std::optional<Login>> ServerSession::exchange(smtp::command::Auth request) {
  const bool plain = request.mechanism == "PLAIN";
  std::optional<std::string> first;
  if (request.initial)
    first = decode_base64(*request.initial);
  else
    first = co_await challenge(plain ? "" : "VXNlcm5hbWU6");  // "Username:"
  if (over_ || (!first && !request.initial)) co_return std::nullopt;
  std::optional<Login> login;
  if (first && plain) login = read_plain(*first);
  if (first && !plain) {
    auto password = co_await challenge("UGFzc3dvcmQ6");  // "Password:"
    if (!password) co_return std::nullopt;
    if (!first->empty() && password->find('\0') == std::string::npos) login = Login{std::move(*first), std::move(*password)};
  }
  if (!login) complain(501, "5.5.2", "cannot read this response");
  co_return login;
}

awaitable<std::optional<std::string>> ServerSession::challenge(std::string text) {
  out_ += "334 " + text + "\r\n";
  auto line = co_await hear_line();
  if (!line) co_return std::nullopt;
  std::optional<std::string> decoded;
  if (*line == "*") {
    complain(501, "5.7.0", "cancelled");  // RFC 4954 §4
    co_return decoded;
  }
  decoded = decode_base64(*line);
  OPENSSL_cleanse(line->data(), line->size());
  if (!decoded) complain(501, "5.5.2", "cannot read this response");
  co_return decoded;
}

awaitable<void> ServerSession::check_login(Login login) {
  const std::string name = login.user;
  const auto* user = co_await context_.credentials.check(client_.config, std::move(login));
  if (user != nullptr) {
    client_.user = user;
    stranger_ = false;
    failed_logins_ = 0;
    say(235, "2.7.0", "welcome");
    co_return;
  }
  ++failed_logins_;
  if (const auto more = context_.log_lines.pass("login " + client_.address, context_.now())) {
    spdlog::warn("client {}: login failed for user \"{}\"{}", client_.address, printable(name),
                 *more == 0 ? "" : fmt::format(" ({} more in the minute before)", *more));
  }
  co_await context_.parts.world.stopwatch.wait_for(failure_delay * failed_logins_);
  say(535, "5.7.8", "user or password is wrong");
  if (failed_logins_ >= most_failed_logins) bid_farewell("421 4.7.0 too many failed logins, closing");
}

}  // namespace mta
