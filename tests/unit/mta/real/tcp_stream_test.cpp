// A connection in clear: what comes through, and by what name it is lost.
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fmt/format.h>

#include "loopback.h"
#include "mta/real/clock.h"
#include "mta/real/net.h"
#include "mta/real/tcp_stream.h"

namespace mta::real {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

awaitable<void> dial(Net& net, std::optional<asio::ip::address> from, Endpoint to, std::unique_ptr<Stream>& stream) {
  stream = co_await net.connect(from, to, 10s);
}

awaitable<void> accept_from(Listener& listener, Executor home, std::unique_ptr<Stream>& stream) {
  stream = co_await listener.accept(home);
}

awaitable<void> close_it(Stream& stream) {
  stream.close();
  co_return;
}

awaitable<void> close_listener(Listener& listener) {
  listener.close();
  co_return;
}

// While it lasts the process can open nothing more.
class NoDescriptors {
 public:
  NoDescriptors() {
    const int lowest = ::dup(0);
    ::close(lowest);
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit none = before_;
    none.rlim_cur = static_cast<rlim_t>(lowest);
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  ~NoDescriptors() { end(); }
  void end() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

// Comes after the first accept(2) has failed: the accepting conversation was begun first, and both wait for a turn of the same
// thread.
awaitable<void> end_shortage(NoDescriptors& shortage) {
  SteadyStopwatch stopwatch;
  co_await stopwatch.wait_for(20ms);
  EXPECT_EQ(::dup(0), -1) << "the shortage was real";
  shortage.end();
}

class TcpStreams : public ::testing::Test {
 protected:
  Lost lose(awaitable<void> conversation) {
    Lost lost;
    line.run(note_loss(std::move(conversation), lost));
    return lost;
  }
  KernelNet net{""};
  Loopback line{net};
  std::string heard;
};

TEST_F(TcpStreams, WhatIsWrittenIsRead) {
  auto pair = line.connect();
  line.run(say(*pair.client, "EHLO a.test\r\n"), hear(*pair.server, 13, heard));
  EXPECT_EQ(heard, "EHLO a.test\r\n");
  EXPECT_EQ(pair.client->local(), pair.server->remote());
  EXPECT_EQ(pair.client->remote(), line.port());
}

TEST_F(TcpStreams, WhatHasArrivedIsKnownWithoutReadingIt) {
  auto pair = line.connect();
  EXPECT_FALSE(pair.client->has_arrived());
  line.run(say(*pair.server, "250 ok\r\n"));
  EXPECT_TRUE(pair.client->has_arrived());
  line.run(hear(*pair.client, 8, heard));
  EXPECT_EQ(heard, "250 ok\r\n");
  EXPECT_FALSE(pair.client->has_arrived());
  line.run(close_it(*pair.server));
  EXPECT_TRUE(pair.client->has_arrived()) << "the end";
}

TEST_F(TcpStreams, AMegabyteArrivesWhole) {
  auto pair = line.connect();
  std::string big(1U << 20U, 'x');
  for (std::size_t i = 0; i < big.size(); i += 997) big[i] = static_cast<char>('a' + i % 26);
  line.run(say(*pair.client, big), hear(*pair.server, big.size(), heard));
  EXPECT_TRUE(heard == big);
}

TEST_F(TcpStreams, TheDeadlineEndsAReadThatHearsNothing) {
  auto pair = line.connect();
  pair.server->expires_after(30ms);
  const Lost lost = lose(hear(*pair.server, 1, heard));
  EXPECT_EQ(lost.loss, Loss::timeout);
  EXPECT_THAT(lost.text, HasSubstr("timed out after 0.03 s"));
  EXPECT_EQ(lose(say(*pair.server, "more")).loss, Loss::timeout) << "and it stays so";
}

TEST_F(TcpStreams, TheDeadlineEndsAWriteThatNobodyReads) {
  auto pair = line.connect();
  pair.client->expires_after(50ms);
  EXPECT_EQ(lose(say(*pair.client, std::string(64U << 20U, 'x'))).loss, Loss::timeout);
}

TEST_F(TcpStreams, ADeadlineThatPassesWhileNothingWaitsIsForgottenWhenItIsSetAgain) {
  auto pair = line.connect();
  pair.server->expires_after(0ms);
  pair.server->expires_after(10s);
  line.run(say(*pair.client, "x"), hear(*pair.server, 1, heard));
  EXPECT_EQ(heard, "x");
}

TEST_F(TcpStreams, AnOperationBegunAfterTheDeadlineIsRefused) {
  auto pair = line.connect();
  pair.client->expires_after(0ms);
  EXPECT_EQ(lose(say(*pair.client, "x")).loss, Loss::timeout);
}

TEST_F(TcpStreams, AShorterDeadlineReplacesALongerOne) {
  auto pair = line.connect();
  pair.server->expires_after(10min);
  line.run(say(*pair.client, "x"), hear(*pair.server, 1, heard));
  pair.server->expires_after(20ms);
  EXPECT_EQ(lose(hear(*pair.server, 1, heard)).loss, Loss::timeout);
}

TEST_F(TcpStreams, TheEndOfTheOtherSideIsEof) {
  auto pair = line.connect();
  line.run(pair.client->shut());
  const Lost lost = lose(hear(*pair.server, 1, heard));
  EXPECT_EQ(lost.loss, Loss::eof);
  EXPECT_THAT(lost.text, HasSubstr("closed by the other side"));
}

TEST_F(TcpStreams, TheLastReplyIsNotOvertakenByAResetWhenTheOtherSideStillTalks) {
  auto pair = line.connect();
  line.run(say(*pair.client, std::string(100'000, 'x')), say(*pair.server, "421 bye\r\n"));
  line.run(pair.server->shut());
  line.run(hear(*pair.client, 9, heard));
  EXPECT_EQ(heard, "421 bye\r\n");
}

TEST_F(TcpStreams, ClosingWhileReadingEndsTheRead) {
  auto pair = line.connect();
  Lost lost;
  line.run(note_loss(hear(*pair.server, 1, heard), lost), close_it(*pair.server));
  EXPECT_EQ(lost.loss, Loss::shut);
  EXPECT_EQ(lose(say(*pair.server, "x")).loss, Loss::shut);
}

TEST_F(TcpStreams, ANobodyIsRefused) {
  const Endpoint nobody = line.port();
  line.listener().close();
  std::unique_ptr<Stream> stream;
  const Lost lost = lose(dial(net, std::nullopt, nobody, stream));
  EXPECT_EQ(lost.loss, Loss::refused);
  EXPECT_EQ(lost.text, "connect to " + nobody.text() + ": connection refused");
}

TEST_F(TcpStreams, TheSourceAddressIsTheOneAskedFor) {
  std::unique_ptr<Stream> client, server;
  line.run(dial(net, asio::ip::make_address("127.0.0.9"), line.port(), client),
           accept_from(line.listener(), line.executor(), server));
  EXPECT_EQ(server->remote().address.to_string(), "127.0.0.9");
}

TEST_F(TcpStreams, ASourceAddressThatIsNotOursIsNamed) {
  std::unique_ptr<Stream> stream;
  const Lost lost = lose(dial(net, asio::ip::make_address("192.0.2.77"), line.port(), stream));
  EXPECT_EQ(lost.loss, Loss::no_source);
  EXPECT_THAT(lost.text, HasSubstr("from 192.0.2.77: cannot use the source address"));
}

TEST_F(TcpStreams, ASourceAddressOfTheOtherFamilyIsNamed) {
  std::unique_ptr<Stream> stream;
  const Lost lost = lose(dial(net, asio::ip::make_address("::1"), line.port(), stream));
  EXPECT_EQ(lost.loss, Loss::unreachable);
  EXPECT_THAT(lost.text, HasSubstr("other family"));
}

TEST_F(TcpStreams, AClosedListenerEndsItsAccept) {
  std::unique_ptr<Stream> stream;
  Lost lost;
  line.run(note_loss(accept_from(line.listener(), line.executor(), stream), lost), close_listener(line.listener()));
  EXPECT_EQ(lost.loss, Loss::shut);
}

TEST_F(TcpStreams, AcceptingGoesOnWhenFileDescriptorsAreFreeAgain) {
  std::unique_ptr<Stream> client, server;
  line.run(dial(net, std::nullopt, line.port(), client));  // waits in the backlog
  NoDescriptors shortage;
  line.run(accept_from(line.listener(), line.executor(), server), end_shortage(shortage));
  EXPECT_EQ(server->remote(), client->local());
}

TEST_F(TcpStreams, AnAddressInUseIsTold) {
  try {
    net.listen(line.executor(), line.port());
    FAIL() << "listened twice";
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(error.what(), "cannot listen on " + line.port().text() + ": Address already in use");
  }
}

TEST_F(TcpStreams, ManyConnectionsLiveSideBySide) {
  std::vector<Pair> pairs;
  for (int i = 0; i < 200; ++i) pairs.push_back(line.connect());
  std::vector<std::string> answers(pairs.size());
  std::vector<awaitable<void>> talk;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    talk.push_back(say(*pairs[i].client, fmt::format("{:03}", i)));
    talk.push_back(hear(*pairs[i].server, 3, answers[i]));
  }
  line.run(std::move(talk));
  for (std::size_t i = 0; i < pairs.size(); ++i) EXPECT_EQ(answers[i], fmt::format("{:03}", i));
}

TEST(Losses, ErrorsOfTheKernelAreNamed) {
  namespace errc = boost::system::errc;
  EXPECT_EQ(loss_of(make_error_code(errc::connection_reset)), Loss::reset);
  EXPECT_EQ(loss_of(make_error_code(errc::broken_pipe)), Loss::reset);
  EXPECT_EQ(loss_of(make_error_code(errc::timed_out)), Loss::timeout);
  EXPECT_EQ(loss_of(make_error_code(errc::host_unreachable)), Loss::unreachable);
  EXPECT_EQ(loss_of(make_error_code(errc::network_unreachable)), Loss::unreachable);
}

}  // namespace
}  // namespace mta::real
