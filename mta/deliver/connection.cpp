#include "mta/deliver/connection.h"

#include <fmt/format.h>

#include <algorithm>

namespace mta {
namespace {

// When conversations are many, so that dead and silent servers hold only a share of the places for long.
constexpr auto hurried_connect = std::chrono::seconds(5), hurried_banner = std::chrono::seconds(10);

bool rehearses(const Dial& dial) { return !dial.config->rehearsal.deliver_to.empty(); }

// A sink has no certificate that anybody vouches for.
conf::TlsLevel level_of(const Dial& dial) {
  const conf::TlsLevel wanted = dial.source->is_smarthost() ? dial.source->tls : dial.config->delivery.tls;
  return rehearses(dial) ? std::min(wanted, conf::TlsLevel::may) : wanted;
}

// The sink is on this machine or near it, where no source address need exist; a loopback one does, and lets the sink tell sources apart.
std::optional<asio::ip::address> from_address(const Dial& dial, const Endpoint& to) {
  const auto from = local_address(*dial.source);
  if (!rehearses(dial)) return from;
  const bool reaches = from && from->is_loopback() && to.address.is_loopback() && from->is_v4() == to.address.is_v4();
  return reaches ? from : std::nullopt;
}

smtp::ClientOptions options_for(const Dial& dial, const CandidateAddress& candidate, conf::TlsLevel level) {
  smtp::ClientOptions options;
  options.ehlo = dial.source->ehlo.empty() ? dial.config->hostname : dial.source->ehlo;
  options.host = candidate.host;
  options.tls = level;
  options.session_key =
      fmt::format("{}|{}|{}|{}", dial.source->name, candidate.host, candidate.endpoint.text(), static_cast<int>(level));
  if (dial.source->is_smarthost() && !rehearses(dial)) {  // a sink is told no password
    options.username = dial.source->username;
    options.password = dial.source->password;
  }
  options.timeouts = dial.timeouts;
  if (dial.hurry) options.timeouts.banner = std::min<Duration>(options.timeouts.banner, hurried_banner);
  options.left_out = dial.left_out;
  options.left_out.starttls = dial.left_out.starttls && level == conf::TlsLevel::may;  // never where the operator wants it
  return options;
}

awaitable<void> connect(const Dial& dial, const CandidateAddress& candidate, std::unique_ptr<Stream>& stream) {
  const auto from = from_address(dial, candidate.endpoint);
  const Duration usual = dial.config->delivery.connect_timeout;
  const Duration limit = dial.hurry ? std::min<Duration>(usual, hurried_connect) : usual;
  stream = co_await dial.world.net.connect(from, candidate.endpoint, limit);
}

awaitable<Dialled> dial_once(const Dial& dial, const CandidateAddress& candidate, conf::TlsLevel level) {
  Dialled made;
  const Place place = place_of(candidate, dial.provider);
  auto connection = std::make_unique<Connection>();
  connection->at = candidate;
  const smtp::Stage stage = smtp::Stage::connect;
  const auto lost = co_await smtp::until_lost(connect(dial, candidate, connection->stream), stage);
  if (lost) {
    made.failure = failure(*lost, place);
    co_return made;
  }
  dial.hangup->holds(connection->stream.get());
  if (dial.hangup->asked()) connection->stream->close();
  connection->session =
      std::make_unique<smtp::ClientSession>(*connection->stream, dial.world.stopwatch, options_for(dial, candidate, level));
  const smtp::Opening opening = co_await connection->session->open();
  connection->tls = opening.tls;
  if (opening.ready) {
    made.connection = std::move(connection);
    co_return made;
  }
  made.failure = failure(opening, place, dial.judge);
  co_await connection->session->quit();
  dial.hangup->holds(nullptr);
  co_return made;
}

}  // namespace

void Hangup::hang_up() {
  asked_ = true;
  if (stream_ != nullptr) stream_->close();
}

Place place_of(const CandidateAddress& candidate, const std::string& provider) {
  return {provider, candidate.host, candidate.endpoint.text(), false};
}

bool may_go_in_clear(const Dial& how) {
  return how.plaintext_allowed && !how.left_out.starttls && level_of(how) == conf::TlsLevel::may;
}

awaitable<Dialled> dial(Dial how, CandidateAddress candidate) {
  const conf::TlsLevel level = level_of(how);
  Dialled made = co_await dial_once(how, candidate, level);
  const bool would = (made.failure.handshake && may_go_in_clear(how)) || made.failure.starttls_refused;
  const bool in_clear = !made.connection && would && level == conf::TlsLevel::may;
  if (in_clear && !how.hangup->asked()) {
    Dialled again = co_await dial_once(how, candidate, conf::TlsLevel::off);
    made = std::move(again);
    if (made.connection) made.connection->starttls_left_out = true;
  }
  co_return made;
}

}  // namespace mta
