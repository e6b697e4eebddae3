#include "tests/sim/world/clock.h"

#include <boost/asio/post.hpp>

namespace mta::sim {

Instant SimCalendar::now() const { return world_began + offset_ + std::chrono::duration_cast<Duration>(loop_.now()); }

BootClock SimCalendar::boot() const { return {boot_id_, std::chrono::duration_cast<Duration>(loop_.now()) - booted_}; }

class SimCalendar::SimAlarm final : public Alarm {
 public:
  SimAlarm(SimCalendar& calendar, Executor executor, std::function<void()> ring)
      : calendar_(calendar),
        bell_(std::make_shared<Bell>(Bell{std::move(executor), std::move(ring), 0})),
        place_(calendar.next_++) {
    calendar_.alarms_.emplace(place_, this);
  }
  ~SimAlarm() override {
    SimAlarm::clear();
    calendar_.alarms_.erase(place_);
  }
  void set(Instant when) override {
    clear();
    when_ = when;
    arm();
  }
  void clear() override {
    calendar_.loop_.cancel(timer_);
    ++bell_->round;
    when_.reset();
  }
  void calendar_jumped() {
    if (!when_) return;
    calendar_.loop_.cancel(timer_);
    arm();
  }

 private:
  struct Bell {  // shared with posted handlers, which must not ring after clear()
    Executor executor;
    std::function<void()> ring;
    std::uint64_t round;
  };

  void arm() {
    const Time due = std::chrono::duration_cast<Time>(*when_ - world_began - calendar_.offset_);
    timer_ = calendar_.loop_.at(due, [this] { fire(); });
  }
  void fire() {
    timer_ = 0;
    when_.reset();
    asio::post(bell_->executor, [bell = bell_, round = bell_->round] {
      if (bell->round == round) bell->ring();
    });
  }

  SimCalendar& calendar_;
  std::shared_ptr<Bell> bell_;
  std::uint64_t place_;
  std::optional<Instant> when_;
  Loop::TimerId timer_ = 0;
};

std::unique_ptr<Alarm> SimCalendar::alarm(Executor executor, std::function<void()> ring) {
  return std::make_unique<SimAlarm>(*this, std::move(executor), std::move(ring));
}

void SimCalendar::jump(Duration by) {
  offset_ += by;
  jumped_ = true;
  loop_.log("clock", "jumps by " + std::to_string(by.count()) + " ms");
  for (auto& [place, alarm] : alarms_) alarm->calendar_jumped();
}

void SimCalendar::reboot(std::string id) {
  boot_id_ = std::move(id);
  booted_ = std::chrono::duration_cast<Duration>(loop_.now());
  loop_.log("clock", "boots as " + boot_id_);
}

std::chrono::steady_clock::time_point SimStopwatch::now() const {
  return std::chrono::steady_clock::time_point(std::chrono::hours(1) + loop_.now());
}

awaitable<void> SimStopwatch::wait_for(Duration span) { return loop_.wait_until(loop_.now() + span); }

}  // namespace mta::sim
