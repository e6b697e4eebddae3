// Which extension is to blame when a connection ends in its midst.
#include "mta/deliver/blame.h"

#include <gtest/gtest.h>

namespace mta {
namespace {

smtp::Offers all_offered() {
  smtp::Offers used;
  used.chunking = used.pipelining = true;
  return used;
}

smtp::Transcript taken_until_body() {
  smtp::Transcript heard;
  heard.mail = smtp::make_reply(250, "ok");
  heard.rcpt = {smtp::make_reply(250, "ok")};
  heard.spoken = true;
  return heard;
}

smtp::Lost line_lost(smtp::Stage stage) {
  smtp::Lost lost;
  lost.stage = stage;
  lost.cause = smtp::Lost::Cause::line;
  lost.loss = Loss::eof;
  return lost;
}

TEST(Blame, OfALineLostBehindAChunkThatWasTakenTheNextAttemptGoesByData) {
  auto heard = taken_until_body();
  heard.chunk_begun = heard.chunk_taken = true;
  heard.lost = line_lost(smtp::Stage::body);
  const auto blamed = blame(heard, {}, all_offered(), false);
  ASSERT_TRUE(blamed);
  EXPECT_TRUE(blamed->extensions.chunking && blamed->next_time);
  heard.chunk_taken = false;
  EXPECT_FALSE(blame(heard, {}, all_offered(), false)->next_time) << "none was taken: at once";
}

TEST(Blame, Of421ToAChunkUnlessItIsPolicy) {
  auto heard = taken_until_body();
  heard.chunk_begun = heard.closing = true;
  for (const char* text : {"bye", "4.3.2 going down", "4.5.0 what?"}) {
    heard.data = smtp::make_reply(421, text);
    const auto blamed = blame(heard, {}, all_offered(), false);
    ASSERT_TRUE(blamed) << text;
    EXPECT_TRUE(blamed->extensions.chunking && blamed->next_time) << text;
  }
  heard.data = smtp::make_reply(421, "4.7.28 unusual rate");
  EXPECT_FALSE(blame(heard, {}, all_offered(), false));
  auto without = all_offered();
  without.chunking = false;
  heard.data = smtp::make_reply(421, "bye");
  EXPECT_FALSE(blame(heard, {}, without, false)) << "what was not used is not blamed";
}

TEST(Blame, Of421ThatNamesPipeliningAndOfNoOther) {
  smtp::Transcript heard;
  heard.rcpt.resize(1);
  heard.closing = heard.spoken = true;
  for (const char* text : {"4.7.0 improper command Pipelining", "SMTP synchronization error"}) {
    heard.mail = smtp::make_reply(421, text);
    const auto blamed = blame(heard, {}, all_offered(), true);
    ASSERT_TRUE(blamed) << text;
    EXPECT_TRUE(blamed->extensions.pipelining && blamed->next_time) << text;
  }
  heard.mail = smtp::make_reply(421, "4.7.0 try again later");
  EXPECT_FALSE(blame(heard, {}, all_offered(), true));
}

TEST(Blame, ALineThatIsLostBehindARefusalBlamesNoExtension) {
  smtp::Transcript heard;
  heard.mail = smtp::make_reply(250, "ok");
  heard.rcpt = {smtp::make_reply(250, "ok")};
  heard.spoken = heard.chunk_begun = true;
  heard.lost = smtp::Lost{smtp::Stage::body, Loss::reset, "reset", smtp::Lost::Cause::line};
  smtp::Offers used;
  used.chunking = true;
  EXPECT_TRUE(blame(heard, {}, used, true)) << "nothing was said";
  heard.data = smtp::make_reply(554, "5.7.1 spam detected");
  EXPECT_FALSE(blame(heard, {}, used, true));
}

}  // namespace
}  // namespace mta
