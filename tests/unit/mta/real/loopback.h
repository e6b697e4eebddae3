// tests/unit/mta/real/loopback.h — both ends of a connection on the loopback, in one thread.
//
// What      A net, a listener on a free port, and verbs to get a connected pair and to run conversations to their end.
// Units     Milliseconds.
// Promise   run() returns when every conversation given has ended; the first exception is thrown again.
// Errors    A conversation that hangs is ended by its streams' deadlines.
// Source    –
// Not here  threads (threads_test.cpp).
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <initializer_list>

#include "mta/doors/world.h"

namespace mta::real {

struct Pair {
  std::unique_ptr<Stream> client, server;
};

class Loopback {
 public:
  explicit Loopback(Net& net)
      : net_(net), listener_(net.listen(context_.get_executor(), {asio::ip::make_address("127.0.0.1"), 0})) {}

  Endpoint port() const { return listener_->local(); }
  Listener& listener() { return *listener_; }
  Executor executor() { return context_.get_executor(); }
  Pair connect();
  void run(std::vector<awaitable<void>> conversations);
  template <class... Conversations>
  void run(awaitable<void> first, Conversations... more) {
    std::vector<awaitable<void>> all;
    all.push_back(std::move(first));
    (all.push_back(std::move(more)), ...);
    run(std::move(all));
  }

 private:
  Net& net_;
  asio::io_context context_;
  std::unique_ptr<Listener> listener_;
};

// What a conversation that is expected to be lost was lost by.
struct Lost {
  std::optional<Loss> loss;
  std::string text;
};

// Runs it and notes how it was lost.
awaitable<void> note_loss(awaitable<void> conversation, Lost& lost);

awaitable<void> say(Stream&, std::string text);
awaitable<void> hear(Stream&, std::size_t octets, std::string& heard);  // appends; exactly so many
awaitable<void> secure(Stream&, TlsRequest, TlsFacts& facts);

}  // namespace mta::real
