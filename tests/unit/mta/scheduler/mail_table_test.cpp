// The table of mail: what accepting, moving and ending a recipient leaves in the store, in one batch each.
#include "mta/scheduler/mail_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "queue/keys.h"
#include "tests/sim/world/disk.h"
#include "tests/sim/world/world.h"

namespace mta {
namespace {

using queue::Family;
using testing::ElementsAre;
using testing::IsEmpty;

class MailTableTest : public testing::Test {
 protected:
  MailTableTest() {
    store = queue::Store::open("/spool", {.env = disk.env()});
    transaction = std::make_unique<Transaction>(world.with(disk), policy, store, writer);
    queues = std::make_unique<QueueIndex>(store, [](const Queue&, const queue::RecipientId&) { return false; });
    mail = std::make_unique<MailTable>(world.with(disk), policy, store, *transaction, *queues);
    mail->set_effects({[this](Queue& queue) { woken.push_back(queue.bytes); },
                       [this](const queue::Message& message, queue::Recipient&) { freed.push_back(message.mail_class); },
                       [this](std::uint64_t octets) { erased += octets; }});
    transaction->set_members({[this](queue::Batch& batch) {
                                queues->flush(batch, world.calendar.now());
                                mail->before_write(batch);
                              },
                              [this] {
                                mail->written();
                                queues->written();
                              },
                              [] {}});
  }
  ~MailTableTest() override { transaction->abandon(); }

  std::string queue_of(const std::string& site) const {
    return queue::QueueKey{queue::QueueKind::routed, "default", "google", "bulk", site, ""}.encode();
  }
  // A message of 1,000 octets to that many recipients, each waiting in the queue of site "a".
  queue::Message accept(std::uint32_t recipients, const std::string& sender = "news@example.org") {
    queue::Message message;
    message.id = {++last_id};
    message.accepted = world.calendar.now();
    message.sender = sender;
    message.size = 1000;
    message.chunks = 1;
    message.mail_class = "bulk";
    message.pool = "default";
    message.recipients = recipients;
    queue::Recipient one;
    one.queue = queue_of("a");
    one.due = world.calendar.now();
    std::vector<queue::Recipient> all;
    for (std::uint32_t n = 0; n < recipients; ++n) {
      one.address = "r" + std::to_string(n) + "@gmail.test";
      all.push_back(one);
      queues->insert(transaction->batch(), queues->open(one.queue), {one.due, {message.id, n}});
    }
    mail->add(message, all, std::string(1000, 'x'));
    return message;
  }
  QueuedRecipient waiting(const queue::Message& message, std::uint32_t number) {
    const auto recipient = mail->recipient({message.id, number});
    EXPECT_TRUE(recipient.has_value());
    return {message, number, recipient.value_or(queue::Recipient{}), recipient->due};
  }
  void write() { ASSERT_TRUE(transaction->write()); }
  std::size_t rows(Family family) const {
    std::size_t count = 0;
    for (auto cursor = store->scan(family, "", ""); cursor.valid(); cursor.next()) ++count;
    return count;
  }
  std::uint64_t waits_in(const std::string& queue) { return queues->look(queue).record.waiting; }

  std::shared_ptr<conf::Config> config = std::make_shared<conf::Config>();
  Policy policy{config, nullptr};
  WriterThread writer;
  sim::SimDisk disk{5};
  sim::SimWorld world{5};  // goes first: what waits in its loop refers to stores on the disk
  std::shared_ptr<queue::Store> store;
  std::unique_ptr<Transaction> transaction;
  std::unique_ptr<QueueIndex> queues;
  std::unique_ptr<MailTable> mail;
  std::vector<std::string> woken, freed;
  std::uint64_t erased = 0, last_id = 0;
};

TEST_F(MailTableTest, WhatWasAcceptedIsSeenAtOnceAndStoredWithTheBatch) {
  const auto message = accept(2);
  EXPECT_EQ(mail->recipient({message.id, 1})->address, "r1@gmail.test");
  EXPECT_EQ(rows(Family::recipient), 0U);
  write();
  EXPECT_EQ(rows(Family::recipient), 2U);
  EXPECT_EQ(rows(Family::body), 1U);
  EXPECT_EQ(mail->totals().messages, 1U);
  EXPECT_EQ(mail->totals().recipients, 2U);
  EXPECT_EQ(mail->totals().octets, 1000U);
}

TEST_F(MailTableTest, ARecipientThatMovesIsInOneQueueOnly) {
  const auto message = accept(1);
  write();
  mail->move(waiting(message, 0), queue_of("b"), world.calendar.now() + std::chrono::hours(1));
  EXPECT_EQ(mail->recipient({message.id, 0})->queue, queue_of("b")) << "the current batch is seen";
  write();
  EXPECT_EQ(waits_in(queue_of("a")), 0U);
  EXPECT_EQ(waits_in(queue_of("b")), 1U);
  EXPECT_EQ(rows(Family::queue_row), 1U);
  EXPECT_THAT(woken, ElementsAre(queue_of("b")));
}

TEST_F(MailTableTest, TheLastRecipientThatEndsTakesTheMessageWithIt) {
  const auto message = accept(2);
  write();
  mail->decide(waiting(message, 0), queue::Fate::delivered);
  write();
  EXPECT_EQ(rows(Family::body), 1U) << "another recipient needs it";
  EXPECT_EQ(erased, 0U);
  mail->decide(waiting(message, 1), queue::Fate::delivered);
  write();
  for (const auto family : {Family::message, Family::recipient, Family::body, Family::queue_row, Family::queue, Family::wake})
    EXPECT_EQ(rows(family), 0U) << static_cast<int>(family);
  EXPECT_EQ(erased, 1000U);
  EXPECT_THAT(freed, ElementsAre("bulk", "bulk")) << "a place that was kept for it";
  EXPECT_EQ(mail->totals().messages + mail->totals().recipients + mail->totals().octets, 0U);
}

TEST_F(MailTableTest, AFailureWaitsForItsReportWhereTheSenderWantsOne) {
  const auto message = accept(1);
  mail->decide(waiting(message, 0), queue::Fate::failed);
  write();
  EXPECT_EQ(waits_in(MailTable::returning_queue()), 1U);
  EXPECT_TRUE(mail->recipient({message.id, 0})->fate == queue::Fate::failed);
  mail->finish(message, 0);
  write();
  EXPECT_EQ(rows(Family::recipient), 0U);
}

TEST_F(MailTableTest, OfMailFromTheNullSenderNothingIsReported) {
  const auto message = accept(1, "");
  mail->decide(waiting(message, 0), queue::Fate::failed);
  write();
  EXPECT_EQ(waits_in(MailTable::returning_queue()), 0U);
  EXPECT_EQ(rows(Family::recipient), 0U);
}

TEST_F(MailTableTest, WhatIsToBeReportedTwiceInOneBatchWaitsOnce) {
  const auto message = accept(1);
  write();
  mail->report_later({message.id, 0});  // a delay notice
  mail->decide(waiting(message, 0), queue::Fate::expired);
  EXPECT_EQ(waits_in(MailTable::returning_queue()), 1U);
  write();
  mail->report_later({message.id, 0});
  EXPECT_EQ(waits_in(MailTable::returning_queue()), 1U);
  EXPECT_EQ(rows(Family::queue_row), 1U);
}

TEST_F(MailTableTest, AnExpiryIsAnEventAndARowOfTheHistory) {
  config->history.keep = std::chrono::hours(24);
  const auto message = accept(1, "");
  mail->expire(waiting(message, 0));
  write();
  EXPECT_EQ(rows(Family::event), 1U);
  EXPECT_GE(rows(Family::history), 1U);
}

TEST_F(MailTableTest, WhatFoundNoRoomIsNotCounted) {
  const auto before = mail->totals();
  const auto message = accept(1);
  mail->restore(before, {message.id});
  EXPECT_EQ(mail->totals().recipients, 0U);
  EXPECT_EQ(mail->message(message.id), nullptr);
}

}  // namespace
}  // namespace mta
