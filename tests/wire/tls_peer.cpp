// One conversation through the real net, for tls_real_peers.py.
//   wire_tls_peer dial HOST:PORT NAME any|verify CA TIMES   connects, starts TLS at once, says a line, hears one, TIMES in turn
//   wire_tls_peer serve CERTIFICATE KEY TIMES               prints its port, then accepts, starts TLS, hears a line and says it
//   back
// Prints a line for each: VERSION CIPHER verified|unverified resumed|fresh TEXT, or "lost: REASON".
#include <fmt/format.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <iostream>

#include "mta/real/net.h"

namespace {

using mta::awaitable;
namespace asio = boost::asio;

awaitable<std::string> hear_line(mta::Stream& stream) {
  std::string heard;
  std::array<char, 512> piece{};
  while (!heard.ends_with('\n')) {
    const std::size_t got = co_await stream.read_some(piece);
    heard.append(piece.data(), got);
  }
  heard.pop_back();
  co_return heard;
}

void print(const mta::TlsFacts& facts, const std::string& text) {
  std::cout << fmt::format("{} {} {} {} {}", facts.version, facts.cipher, facts.verified ? "verified" : "unverified",
                           facts.resumed ? "resumed" : "fresh", text)
            << std::endl;
}

awaitable<void> dial_once(mta::Net& net, mta::Endpoint to, mta::TlsRequest wish) {
  const auto stream = co_await net.connect(std::nullopt, to, std::chrono::seconds(20));
  stream->expires_after(std::chrono::seconds(20));
  const mta::TlsFacts facts = co_await stream->start_tls(wish);
  co_await stream->write("hello\n");
  const std::string heard = co_await hear_line(*stream);
  co_await stream->shut();
  print(facts, heard);
}

awaitable<void> serve_once(mta::Listener& listener, asio::any_io_executor home,
                           std::shared_ptr<const mta::TlsIdentity> identity) {
  const auto stream = co_await listener.accept(home);
  stream->expires_after(std::chrono::seconds(20));
  mta::TlsRequest wish;
  wish.identity = identity;
  const mta::TlsFacts facts = co_await stream->start_tls(wish);
  const std::string heard = co_await hear_line(*stream);
  co_await stream->write(heard + "\n");
  co_await stream->shut();
  print(facts, heard);
}

void run(asio::io_context& context, awaitable<void> conversation) {
  asio::co_spawn(context, std::move(conversation), [&](const std::exception_ptr& error) {
    context.stop();
    try {
      if (error) std::rethrow_exception(error);
    } catch (const std::exception& lost) {
      std::cout << "lost: " << lost.what() << std::endl;
    }
  });
  context.restart();
  context.run();
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments + 1, arguments + count);
  asio::io_context context;
  if (words.size() == 6 && words[0] == "dial") {
    mta::real::KernelNet net(words[4]);
    mta::TlsRequest wish;
    wish.host = words[2];
    wish.verify = words[3] == "verify";
    wish.session_key = words[1];
    for (int left = std::atoi(words[5].c_str()); left > 0; --left)
      run(context, dial_once(net, mta::Endpoint::parse(words[1]).value(), wish));
    return 0;
  }
  if (words.size() == 4 && words[0] == "serve") {
    mta::real::KernelNet net("");
    const auto identity = net.load_identity(words[1], words[2]);
    const auto listener = net.listen(context.get_executor(), mta::Endpoint::parse("127.0.0.1:0").value());
    std::cout << listener->local().port << std::endl;
    for (int left = std::atoi(words[3].c_str()); left > 0; --left)
      run(context, serve_once(*listener, context.get_executor(), identity));
    return 0;
  }
  std::cerr << "usage: see the head of tls_peer.cpp\n";
  return 2;
}
