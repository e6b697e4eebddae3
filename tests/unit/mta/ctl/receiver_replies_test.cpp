// What the shipped kinds of receivers say is read by the shipped rules as their files claim.
#include <gtest/gtest.h>

#include "conf/load.h"
#include "mta/deliver/verdict.h"
#include "mta/simulate/receiver_kind.h"
#include "warmup/verdict.h"

namespace mta::ctl {
namespace {

smtp::Stage stage_of(simulate::ToldAt at) {
  return at == simulate::ToldAt::mail ? smtp::Stage::mail : at == simulate::ToldAt::rcpt ? smtp::Stage::rcpt : smtp::Stage::dot;
}

TEST(ReceiverReplies, HaveTheVerdictThatTheirFileClaims) {
  const Judge judge(conf::load_responses(WARMUPD_SOURCE_DIR "/conf/responses.toml"));
  for (const auto& name : simulate::shipped_receiver_kinds()) {
    const auto kind = simulate::read_receiver_kind(WARMUPD_SOURCE_DIR "/conf/receivers/" + name + ".toml");
    for (const auto* told : {&kind.over_quota, &kind.over_domain, &kind.too_fast, &kind.blocked, &kind.over_complaints,
                             &kind.greylisted, &kind.no_such_user, &kind.put_off}) {
      if (told->text.empty()) continue;
      const auto reply = smtp::make_reply(std::stoi(told->text.substr(0, 3)), told->text.substr(4));
      EXPECT_EQ(warmup::name(judge.judge(reply, "", stage_of(told->at)).verdict), warmup::name(told->verdict))
          << name << ": " << told->text;
    }
  }
}

}  // namespace
}  // namespace mta::ctl
