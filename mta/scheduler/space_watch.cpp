#include "mta/scheduler/space_watch.h"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>

#include "mta/doors/tasks.h"

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
void SpaceWatch::check_room(std::uint64_t octets) {
  const auto now = state_.now();
  written_ += octets;
  if (written_ < written_between && now >= checked_ && now < checked_ + look_pause) return;
  checked_ = now;
  written_ = 0;
  const auto min_free = state_.policy.config->min_free;
  const auto free = state_.world.disk.free_bytes(state_.policy.config->spool);
  bool low = free < min_free;
  if (low) {
    const queue::SpaceRule rule{min_free, state_.mail.totals().octets, left_};
    auto use = state_.store->use();
    use.free = free;
    low = queue::is_low(use, rule);
    if (queue::is_worth_it(use, rule)) begin_to_give_back();
  }
  if (low != low_.exchange(low)) {
    if (low)
      spdlog::warn("spool {}: {} bytes free, below min_free {}; refusing new mail with 452 4.3.1", state_.policy.config->spool,
                   free, min_free);
    if (!low) spdlog::info("spool {}: {} bytes free; accepting mail again", state_.policy.config->spool, free);
    look_at_space();
  }
  free_ = free;
  if (low || state_.transaction.full()) look_at_(now + look_pause);
}

std::string SpaceWatch::why_not_accepting() const {
  if (state_.finished) return "shutting down";
  if (!state_.transaction.full() && !low_) return "";
  const std::string free = mebibytes(free_), wanted = mebibytes(state_.policy.config->min_free);
  return state_.transaction.full() ? fmt::format("no space left: {} free", free)
                                   : fmt::format("less free space than min_free: {} of {}", free, wanted);
}

// Bodies were erased.
void SpaceWatch::note_erased(std::uint64_t octets) {
  erased_ += octets;
  erased_meanwhile_ += octets;
  if (erased_ >= erased_at_once) {
    erased_ = 0;
    state_.inbox->put([this] { look_at_space(); });
  }
  if (std::exchange(watched_, true)) return;
  auto look = std::make_shared<Job>([this] {
    watched_ = false;
    look_at_space();
  });
  asio::co_spawn(state_.world.threads.scheduler(), look_later(state_.world.stopwatch, state_.inbox, std::move(look)),
                 [](const std::exception_ptr&) {});
}

void SpaceWatch::look_at_space() {
  const auto use = state_.store->use();
  const auto min_free = state_.policy.config->min_free;
  if (queue::is_worth_it(use, {min_free, state_.mail.totals().octets, left_})) {
    begin_to_give_back();
    if (!state_.stopping) note_erased(0);  // and looks again: it may have been too early
  }
  if (!use.ballast && use.free >= min_free) state_.store->make_ballast(min_free);
}

void SpaceWatch::begin_to_give_back() {
  const auto at = state_.now();
  const bool just_done = at >= gave_back_ && at < gave_back_ + give_back_pause;
  if (giving_back_ || state_.stopping || just_done) return;
  giving_back_ = true;
  erased_meanwhile_ = 0;
  auto done = std::make_shared<Job>([this] {
    giving_back_ = false;
    gave_back_ = state_.now();
    const auto use = state_.store->use();
    const auto dead = queue::dead_octets(use, state_.mail.totals().octets);
    left_ = dead - std::min(dead, erased_meanwhile_);
    spdlog::debug("spool {}: dead octets were given back, {} MiB of them are left", state_.policy.config->spool, left_ >> 20U);
    checked_ = Instant{};
    check_room(0);
  });
  asio::co_spawn(state_.world.threads.scheduler(), give_back(state_.world.work, state_.store, state_.inbox, std::move(done)),
                 [](const std::exception_ptr&) {});
}

}  // namespace mta
