// When mail goes by the overflow, and when it comes back (warmup-rules §6).
#include <fmt/format.h>

#include <algorithm>

#include "mta/books/books.h"
#include "mta/tasks.h"
#include "warmup/gate.h"
#include "warmup/held.h"

namespace mta {

namespace {
using namespace std::chrono_literals;
constexpr Duration ask_full_again = 1h;  // an overflow that took what it may today
constexpr Duration soon = 1min;

LaneKey lane_of(const conf::Source& overflow, const queue::LineKey& line) {
  return {overflow.name, overflow.is_smarthost() ? "*" : line.provider};
}

// It has mail that tries the way within a moment, or is trying it.
bool tries_soon(const Line& line, Instant now) {
  if (line.busy > 0 || line.queued || !line.idle.empty()) return true;
  return line.record.waiting > 0 && line.planned <= now + soon;
}
}  // namespace

// The overflow of the line's pool, when there is one that takes something now.
const conf::Source* Books::overflow_of(const Line& line) {
  const auto* pool = pool_of(line.key.pool);
  if (pool == nullptr || pool->overflow.empty() || !line.key.pin.empty()) return nullptr;
  const auto* source = policy_.config->source(pool->overflow);
  return source != nullptr && ask_overflow(line, *source).takes != warmup::Takes::nothing ? source : nullptr;
}

// As warmup/overflow.h says; and nothing when what waits there already is all that the class can still get there today.
warmup::OverflowAnswer Books::ask_overflow(const Line& line, const conf::Source& overflow) {
  const LaneKey key = lane_of(overflow, line.key);
  const Line& there = lines_.look(overflow_line(line, overflow));
  const warmup::OverflowSite site{there.record.backoff > Duration(0), there.record.closed_until, tries_soon(there, now())};
  const auto answer = warmup::ask_overflow(lane(key).record, site, now());
  if (answer.takes == warmup::Takes::nothing) return answer;
  const bool exempt = line.key.kind == queue::LineKind::exempt;
  const auto left = exempt ? std::nullopt : left_on(key, line.key.mail_class);
  if (left && there.record.waiting >= *left) return {warmup::Takes::nothing, "full", now() + ask_full_again, false};
  return answer;
}

// May a recipient that is due since then go by the overflow, as its class says? One that was blocked for good always may.
bool Books::may_overflow(const Line& line, Instant due) {
  const warmup::Head head{due, line.key.kind == queue::LineKind::blocked};
  return warmup::may_overflow(class_of(line.key.mail_class), head, overflows(line, 0), now());
}

// The head of a held line goes there; as a probe rather another message than the one that met the refusal. False: it takes nothing now,
// and the search says when to ask again. REQUIRES: the head may overflow.
bool Books::to_overflow(Line& line, const queue::LineRow& head, Search& search) {
  const auto* pool = pool_of(line.key.pool);
  const auto* overflow = pool == nullptr ? nullptr : policy_.config->source(pool->overflow);
  if (overflow == nullptr) return false;
  const auto answer = ask_overflow(line, *overflow);
  const Lane& there = lane(lane_of(*overflow, line.key));
  if (answer.takes == warmup::Takes::nothing) {
    search.looks_again = std::min(search.looks_again.value_or(answer.again), answer.again);
    return false;
  }
  auto row = head;
  if (answer.takes == warmup::Takes::one) {
    const auto another = another_than(line, there.record.brake.trigger);
    if (another != line.window.end() && may_overflow(line, another->due)) row = *another;
  }
  auto found = recipient(row.recipient);
  const auto of = message(row.recipient.message);
  ENSURE(found.has_value() && of != nullptr);
  move(*of, row.recipient.number, std::move(*found), row.due, overflow_line(line, *overflow), row.due);
  return true;
}

// Also when it is not the pool's overflow any more.
bool Books::leaves_overflow(Line& line, const queue::Recipient& head) {
  const auto* pool = pool_of(line.key.pool);
  if (pool == nullptr || pool->overflow != line.key.pin) return true;
  const auto& record = lane(lanes_of(line).front()).record;
  const bool another = line.window.size() > 1 ? line.window[1].due <= now() : !line.complete;
  const auto pool_takes = [&] { return !pool_opens(home_of(line.key, head)); };
  return warmup::leaves_overflow(record, line.record.backoff > Duration(0), another, pool_takes, now());
}

// When the pool's own lanes take more than what waits for them already; nothing: now.
std::optional<Instant> Books::pool_opens(const queue::LineKey& key) {
  const Line& home = lines_.look(key.encode());
  const bool closed = home.record.backoff > Duration(0);
  std::vector<warmup::Answer> answers;
  if (!closed) {
    for (const auto& each : lanes_of(home))
      answers.push_back(permit(each, {key.mail_class, home.record.waiting + 1, false, 0, key.kind == queue::LineKind::exempt}));
  }
  const auto room =
      warmup::room_in_pool(answers, home.record.waiting, closed ? std::optional(home.record.closed_until) : std::nullopt, now());
  return room.more > 0 ? std::nullopt : std::optional(room.opens);
}

// The overflow holds its mail: it goes by whoever grants first. True: the line has another head now.
bool Books::return_to_pool(Line& line, const queue::LineRow& head, Search& search) {
  auto found = recipient(head.recipient);
  ENSURE(found.has_value());
  if (!found->pin_source.empty()) return false;
  if (const auto opens = pool_opens(home_of(line.key, *found))) {
    search.looks_again = *opens;
    if (is_blocked(*found)) look_before_bounce(head, search);
    return false;
  }
  go_home(line, head, std::move(*found));
  return true;
}

// To any source of the pool, with the place in the line that its waiting earned.
void Books::go_home(Line& line, queue::LineRow row, queue::Recipient found) {
  const auto of = message(row.recipient.message);
  ENSURE(of != nullptr);
  unpin(*of, found);
  const auto home = home_of(line.key, found).encode();
  lines_.pop(line);
  move(*of, row.recipient.number, std::move(found), row.due, home, row.due);
}

// Until an operator resumes: it would go round and round (§6).
void Books::pause_overflows(std::string client) {
  inbox_->put([this, client = std::move(client)] {
    std::set<std::string> names;
    for (const auto& pool : policy_.config->pools) names.insert(pool.overflow);
    for (const auto& name : names) {
      const auto* source = policy_.config->source(name);
      if (source == nullptr || !source->is_smarthost()) continue;
      const LaneKey key{name, "*"};
      Lane& found = lane(key);
      const bool used = found.record.today.sent + found.record.reserved() > 0 || !found.record.history.empty();
      if (!used || found.record.pin.state == warmup::Pin::paused) continue;
      const auto reason = fmt::format(
          "mail that was here before came back from {}; see that {} does not route it to us, then resume", client, name);
      auto done = warmup::apply(found.follows(), {warmup::Hand::pause, {}, {}, "warmupd", reason}, now());
      for (auto& change : done.changes) change.alert = true;
      tell(key, found, done.changes);
      dirty_lanes_.insert(key);
    }
  });
}

std::string Books::overflow_line(const Line& line, const conf::Source& overflow) const {
  auto key = line.key;
  if (key.kind == queue::LineKind::blocked) key.kind = queue::LineKind::routed;
  key.pin = overflow.name;
  return key.encode();
}

// What the class may still get today on all lanes of the line; nothing: no limit.
std::optional<warmup::Recipients> Books::left_for(const Line& line) {
  warmup::Recipients sum = 0;
  for (const auto& key : lanes_of(line)) {
    const auto left = left_on(key, line.key.mail_class);
    if (!left) return std::nullopt;
    sum += *left;
  }
  return sum;
}

std::optional<warmup::Recipients> Books::left_on(const LaneKey& key, const std::string& mail_class) {
  auto least = warmup::left_today(lane(key).follows(), mail_class, now());
  const auto total = overall_of(key);
  const auto of_all = total ? warmup::left_today(lane(*total).follows(), mail_class, now()) : std::nullopt;
  if (!least || (of_all && *of_all < *least)) least = of_all;
  return least;
}

bool Books::all_braked_for_long(const Line& line) {
  const auto keys = lanes_of(line);
  return !keys.empty() &&
         std::ranges::all_of(keys, [&](const LaneKey& key) { return warmup::is_braked_for_long(lane(key).record, now()); });
}

// §6: only when what waits ahead is all that the class can get today, or the lanes are braked; pace alone never overflows.
bool Books::overflows(const Line& line, std::uint64_t ahead) {
  const auto& options = class_of(line.key.mail_class);
  if (options.when_full != warmup::WhenFull::overflow) return false;  // it costs a look at every lane
  return warmup::is_full(options, {all_braked_for_long(line), left_for(line)}, line.key.kind == queue::LineKind::exempt, ahead);
}

}  // namespace mta
