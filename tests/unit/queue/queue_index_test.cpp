// The queues against a model: whatever comes and goes, the front of a queue is its earliest row that is not taken, the counts are
// right, and no queue with rows is forgotten on the disk.
#include "queue/queue_index.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/sim/world/dice.h"
#include "tests/sim/world/disk.h"
#include "tests/sim/world/world.h"

namespace queue {
namespace {

using namespace std::chrono_literals;

const Instant monday = std::chrono::sys_days(std::chrono::year(2026) / 1 / 5);

// What the scheduler does with queues, and what must be true of them.
class Play {
 public:
  explicit Play(std::uint64_t seed) : dice_(seed, "play") {
    for (const char* site : {"a", "b", "c"}) model_[QueueKey{QueueKind::routed, "default", "google", "bulk", site, ""}.encode()];
    for (const char* alone : {"other:few.test", "other:many.test"})
      model_[QueueKey{QueueKind::routed, "default", alone, "bulk", "a", ""}.encode()];
    model_[QueueKey{QueueKind::routed, "default", "google", "bulk", "a", "ip-1"}.encode()];
    model_[QueueKey{QueueKind::routed, "last", "yahoo", "bulk", "y", ""}.encode()];
    open();
  }

  void step() {
    const std::uint64_t what = dice_.below(100);
    const std::string queue = any_queue();
    if (what < 30) return insert(queue, 1);
    if (what < 33) return insert(queue, dice_.between(200, 600));
    if (what < 65) return take(queue, dice_.between(1, 40));
    if (what < 80) return settle(queue, true);
    if (what < 85) return settle(queue, false);
    if (what < 88) return end_where_it_waits(queue);
    if (what < 93) return write();
    if (what < 95) return refused_insert(queue);
    if (what < 97) return drain(queue);
    if (what < 99) return let_time_pass();
    restart();
  }
  void check() {
    check_groups();
    for (const auto& [name, rows] : model_) {
      Queue& queue = queues_->open(name);
      ASSERT_EQ(queue.record.waiting, rows.size());
      most_waiting_ = std::max(most_waiting_, rows.size());
      ASSERT_LE(queue.window.size(), window_rows);
      check_front(name);
    }
  }
  void check_nothing_is_forgotten() {
    write();
    put_to_sleep();
    write();
    EXPECT_EQ(queues_->awake_count(), 0U);
    now_ += 24h * 365;
    std::set<std::string> woken;
    for (std::vector<Queue*> some = wake(1); !some.empty(); some = wake(1)) woken.insert(some.front()->bytes);
    std::size_t with_rows = 0;
    for (const auto& [name, rows] : model_) {
      EXPECT_TRUE(woken.contains(name) || rows.empty()) << name;
      with_rows += rows.empty() ? 0 : 1;
    }
    put_to_sleep();
    write();
    EXPECT_LE(wake_rows(), with_rows + refusals_);  // a refused batch may leave one behind: it wakes the queue once more
  }
  std::size_t most_waiting() const { return most_waiting_; }

 private:
  // What queues of one provider hold together, whatever the site; unlisted destinations are not among them.
  void check_groups() {
    QueueGroups wanted;
    for (const auto& [name, rows] : model_) {
      const auto key = QueueKey::decode(name);
      if (rows.empty() || key->provider.starts_with("other:")) continue;
      wanted[{key->provider, key->mail_class, key->pool, key->bound_to}] += rows.size();
    }
    ASSERT_EQ(queues_->groups(), wanted);
  }
  void open() {
    queues_.reset();
    store_.reset();
    store_ = Store::open("/spool", {.env = disk_.env()});
    queues_ = std::make_unique<QueueIndex>(store_, [this](const Queue&, const RecipientId& id) { return taken_.contains(id); });
  }
  std::string any_queue() { return std::next(model_.begin(), static_cast<std::ptrdiff_t>(dice_.below(model_.size())))->first; }
  QueueRow new_row() {
    const auto due = now_ + std::chrono::milliseconds(dice_.below(2) == 0 ? dice_.below(50) : dice_.below(10'000'000)) - 1h;
    return {due, {{++last_id_}, static_cast<std::uint32_t>(dice_.below(3))}};
  }

  void insert(const std::string& name, std::uint64_t count) {
    for (; count > 0; --count) {
      const QueueRow row = new_row();
      queues_->insert(batch_, queues_->open(name), row);
      model_[name].insert(row);
    }
  }
  void check_front(const std::string& name) {
    const QueueRow* front = queues_->front(queues_->open(name));
    const auto& rows = model_[name];
    const auto expected =
        std::find_if(rows.begin(), rows.end(), [&](const QueueRow& row) { return !taken_.contains(row.recipient); });
    ASSERT_EQ(front != nullptr, expected != rows.end());
    if (front != nullptr) {
      ASSERT_EQ(*front, *expected);
    }
  }
  void take(const std::string& name, std::uint64_t count) {
    for (; count > 0 && !testing::Test::HasFatalFailure(); --count) {
      check_front(name);
      Queue& queue = queues_->open(name);
      const QueueRow* front = queues_->front(queue);
      if (front == nullptr) return;
      in_hand_[name].push_back(*front);
      taken_.insert(front->recipient);
      queues_->pop(queue);
      queue.busy = 1;
    }
  }
  // A row that was taken ends, or goes back to where it was.
  void settle(const std::string& name, bool ends) {
    auto& hand = in_hand_[name];
    if (hand.empty()) return;
    const auto at = hand.begin() + static_cast<std::ptrdiff_t>(dice_.below(hand.size()));
    const QueueRow row = *at;
    hand.erase(at);
    taken_.erase(row.recipient);
    Queue& queue = queues_->open(name);
    if (ends) {
      queues_->erase(batch_, queue, row);
      model_[name].erase(row);
    } else {
      queues_->put_back(queue, row);
    }
    queue.busy = hand.empty() ? 0 : 1;
  }
  // By an operator's hand: nobody has taken it.
  void end_where_it_waits(const std::string& name) {
    auto& rows = model_[name];
    if (rows.empty()) return;
    const auto at = std::next(rows.begin(), static_cast<std::ptrdiff_t>(dice_.below(std::min<std::size_t>(rows.size(), 40))));
    if (taken_.contains(at->recipient)) return;
    const QueueRow row = *at;
    queues_->erase(batch_, queues_->open(name), row);
    rows.erase(at);
  }
  void drain(const std::string& name) {
    take(name, model_[name].size());
    while (!in_hand_[name].empty()) settle(name, true);
    if (dice_.chance(0.5)) write();
    if (dice_.chance(0.5)) refused_insert(name);
  }
  std::size_t wake_rows() const {
    std::size_t count = 0;
    for (auto row = store_->scan(Family::wake, "", ""); row.valid(); row.next()) ++count;
    return count;
  }
  void write() {
    queues_->flush(batch_, now_);
    store_->write(batch_);
    batch_.clear();
    queues_->written();
  }
  // Mail that finds no space: its batch is thrown away.
  void refused_insert(const std::string& name) {
    write();
    ++refusals_;
    Batch refused;
    std::vector<QueueRow> rows;
    for (auto count = dice_.between(1, 20); count > 0; --count) rows.push_back(new_row());
    for (const QueueRow& row : rows) queues_->insert(refused, queues_->open(name), row);
    queues_->flush(refused, now_);
    for (const QueueRow& row : rows) queues_->undo_insert(queues_->open(name), row);
  }
  void put_to_sleep() {
    for (auto& [name, rows] : model_) {
      while (!in_hand_[name].empty()) settle(name, false);
      Queue& queue = queues_->open(name);
      if (const QueueRow* front = queues_->front(queue)) queues_->sleep(queue, front->due + 30min);
    }
  }
  std::vector<Queue*> wake(std::size_t most) {
    auto woken = queues_->wake_due(batch_, now_, most);
    return woken;
  }
  void let_time_pass() {
    put_to_sleep();
    write();
    now_ += std::chrono::milliseconds(dice_.below(5'000'000));
    for (std::vector<Queue*> some = wake(2); !some.empty(); some = wake(2)) {
    }
    for (const auto& [name, rows] : model_) {
      const bool late = !rows.empty() && rows.begin()->due + 30min <= now_;
      EXPECT_TRUE(!late || queues_->awake(name) != nullptr) << "it overslept";
    }
  }
  void restart() {
    write();
    taken_.clear();
    in_hand_.clear();
    open();
  }

  mta::sim::SimDice dice_;
  mta::sim::SimDisk disk_{1};
  std::shared_ptr<Store> store_;
  std::unique_ptr<QueueIndex> queues_;
  Batch batch_;
  std::map<std::string, std::set<QueueRow>> model_;  // by queue
  std::map<std::string, std::vector<QueueRow>> in_hand_;
  std::set<RecipientId> taken_;
  Instant now_ = monday;
  std::uint64_t last_id_ = 0;
  std::size_t most_waiting_ = 0, refusals_ = 0;
};

class QueueModel : public testing::TestWithParam<std::uint64_t> {};

TEST_P(QueueModel, TheFrontIsTheEarliestRowThatIsNotTaken) {
  const std::uint64_t seed = mta::sim::seed_from_env_or(GetParam());
  SCOPED_TRACE("SIM_SEED=" + std::to_string(seed));
  Play play(seed);
  for (int step = 0; step < 1500; ++step) {
    play.step();
    if (step % 10 == 0) play.check();
    if (HasFatalFailure() || HasNonfatalFailure()) FAIL() << "at step " << step;
  }
  play.check_nothing_is_forgotten();
  EXPECT_GT(play.most_waiting(), window_rows) << "the window was never too small";
}

INSTANTIATE_TEST_SUITE_P(Seeds, QueueModel, testing::Range<std::uint64_t>(1, 13));

}  // namespace
}  // namespace queue
