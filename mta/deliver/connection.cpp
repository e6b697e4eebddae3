#include "mta/deliver/connection.h"

#include <fmt/format.h>

namespace mta {
namespace {

smtp::ClientOptions options_for(const Dial& dial, const Candidate& candidate, conf::TlsLevel level) {
  smtp::ClientOptions options;
  options.ehlo = dial.source->ehlo.empty() ? dial.config->hostname : dial.source->ehlo;
  options.host = candidate.host;
  options.tls = level;
  options.session_key =
      fmt::format("{}|{}|{}|{}", dial.source->name, candidate.host, candidate.endpoint.text(), static_cast<int>(level));
  if (dial.source->is_smarthost()) {
    options.username = dial.source->username;
    options.password = dial.source->password;
  }
  options.timeouts = dial.timeouts;
  return options;
}

awaitable<void> connect(const Dial& dial, const Candidate& candidate, std::unique_ptr<Stream>& stream) {
  const bool rehearsal =
      !dial.config->rehearsal.deliver_to.empty();  // the receiver is on this machine: no source address reaches it
  const auto from = rehearsal ? std::nullopt : local_address(*dial.source);
  stream = co_await dial.world.net.connect(from, candidate.endpoint, dial.config->delivery.connect_timeout);
}

awaitable<Dialled> dial_once(const Dial& dial, const Candidate& candidate, conf::TlsLevel level) {
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

Place place_of(const Candidate& candidate, const std::string& provider) {
  return {provider, candidate.host, candidate.endpoint.text(), false};
}

awaitable<Dialled> dial(Dial how, Candidate candidate) {
  const conf::TlsLevel level = how.source->is_smarthost() ? how.source->tls : how.config->delivery.tls;
  Dialled made = co_await dial_once(how, candidate, level);
  const bool in_clear = !made.connection && made.failure.handshake && level == conf::TlsLevel::may && how.plaintext_allowed;
  if (in_clear && !how.hangup->asked()) {
    Dialled again = co_await dial_once(how, candidate, conf::TlsLevel::off);
    made = std::move(again);
  }
  co_return made;
}

}  // namespace mta
