#include "tests/unit/mta/smtp/client_fixture.h"

namespace mta::testing {
namespace {

const std::string pipelining = "250-mx\r\n250 PIPELINING\r\n";
const std::string chunking = "250-mx\r\n250-PIPELINING\r\n250 CHUNKING\r\n";

// A whole dialogue on a world of its own, with the line cut after so many octets of one direction.
struct CutDialogue {
  smtp::Opening opening;
  std::vector<smtp::Transcript> heard;
  bool server_has_it = false;  // the server saw the end of the message
  std::uint64_t octets = 0;    // of all the client said
};

smtp::Envelope envelope() {
  smtp::Envelope mail;
  mail.sender = "a@example.com";
  mail.to = {{"b@example.org", "", 0}, {"c@example.org", "", 0}};
  return mail;
}

awaitable<CutDialogue> speak(sim::SimWorld& world) {
  CutDialogue result;
  const auto stream = co_await world.net.connect(std::nullopt, *Endpoint::parse("192.0.2.25:25"), std::chrono::seconds(30));
  smtp::ClientOptions options;
  options.ehlo = "out1.example.com";
  options.host = "mx.example.org";
  smtp::ClientSession session(*stream, world.stopwatch, options);
  result.opening = co_await session.open();
  if (session.usable()) {
    const smtp::Envelope mail = envelope();
    PiecesBody body({"hello\r\n", ".tail\r\n"});
    const smtp::Transcript transcript = co_await session.send(mail, body);
    result.heard.push_back(transcript);
  }
  co_await session.quit();
  co_return result;
}

CutDialogue cut_dialogue(const std::string& offers, sim::Way way, std::uint64_t after, sim::Cut::How how) {
  sim::SimWorld world{5};
  world.net.everywhere().cut = sim::Cut{way, after, how};
  world.net.everywhere().short_reads = after % 2 == 0;
  ScriptedServer server{world, "192.0.2.25:25"};
  std::vector<Exchange> script = {{"EHLO", offers}, {"MAIL", "250 ok\r\n"}, {"RCPT", "250 ok\r\n"}, {"RCPT", "550 no\r\n"}};
  if (offers == chunking)
    script.insert(script.end(), {{"BDAT", "250 ok\r\n"}, {"BDAT", "250 queued\r\n"}});
  else
    script.insert(script.end(), {{"DATA", "354 go\r\n"}, {"DOT", "250 queued\r\n"}});
  script.push_back({"QUIT", "221 bye\r\n"});
  server.plays("220 mx\r\n", script);
  server.start();
  CutDialogue result = world.loop.run(speak(world));
  world.loop.settle();
  result.server_has_it = offers == chunking ? server.bodies.size() == 2 : server.bodies.size() == 1;
  result.octets = server.heard.size();
  return result;
}

class ClientCut : public ::testing::TestWithParam<std::string> {};

TEST_P(ClientCut, AtAnyOctetOfWhatWeSay_DotSentIsNeverFalseWhenTheServerHasTheMessage) {
  const auto whole = cut_dialogue(GetParam(), sim::Way::to_server, 1'000'000, sim::Cut::How::reset);
  ASSERT_TRUE(whole.heard.at(0).dot.ok());
  for (const auto how : {sim::Cut::How::reset, sim::Cut::How::eof, sim::Cut::How::silent})
    for (std::uint64_t after = 0; after <= whole.octets; ++after) {
      SCOPED_TRACE(after);
      const auto cut = cut_dialogue(GetParam(), sim::Way::to_server, after, how);
      if (cut.heard.empty()) {
        EXPECT_TRUE(cut.opening.lost);
        EXPECT_FALSE(cut.server_has_it);
        continue;
      }
      const auto& heard = cut.heard[0];
      if (cut.server_has_it) {
        EXPECT_TRUE(heard.dot_sent);
      }
      if (heard.dot.ok()) {
        EXPECT_TRUE(cut.server_has_it);
      }
      EXPECT_TRUE(heard.lost || heard.dot.ok());
    }
}

TEST_P(ClientCut, AtAnyOctetOfWhatTheServerSays_WhatWasSaidBeforeSurvives) {
  for (std::uint64_t after = 0; after <= 160; ++after) {
    SCOPED_TRACE(after);
    const auto cut = cut_dialogue(GetParam(), sim::Way::to_client, after, sim::Cut::How::eof);
    if (cut.heard.empty()) continue;
    const auto& heard = cut.heard[0];
    if (cut.server_has_it) {
      EXPECT_TRUE(heard.dot_sent);
    }
    if (heard.rcpt.at(1).heard()) {
      EXPECT_TRUE(heard.mail.ok() && heard.rcpt.at(0).ok());
    }
    if (heard.dot.heard()) {
      EXPECT_TRUE(heard.dot_sent && cut.server_has_it);
    }
    EXPECT_TRUE(heard.lost || heard.dot.ok());
  }
}

INSTANTIATE_TEST_SUITE_P(Offers, ClientCut, ::testing::Values("250 mx\r\n", pipelining, chunking), [](const auto& about) {
  return about.index == 0 ? "None" : about.index == 1 ? "Pipelining" : "Chunking";
});

TEST_F(ClientTest, OneOctetAtATimeIsEnough) {
  world.net.everywhere().short_reads = true;
  world.net.everywhere().window = 1;
  server_plays(plain({{"MAIL", "250-ok\r\n250 ok\r\n"},
                      {"RCPT", "250 ok\r\n"},
                      {"DATA", "354 go\r\n"},
                      {"DOT", "250 ok\r\n"},
                      {"QUIT", "221 bye\r\n"}}));
  converse();
  EXPECT_TRUE(heard.at(0).dot.ok());
}

TEST_F(ClientTest, WhatIsNoSmtpServerIsNonsense) {
  server_plays({}, "HTTP/1.1 400 Bad Request\r\n\r\n");
  converse();
  ASSERT_TRUE(opening.lost);
  EXPECT_EQ(opening.lost->cause, smtp::Lost::Cause::nonsense);
  EXPECT_NE(opening.lost->detail.find("HTTP/1.1 400"), std::string::npos);
}

// Two replies to one command: none of them answers what was not sent yet, or a refused message would be called delivered.
struct Doubled {
  const char* what;
  std::string offers;
  std::vector<Exchange> script;
};
class ADoubledReply : public ClientTest, public ::testing::WithParamInterface<Doubled> {};

TEST_P(ADoubledReply, IsNeverTheAnswerToTheMessage) {
  server_plays(plain(GetParam().script, GetParam().offers));
  converse();
  EXPECT_FALSE(heard.at(0).dot.ok());
  EXPECT_FALSE(heard.at(0).dot_sent);
  EXPECT_FALSE(usable_at_end);
  ASSERT_TRUE(heard[0].lost);
  EXPECT_EQ(heard[0].lost->cause, smtp::Lost::Cause::nonsense);
}

INSTANTIATE_TEST_SUITE_P(
    Everywhere, ADoubledReply,
    ::testing::Values(Doubled{"Rcpt_before_bdat",
                              "250-mx\r\n250 CHUNKING\r\n",
                              {{"MAIL", "250 ok\r\n"}, {"RCPT", "250 ok\r\n250 ok twice\r\n"}, {"BDAT", "554 5.7.1 spam\r\n"}}},
                      Doubled{"Mail_before_bdat",
                              "250-mx\r\n250 CHUNKING\r\n",
                              {{"MAIL", "250 ok\r\n250 ok\r\n"}, {"RCPT", "250 ok\r\n"}, {"BDAT", "554 5.7.1 spam\r\n"}}},
                      Doubled{"Data",
                              "250 mx\r\n",
                              {{"MAIL", "250 ok\r\n"},
                               {"RCPT", "250 ok\r\n"},
                               {"DATA", "354 go\r\n250 early\r\n"},
                               {"DOT", "554 5.7.1 spam\r\n"}}}),
    [](const auto& tried) { return std::string(tried.param.what); });

TEST_F(ClientTest, ARefusalBehind354IsTheAnswerAndTheLineEnds) {
  server_plays(plain({{"MAIL", "250 ok\r\n"}, {"RCPT", "250 ok\r\n"}, {"DATA", "354 go\r\n451 4.3.1 no space after all\r\n"}}));
  converse();
  EXPECT_EQ(heard.at(0).data.code, 451);
  EXPECT_FALSE(heard[0].dot_sent);
  EXPECT_FALSE(usable_at_end);
}

TEST_F(ClientTest, ALineThatEndsBetweenCommandsIsLostAndAFarewellThereIsHeard) {
  server_plays(plain({{"MAIL", "250 ok\r\n"}, {"RCPT", "250 ok\r\n", Then::close}}));
  converse();
  ASSERT_TRUE(heard.at(0).lost);
  EXPECT_EQ(heard[0].lost->cause, smtp::Lost::Cause::line);
  heard.clear();
  server_plays(plain({{"MAIL", "250 ok\r\n"}, {"RCPT", "250 ok\r\n421 4.3.2 going down\r\n", Then::close}}));
  converse();
  EXPECT_FALSE(heard.at(0).lost);
  EXPECT_EQ(heard[0].data.code, 421);
}

TEST_F(ClientTest, AnEmptyLineBehind354IsNoAnswer) {
  server_plays(plain({{"MAIL", "250 ok\r\n"},
                      {"RCPT", "250 ok\r\n\r\n"},
                      {"DATA", "354 go\r\n\r\n"},
                      {"DOT", "250 ok\r\n"},
                      {"QUIT", "221 bye\r\n"}}));
  converse();
  EXPECT_TRUE(heard.at(0).dot.ok());
}

// What was said there is why, though the line goes before HELO can be asked.
TEST_F(ClientTest, ARefusedEhloIsHeardThoughTheServerHangsUpThen) {
  server_plays({{"EHLO", "550 5.7.1 blocked using a list\r\n", Then::close}});
  converse();
  EXPECT_FALSE(opening.lost);
  EXPECT_EQ(opening.stage, smtp::Stage::ehlo);
  EXPECT_EQ(opening.refusal.text(), "blocked using a list");
}

// It decides nothing, for its end is missing, but an operator wants to know.
TEST_F(ClientTest, WhatWasSaidOfAnAnswerBeforeTheLineWasLostIsTold) {
  server_plays(plain({{"MAIL", "250 ok\r\n"}, {"RCPT", "554-5.7.1 blocked\r\n554 5.7.1 see http://x.te", Then::close}}));
  converse();
  ASSERT_TRUE(heard.at(0).lost);
  EXPECT_EQ(heard[0].lost->loss, Loss::eof);
  EXPECT_FALSE(heard[0].rcpt.at(0).heard());
  EXPECT_NE(heard[0].lost->detail.find(", in the middle of its answer \"554 5.7.1 blocked 554 5.7.1 see http://x.te\""),
            std::string::npos)
      << heard[0].lost->detail;
}

TEST_F(ClientTest, ALineLostWhereNothingWasSaidTellsNoAnswer) {
  server_plays(plain({{"MAIL", "250-ok\r\n250 ok\r\n"}, {"RCPT", "", Then::close}}));
  converse();
  ASSERT_TRUE(heard.at(0).lost);
  EXPECT_EQ(heard[0].lost->detail.find("in the middle"), std::string::npos) << heard[0].lost->detail;
}

TEST_F(ClientTest, AnOverlongLineIsNonsense) {
  server_plays({}, "220 " + std::string(100'000, 'x'));
  converse();
  ASSERT_TRUE(opening.lost);
  EXPECT_EQ(opening.lost->cause, smtp::Lost::Cause::nonsense);
}

TEST_F(ClientTest, AnEndlessReplyIsNonsense) {
  std::string endless;
  for (int i = 0; i < 20'000; ++i) endless += "220-welcome\r\n";
  server_plays({}, endless);
  converse();
  ASSERT_TRUE(opening.lost);
  EXPECT_EQ(opening.lost->cause, smtp::Lost::Cause::nonsense);
}

TEST_F(ClientTest, BinaryIsNonsense) {
  server_plays({}, std::string("\x16\x03\x01\x00\x05\xff\xfe\n\n\r\n", 11));
  converse();
  ASSERT_TRUE(opening.lost);
  EXPECT_EQ(opening.lost->cause, smtp::Lost::Cause::nonsense);
}

TEST_F(ClientTest, ASilentServerIsGivenUpAfterTheTimeOfItsStage) {
  server_plays(plain({{"MAIL", "250 ok\r\n"}, {"RCPT", "", Then::hang}}));
  const auto begin = world.loop.now();
  converse();
  ASSERT_TRUE(heard.at(0).lost);
  EXPECT_EQ(heard[0].lost->loss, Loss::timeout);
  EXPECT_EQ(heard[0].lost->stage, smtp::Stage::rcpt);
  EXPECT_TRUE(heard[0].mail.ok());
  EXPECT_LT(world.loop.now() - begin, std::chrono::minutes(6));
}

TEST_F(ClientTest, QuitIsBounded) {
  server_plays(plain({{"MAIL", "550 no\r\n"}, {"QUIT", "", Then::hang}}));
  const auto begin = world.loop.now();
  converse();
  EXPECT_LT(world.loop.now() - begin, std::chrono::seconds(30));
}

TEST_F(ClientTest, ABodyThatLeavesTooSlowlyIsGivenUp) {
  world.net.everywhere().bytes_per_second = 100;
  world.net.everywhere().window = 1024;
  options.timeouts.block = std::chrono::minutes(10);  // each piece is in time; all together are not
  server_plays(plain({{"MAIL", "250 ok\r\n"}, {"RCPT", "250 ok\r\n"}, {"DATA", "354 go\r\n"}, {"DOT", "250 ok\r\n"}}));
  converse({std::vector<std::string>(40, std::string(20'000, 'x'))});
  ASSERT_TRUE(heard.at(0).lost);
  EXPECT_EQ(heard[0].lost->loss, Loss::slow);
  EXPECT_FALSE(heard[0].dot_sent);
}

}  // namespace
}  // namespace mta::testing
