// Room on the disk: refusing new mail in time, and giving back what ended mail and broken uploads left.
#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>

#include "mta/books/books.h"
#include "mta/tasks.h"

namespace mta {

namespace {
constexpr Duration look_pause = std::chrono::seconds(1);    // between two looks at the free space
constexpr Duration space_pause = std::chrono::seconds(20);  // from the first body that ended to the look at what is dead
constexpr Duration give_back_pause = std::chrono::seconds(5);
constexpr std::uint64_t erased_at_once = 64U << 20U;  // that much erased is looked at without a pause
constexpr std::uint64_t written_between = 8U << 20U;  // bodies written between two looks at the free space

awaitable<void> look_later(Stopwatch& stopwatch, std::shared_ptr<Inbox> inbox, std::shared_ptr<Job> look) {
  co_await stopwatch.wait_for(space_pause);
  inbox->put(std::move(*look));
}

awaitable<void> give_back(Work& work, std::shared_ptr<queue::Store> store, std::shared_ptr<Inbox> inbox,
                          std::shared_ptr<Job> done) {
  const std::function<void()> job = [store] { store->give_back(); };
  co_await work.run(job);
  inbox->put(std::move(*done));
}

std::string mebibytes(std::uint64_t octets) { return fmt::format("{} MiB", octets >> 20U); }
}  // namespace

// Free space is looked at when mail comes, at most once a second or every few megabytes, and again every second while there is too little.
void Books::check_room(std::uint64_t octets) {
  const auto now = world_.calendar.now();
  space_.written += octets;
  if (space_.written < written_between && now >= space_.checked && now < space_.checked + look_pause) return;
  space_.checked = now;
  space_.written = 0;
  const auto min_free = policy_.config->min_free;
  const auto free = world_.disk.free_bytes(policy_.config->spool);
  bool low = free < min_free;
  if (low) {
    const queue::SpaceRule rule{min_free, space_.waits, space_.left};
    auto use = store_->use();
    use.free = free;
    low = queue::is_low(use, rule);
    if (queue::is_worth_it(use, rule)) begin_to_give_back();
  }
  if (low != low_.exchange(low)) {
    if (low)
      spdlog::warn("spool {}: {} bytes free, below min_free {}; refusing new mail with 452 4.3.1", policy_.config->spool, free,
                   min_free);
    if (!low) spdlog::info("spool {}: {} bytes free; accepting mail again", policy_.config->spool, free);
    look_at_space();
  }
  space_.free = free;
  if (low || full_) room_alarm_->set(now + look_pause);
}

std::string Books::why_not_accepting() const {
  if (finished_) return "shutting down";
  if (!full_ && !low_) return "";
  const std::string free = mebibytes(space_.free), wanted = mebibytes(policy_.config->min_free);
  return full_ ? fmt::format("no space left: {} free", free)
               : fmt::format("less free space than min_free: {} of {}", free, wanted);
}

// Bodies were erased.
void Books::note_erased(std::uint64_t octets) {
  space_.erased += octets;
  space_.erased_meanwhile += octets;
  if (space_.erased >= erased_at_once) {
    space_.erased = 0;
    inbox_->put([this] { look_at_space(); });
  }
  if (std::exchange(space_.watched, true)) return;
  auto look = std::make_shared<Job>([this] {
    space_.watched = false;
    look_at_space();
  });
  asio::co_spawn(world_.threads.books(), look_later(world_.stopwatch, inbox_, std::move(look)), [](const std::exception_ptr&) {});
}

void Books::look_at_space() {
  const auto use = store_->use();
  const auto min_free = policy_.config->min_free;
  if (queue::is_worth_it(use, {min_free, space_.waits, space_.left})) {
    begin_to_give_back();
    if (!stopping_) note_erased(0);  // and looks again: it may have been too early
  }
  if (!use.ballast && use.free >= min_free) store_->make_ballast(min_free);
}

void Books::begin_to_give_back() {
  const auto at = world_.calendar.now();
  const bool just_done = at >= space_.gave_back && at < space_.gave_back + give_back_pause;
  if (space_.giving_back || stopping_ || just_done) return;
  space_.giving_back = true;
  space_.erased_meanwhile = 0;
  auto done = std::make_shared<Job>([this] {
    space_.giving_back = false;
    space_.gave_back = world_.calendar.now();
    const auto use = store_->use();
    const auto dead = queue::dead_octets(use, space_.waits);
    space_.left = dead - std::min(dead, space_.erased_meanwhile);
    spdlog::debug("spool {}: dead octets were given back, {} MiB of them are left", policy_.config->spool, space_.left >> 20U);
    space_.checked = Instant{};
    check_room(0);
  });
  asio::co_spawn(world_.threads.books(), give_back(world_.work, store_, inbox_, std::move(done)),
                 [](const std::exception_ptr&) {});
}

}  // namespace mta
