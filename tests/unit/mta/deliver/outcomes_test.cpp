#include "mta/deliver/outcomes.h"

#include <gtest/gtest.h>

namespace mta {
namespace {

using smtp::Lost;
using smtp::make_reply;
using smtp::Stage;

class OutcomesTest : public ::testing::Test {
 protected:
  OutcomesTest() {
    heard.mail = make_reply(250, "ok");
    heard.rcpt = {make_reply(250, "ok"), make_reply(550, "5.1.1 no such user"), make_reply(250, "ok")};
    heard.data = make_reply(354, "go");
    heard.dot = make_reply(250, "2.0.0 queued");
    heard.dot_sent = heard.spoken = true;
  }
  void lost_at(Stage stage, Loss loss = Loss::reset, Lost::Cause cause = Lost::Cause::line) {
    heard.lost = Lost{stage, loss, "gone", cause};
    heard.dot = {};
    if (stage < Stage::dot) heard.dot_sent = false;
    if (stage < Stage::body) heard.data = {};
  }
  std::vector<Outcome> made() const { return outcomes(heard, {7, 8, 9}, place, judge); }
  Outcome first() const { return made().at(0); }

  smtp::Transcript heard;
  Place place{"other:example.org", "mx.example.org", "192.0.2.25:25", false};
  Judge judge{{}};
};

TEST_F(OutcomesTest, NumbersFollowTheRecipients) {
  const auto all = made();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(all[0].number, 7U);
  EXPECT_EQ(all[2].number, 9U);
}

TEST_F(OutcomesTest, TheDotDecidesForThoseAcceptedOnly) {
  EXPECT_EQ(made().at(0).verdict, Verdict::delivered);
  EXPECT_EQ(made().at(1).verdict, Verdict::unknown_user);
  EXPECT_EQ(made().at(2).verdict, Verdict::delivered);
  EXPECT_TRUE(made().at(0).dot_sent);
  EXPECT_FALSE(made().at(1).dot_sent);
  heard.dot = make_reply(552, "5.2.2 full");
  EXPECT_EQ(made().at(0).reply.code, 552);
  EXPECT_EQ(made().at(1).reply.code, 550);
  EXPECT_TRUE(made().at(0).dot_sent);
}

TEST_F(OutcomesTest, ARefusedMailRefusesAllWhateverElseWasSaid) {
  heard.mail = make_reply(451, "4.3.0 later");
  heard.dot_sent = false;
  for (const auto& outcome : made()) EXPECT_EQ(outcome.reply, heard.mail);
}

TEST_F(OutcomesTest, ARefusedDataOrChunkRefusesThoseAccepted) {
  heard.data = make_reply(554, "5.7.1 no");
  heard.dot = {};
  heard.dot_sent = false;
  EXPECT_EQ(made().at(0).reply.code, 554);
  EXPECT_EQ(made().at(1).reply.code, 550);
}

TEST_F(OutcomesTest, NoticesOfSuccessPassToAServerWithDsn) {
  EXPECT_FALSE(first().relayed_dsn);
  place.dsn_offered = true;
  EXPECT_TRUE(first().relayed_dsn);
}

TEST_F(OutcomesTest, ALineLostBeforeTheDotIsTheConnections) {
  for (const Stage stage : {Stage::rcpt, Stage::data, Stage::body}) {
    lost_at(stage);
    EXPECT_EQ(first().verdict, Verdict::connection_failed);
    EXPECT_EQ(first().reply.enhanced, "4.4.2");
    EXPECT_EQ(first().mx, "");
    EXPECT_FALSE(first().untried);
    EXPECT_EQ(made().at(1).verdict, Verdict::unknown_user);  // what was said before survives
    EXPECT_EQ(made().at(1).mx, "mx.example.org");
  }
}

TEST_F(OutcomesTest, ALineLostWithTheDotOnItsWayIsTemporary) {
  lost_at(Stage::dot);
  EXPECT_EQ(first().verdict, Verdict::temporary);
  EXPECT_TRUE(first().dot_sent);
  EXPECT_FALSE(first().untried);
}

TEST_F(OutcomesTest, OurOwnHangingUpCostsNothingBeforeTheDot) {
  lost_at(Stage::data, Loss::shut);
  EXPECT_TRUE(first().untried);
  heard.dot_sent = true;
  EXPECT_FALSE(first().untried);
}

TEST_F(OutcomesTest, NonsenseIsProtocolAndComesBackLater) {
  lost_at(Stage::data, Loss::shut, Lost::Cause::nonsense);
  EXPECT_EQ(first().verdict, Verdict::protocol);
  EXPECT_TRUE(first().reply.transient());
  EXPECT_FALSE(first().untried);
}

TEST_F(OutcomesTest, A421SpeaksForAllWhoWereNotAnswered) {
  heard = {};
  heard.mail = make_reply(250, "ok");
  heard.rcpt = {make_reply(250, "ok"), make_reply(421, "4.7.0 rate"), {}};
  heard.closing = true;
  for (const auto& outcome : made()) EXPECT_EQ(outcome.reply.code, 421);
}

TEST_F(OutcomesTest, ACodeThatMakesNoSenseIsProtocol) {
  heard.rcpt[0] = make_reply(354, "what");
  EXPECT_EQ(first().verdict, Verdict::protocol);
  heard.rcpt[0] = make_reply(250, "ok");
  heard.dot = make_reply(354, "again");
  EXPECT_EQ(first().verdict, Verdict::protocol);
  heard.data = make_reply(250, "queued without a message?");
  heard.dot = {};
  EXPECT_EQ(first().verdict, Verdict::protocol);
}

// Every combination of what can be heard and lost has one outcome per recipient, and never a delivery that was not answered.
TEST_F(OutcomesTest, NothingThatCanBeHeardIsWithoutAnswer) {
  const std::vector<smtp::Reply> replies = {
      {}, make_reply(250, "ok"), make_reply(354, "go"), make_reply(421, "bye"), make_reply(450, "later"), make_reply(550, "no")};
  for (const auto& mail : replies)
    for (const auto& rcpt : replies)
      for (const auto& data : replies)
        for (const auto& dot : replies)
          for (int lost = 0; lost < 4; ++lost) {
            heard = {};
            heard.mail = mail;
            heard.rcpt = {rcpt};
            heard.data = data;
            heard.dot = dot;
            heard.dot_sent = dot.heard() || lost == 2;
            if (lost > 0) heard.lost = Lost{Stage::dot, lost == 3 ? Loss::shut : Loss::eof, "gone"};
            const auto all = outcomes(heard, {0}, place, judge);
            ASSERT_EQ(all.size(), 1U);
            EXPECT_TRUE(all[0].reply.heard());
            if (all[0].verdict == Verdict::delivered) {
              EXPECT_TRUE(dot.ok() && rcpt.ok() && heard.dot_sent);
            }
            if (all[0].untried) {
              EXPECT_FALSE(all[0].dot_sent);
            }
          }
}

// --- connections that never came to a message ---

TEST_F(OutcomesTest, A5xxBannerIsNeverABounce) {
  smtp::Opening opening;
  opening.refusal = make_reply(554, "5.1.1 no");
  const Failure why = failure(opening, place, judge);
  EXPECT_EQ(why.verdict, Verdict::connection_failed);
  EXPECT_TRUE(why.heard);
  EXPECT_TRUE(untried(3, why).untried);
  EXPECT_EQ(untried(3, why).mx, "mx.example.org");
}

TEST_F(OutcomesTest, RateWordsAtTheBannerSpeakForAllServers) {
  conf::ResponseRule rule;
  rule.verdict = "rate_limited";
  rule.text = {"unusual rate"};
  const Judge knowing{{rule}};
  smtp::Opening opening;
  opening.refusal = make_reply(421, "4.7.28 unusual rate");
  EXPECT_TRUE(failure(opening, place, knowing).speaks_for_all);
  EXPECT_EQ(failure(opening, place, knowing).verdict, Verdict::rate_limited);
  EXPECT_FALSE(failure(opening, place, judge).verdict == Verdict::delivered);
}

TEST_F(OutcomesTest, AFailedHandshakeSaysSo) {
  smtp::Opening opening;
  opening.lost = Lost{Stage::starttls, Loss::tls, "self-signed certificate"};
  opening.stage = Stage::starttls;
  opening.handshake = true;
  const Failure why = failure(opening, place, judge);
  EXPECT_TRUE(why.handshake);
  EXPECT_EQ(why.verdict, Verdict::tls_required);
  EXPECT_NE(why.reply.text().find("self-signed"), std::string::npos);
}

TEST_F(OutcomesTest, AfterThreeCopiesWithoutAnAnswerTheMessageIsReturnedWithTheReason) {
  Outcome silent;
  silent.reply = make_reply(451, "4.4.2 mx took the message, then the connection was lost");
  silent.unanswered_dots = 1;
  EXPECT_TRUE(bounded(silent, 1).reply.transient());
  const Outcome third = bounded(silent, 2);
  EXPECT_EQ(third.reply.enhanced, "5.4.2");
  EXPECT_EQ(action(third.verdict, third.reply.permanent()), Action::bounce);
  EXPECT_NE(third.reply.text().find("it may have arrived"), std::string::npos);
  silent.unanswered_dots = 0;
  EXPECT_TRUE(bounded(silent, 7).reply.transient()) << "an answer, though a refusal for now, is no copy";
  silent.unanswered_dots = 1;
  silent.verdict = Verdict::delivered;
  EXPECT_EQ(bounded(silent, 7).verdict, Verdict::delivered);
}

TEST_F(OutcomesTest, OnlySilenceBeforeMailIsAReasonToAskAnother) {
  EXPECT_FALSE(failure(heard, place, judge));
  lost_at(Stage::data);
  EXPECT_FALSE(failure(heard, place, judge));
  heard.spoken = false;
  lost_at(Stage::mail);
  EXPECT_TRUE(failure(heard, place, judge));
}

}  // namespace
}  // namespace mta
