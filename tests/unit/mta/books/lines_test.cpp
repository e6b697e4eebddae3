// The lines against a model: whatever comes and goes, the front of a line is its earliest row that nobody has taken, the counts are
// right, and no line with rows is forgotten on the disk.
#include "mta/books/lines.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/sim/world/dice.h"
#include "tests/sim/world/disk.h"
#include "tests/sim/world/world.h"

namespace mta {
namespace {

using queue::LineRow;
using namespace std::chrono_literals;

const Instant monday = std::chrono::sys_days(std::chrono::year(2026) / 1 / 5);

// What the books do with lines, and what must be true of them.
class Play {
 public:
  explicit Play(std::uint64_t seed) : dice_(seed, "play") {
    for (const char* site : {"a", "b", "c"})
      model_[queue::LineKey{queue::LineKind::routed, "default", "google", "bulk", site, ""}.encode()];
    for (const char* alone : {"other:few.test", "other:many.test"})
      model_[queue::LineKey{queue::LineKind::routed, "default", alone, "bulk", "a", ""}.encode()];
    model_[queue::LineKey{queue::LineKind::routed, "default", "google", "bulk", "a", "ip-1"}.encode()];
    model_[queue::LineKey{queue::LineKind::routed, "last", "yahoo", "bulk", "y", ""}.encode()];
    open();
  }

  void step() {
    const std::uint64_t what = dice_.below(100);
    const std::string line = any_line();
    if (what < 30) return insert(line, 1);
    if (what < 33) return insert(line, dice_.between(200, 600));
    if (what < 65) return take(line, dice_.between(1, 40));
    if (what < 80) return settle(line, true);
    if (what < 85) return settle(line, false);
    if (what < 88) return end_where_it_waits(line);
    if (what < 93) return write();
    if (what < 95) return refused_insert(line);
    if (what < 97) return drain(line);
    if (what < 99) return let_time_pass();
    restart();
  }
  void check() {
    check_lines_for_people();
    for (const auto& [name, rows] : model_) {
      Line& line = lines_->open(name);
      ASSERT_EQ(line.record.waiting, rows.size());
      ASSERT_LE(line.window.size(), window_rows);
      check_front(name);
    }
  }
  void check_nothing_is_forgotten() {
    write();
    put_to_sleep();
    write();
    EXPECT_EQ(lines_->awake_count(), 0U);
    now_ += 24h * 365;
    std::set<std::string> woken;
    for (std::vector<Line*> some = wake(1); !some.empty(); some = wake(1)) woken.insert(some.front()->bytes);
    std::size_t with_rows = 0;
    for (const auto& [name, rows] : model_) {
      EXPECT_TRUE(woken.contains(name) || rows.empty()) << name;
      with_rows += rows.empty() ? 0 : 1;
    }
    put_to_sleep();
    write();
    EXPECT_LE(wake_rows(), with_rows + refusals_);  // a refused batch may leave one behind: it wakes the line once more
  }
  std::size_t refills() const { return refills_; }

 private:
  // What lines of one provider hold together, whatever the site; unlisted destinations are not among them.
  void check_lines_for_people() {
    LinesForPeople wanted;
    for (const auto& [name, rows] : model_) {
      const auto key = queue::LineKey::decode(name);
      if (rows.empty() || key->provider.starts_with("other:")) continue;
      wanted[{key->provider, key->mail_class, key->pool, key->pin}] += rows.size();
    }
    ASSERT_EQ(lines_->for_people(), wanted);
  }
  void open() {
    lines_.reset();
    store_.reset();
    store_ = queue::Store::open("/spool", {.env = disk_.env()});
    lines_ = std::make_unique<Lines>(
        store_, [this](const Line&, const queue::RecipientId& id) { return taken_.contains(id); },
        [this] {
          ++refills_;
          write();
          return true;
        });
  }
  std::string any_line() { return std::next(model_.begin(), static_cast<std::ptrdiff_t>(dice_.below(model_.size())))->first; }
  LineRow new_row() {
    const auto due = now_ + std::chrono::milliseconds(dice_.below(2) == 0 ? dice_.below(50) : dice_.below(10'000'000)) - 1h;
    return {due, {{++last_id_}, static_cast<std::uint32_t>(dice_.below(3))}};
  }

  void insert(const std::string& name, std::uint64_t count) {
    for (; count > 0; --count) {
      const LineRow row = new_row();
      lines_->insert(batch_, lines_->open(name), row);
      model_[name].insert(row);
    }
  }
  void check_front(const std::string& name) {
    const LineRow* front = lines_->front(lines_->open(name));
    const auto& rows = model_[name];
    const auto expected =
        std::find_if(rows.begin(), rows.end(), [&](const LineRow& row) { return !taken_.contains(row.recipient); });
    ASSERT_EQ(front != nullptr, expected != rows.end());
    if (front != nullptr) {
      ASSERT_EQ(*front, *expected);
    }
  }
  void take(const std::string& name, std::uint64_t count) {
    for (; count > 0 && !testing::Test::HasFatalFailure(); --count) {
      check_front(name);
      Line& line = lines_->open(name);
      const LineRow* front = lines_->front(line);
      if (front == nullptr) return;
      in_hand_[name].push_back(*front);
      taken_.insert(front->recipient);
      lines_->pop(line);
      line.busy = 1;
    }
  }
  // A row that was taken ends, or goes back to where it was.
  void settle(const std::string& name, bool ends) {
    auto& hand = in_hand_[name];
    if (hand.empty()) return;
    const auto at = hand.begin() + static_cast<std::ptrdiff_t>(dice_.below(hand.size()));
    const LineRow row = *at;
    hand.erase(at);
    taken_.erase(row.recipient);
    Line& line = lines_->open(name);
    if (ends) {
      lines_->erase(batch_, line, row);
      model_[name].erase(row);
    } else {
      lines_->put_back(line, row);
    }
    line.busy = hand.empty() ? 0 : 1;
  }
  // By an operator's hand: nobody has taken it.
  void end_where_it_waits(const std::string& name) {
    auto& rows = model_[name];
    if (rows.empty()) return;
    const auto at = std::next(rows.begin(), static_cast<std::ptrdiff_t>(dice_.below(std::min<std::size_t>(rows.size(), 40))));
    if (taken_.contains(at->recipient)) return;
    const LineRow row = *at;
    lines_->erase(batch_, lines_->open(name), row);
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
    for (auto row = store_->scan(queue::Family::wake, "", ""); row.valid(); row.next()) ++count;
    return count;
  }
  void write() {
    lines_->flush(batch_, now_);
    store_->write(batch_);
    batch_.clear();
    lines_->written();
  }
  // Mail that finds no space: its batch is thrown away.
  void refused_insert(const std::string& name) {
    write();
    ++refusals_;
    queue::Batch refused;
    std::vector<LineRow> rows;
    for (auto count = dice_.between(1, 20); count > 0; --count) rows.push_back(new_row());
    for (const LineRow& row : rows) lines_->insert(refused, lines_->open(name), row);
    lines_->flush(refused, now_);
    for (const LineRow& row : rows) lines_->undo_insert(lines_->open(name), row);
  }
  void put_to_sleep() {
    for (auto& [name, rows] : model_) {
      while (!in_hand_[name].empty()) settle(name, false);
      Line& line = lines_->open(name);
      if (const LineRow* front = lines_->front(line)) lines_->sleep(line, front->due + 30min);
    }
  }
  std::vector<Line*> wake(std::size_t most) {
    auto woken = lines_->wake_due(batch_, now_, most);
    return woken;
  }
  void let_time_pass() {
    put_to_sleep();
    write();
    now_ += std::chrono::milliseconds(dice_.below(5'000'000));
    for (std::vector<Line*> some = wake(2); !some.empty(); some = wake(2)) {
    }
    for (const auto& [name, rows] : model_) {
      const bool late = !rows.empty() && rows.begin()->due + 30min <= now_;
      EXPECT_TRUE(!late || lines_->awake(name) != nullptr) << "it overslept";
    }
  }
  void restart() {
    write();
    taken_.clear();
    in_hand_.clear();
    open();
  }

  sim::SimDice dice_;
  sim::SimDisk disk_{1};
  std::shared_ptr<queue::Store> store_;
  std::unique_ptr<Lines> lines_;
  queue::Batch batch_;
  std::map<std::string, std::set<LineRow>> model_;  // by line
  std::map<std::string, std::vector<LineRow>> in_hand_;
  std::set<queue::RecipientId> taken_;
  Instant now_ = monday;
  std::uint64_t last_id_ = 0;
  std::size_t refills_ = 0, refusals_ = 0;
};

class LinesModel : public testing::TestWithParam<std::uint64_t> {};

TEST_P(LinesModel, TheFrontIsTheEarliestRowThatNobodyHasTaken) {
  const std::uint64_t seed = sim::seed_from_env_or(GetParam());
  SCOPED_TRACE("SIM_SEED=" + std::to_string(seed));
  Play play(seed);
  for (int step = 0; step < 1500; ++step) {
    play.step();
    if (step % 10 == 0) play.check();
    if (HasFatalFailure() || HasNonfatalFailure()) FAIL() << "at step " << step;
  }
  play.check_nothing_is_forgotten();
  EXPECT_GT(play.refills(), 0U) << "the window was never too small";
}

INSTANTIATE_TEST_SUITE_P(Seeds, LinesModel, testing::Range<std::uint64_t>(1, 13));

}  // namespace
}  // namespace mta
