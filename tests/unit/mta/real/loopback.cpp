#include "loopback.h"

#include <array>
#include <boost/asio/co_spawn.hpp>

namespace mta::real {

namespace {

awaitable<void> accept_one(Listener& listener, Executor home, std::unique_ptr<Stream>& stream) {
  stream = co_await listener.accept(home);
  stream->expires_after(std::chrono::seconds(20));
}

awaitable<void> connect_one(Net& net, Endpoint to, std::unique_ptr<Stream>& stream) {
  stream = co_await net.connect(std::nullopt, to, std::chrono::seconds(20));
  stream->expires_after(std::chrono::seconds(20));
}

}  // namespace

void Loopback::run(std::vector<awaitable<void>> conversations) {
  std::exception_ptr first;
  std::size_t open = conversations.size();
  context_.restart();
  for (auto& conversation : conversations) {
    asio::co_spawn(context_, std::move(conversation), [&](const std::exception_ptr& error) {
      if (error && !first) first = error;
      if (--open == 0) context_.stop();  // the deadlines' timers would keep it running
    });
  }
  context_.run();
  if (first) std::rethrow_exception(first);
}

Pair Loopback::connect() {
  Pair pair;
  run(accept_one(*listener_, executor(), pair.server), connect_one(net_, port(), pair.client));
  return pair;
}

awaitable<void> note_loss(awaitable<void> conversation, Lost& lost) {
  try {
    co_await std::move(conversation);
  } catch (const StreamLost& error) {
    lost = {error.loss, error.what()};
  }
}

awaitable<void> say(Stream& stream, std::string text) { co_await stream.write(text); }

awaitable<void> hear(Stream& stream, std::size_t octets, std::string& heard) {
  std::array<char, 4096> piece{};
  while (octets > 0) {
    const std::size_t got = co_await stream.read_some({piece.data(), std::min(octets, piece.size())});
    heard.append(piece.data(), got);
    octets -= got;
  }
}

awaitable<void> secure(Stream& stream, TlsRequest wish, TlsFacts& facts) { facts = co_await stream.start_tls(std::move(wish)); }

}  // namespace mta::real
