// DATA and BDAT (RFC 5321 §4.1.1.4, RFC 3030).
#include <fmt/format.h>

#include <algorithm>

#include "mta/submit/server_session.h"

namespace mta {

// RFC 5321 §3.3, RFC 2920 §3.1: no 354 without anybody to send it to.
std::optional<Refusal> ServerSession::refuse_content() const {
  if (!envelope_) return Refusal{503, "5.5.1", "say MAIL first"};
  if (envelope_->recipients.empty()) return Refusal{refused_recipients_ ? 554 : 503, "5.5.1", "no valid recipients"};
  return std::nullopt;
}

// The envelope goes with it; who the sender was stays for what may have to be said about it.
void ServerSession::begin_parcel() {
  std::string sender = envelope_->sender;
  parcel_ = std::make_unique<Parcel>(office_, visitor_, std::move(*envelope_));
  expect_octets();
  envelope_.emplace();
  envelope_->sender = std::move(sender);
}

// From here on octets of a message come, and have to come fast enough.
void ServerSession::expect_octets() {
  rate_ = BodyRate(visitor_.config->limits.data_rate);
  rate_.came(reader_.pending().size());
}

awaitable<void> ServerSession::data() {
  auto refusal = refuse_content();
  if (!refusal && parcel_) refusal = Refusal{503, "5.5.1", "DATA after BDAT"};  // RFC 3030 §2
  if (refusal) {
    refuse(*refusal, smtp::Stage::data);
    co_return;
  }
  say(354, "", "end with CRLF.CRLF");
  co_await flush();
  begin_parcel();
  Undot undot;
  std::string clean;
  while (!undot.ended()) {
    if (reader_.pending().empty()) co_await fill(In::body);
    clean.clear();
    const auto used = undot.add(reader_.pending(), clean);
    reader_.consume(used);
    co_await parcel_->add(clean);
  }
  co_await end_message();
}

awaitable<void> ServerSession::bdat(smtp::command::Bdat chunk) {
  auto refusal = parcel_ ? std::nullopt : refuse_content();
  if (refusal) {  // the octets come all the same (RFC 3030 §2)
    expect_octets();
    co_await skip(chunk.octets);
    refuse(*refusal, smtp::Stage::data);
    co_return;
  }
  if (!parcel_) begin_parcel();
  co_await take_chunk(chunk.octets);
  if (chunk.last) {
    co_await end_message();
  } else if (parcel_->refusal()) {
    refuse(*parcel_->refusal(), smtp::Stage::body);
    reset();
  } else {
    say(250, "2.0.0", fmt::format("{} octets received", chunk.octets));
  }
}

awaitable<void> ServerSession::skip(std::uint64_t octets) {
  while (octets > 0) {
    if (reader_.pending().empty()) co_await fill(In::body);
    const auto part = std::min<std::uint64_t>(octets, reader_.pending().size());
    reader_.consume(static_cast<std::size_t>(part));
    octets -= part;
  }
}

awaitable<void> ServerSession::take_chunk(std::uint64_t octets) {
  while (octets > 0) {
    if (reader_.pending().empty()) co_await fill(In::body);
    const auto part =
        reader_.pending().substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(octets, reader_.pending().size())));
    co_await parcel_->add(part);
    reader_.consume(part.size());
    octets -= part.size();
  }
}

awaitable<void> ServerSession::end_message() {
  const auto queued = co_await parcel_->finish();
  if (queued) {
    complaints_ = idle_commands_ = 0;
    say(250, "2.0.0", fmt::format("queued as {}{}{}", queued->id.text(), queued->opens.empty() ? "" : "; ", queued->opens));
  } else {
    refuse(*parcel_->refusal(), smtp::Stage::dot);
  }
  reset();
}

}  // namespace mta
