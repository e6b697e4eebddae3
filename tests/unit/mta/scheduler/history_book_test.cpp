// How long and how much of the history is kept.
#include "mta/scheduler/history_book.h"

#include <gtest/gtest.h>

#include "tests/sim/world/disk.h"

namespace mta {
namespace {

using namespace std::chrono_literals;
constexpr queue::Instant nine{std::chrono::sys_days{std::chrono::year{2026} / 11 / 30} + 9h};

class HistoryBookTest : public testing::Test {
 protected:
  void ended(queue::Instant at, std::size_t text = 10) {
    queue::Ended row;
    row.id = {{++number}, 0};
    row.ended = row.accepted = row.last.at = at;
    row.recipient = "a@b.test";
    row.last.text = std::string(text, 'x');
    queue::Batch batch;
    book.add(batch, row);
    book.flush(batch);
    store->write(batch);
  }
  void expire(queue::Instant now, queue::Duration keep) {
    queue::Batch batch;
    book.expire(batch, now, keep);
    store->write(batch);
  }
  std::size_t rows() const {
    std::size_t count = 0;
    for (auto row = store->scan(queue::Family::history, "", ""); row.valid(); row.next())
      count += !queue::is_history_hour(row.key());
    return count;
  }

  sim::SimDisk disk{5};
  std::shared_ptr<queue::Store> store = queue::Store::open("/spool", {.env = disk.env()});
  HistoryBook book;
  std::uint64_t number = 0;
};

TEST_F(HistoryBookTest, LetsGoWholeHoursAndNothingYoungerThanKeep) {
  for (int hour = 0; hour < 10; ++hour) ended(nine + hour * 1h + 30min);
  expire(nine + 10h, 5h);
  EXPECT_EQ(rows(), 5U);
  expire(nine + 10h, 5h);
  EXPECT_EQ(rows(), 5U);
  expire(nine + 10h, 0s);
  EXPECT_EQ(rows(), 0U) << "keep = 0s lets go what an earlier configuration kept";
  EXPECT_EQ(book.octets(), 0U);
}

TEST_F(HistoryBookTest, KnowsAfterARestartHowMuchThereIs) {
  for (int hour = 0; hour < 10; ++hour) ended(nine + hour * 1h);
  HistoryBook again;
  again.load(*store, nine + 10h);
  EXPECT_EQ(again.octets(), book.octets());
  book = again;
  expire(nine + 9h, 3h);
  EXPECT_EQ(rows(), 4U);
}

TEST_F(HistoryBookTest, TheOldestHoursGoWhenThereIsTooMuch) {
  ended(nine);
  queue::Batch batch;  // as if an hour had held all there may be
  batch.put(queue::Family::history, queue::history_hour_key(queue::hour_of(nine)), std::to_string(HistoryBook::most_octets));
  store->write(batch);
  book = {};
  book.load(*store, nine);
  ended(nine + 1h);
  EXPECT_EQ(rows(), 1U);
  EXPECT_LT(book.octets(), 1000U);
}

}  // namespace
}  // namespace mta
