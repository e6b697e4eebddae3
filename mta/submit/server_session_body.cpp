// The octets of a message, by DATA or BDAT (RFC 5321 §4.1.1.4, RFC 3030).
#include <algorithm>

#include "mta/submit/server_session.h"

namespace mta {

// REQUIRES: the transaction allows it.
void ServerSession::begin_parcel() {
  incoming_ = std::make_unique<IncomingMessage>(context_, client_, transaction_.begin());
  expect_octets();
}

// From here on octets of a message come, and have to come fast enough.
void ServerSession::expect_octets() {
  rate_ = BodyRate(client_.config->limits.data_rate);
  rate_.came(reader_.pending().size());
}

awaitable<void> ServerSession::data() {
  const auto reply = transaction_.data();
  answer(reply);
  if (reply.kind != CommandReply::Disposition::done) co_return;
  co_await flush();
  begin_parcel();
  Undot undot;
  std::string clean;
  while (!undot.ended()) {
    if (reader_.pending().empty()) co_await fill(In::body);
    clean.clear();
    const auto used = undot.add(reader_.pending(), clean);
    reader_.consume(used);
    co_await incoming_->add(clean);
  }
  co_await end_message();
}

awaitable<void> ServerSession::bdat(smtp::command::Bdat chunk) {
  const auto refusal = transaction_.bdat();
  if (refusal) {  // the octets come all the same (RFC 3030 §2)
    expect_octets();
    co_await skip(chunk.octets);
    answer(*refusal);
    co_return;
  }
  if (!incoming_) begin_parcel();
  co_await take_chunk(chunk.octets);
  if (chunk.last) {
    co_await end_message();
  } else if (incoming_->refusal()) {
    refuse(*incoming_->refusal(), smtp::Stage::body);
    reset();
  } else {
    answer(transaction_.chunk_taken(chunk.octets));
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
    co_await incoming_->add(part);
    reader_.consume(part.size());
    octets -= part.size();
  }
}

awaitable<void> ServerSession::end_message() {
  const auto queued = co_await incoming_->finish();
  if (queued) {
    complaints_ = idle_commands_ = 0;
    answer(transaction_.queued(queued->id.text(), queued->opens));
  } else {
    refuse(*incoming_->refusal(), smtp::Stage::dot);
  }
  reset();
}

}  // namespace mta
