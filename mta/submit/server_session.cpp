#include "mta/submit/server_session.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace mta {
namespace {

using namespace smtp::command;

constexpr unsigned most_complaints = 20;
constexpr std::size_t reader_bytes = 16U << 10U;
constexpr auto farewell_limit = std::chrono::seconds(10);
constexpr auto tls_limit = std::chrono::minutes(1);
// The stream's own limit is behind the one of leave(), so that a silent client hears why (RFC 5321 §4.5.3.2.7).
constexpr auto after_timeout = std::chrono::seconds(30);

}  // namespace

ServerSession::ServerSession(Office& office, Visitor visitor, Executor home, std::unique_ptr<Stream> stream)
    : office_(office),
      visitor_(std::move(visitor)),
      home_(std::move(home)),
      stream_(std::move(stream)),
      reader_(*stream_, reader_bytes) {}

awaitable<void> ServerSession::run() {
  bool lost = false;
  try {
    co_await converse();
  } catch (const StreamLost& loss) {
    spdlog::debug("client {}: {}", visitor_.client, loss.what());
    lost = true;
  }
  if (parcel_) parcel_->abandon();
  parcel_.reset();
  over_ = true;
  waiting_since_ = 0;
  if (lost || leaving_)
    stream_->close();
  else
    co_await stream_->shut();
}

awaitable<void> ServerSession::converse() {
  co_await greet();
  while (!over_) co_await hear_command();
  co_await flush();
}

awaitable<void> ServerSession::greet() {
  if (visitor_.listener->tls == conf::ListenerTls::implicit) {  // RFC 8314 §3
    stream_->expires_after(tls_limit);
    TlsWish wish;
    wish.identity = visitor_.identity;
    visitor_.tls = co_await stream_->start_tls(std::move(wish));
  }
  say(220, "", visitor_.config->hostname + " ESMTP warmupd");
}

awaitable<void> ServerSession::hear_command() {
  const auto line = co_await hear_line();
  if (!line) co_return;
  auto command = smtp::parse_command(*line);
  if (obey_at_once(command)) co_return;
  co_await obey(std::move(command));
}

// A line without its end; a command or a response of AUTH.
awaitable<std::optional<std::string>> ServerSession::hear_line() {
  auto line = reader_.next_line(smtp::max_auth_line);
  while (!line) {
    co_await fill(In::command);
    line = reader_.next_line(smtp::max_auth_line);
  }
  if (line->end == smtp::Line::End::crlf) co_return std::string(line->text);
  if (line->end == smtp::Line::End::bare_lf) {  // RFC 5321 §2.3.8
    complain(500, "5.5.2", "a line must end in CRLF");
    co_return std::nullopt;
  }
  while (true) {  // drop the rest of the line in the same patience as any other
    const auto pending = reader_.pending();
    const auto end = pending.find('\n');
    reader_.consume(end == std::string_view::npos ? pending.size() : end + 1);
    if (end != std::string_view::npos) break;
    co_await fill(In::command);
  }
  complain(500, "5.5.2", "line too long");  // RFC 5321 §4.5.3.1.10
  co_return std::nullopt;
}

// Commands that need no waiting; false: obey() has to.
bool ServerSession::obey_at_once(const smtp::Command& command) {
  if (const auto* wanted = std::get_if<Mail>(&command))
    mail(*wanted);
  else if (const auto* recipient = std::get_if<Rcpt>(&command); recipient != nullptr && !may_be_full())
    rcpt(*recipient);
  else if (const auto* greeting = std::get_if<Hello>(&command))
    hello(*greeting);
  else if (std::holds_alternative<Noop>(command))
    say(250, "2.0.0", "fine");
  else if (std::holds_alternative<Vrfy>(command))
    say(252, "2.0.0", "not verified; send mail and it will be tried");  // RFC 5321 §3.5.3
  else if (std::holds_alternative<Help>(command))
    say(214, "2.0.0", "EHLO STARTTLS AUTH MAIL RCPT DATA BDAT RSET NOOP VRFY QUIT");
  else if (std::holds_alternative<Rset>(command))
    reset(), say(250, "2.0.0", "forgotten");
  else if (std::holds_alternative<Quit>(command))
    say(221, "2.0.0", visitor_.config->hostname + " closing"), over_ = true;
  else if (const auto* wrong = std::get_if<Wrong>(&command)) {
    if (wrong->stage == smtp::command::Stage::other)
      complain(wrong->code, wrong->enhanced, wrong->text);
    else
      refuse({wrong->code, std::string(wrong->enhanced), wrong->text},
             wrong->stage == smtp::command::Stage::mail   ? smtp::Stage::mail
             : wrong->stage == smtp::command::Stage::rcpt ? smtp::Stage::rcpt
                                                          : smtp::Stage::data);
  } else {
    return false;
  }
  return true;
}

awaitable<void> ServerSession::obey(smtp::Command command) {
  if (std::holds_alternative<Data>(command))
    co_await data();
  else if (const auto* chunk = std::get_if<Bdat>(&command))
    co_await bdat(*chunk);
  else if (auto* recipient = std::get_if<Rcpt>(&command))
    co_await rcpt_where_room(std::move(*recipient));
  else if (std::holds_alternative<StartTls>(command))
    co_await start_tls();
  else if (auto* login = std::get_if<Auth>(&command))
    co_await authenticate(std::move(*login));
}

void ServerSession::hello(const Hello& greeting) {
  reset();  // RFC 5321 §4.1.4
  visitor_.hello = greeting.domain;
  visitor_.extended = greeting.extended;
  const auto& host = visitor_.config->hostname;
  if (!greeting.extended) return say(250, "", host);
  const auto line = [this](const std::string& text, bool last = false) { out_ += (last ? "250 " : "250-") + text + "\r\n"; };
  line(host);
  line("PIPELINING");
  line(fmt::format("SIZE {}", visitor_.config->limits.message_size));
  line("8BITMIME");
  line("SMTPUTF8");
  line("ENHANCEDSTATUSCODES");
  line("DSN");
  if (visitor_.tls_offered()) line("STARTTLS");
  if (visitor_.auth_offered()) line("AUTH PLAIN LOGIN");
  line("CHUNKING", true);
}

awaitable<void> ServerSession::start_tls() {
  if (visitor_.tls || !visitor_.tls_offered()) {
    complain(503, "5.5.1", visitor_.tls ? "TLS is active already" : "STARTTLS is not offered");
    co_return;
  }
  say(220, "2.0.0", "go ahead");
  co_await flush();
  reader_.discard();  // RFC 3207 §4.2: nothing said in clear text survives
  stream_->expires_after(tls_limit);
  TlsWish wish;
  wish.identity = visitor_.identity;
  auto facts = co_await stream_->start_tls(std::move(wish));
  forget_client();
  visitor_.tls = std::move(facts);
}

void ServerSession::forget_client() {
  reset();
  visitor_.hello.clear();
  visitor_.extended = false;
  visitor_.user = nullptr;
}

void ServerSession::reset() {
  if (parcel_) parcel_->abandon();
  parcel_.reset();
  envelope_.reset();
  addresses_.clear();
  refused_recipients_ = false;
}

// Replies hold printable ASCII, whatever their text was made of.
void ServerSession::say(int code, std::string_view enhanced, std::string_view text) {
  out_ += fmt::format("{} {}{}", code, enhanced, enhanced.empty() ? "" : " ");
  for (const char c : text) out_ += c >= ' ' && c <= '~' ? c : '?';
  out_ += "\r\n";
}

void ServerSession::refuse(const Refusal& refusal, smtp::Stage stage, const std::string& recipient) {
  if (refusal.code == 421) return bid_farewell(fmt::format("421 {} {}", refusal.enhanced, refusal.text));
  say(refusal.code, refusal.enhanced, refusal.text);
  Refused event{refusal, stage, visitor_.client, visitor_.user == nullptr ? "" : visitor_.user->name, "", recipient};
  if (envelope_) event.sender = envelope_->sender;
  office_.parts.refused(event);
}

void ServerSession::complain(int code, std::string_view enhanced, std::string_view text) {
  say(code, enhanced, text);
  if (++complaints_ >= most_complaints) bid_farewell("421 4.7.0 too many errors, closing");
}

void ServerSession::bid_farewell(std::string_view line) {
  out_.append(line).append("\r\n");
  over_ = true;
}

awaitable<void> ServerSession::flush() {
  if (out_.empty()) co_return;
  std::string octets = std::move(out_);
  out_.clear();
  stream_->expires_after(command_timeout());
  co_await stream_->write(octets);
}

// Reads more; what we have said goes out first (RFC 2920 §3.2).
awaitable<void> ServerSession::fill(In in) {
  if (!farewell_.empty() && in == In::command) {
    bid_farewell(farewell_);
    co_await flush();
    throw StreamLost(Loss::shut, "said goodbye");
  }
  co_await flush();
  stream_->expires_after(command_timeout() + after_timeout);
  waiting_in_ = in;
  waiting_since_ = office_.parts.world.stopwatch.now().time_since_epoch().count() | 1;  // never 0
  co_await reader_.fill();
  waiting_since_ = 0;
  if (leaving_) throw StreamLost(Loss::shut, "said goodbye");
}

Duration ServerSession::silent_for(std::chrono::steady_clock::time_point now) const {
  const std::chrono::steady_clock::duration since(waiting_since_.load());
  if (since.count() == 0) return Duration{0};
  return std::chrono::duration_cast<Duration>(now.time_since_epoch() - since);
}

awaitable<void> ServerSession::leave(std::string farewell, bool even_in_body) {
  if (over_ || leaving_) co_return;
  const bool silent = waiting_since_ != 0;
  if (!silent || (waiting_in_ == In::body && !even_in_body)) {
    if (!even_in_body) farewell_ = std::move(farewell);
    co_return;
  }
  leaving_ = true;
  const std::string line = farewell + "\r\n";
  stream_->expires_after(farewell_limit);
  try {
    co_await stream_->write(line);
  } catch (const StreamLost&) {
    spdlog::debug("client {}: gone before we said goodbye", visitor_.client);
  }
  stream_->close();
}

}  // namespace mta
