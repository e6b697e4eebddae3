#include "tests/sim/world/net.h"

#include <gtest/gtest.h>

#include "tests/sim/world/world.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;
using Line = std::unique_ptr<Stream>;

awaitable<Line> dial(SimNet& net, std::optional<asio::ip::address> from, Endpoint to, Duration limit) {
  Line line = co_await net.connect(from, to, limit);
  line->expires_after(5min);
  co_return line;
}
awaitable<std::string> hear(Stream& line) {
  char buffer[4096];
  const std::size_t count = co_await line.read_some(buffer);
  co_return std::string(buffer, count);
}
awaitable<std::string> hear_all(Stream& line, std::size_t wanted) {
  std::string text;
  while (text.size() < wanted) {
    const std::string piece = co_await hear(line);
    text += piece;
  }
  co_return text;
}
awaitable<void> say(Stream& line, std::string text) { co_await line.write(text); }
awaitable<TlsFacts> secure(Stream& line, TlsRequest wish) { return line.start_tls(std::move(wish)); }
awaitable<void> secure_quietly(Stream& line, TlsRequest wish) { co_await line.start_tls(std::move(wish)); }
awaitable<Line> accept_one(Listener& listener, Executor home) { return listener.accept(std::move(home)); }
awaitable<void> say_quietly(Stream& line, std::string text, bool& done) {
  co_await line.write(text);
  done = true;
}

// A client and a server that know each other.
struct Wires {
  SimWorld world{seed_from_env_or(3)};
  Endpoint mx{asio::ip::make_address("192.0.2.25"), 25};
  std::unique_ptr<Listener> listener = world.net.listen(world.loop.outside(), mx);
  Line client, server;

  Link& link() { return world.net.link(mx.address); }
  void connect(std::optional<asio::ip::address> from = std::nullopt) {
    client = world.loop.run(dial(world.net, from, mx, 30s));
    server = world.loop.run(accept_one(*listener, world.loop.outside()));
    server->expires_after(5min);
  }
  void client_says(const std::string& text) { world.loop.run(say(*client, text)); }
  void server_says(const std::string& text) { world.loop.run(say(*server, text)); }
  std::string server_hears(std::size_t count) { return world.loop.run(hear_all(*server, count)); }
  std::string client_hears(std::size_t count) { return world.loop.run(hear_all(*client, count)); }
  template <class Act>
  Loss loss_of(Act act) {
    try {
      act();
    } catch (const StreamLost& lost) {
      return lost.loss;
    }
    ADD_FAILURE() << "nothing was lost\n" << world.loop.tail();
    return Loss::slow;
  }
  Loss dial_fails(Duration limit = 30s) {
    return loss_of([&] { world.loop.run(dial(world.net, std::nullopt, mx, limit)); });
  }
  // Both sides at once; the client's facts.
  TlsFacts handshake(SimIdentity identity, TlsRequest wish) {
    TlsRequest served;
    served.identity = std::make_shared<SimIdentity>(std::move(identity));
    world.loop.spawn(world.loop.outside(), "server tls", secure_quietly(*server, served));
    const TlsFacts facts = world.loop.run(secure(*client, std::move(wish)));
    world.loop.pass(1s);
    return facts;
  }
};

SimIdentity certificate(std::vector<std::string> names, bool trusted = true) {
  SimIdentity identity;
  identity.names = std::move(names);
  identity.trusted = trusted;
  return identity;
}
TlsRequest wish(std::string host, bool verify) {
  TlsRequest wish;
  wish.host = std::move(host);
  wish.verify = verify;
  return wish;
}

TEST(SimNet, OctetsArriveInOrderAfterTheLatency) {
  Wires w;
  w.link().latency = 20ms;
  w.connect();
  EXPECT_EQ(w.world.loop.now(), 40ms);  // a connect takes a round trip
  w.client_says("EHLO a\r\n");
  w.client_says("NOOP\r\n");
  EXPECT_EQ(w.server_hears(14), "EHLO a\r\nNOOP\r\n");
  EXPECT_EQ(w.world.loop.now(), 60ms);
}

TEST(SimNet, TheServerSeesTheAddressTheClientBound) {
  Wires w;
  w.connect(asio::ip::make_address("203.0.113.10"));
  EXPECT_EQ(w.server->remote().address.to_string(), "203.0.113.10");
  EXPECT_EQ(w.client->local(), w.server->remote());
  EXPECT_EQ(w.client->remote(), w.mx);
}

TEST(SimNet, AnAddressThatIsNotOursCannotBeBound) {
  Wires w;
  w.world.net.own_only({asio::ip::make_address("203.0.113.10")});
  w.connect(asio::ip::make_address("203.0.113.10"));
  EXPECT_EQ(w.loss_of([&] { w.connect(asio::ip::make_address("203.0.113.11")); }), Loss::no_source);
}

TEST(SimNet, ShortReadsLoseNothing) {
  Wires w;
  w.link().short_reads = true;
  w.connect();
  const std::string text(5000, 'x');
  w.client_says(text + "end");
  EXPECT_EQ(w.server_hears(text.size() + 3), text + "end");
}

TEST(SimNet, NobodyListensMeansRefused) {
  Wires w;
  w.listener->close();
  EXPECT_EQ(w.dial_fails(), Loss::refused);
}

TEST(SimNet, ASilentHostTakesTheWholeLimit) {
  Wires w;
  w.link().reach = Reach::silent;
  EXPECT_EQ(w.dial_fails(30s), Loss::timeout);
  EXPECT_EQ(w.world.loop.now(), 30s);
}

TEST(SimNet, RefusedAndUnreachableAreToldApart) {
  Wires w;
  w.link().reach = Reach::refused;
  EXPECT_EQ(w.dial_fails(), Loss::refused);
  w.link().reach = Reach::unreachable;
  EXPECT_EQ(w.dial_fails(), Loss::unreachable);
}

TEST(SimNet, TheDeadlineEndsAPendingReadAndTheStream) {
  Wires w;
  w.connect();
  w.client->expires_after(10s);
  EXPECT_EQ(w.loss_of([&] { w.client_hears(1); }), Loss::timeout);
  EXPECT_EQ(w.world.loop.now(), 10s + 2ms);
  EXPECT_EQ(w.loss_of([&] { w.client_says("x"); }), Loss::timeout);
  EXPECT_EQ(w.loss_of([&] { w.server_hears(1); }), Loss::eof);
}

TEST(SimNet, ADeadlineStaysInForceUntilItIsSetAgain) {
  Wires w;
  w.connect();
  w.client->expires_after(10s);
  w.world.loop.pass(9s);
  w.client->expires_after(10s);
  w.world.loop.pass(9s);
  w.client_says("still here");
  w.world.loop.pass(2s);
  EXPECT_EQ(w.loss_of([&] { w.client_says("too late"); }), Loss::timeout);
}

TEST(SimNet, CloseLetsWhatWasSaidArriveAndThenEnds) {
  Wires w;
  w.connect();
  w.client_says("QUIT\r\n");
  w.client->close();
  EXPECT_EQ(w.server_hears(6), "QUIT\r\n");
  EXPECT_EQ(w.loss_of([&] { w.server_hears(1); }), Loss::eof);
}

TEST(SimNet, SpeakingToSomebodyWhoHasGoneIsAReset) {
  Wires w;
  w.connect();
  w.client->close();
  w.world.loop.pass(1s);
  w.server_says("221 bye\r\n");  // leaves, nobody is there
  w.world.loop.pass(1s);
  EXPECT_EQ(w.loss_of([&] { w.server_says("hello?\r\n"); }), Loss::reset);
}

TEST(SimNet, AStreamDestroyedUnderAPendingReadFailsThatRead) {
  Wires w;
  w.connect();
  w.world.loop.at(w.world.loop.now() + 1s, [&] { w.client->close(); });
  EXPECT_EQ(w.loss_of([&] { w.client_hears(1); }), Loss::shut);
}

TEST(SimNet, AWriterWaitsForAReaderThatIsSlow) {
  Wires w;
  w.link().window = 1000;
  w.connect();
  bool done = false;
  w.world.loop.spawn(w.world.loop.outside(), "writer", say_quietly(*w.client, std::string(3000, 'x'), done));
  w.world.loop.pass(1s);
  EXPECT_FALSE(done);
  w.server_hears(3000);
  w.world.loop.settle();
  EXPECT_TRUE(done);
}

TEST(SimNet, BandwidthIsALimit) {
  Wires w;
  w.link().bytes_per_second = 1000;
  w.connect();
  w.client_says(std::string(5000, 'x'));
  w.server_hears(5000);
  EXPECT_GE(w.world.loop.now(), 5s);
}

TEST(SimNet, ACutAfterKOctetsDeliversExactlyThose) {
  for (std::uint64_t after : {0U, 1U, 5U, 9U}) {
    Wires w;
    w.link().cut = Cut{Way::to_server, after, Cut::How::reset};
    w.connect();
    w.client_says("123456789");
    EXPECT_EQ(w.server_hears(after), std::string("123456789").substr(0, after));
    EXPECT_EQ(w.loss_of([&] { w.server_hears(1); }), Loss::reset);
    EXPECT_EQ(w.loss_of([&] { w.client_hears(1); }), Loss::reset);
  }
}

TEST(SimNet, ASilentCutIsOnlyNoticedByTheClock) {
  Wires w;
  w.link().cut = Cut{Way::to_client, 3, Cut::How::silent};
  w.connect();
  w.server_says("220 hello\r\n");
  EXPECT_EQ(w.client_hears(3), "220");
  w.client_says("EHLO\r\n");
  EXPECT_EQ(w.loss_of([&] { w.client_hears(1); }), Loss::timeout);
}

TEST(SimNet, APulledCableTellsNobody) {
  Wires w;
  w.connect();
  w.client_says("never");
  w.world.net.pull_cable(w.world.loop.outside());
  w.client.reset();
  EXPECT_EQ(w.loss_of([&] { w.server_hears(1); }), Loss::timeout);
}

TEST(SimNet, TwoListenersCannotShareAnEndpoint) {
  Wires w;
  EXPECT_THROW(w.world.net.listen(w.world.loop.outside(), w.mx), std::runtime_error);
  const auto free = w.world.net.listen(w.world.loop.outside(), {w.mx.address, 0});
  EXPECT_NE(free->local().port, 0);
}

TEST(SimTls, AGoodHandshakeVerifiesAndTheLineStaysUsable) {
  Wires w;
  w.connect();
  const TlsFacts facts = w.handshake(certificate({"*.example.com"}), wish("mx1.example.com", true));
  EXPECT_TRUE(facts.verified);
  EXPECT_EQ(facts.version, "TLSv1.3");
  w.client_says("EHLO");
  EXPECT_EQ(w.server_hears(4), "EHLO");
}

TEST(SimTls, AnUnverifiedCertificateIsAFactUnlessVerifyIsWished) {
  Wires w;
  w.connect();
  EXPECT_EQ(w.handshake(certificate({}, false), wish("mx", false)).verify_error, "self-signed certificate");
  Wires strict;
  strict.connect();
  EXPECT_EQ(strict.loss_of([&] { strict.handshake(certificate({"other"}), wish("mx", true)); }), Loss::tls);
}

TEST(SimTls, ClearTextAfterStarttlsBreaksTheHandshake) {
  Wires w;
  w.connect();
  w.client_says("NOOP\r\n");  // sent before the handshake, read by nobody
  TlsRequest served;
  served.identity = std::make_shared<SimIdentity>();
  EXPECT_EQ(w.loss_of([&] { w.world.loop.run(secure(*w.server, served)); }), Loss::tls);
}

TEST(SimTls, AServerThatBabblesAlertsOrClosesIsTlsLostAndOneThatHangsIsATimeout) {
  for (const Handshake behaviour : {Handshake::babbles, Handshake::alerts, Handshake::closes, Handshake::hangs}) {
    Wires w;
    w.connect();
    SimIdentity identity;
    identity.handshake = behaviour;
    const Loss expected = behaviour == Handshake::hangs ? Loss::timeout : Loss::tls;
    EXPECT_EQ(w.loss_of([&] { w.handshake(identity, wish("mx", false)); }), expected);
  }
}

TEST(SimTls, ASessionIsResumedByItsKey) {
  Wires w;
  TlsRequest keyed = wish("mx", false);
  keyed.session_key = "site";
  w.connect();
  EXPECT_FALSE(w.handshake(SimIdentity{}, keyed).resumed);
  w.connect();
  EXPECT_TRUE(w.handshake(SimIdentity{}, keyed).resumed);
  w.connect();
  EXPECT_FALSE(w.handshake(SimIdentity{}, wish("mx", false)).resumed);
}

TEST(SimNet, TheSameSeedGivesTheSameLogAndAnotherDoesNot) {
  const auto play = [](std::uint64_t seed) {
    SimWorld world{seed};
    const Endpoint mx{asio::ip::make_address("192.0.2.25"), 25};
    world.net.everywhere().short_reads = true;
    world.net.everywhere().jitter = 50ms;
    const auto listener = world.net.listen(world.loop.outside(), mx);
    const Line client = world.loop.run(dial(world.net, std::nullopt, mx, 30s));
    const Line server = world.loop.run(accept_one(*listener, world.loop.outside()));
    server->expires_after(1min);
    for (int i = 0; i < 20; ++i) world.loop.run(say(*client, "some octets"));
    world.loop.run(hear_all(*server, 220));
    return world.loop.hash();
  };
  EXPECT_EQ(play(5), play(5));
  EXPECT_NE(play(5), play(6));
}

awaitable<void> converse_forever(SimNet& net, Endpoint to) {
  const Line line = co_await dial(net, std::nullopt, to, 30s);
  for (;;) co_await hear(*line);
}
awaitable<void> serve_forever(std::unique_ptr<Listener> listener, Executor home) {
  const Line line = co_await listener->accept(home);
  line->expires_after(24h);
  for (;;) co_await hear(*line);
}

TEST(SimNet, AKilledProcessClosesItsLinesAndAWorldMayEndInMidSentence) {
  SimWorld world{1};
  const Endpoint mx{asio::ip::make_address("192.0.2.25"), 25};
  world.loop.spawn(world.loop.outside(), "server",
                   serve_forever(world.net.listen(world.loop.outside(), mx), world.loop.outside()));
  world.loop.spawn(world.loop.process(), "client", converse_forever(world.net, mx));
  world.loop.pass(1s);
  EXPECT_EQ(world.net.open_streams(), 2U);
  world.loop.kill_process();
  EXPECT_EQ(world.net.open_streams(), 1U);
  world.loop.pass(1s);
  EXPECT_EQ(world.net.open_streams(), 0U);  // the server read the end
  world.loop.spawn(world.loop.process(), "another", converse_forever(world.net, {mx.address, 26}));
}

TEST(SimNet, TheOperationThatWasNamedFindsItsLineBroken) {
  for (const auto how : {Cut::How::reset, Cut::How::eof}) {
    Wires w;
    w.connect();
    w.world.net.break_operation(3, how);
    w.client_says("1");
    EXPECT_EQ(w.server_hears(1), "1");
    EXPECT_EQ(w.loss_of([&] { w.client_says("3"); }), Loss::reset);
    EXPECT_EQ(w.loss_of([&] { w.server_hears(1); }), how == Cut::How::reset ? Loss::reset : Loss::eof);
  }
  Wires w;
  w.world.net.break_operation(1, Cut::How::reset);
  EXPECT_EQ(w.dial_fails(), Loss::refused);
  w.world.net.break_operation(1, Cut::How::silent);
  EXPECT_EQ(w.dial_fails(), Loss::timeout);
  w.connect();
  w.world.net.break_operation(1, Cut::How::silent);
  w.client_says("nothing arrives");
  EXPECT_EQ(w.loss_of([&] { w.server_hears(1); }), Loss::timeout);
}

}  // namespace
}  // namespace mta::sim
