// What a line does when no lane takes its head: overflow, waiting too long, greylist pins, a site that does not answer
// (warmup-rules §6, §8).
#include <algorithm>

#include "mta/simulate/season.h"
#include "queue/retry.h"

namespace mta::season {

namespace {
using namespace std::chrono_literals;
using warmup::Brake;
constexpr Duration pin_longest = 24h, held_longest = 4h, long_cool = 1h;

bool is_braked(const warmup::Lane& record) {
  return record.brake.state != Brake::none || record.pin.state == warmup::Pin::paused;
}

// Its lane is paused, or braked and not yet due to be asked again.
bool is_held_back(const warmup::Lane& record, Instant now) {
  return record.pin.state == warmup::Pin::paused || (record.brake.state != Brake::none && now < record.brake.until);
}
}  // namespace

// A greylisted recipient is free again after a day or when its lane is held for long; one in the overflow when that is braked.
bool Season::release_pin(Line& line, const Cohort& head) {
  if (line.pin == nullptr) return false;
  Lane& lane = *line.ways.front().lane;
  lanes_.bring(lane, now_);
  const auto& record = lane.record;
  bool free = false;
  if (line.overflow && head.pinned_at == Instant{}) {
    free = is_held_back(record, now_);
  } else {
    const Instant opens =
        record.pin.state == warmup::Pin::paused ? record.pin.until.value_or(Instant::max()) : record.brake.until;
    free = now_ - head.pinned_at >= pin_longest ||
           (is_braked(record) && opens - now_ > std::max<Duration>(held_longest, 3 * head.greylist_delay));
  }
  if (!free) return false;
  Cohort mail = take(line, head.count);
  if (mail.has_slot) lanes_.drop_slots(lane, line.mail_class->name, mail.count);
  mail.has_slot = false;
  mail.greylist_delay = Duration(0);
  mail.greylisted_at.reset();
  mail.pinned_at = {};
  put(open_line(name_of(line), nullptr, false), mail);
  return true;
}

// While a site is closed the time runs for all that wait; looked at at the head, which waits longest.
bool Season::expire_head(Line& line, const Cohort& head) {
  const auto closed_for = now_ - std::max(head.due, line.closed_since);
  const auto& options = config_.retry;
  if (!queue::expired(options, false, head.backoff_used + closed_for)) return false;
  Lane& lane = *line.ways.front().lane;
  end({line, lane, take(line, head.count), false}, &Counts::expired);
  return true;
}

warmup::Takes Season::overflow_takes(Line& line) {
  if (line.overflow_line == nullptr) return warmup::Takes::nothing;
  const Line& there = *line.overflow_line;
  Lane& lane = *there.ways.front().lane;
  lanes_.bring(lane, now_);
  const bool tried = !there.mail.empty() && there.mail.begin()->second.due <= now_;
  const auto answer = warmup::ask_overflow(lane.record, {there.backoff > Duration(0), there.closed_until, tried}, now_);
  if (answer.takes == warmup::Takes::nothing) line.overflow_again = answer.again;
  return answer.takes;
}

// What the class may still get today on all lanes of the line; nothing: no limit.
std::optional<Recipients> Season::left_for(Line& line) {
  Recipients sum = 0;
  for (auto& way : line.ways) {
    const auto left = lanes_.left_today(*way.lane, line.mail_class->name, now_);
    if (!left) return std::nullopt;
    sum += *left;
  }
  return sum;
}

bool Season::all_braked_for_long(Line& line) {
  return std::all_of(line.ways.begin(), line.ways.end(), [&](const Way& way) {
    lanes_.bring(*way.lane, now_);
    const auto& record = way.lane->record;
    const bool cooling_long = record.brake.state == Brake::cooling && record.brake.until - now_ > long_cool;
    return record.brake.state == Brake::paused || record.pin.state == warmup::Pin::paused || cooling_long;
  });
}

bool Season::overflows(Line& line, Recipients ahead) {
  if (line.mail_class->when_full != warmup::WhenFull::overflow) return false;
  if (all_braked_for_long(line)) return true;
  if (line.exempt) return false;
  const auto left = left_for(line);
  return left && ahead >= *left;
}

// The head of a held line: to the overflow, or too long in waiting. True: the line has another head now.
bool Season::relieve(Line& line, const Cohort& head) {
  if (line.pin != nullptr) return false;
  const auto& options = *line.mail_class;
  const bool too_long = now_ - head.due > options.max_wait;
  const bool would = overflows(line, 0) || (too_long && options.on_max_wait == warmup::OnMaxWait::overflow);
  const auto takes = would ? overflow_takes(line) : warmup::Takes::nothing;
  if (takes != warmup::Takes::nothing) {
    put(*line.overflow_line, take(line, takes == warmup::Takes::one ? 1 : head.count));
    return true;
  }
  if (!too_long || options.on_max_wait != warmup::OnMaxWait::bounce) return false;
  end({line, *line.ways.front().lane, take(line, head.count), false}, &Counts::bounced);
  return true;
}

}  // namespace mta::season
