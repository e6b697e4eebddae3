// Dialogues of a mail transaction, as a session has them, without a session: lines in, replies out.
#include "mta/submit/mail_transaction.h"

#include <gmock/gmock.h>

namespace mta {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A client that said EHLO to a listener for 192.0.2.0/24, and a queue that has room but for those in `full`.
class MailTransactionTest : public ::testing::Test {
 protected:
  MailTransactionTest() {
    config->postmaster = "postmaster@example.com";
    config->classes.resize(2);
    config->classes[0].name = "transactional";
    config->classes[1].name = "bulk";
    config->listeners.resize(1);
    config->listeners[0].auth = conf::ListenerAuth::off;
    config->listeners[0].relay_from = {*conf::Network::parse("192.0.2.0/24")};
    client.config = config;
    client.listener = config->listeners.data();
    client.address = "192.0.2.9";
    client.hello = "client.example";
    client.extended = true;
  }

  // What is replied to a line: "250 2.1.0 sender ok"; a reply that is no success has its kind in front.
  std::string say(const std::string& line) {
    const auto command = smtp::parse_command(line);
    if (const auto* mail = std::get_if<smtp::command::Mail>(&command)) return told(transaction.mail(*mail, client, accepting));
    if (const auto* rcpt = std::get_if<smtp::command::Rcpt>(&command)) return say_rcpt(*rcpt);
    if (std::holds_alternative<smtp::command::Data>(command)) return told(transaction.data());
    if (std::holds_alternative<smtp::command::Bdat>(command)) {
      const auto refusal = transaction.bdat();
      return refusal ? told(*refusal) : "octets";
    }
    transaction.reset();
    return "reset";
  }

  std::string say_rcpt(const smtp::command::Rcpt& rcpt) {
    if (const auto reply = transaction.rcpt(rcpt, client)) return told(*reply);
    const auto& question = transaction.question();
    questions.push_back(question.user + "/" + question.mail_class + "/" + question.recipient);
    return told(transaction.room(question.recipient == full ? "google opens at noon" : ""));
  }

  std::string told(const CommandReply& reply) {
    last = reply;
    const std::string kind = reply.kind == CommandReply::Disposition::done          ? ""
                             : reply.kind == CommandReply::Disposition::out_of_turn ? "out of turn: "
                                                                                    : "refused: ";
    return kind + std::to_string(reply.code) + " " + reply.enhanced + (reply.enhanced.empty() ? "" : " ") + reply.text;
  }

  std::vector<std::string> begin() {  // the message; to whom it goes
    std::vector<std::string> addresses;
    for (const auto& recipient : transaction.begin().recipients) addresses.push_back(recipient.address);
    return addresses;
  }

  std::shared_ptr<conf::Config> config = std::make_shared<conf::Config>();
  Client client;
  MailTransaction transaction;
  CommandReply last;
  bool accepting = true;
  std::string full;
  std::vector<std::string> questions;  // about room, as USER/CLASS/RECIPIENT
};

TEST_F(MailTransactionTest, AMessageIsSaidFromMailToDataAndTheNextBeginsAnew) {
  EXPECT_EQ(say("MAIL FROM:<a@example.com> SMTPUTF8 RET=HDRS ENVID=x"), "250 2.1.0 sender ok");
  EXPECT_EQ(say("RCPT TO:<b@example.org> NOTIFY=DELAY ORCPT=rfc822;c@example.org"), "250 2.1.5 recipient ok");
  EXPECT_EQ(say("DATA"), "354 end with CRLF.CRLF");
  EXPECT_FALSE(transaction.begun());
  const AcceptedEnvelope envelope = transaction.begin();
  EXPECT_EQ(envelope.sender, "a@example.com");
  EXPECT_TRUE(envelope.smtputf8);
  EXPECT_EQ(envelope.ret, queue::Return::headers);
  EXPECT_EQ(envelope.envid, "x");
  ASSERT_EQ(envelope.recipients.size(), 1U);
  EXPECT_EQ(envelope.recipients[0].address, "b@example.org");
  EXPECT_EQ(envelope.recipients[0].notify, queue::notify::delay);
  EXPECT_EQ(envelope.recipients[0].orcpt, "rfc822;c@example.org");
  EXPECT_EQ(told(transaction.queued("036WBEGC0C000", "")), "250 2.0.0 queued as 036WBEGC0C000");
  EXPECT_EQ(told(transaction.queued("036WBEGC0C000", "google opens at noon")),
            "250 2.0.0 queued as 036WBEGC0C000; google opens at noon");
  transaction.reset();
  EXPECT_EQ(say("MAIL FROM:<>"), "250 2.1.0 sender ok");
  EXPECT_TRUE(questions.empty()) << "room is asked about only where the class refuses what would wait";
}

TEST_F(MailTransactionTest, CommandsThatAreOutOfTurnChangeNothing) {
  EXPECT_EQ(say("RCPT TO:<b@example.org>"), "out of turn: 503 5.5.1 say MAIL first");
  EXPECT_EQ(say("DATA"), "refused: 503 5.5.1 say MAIL first");
  EXPECT_EQ(say("BDAT 10 LAST"), "refused: 503 5.5.1 say MAIL first");
  EXPECT_EQ(last.stage, smtp::Stage::data);
  client.hello = "";
  EXPECT_EQ(say("MAIL FROM:<a@example.com>"), "out of turn: 503 5.5.1 say EHLO first");
  EXPECT_FALSE(transaction.open());
  client.hello = "client.example";
  EXPECT_EQ(say("MAIL FROM:<a@example.com>"), "250 2.1.0 sender ok");
  EXPECT_EQ(say("MAIL FROM:<x@example.com>"), "out of turn: 503 5.5.1 a transaction is open already");
  EXPECT_EQ(transaction.sender(), "a@example.com");
}

TEST_F(MailTransactionTest, WithoutARecipientThereIsNoMessageAndWhyTellsItsCode) {
  say("MAIL FROM:<a@example.com>");
  EXPECT_EQ(say("DATA"), "refused: 503 5.5.1 no valid recipients");
  EXPECT_EQ(say("BDAT 10 LAST"), "refused: 503 5.5.1 no valid recipients");
  client.address = "198.51.100.7";
  say("RCPT TO:<b@example.org>");
  EXPECT_EQ(say("DATA"), "refused: 554 5.5.1 no valid recipients") << "RFC 5321 §3.3: all were refused";
  EXPECT_EQ(say("BDAT 10 LAST"), "refused: 554 5.5.1 no valid recipients");
  client.address = "192.0.2.9";
  say("RCPT TO:<b@example.org>");
  EXPECT_EQ(say("DATA"), "354 end with CRLF.CRLF") << "one that is valid suffices";
}

TEST_F(MailTransactionTest, ResetForgetsTheRecipientsAndThatOneWasRefused) {
  client.address = "198.51.100.7";
  say("MAIL FROM:<a@example.com>");
  say("RCPT TO:<b@example.org>");
  EXPECT_EQ(say("RSET"), "reset");
  EXPECT_FALSE(transaction.open());
  EXPECT_EQ(transaction.sender(), "");
  say("MAIL FROM:<a@example.com>");
  EXPECT_EQ(say("DATA"), "refused: 503 5.5.1 no valid recipients");
}

TEST_F(MailTransactionTest, WhoMayNotRelayReachesThePostmasterAlone) {
  client.address = "198.51.100.7";
  say("MAIL FROM:<a@example.com>");
  EXPECT_EQ(say("RCPT TO:<b@example.org>"), "refused: 550 5.7.1 relaying denied");
  EXPECT_EQ(last.stage, smtp::Stage::rcpt);
  EXPECT_EQ(last.recipient, "b@example.org");
  config->listeners[0].auth = conf::ListenerAuth::optional;
  EXPECT_EQ(say("RCPT TO:<b@example.org>"), "refused: 550 5.7.1 relaying denied, authenticate first");
  EXPECT_EQ(say("RCPT TO:<Postmaster> NOTIFY=SUCCESS"), "250 2.1.5 recipient ok");
  EXPECT_EQ(say("DATA"), "354 end with CRLF.CRLF");
  const AcceptedEnvelope envelope = transaction.begin();
  ASSERT_EQ(envelope.recipients.size(), 1U);
  EXPECT_EQ(envelope.recipients[0].address, "postmaster@example.com");
  EXPECT_EQ(envelope.recipients[0].notify, queue::notify::never) << "no reports to whom a stranger names";
}

TEST_F(MailTransactionTest, WhereAuthIsRequiredMailIsRefusedUntilThereIsAUser) {
  config->listeners[0].auth = conf::ListenerAuth::required;
  client.identity = std::make_shared<TlsIdentity>();
  EXPECT_EQ(say("MAIL FROM:<a@example.com>"), "refused: 530 5.7.0 authentication required, say STARTTLS first");
  EXPECT_EQ(last.stage, smtp::Stage::mail);
  client.tls.emplace();
  EXPECT_EQ(say("MAIL FROM:<a@example.com>"), "refused: 530 5.7.0 authentication required");
  const conf::User user{"ann", "", {}, ""};
  client.user = &user;
  EXPECT_EQ(say("MAIL FROM:<a@example.com>"), "250 2.1.0 sender ok");
  client.address = "198.51.100.7";
  EXPECT_EQ(say("RCPT TO:<b@example.org>"), "250 2.1.5 recipient ok");
}

TEST_F(MailTransactionTest, SizeRecipientsAndDiskHaveLimits) {
  config->limits.message_size = 1000;
  config->limits.recipients = 2;
  EXPECT_EQ(say("MAIL FROM:<a@example.com> SIZE=1001"), "refused: 552 5.3.4 message larger than 1000 octets");
  accepting = false;
  EXPECT_EQ(say("MAIL FROM:<a@example.com>"), "refused: 452 4.3.1 not enough disk space, try again later");
  accepting = true;
  EXPECT_EQ(say("MAIL FROM:<a@example.com> SIZE=1000"), "250 2.1.0 sender ok");
  say("RCPT TO:<b@example.org>");
  say("RCPT TO:<c@example.org>");
  EXPECT_EQ(say("RCPT TO:<d@example.org>"), "refused: 452 4.5.3 more than 2 recipients, send the rest in another transaction");
  EXPECT_EQ(say("RCPT TO:<b@EXAMPLE.ORG>"), "250 2.1.5 recipient ok") << "it is one of the two";
  EXPECT_EQ(say("DATA"), "354 end with CRLF.CRLF");
  EXPECT_THAT(begin(), ElementsAre("b@example.org", "c@example.org"));
}

TEST_F(MailTransactionTest, ARecipientNamedTwiceIsKeptOnceAndLocalPartsDifferByCase) {
  say("MAIL FROM:<a@example.com>");
  for (const char* address : {"b@example.org", "b@EXAMPLE.org", "B@example.org"})
    EXPECT_EQ(say(std::string("RCPT TO:<") + address + ">"), "250 2.1.5 recipient ok");
  EXPECT_THAT(begin(), ElementsAre("b@example.org", "B@example.org"));
}

TEST_F(MailTransactionTest, AnAddressBeyondAsciiNeedsSmtputf8AtMail) {
  const std::string line =
      "RCPT TO:<b@b\xC3\xBC"
      "cher.example>";
  say("MAIL FROM:<a@example.com>");
  EXPECT_EQ(say(line), "refused: 553 5.6.7 an address beyond ASCII needs SMTPUTF8");
  EXPECT_EQ(say("DATA"), "refused: 554 5.5.1 no valid recipients");
  say("RSET");
  say("MAIL FROM:<a@example.com> SMTPUTF8");
  EXPECT_EQ(say(line), "250 2.1.5 recipient ok");
}

TEST_F(MailTransactionTest, WhereTheClassIsKnownAndRefusesARecipientWithoutRoomIsPutOff) {
  const conf::User user{"ann", "", {}, "bulk"};
  client.user = &user;
  config->classes[1].when_full = warmup::WhenFull::tempfail;
  full = "b@example.org";
  say("MAIL FROM:<a@example.com>");
  EXPECT_EQ(say("RCPT TO:<b@example.org>"), "refused: 451 4.7.1 the queue to this provider is full; google opens at noon");
  EXPECT_EQ(last.recipient, "b@example.org");
  EXPECT_EQ(say("DATA"), "refused: 554 5.5.1 no valid recipients");
  EXPECT_EQ(say("RCPT TO:<c@example.net>"), "250 2.1.5 recipient ok");
  EXPECT_EQ(say("RCPT TO:<c@example.net>"), "250 2.1.5 recipient ok");
  full = "";
  EXPECT_EQ(say("RCPT TO:<b@example.org>"), "250 2.1.5 recipient ok") << "it was not kept as known";
  EXPECT_THAT(questions, ElementsAre("ann/bulk/b@example.org", "ann/bulk/c@example.net", "ann/bulk/b@example.org"));
  EXPECT_THAT(begin(), ElementsAre("c@example.net", "b@example.org"));
}

TEST_F(MailTransactionTest, AMessageInChunksKeepsItsSenderUntilItIsOverAndTakesNoMoreRecipients) {
  say("MAIL FROM:<a@example.com>");
  say("RCPT TO:<b@example.org>");
  EXPECT_EQ(say("BDAT 1000"), "octets");
  EXPECT_THAT(begin(), ElementsAre("b@example.org"));
  EXPECT_EQ(told(transaction.chunk_taken(1000)), "250 2.0.0 1000 octets received");
  EXPECT_EQ(say("BDAT 500"), "octets");
  EXPECT_EQ(say("MAIL FROM:<a@example.com>"), "out of turn: 503 5.5.1 a transaction is open already");
  EXPECT_EQ(say("RCPT TO:<c@example.org>"), "out of turn: 503 5.5.1 the message has begun already");
  EXPECT_EQ(say("DATA"), "refused: 503 5.5.1 no valid recipients") << "RFC 3030 §2: no DATA after BDAT";
  EXPECT_EQ(say("BDAT 0 LAST"), "octets");
  EXPECT_EQ(transaction.sender(), "a@example.com");
  say("RSET");
  EXPECT_EQ(say("BDAT 0 LAST"), "refused: 503 5.5.1 say MAIL first");
}

TEST_F(MailTransactionTest, ACopyGoesItsOwnWay) {
  say("MAIL FROM:<a@example.com>");
  say("RCPT TO:<b@example.org>");
  const MailTransaction before = transaction;
  EXPECT_THAT(begin(), ElementsAre("b@example.org"));
  say("RSET");
  transaction = before;
  EXPECT_FALSE(transaction.begun());
  EXPECT_EQ(say("RCPT TO:<c@example.org>"), "250 2.1.5 recipient ok");
  EXPECT_THAT(begin(), ElementsAre("b@example.org", "c@example.org"));
  EXPECT_THAT(questions, IsEmpty());
}

}  // namespace
}  // namespace mta
