#include "mta/submit/server_session.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace mta {
namespace {

using namespace smtp::command;

constexpr unsigned most_complaints = 20;
constexpr unsigned most_refusals = 100;                     // of a stranger, in a row
constexpr unsigned most_idle_commands = 100;                // of a stranger, without a message
constexpr auto scarce_patience = std::chrono::seconds(10);  // with a stranger
constexpr std::size_t reader_bytes = 16U << 10U;
constexpr auto farewell_limit = std::chrono::seconds(10);
constexpr auto tls_limit = std::chrono::minutes(1);
// The stream's own limit is behind the one of leave_late(), so that a silent client hears why (RFC 5321 §4.5.3.2.7).
constexpr auto after_timeout = std::chrono::seconds(30);

std::optional<ServerSession::Time> moment(ServerSession::Time::rep ticks) {
  if (ticks == 0) return std::nullopt;
  return ServerSession::Time(ServerSession::Time::duration(ticks));
}

}  // namespace

ServerSession::ServerSession(SubmissionContext& context, Client client, Executor home, std::unique_ptr<Stream> stream)
    : context_(context),
      client_(std::move(client)),
      home_(std::move(home)),
      stream_(std::move(stream)),
      reader_(*stream_, reader_bytes),
      stranger_(!client_.may_relay()) {}

awaitable<void> ServerSession::run() {
  bool lost = false;
  try {
    co_await converse();
  } catch (const StreamLost& loss) {
    spdlog::debug("client {}: {}", client_.address, loss.what());
    lost = true;
  }
  if (incoming_) incoming_->abandon();
  incoming_.reset();
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
  if (client_.listener->tls == conf::ListenerTls::implicit) client_.tls = co_await shake_hands();  // RFC 8314 §3
  say(220, "", client_.config->hostname + " ESMTP warmupd");
}

awaitable<TlsFacts> ServerSession::shake_hands() {
  stream_->expires_after(tls_limit);
  const auto now = context_.now();
  begin_wait(In::handshake, now + tls_limit, now);
  TlsRequest request;
  request.identity = client_.identity;
  auto facts = co_await stream_->start_tls(std::move(request));
  end_wait();
  co_return facts;
}

awaitable<void> ServerSession::hear_command() {
  command_since_.reset();
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
  if (line->end == smtp::LineEnd::crlf) co_return std::string(line->text);
  if (line->end == smtp::LineEnd::bare_lf) {  // RFC 5321 §2.3.8
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
    answer(transaction_.mail(*wanted, client_, context_.parts.spool.accepting()));
  else if (const auto* recipient = std::get_if<Rcpt>(&command))
    return rcpt(*recipient);
  else if (const auto* greeting = std::get_if<Hello>(&command))
    hello(*greeting), count_idle_command();
  else if (std::holds_alternative<Noop>(command))
    say(250, "2.0.0", "fine"), count_idle_command();
  else if (std::holds_alternative<Vrfy>(command))
    say(252, "2.0.0", "not verified; send mail and it will be tried"), count_idle_command();  // RFC 5321 §3.5.3
  else if (std::holds_alternative<Help>(command))
    say(214, "2.0.0", "EHLO STARTTLS AUTH MAIL RCPT DATA BDAT RSET NOOP VRFY QUIT"), count_idle_command();
  else if (std::holds_alternative<Rset>(command))
    reset(), say(250, "2.0.0", "forgotten"), count_idle_command();
  else if (std::holds_alternative<Quit>(command))
    say(221, "2.0.0", client_.config->hostname + " closing"), over_ = true;
  else if (const auto* wrong = std::get_if<Wrong>(&command)) {
    if (wrong->stage == smtp::command::CommandStage::other)
      complain(wrong->code, wrong->enhanced, wrong->text);
    else
      refuse({wrong->code, std::string(wrong->enhanced), wrong->text},
             wrong->stage == smtp::command::CommandStage::mail   ? smtp::Stage::mail
             : wrong->stage == smtp::command::CommandStage::rcpt ? smtp::Stage::rcpt
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
  else if (std::holds_alternative<Rcpt>(command))
    co_await ask_for_room();
  else if (std::holds_alternative<StartTls>(command))
    co_await start_tls();
  else if (auto* login = std::get_if<Auth>(&command))
    co_await authenticate(std::move(*login));
}

bool ServerSession::rcpt(const Rcpt& wanted) {
  const auto reply = transaction_.rcpt(wanted, client_);
  if (reply) answer(*reply);
  return reply.has_value();
}

awaitable<void> ServerSession::ask_for_room() {
  auto draft = transaction_.question();
  const auto opens = co_await context_.parts.spool.wait_too_long(std::move(draft));
  answer(transaction_.room(opens));
}

void ServerSession::hello(const Hello& greeting) {
  reset();  // RFC 5321 §4.1.4
  client_.hello = greeting.domain;
  client_.extended = greeting.extended;
  const auto& host = client_.config->hostname;
  if (!greeting.extended) return say(250, "", host);
  const auto line = [this](const std::string& text, bool last = false) { out_ += (last ? "250 " : "250-") + text + "\r\n"; };
  line(host);
  line("PIPELINING");
  line(fmt::format("SIZE {}", client_.config->limits.message_size));
  line("8BITMIME");
  line("SMTPUTF8");
  line("ENHANCEDSTATUSCODES");
  line("DSN");
  if (client_.tls_offered()) line("STARTTLS");
  if (client_.auth_offered()) line("AUTH PLAIN LOGIN");
  line("CHUNKING", true);
}

awaitable<void> ServerSession::start_tls() {
  if (client_.tls || !client_.tls_offered()) {
    complain(503, "5.5.1", client_.tls ? "TLS is active already" : "STARTTLS is not offered");
    co_return;
  }
  say(220, "2.0.0", "go ahead");
  co_await flush();
  reader_.discard();  // RFC 3207 §4.2: nothing said in clear text survives
  auto facts = co_await shake_hands();
  forget_client();
  client_.tls = std::move(facts);
}

void ServerSession::forget_client() {
  reset();
  client_.hello.clear();
  client_.extended = false;
  client_.user = nullptr;
  stranger_ = !client_.may_relay();
}

void ServerSession::reset() {
  if (incoming_) incoming_->abandon();
  incoming_.reset();
  transaction_.reset();
}

// Replies hold printable ASCII, whatever their text was made of.
void ServerSession::say(int code, std::string_view enhanced, std::string_view text) {
  out_ += fmt::format("{} {}{}", code, enhanced, enhanced.empty() ? "" : " ");
  for (const char c : text) out_ += c >= ' ' && c <= '~' ? c : '?';
  out_ += "\r\n";
}

void ServerSession::answer(const CommandReply& reply) {
  switch (reply.kind) {
    case CommandReply::Disposition::done: return say(reply.code, reply.enhanced, reply.text);
    case CommandReply::Disposition::out_of_turn: return complain(reply.code, reply.enhanced, reply.text);
    case CommandReply::Disposition::refused:
      return refuse({reply.code, reply.enhanced, reply.text}, reply.stage, reply.recipient);
  }
}

void ServerSession::refuse(const RefusedMail& refusal, smtp::Stage stage, const std::string& recipient) {
  if (refusal.code == 421) return bid_farewell(fmt::format("421 {} {}", refusal.enhanced, refusal.text));
  say(refusal.code, refusal.enhanced, refusal.text);
  const std::string user = client_.user == nullptr ? "" : client_.user->name;
  report({refusal, stage, client_.address, user, transaction_.sender(), recipient, 0, {}});
  if (stranger_ && ++complaints_ >= most_refusals) bid_farewell("421 4.7.0 too many errors, closing");
}

// What strangers are refused is counted: they must not be able to fill the disk with it.
void ServerSession::report(Refused event) {
  if (!stranger_) return context_.parts.refused(event);
  event.refusal.came_back = false;  // whoever may not relay does not route our mail to us
  const auto first = context_.refusals.add(std::move(event), context_.now(), context_.parts.world.calendar.now());
  if (first) context_.parts.refused(*first);
}

void ServerSession::count_idle_command() {
  if (stranger_ && ++idle_commands_ >= most_idle_commands && !over_)
    bid_farewell("421 4.7.0 too many commands without a message, closing");
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
  const auto now = context_.now();
  begin_wait(In::reply, now + command_timeout(), now);
  co_await stream_->write(octets);
  end_wait();
}

void ServerSession::begin_wait(In in, Time until, Time since) {
  waiting_in_ = in;
  late_at_ = until.time_since_epoch().count();
  waiting_since_ = since.time_since_epoch().count() | 1;  // never 0
}

// Reads more; what we have said goes out first (RFC 2920 §3.2).
awaitable<void> ServerSession::fill(In in) {
  co_await flush();
  if (!farewell_.empty() && in == In::command) {  // also when we were told to go while the reply was on its way
    bid_farewell(farewell_);
    co_await flush();
    throw StreamLost(Loss::shut, "said goodbye");
  }
  const auto now = context_.now();
  auto since = now, until = now + command_timeout();
  if (in == In::command) {  // for the whole command, not for a silence (RFC 5321 §4.5.3.2.7)
    if (!command_since_) command_since_ = now;
    since = *command_since_;
    until = since + command_timeout();
  }
  const bool in_message = in == In::body || incoming_ != nullptr;
  if (in_message && rate_.least() > 0) until = std::min<Time>(until, now + rate_.patience());
  stream_->expires_after(std::max(Duration(0), std::chrono::ceil<Duration>(until - now)) + after_timeout);
  begin_wait(in, until, since);
  const auto before = reader_.pending().size();
  co_await reader_.fill();
  end_wait();
  if (in_message) {
    rate_.waited(std::chrono::floor<Duration>(context_.now() - now));
    rate_.came(reader_.pending().size() - before);
  }
  if (leaving_) throw StreamLost(Loss::shut, "said goodbye");
}

bool ServerSession::late(Time now, bool scarce) const {
  const auto since = moment(waiting_since_);
  if (!since) return false;
  if (now >= *moment(late_at_)) return true;
  return scarce && stranger_ && now - *since >= scarce_patience;
}

std::optional<ServerSession::Time> ServerSession::spare_since() const {
  if (!stranger_ && waiting_in_ != In::command) return std::nullopt;
  return moment(waiting_since_);
}

awaitable<void> ServerSession::leave_late(bool scarce) {
  const auto now = context_.now();
  if (!late(now, scarce)) co_return;
  const bool too_slow = rate_.least() > 0 && rate_.patience() <= now - *moment(waiting_since_);
  std::string farewell = "421 4.4.2 nothing heard for too long, closing";
  if (now < *moment(late_at_))
    farewell = fmt::format("421 4.4.2 too many clients are connected to wait for one that said nothing for {} s, closing",
                           scarce_patience.count());
  else if (waiting_in_ == In::command && reader_.pending().size() > 0)
    farewell = "421 4.4.2 the command took too long, closing";
  else if ((waiting_in_ == In::body || incoming_) && too_slow)
    farewell = fmt::format("421 4.4.2 the message brings less than {} octets a second, closing", rate_.least());
  co_await leave(std::move(farewell), true);
}

awaitable<void> ServerSession::leave(std::string farewell, bool even_in_body) {
  if (over_ || leaving_) co_return;
  const bool silent = waiting_since_ != 0;
  if (!silent || (waiting_in_ != In::command && !even_in_body)) {
    if (!even_in_body) farewell_ = std::move(farewell);
    co_return;
  }
  leaving_ = true;
  if (waiting_in_ == In::handshake || waiting_in_ == In::reply) co_return stream_->close();  // nothing more can be said
  const std::string line = farewell + "\r\n";
  stream_->expires_after(farewell_limit);
  try {
    co_await stream_->write(line);
  } catch (const StreamLost&) {
    spdlog::debug("client {}: the connection ended before its QUIT was answered", client_.address);
  }
  stream_->close();
}

}  // namespace mta
