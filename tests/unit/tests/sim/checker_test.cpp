#include "tests/sim/checker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mta::sim {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr Instant noon{std::chrono::sys_days{std::chrono::year{2026} / 1 / 5} + 12h};

// One mail to one recipient, acknowledged; what became of it is up to the test.
struct Case {
  Evidence evidence;
  const std::string id = "0000000000001";

  Case() {
    Mail mail;
    mail.recipients = {"a@gmail.test"};
    evidence.submissions.push_back({1, mail, Submission::State::acknowledged, mail.recipients, {}, id, noon});
    EventSeen accepted = event("accepted", noon);
    accepted.recipient_id.clear();
    accepted.recipients = 1;
    accepted.client = "10.0.0.1";
    evidence.events.push_back(accepted);
  }
  EventSeen event(const std::string& type, Instant at) {
    EventSeen seen;
    seen.seq = evidence.events.size() + 1;
    seen.at = at;
    seen.type = type;
    seen.id = id;
    seen.recipient_id = id + "/0";
    seen.recipient = "a@gmail.test";
    seen.sender = "app@sender.test";
    seen.message_id = "<1@sender.test>";
    seen.text = type;
    return seen;
  }
  void happens(const std::string& type, Instant at = noon + 1s) { evidence.events.push_back(event(type, at)); }
  void arrives(Instant at = noon + 500ms, bool answered = true) {
    auto letter = std::make_shared<ReceivedMessage>();
    letter->at = at;
    letter->sender = "app@sender.test";
    letter->body = "Received: by us\r\n" + compose(evidence.submissions[0].mail, 1);
    letter->answered = answered;
    evidence.copies.push_back({"a@gmail.test", "", letter});
  }
  void waits(queue::Fate fate = queue::Fate::waiting) {
    RowSeen row;
    row.id = *queue::RecipientId::parse(id + "/0");
    row.recipient.address = "a@gmail.test";
    row.recipient.fate = fate;
    row.queues = 1;
    evidence.rows.push_back(row);
  }
  void crashes(Instant at) { evidence.crashes.push_back(at); }
  void reports() {
    EventSeen report = event("accepted", noon + 2s);
    report.id = "0000000000002";
    report.message_id = "<report@mta>";
    report.client = "bounce";
    report.sender.clear();
    report.recipient = "app@sender.test";
    report.recipients = 1;
    evidence.events.push_back(report);
    RowSeen row;
    row.id = *queue::RecipientId::parse("0000000000002/0");
    row.recipient.address = "app@sender.test";
    row.queues = 1;
    evidence.rows.push_back(row);
  }
  std::string verdict() {
    std::string text;
    for (const auto& promise : broken_promises(evidence)) text += promise + "\n";
    return text;
  }
};

TEST(Checker, AcceptsWhatIsRight) {
  Case delivered;
  delivered.arrives();
  delivered.happens("delivered");
  EXPECT_EQ(delivered.verdict(), "");
  Case waiting;
  waiting.waits();
  EXPECT_EQ(waiting.verdict(), "");
  Case bounced;
  bounced.happens("bounced");
  bounced.reports();
  EXPECT_EQ(bounced.verdict(), "");
  Case returning;
  returning.happens("bounced");
  returning.waits(queue::Fate::failed);
  EXPECT_EQ(returning.verdict(), "");
}

TEST(Checker, FindsAnAcknowledgedMailThatIsLost) {
  Case c;
  c.evidence.events.clear();
  EXPECT_THAT(c.verdict(), HasSubstr("is lost"));
}

TEST(Checker, FindsARecipientThatIsNowhere) {
  Case c;
  EXPECT_THAT(c.verdict(), HasSubstr("is nowhere"));
}

TEST(Checker, FindsTwoEndingsAndEndingsOfWhatWaits) {
  Case twice;
  twice.arrives();
  twice.happens("delivered");
  twice.happens("bounced");
  EXPECT_THAT(twice.verdict(), HasSubstr("ended 2 times"));
  Case waiting;
  waiting.arrives();
  waiting.happens("delivered");
  waiting.waits();
  EXPECT_THAT(waiting.verdict(), HasSubstr("waits though it ended"));
}

TEST(Checker, FindsADeliveryThatNobodyGot) {
  Case c;
  c.happens("delivered");
  EXPECT_THAT(c.verdict(), HasSubstr("nobody has it"));
}

TEST(Checker, ASecondCopyNeedsAnExcuse) {
  const auto twice = [](bool first_answered, bool crash) {
    Case c;
    c.arrives(noon + 100ms, first_answered);
    if (crash) c.crashes(noon + 200ms);
    c.arrives(noon + 500ms);
    c.happens("delivered");
    return c.verdict();
  };
  EXPECT_THAT(twice(true, false), HasSubstr("twice"));
  EXPECT_EQ(twice(false, false), "");
  EXPECT_EQ(twice(true, true), "");
}

TEST(Checker, NothingExcusesACopyAfterTheEnd) {
  Case c;
  c.arrives(noon + 100ms, false);
  c.happens("delivered", noon + 200ms);
  c.crashes(noon + 300ms);
  c.arrives(noon + 400ms);
  EXPECT_THAT(c.verdict(), HasSubstr("after delivered"));
}

TEST(Checker, FindsABounceOfWhatArrivedAndABounceThatNobodyWasTold) {
  Case c;
  c.arrives();
  c.happens("bounced");
  EXPECT_THAT(c.verdict(), HasSubstr("has its copy, and bounced"));
  EXPECT_THAT(c.verdict(), HasSubstr("got 0 reports"));
}

TEST(Checker, FindsOctetsThatChanged) {
  Case c;
  c.arrives();
  c.happens("delivered");
  auto changed = std::make_shared<ReceivedMessage>(*c.evidence.copies[0].letter);
  changed->body += "PS\r\n";
  c.evidence.copies[0].letter = changed;
  EXPECT_THAT(c.verdict(), HasSubstr("changed"));
}

TEST(Checker, FindsMailThatWasRefusedAndKept) {
  Case c;
  c.waits();
  c.evidence.submissions[0].state = Submission::State::refused;
  EXPECT_THAT(c.verdict(), HasSubstr("was refused and accepted"));
}

TEST(Checker, FindsRowsWithoutAMessage) {
  Case c;
  c.waits();
  RowSeen stray = c.evidence.rows[0];
  stray.id.message.value = 99;
  c.evidence.rows.push_back(stray);
  EXPECT_THAT(c.verdict(), HasSubstr("belongs to no accepted message"));
}

}  // namespace
}  // namespace mta::sim
