#include "tests/sim/receivers.h"

#include <gtest/gtest.h>

#include "tests/sim/clients.h"

namespace mta::sim {
namespace {

using namespace std::chrono_literals;

// Our own clients talk to a receiver directly.
struct Street {
  SimWorld world{seed_from_env_or(11)};
  Receiver mx{world, "mx1.gmail.test", {asio::ip::make_address("198.51.100.1"), 25}};
  Clients app{world, asio::ip::make_address("10.0.0.1")};

  Street() {
    app.server = [this] { return mx.endpoint(); };
    app.sessions = 1;
  }
  ~Street() { world.loop.end(); }
  const Submission& sends(Mail mail) { return app.submissions()[app.submit(std::move(mail)) - 1]; }
  Mail to(std::vector<std::string> recipients) {
    Mail mail;
    mail.recipients = std::move(recipients);
    return mail;
  }
  void pass(Duration span) { world.loop.pass(span); }
  Link& link() { return world.net.link(mx.endpoint().address); }
};
using State = Submission::State;

TEST(Receiver, KeepsWhatItAcceptsToTheOctet) {
  Street s;
  const auto& sent = s.sends(s.to({"a@gmail.test", "b@gmail.test"}));
  s.pass(1min);
  EXPECT_EQ(sent.state, State::acknowledged);
  EXPECT_EQ(sent.id, "1");
  ASSERT_EQ(s.mx.accepted(), 2U) << s.world.loop.tail();
  const ReceivedMessage& letter = *s.mx.copies()[0].letter;
  EXPECT_EQ(letter.body, compose(sent.mail, sent.number));
  EXPECT_EQ(letter.header(std::string(number_header)), "1");
  EXPECT_EQ(letter.client.to_string(), "10.0.0.1");
  EXPECT_TRUE(letter.answered);
  EXPECT_FALSE(letter.tls);
  EXPECT_TRUE(s.app.idle());
  EXPECT_TRUE(s.mx.offences().empty()) << s.mx.offences().front();
}

TEST(Receiver, GreylistsTheFirstAttemptOfATriple) {
  Street s;
  s.mx.manners.greylist = 5min;
  s.app.patience = 2min;
  const auto& sent = s.sends(s.to({"a@gmail.test"}));
  s.pass(3min);
  EXPECT_EQ(sent.state, State::waiting);
  s.pass(10min);
  EXPECT_EQ(sent.state, State::acknowledged);
  EXPECT_EQ(s.mx.refused(), 6U);  // three times RCPT and, being pipelined, DATA
}

TEST(Receiver, LimitsTheHour) {
  Street s;
  s.mx.manners.hourly = 10;
  s.app.patience = 10min;
  s.app.submit(25, s.to({"{}@gmail.test"}));
  s.pass(50min);
  EXPECT_EQ(s.mx.accepted(), 10U);
  s.pass(3h);
  EXPECT_EQ(s.mx.accepted(), 25U);
}

TEST(Receiver, RefusesUnknownUsersAtRcptOrAtTheDot) {
  Street s;
  s.mx.manners.unknown = {"x@gmail.test"};
  const auto& partly = s.sends(s.to({"a@gmail.test", "x@gmail.test"}));
  s.pass(1min);
  EXPECT_EQ(partly.accepted, std::vector<std::string>{"a@gmail.test"});
  s.mx.manners.unknown_refused = Refusal::at_dot;
  const auto& wholly = s.sends(s.to({"x@gmail.test"}));
  s.pass(1min);
  EXPECT_EQ(wholly.state, State::refused);
  EXPECT_EQ(s.mx.accepted(), 1U);
}

TEST(Receiver, TarpitsEveryReply) {
  Street s;
  s.mx.manners.tarpit = 20s;
  const auto& sent = s.sends(s.to({"a@gmail.test"}));
  s.pass(2min - 5s);  // banner EHLO MAIL RCPT DATA dot
  EXPECT_EQ(sent.state, State::unknown);
  s.pass(10s);
  EXPECT_EQ(sent.state, State::acknowledged);
}

TEST(Receiver, ClosesWhereItIsTold) {
  for (const Stage stage : {Stage::banner, Stage::ehlo, Stage::mail, Stage::rcpt, Stage::data}) {
    Street s;
    s.mx.manners.hangup = Hangup{stage, false, 1};
    const auto& sent = s.sends(s.to({"a@gmail.test"}));
    s.pass(1min);
    EXPECT_EQ(sent.state, State::waiting) << name(stage);
    EXPECT_EQ(s.mx.accepted(), 0U) << name(stage);
  }
}

TEST(Receiver, AHangupAtTheDotLeavesTheClientInTheDark) {
  Street s;
  s.mx.manners.hangup = Hangup{Stage::dot, false, 1};
  const auto& sent = s.sends(s.to({"a@gmail.test"}));
  s.pass(1min);
  EXPECT_EQ(sent.state, State::unknown);
  ASSERT_EQ(s.mx.accepted(), 1U);
  EXPECT_FALSE(s.mx.copies()[0].letter->answered);
}

TEST(Receiver, Says421InTheMiddleOfASession) {
  Street s;
  s.mx.manners.messages_per_session = 3;
  s.app.submit(10, s.to({"{}@gmail.test"}));
  s.pass(10min);
  EXPECT_EQ(s.mx.accepted(), 10U);
  EXPECT_EQ(s.mx.connections(), 4U);
}

TEST(Receiver, OffersTlsAndFailsAtIt) {
  Street s;
  s.app.tls = true;
  s.mx.manners.tls = SimIdentity{};
  const auto& sent = s.sends(s.to({"a@gmail.test"}));
  s.pass(1min);
  EXPECT_EQ(sent.state, State::acknowledged) << s.world.loop.tail();
  EXPECT_TRUE(s.mx.copies().at(0).letter->tls);
  s.mx.manners.tls->handshake = Handshake::alerts;
  const auto& second = s.sends(s.to({"a@gmail.test"}));
  s.pass(1min);
  EXPECT_EQ(second.state, State::waiting);
}

TEST(Receiver, AnswersWhatItIsToldAtAnyStage) {
  for (const Stage stage : {Stage::banner, Stage::ehlo, Stage::mail, Stage::rcpt, Stage::dot}) {
    Street s;
    s.app.tries = 1;
    s.mx.now_answers("554 5.7.1 go away", stage);
    const auto& sent = s.sends(s.to({"a@gmail.test"}));
    s.pass(1min);
    EXPECT_NE(sent.state, State::acknowledged) << name(stage);
    s.mx.now_behaves();
    const auto& second = s.sends(s.to({"a@gmail.test"}));
    s.pass(1min);
    EXPECT_EQ(second.state, State::acknowledged) << name(stage);
  }
}

TEST(Receiver, NotesOffences) {
  Street s;
  s.mx.manners.pipelining = false;  // our clients do not care
  s.sends(s.to({"a@gmail.test"}));
  s.pass(1min);
  ASSERT_FALSE(s.mx.offences().empty());
  EXPECT_NE(s.mx.offences()[0].find("pipelined without PIPELINING"), std::string::npos);
}

TEST(Receiver, NothingIsLostOverABadNetwork) {
  Street s;
  s.link().short_reads = true;
  s.link().jitter = 80ms;
  s.app.submit(20, s.to({"{}@gmail.test"}));
  s.pass(10min);
  EXPECT_EQ(s.app.acknowledged(), 20U);
  EXPECT_EQ(s.mx.accepted(), 20U);
}

TEST(Receiver, CutAtAnyOctetTheClientKnowsOrKnowsThatItDoesNot) {
  for (std::uint64_t after = 0; after < 700; after += 7) {
    Street s;
    s.app.tries = 1;
    s.link().cut = Cut{Way::to_server, after, Cut::How::reset};
    const auto& sent = s.sends(s.to({"a@gmail.test"}));
    s.pass(30min);
    if (sent.state == State::unknown) continue;  // it does not know
    EXPECT_EQ(s.mx.accepted(), sent.state == State::acknowledged ? 1U : 0U) << "cut after " << after << "\n"
                                                                            << s.world.loop.tail();
  }
}

}  // namespace
}  // namespace mta::sim
