// Opening a session: RFC 5321 §3.1, §3.2; RFC 3207; RFC 4954.
#include <fmt/format.h>
#include <openssl/evp.h>

#include "mta/smtp/client_session.h"

namespace mta::smtp {
namespace {

std::string base64(const std::string& text) {
  std::string out((text.size() + 2) / 3 * 4 + 1, '\0');
  const auto* in = reinterpret_cast<const unsigned char*>(text.data());
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), in, static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

}  // namespace

awaitable<Opening> ClientSession::open() {
  Opening opening;
  opening.lost = co_await converse(greet(opening));
  opening.stage = opening.lost ? opening.lost->stage : opening.stage;
  if (opening.lost && last_words_.heard() && (!opening.handshake || opening.tls)) {
    opening.refusal = last_words_;
    opening.lost.reset();
  }
  ready_ = opening.ready && !opening.lost;
  co_return opening;
}

awaitable<void> ClientSession::greet(Opening& opening) {
  const Reply banner = co_await hear(Stage::banner);  // S: 220 mx.example.org ESMTP
  if (refuses(opening, Stage::banner, banner)) co_return;
  const bool known = co_await hello(opening);
  if (!known) co_return;
  const bool secured = co_await secure(opening);
  if (!secured) co_return;
  opening.ready = co_await authenticate(opening);
}

awaitable<bool> ClientSession::hello(Opening& opening) {
  offers_ = Offers();
  Reply answer = co_await ask(Stage::ehlo, "EHLO " + options_.ehlo);
  if (answer.ok()) {
    offers_ = without(parse_offers(answer), options_.left_out);
    co_return true;
  }
  if (answer.permanent()) {  // RFC 5321 §4.1.1.1, §3.2
    last_words_ = answer;
    answer = co_await ask(Stage::ehlo, "HELO " + options_.ehlo);
    last_words_ = Reply();
  }
  co_return !refuses(opening, Stage::ehlo, answer);
}

awaitable<bool> ClientSession::secure(Opening& opening) {
  if (options_.tls == conf::TlsLevel::off) co_return true;
  const bool required = options_.tls != conf::TlsLevel::may;
  opening.stage = Stage::starttls;
  if (!offers_.starttls) {
    if (required) opening.ours = make_reply(450, "4.7.4 TLS is required, but " + options_.host + " does not offer STARTTLS");
    co_return !required;
  }
  const Reply answer = co_await ask(Stage::starttls, "STARTTLS");
  if (answer.code != 220) {
    if (required || closing_) refuses(opening, Stage::starttls, answer);
    co_return !required && !closing_;  // RFC 3207 §4: the client decides whether to go on in clear
  }
  lines_.discard();  // RFC 3207 §4.2: whatever was said in clear behind the 220 was not said
  stream_.expires_after(limit(options_.timeouts, Stage::starttls));
  TlsRequest request;
  request.host = options_.host;
  request.verify = options_.tls == conf::TlsLevel::verify;
  request.session_key = options_.session_key;
  opening.handshake = true;
  opening.tls = co_await stream_.start_tls(std::move(request));
  encrypted_ = true;
  const bool known = co_await hello(opening);  // RFC 3207 §4.2: and what it offered is forgotten
  co_return known;
}

awaitable<bool> ClientSession::authenticate(Opening& opening) {
  if (options_.username.empty()) co_return true;
  opening.stage = Stage::auth;
  if (!opening.tls || !opening.tls->verified) {
    opening.ours =
        make_reply(450, "4.7.5 the certificate of " + options_.host + " is not verified: the password is not shown to it");
    co_return false;
  }
  if (!offers_.auth_plain && !offers_.auth_login) {
    opening.ours = make_reply(450, "4.7.0 " + options_.host + " offers neither AUTH PLAIN nor AUTH LOGIN");
    co_return false;
  }
  const Reply answer = co_await log_in();
  co_return !refuses(opening, Stage::auth, answer);
}

awaitable<Reply> ClientSession::log_in() {
  if (offers_.auth_plain) {  // RFC 4616 §2
    const std::string secret = std::string(1, '\0') + options_.username + std::string(1, '\0') + options_.password;
    Reply answer = co_await ask(Stage::auth, "AUTH PLAIN " + base64(secret));
    if (answer.code == 334) answer = co_await ask(Stage::auth, base64(secret));  // RFC 4954 §4: it overlooks the initial response
    if (!not_understood(answer) || !offers_.auth_login) co_return answer;
  }
  Reply answer = co_await ask(Stage::auth, "AUTH LOGIN");
  if (answer.code == 334) answer = co_await ask(Stage::auth, base64(options_.username));
  if (answer.code == 334) answer = co_await ask(Stage::auth, base64(options_.password));
  co_return answer;
}

bool ClientSession::refuses(Opening& opening, Stage stage, const Reply& reply) const {
  opening.stage = stage;
  if (reply.ok()) return false;
  opening.refusal = reply;
  return true;
}

void ClientSession::leave_out(const LeftOut& more) {
  options_.left_out |= more;
  offers_ = without(offers_, options_.left_out);
}

}  // namespace mta::smtp
