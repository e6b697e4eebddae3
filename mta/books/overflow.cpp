// When mail goes by the overflow, and when it comes back (warmup-rules §6).
#include <fmt/format.h>

#include <algorithm>

#include "mta/books/books.h"
#include "mta/tasks.h"
#include "warmup/gate.h"

namespace mta {

using warmup::Brake;

namespace {
using namespace std::chrono_literals;
constexpr Duration long_cool = 1h;
constexpr Duration ask_pool_again = 10min;  // that grants, but no more than what waits for it already

bool is_braked(const warmup::Lane& record) {
  return record.brake.state != Brake::none || record.pin.state == warmup::Pin::paused;
}
}  // namespace

// The overflow of the line's pool, when there is one that is well and has room.
const conf::Source* Books::overflow_of(const Line& line) {
  const auto* pool = pool_of(line.key.pool);
  if (pool == nullptr || pool->overflow.empty() || !line.key.pin.empty()) return nullptr;
  const auto* source = policy_.config->source(pool->overflow);
  return source != nullptr && why_not(line, *source).empty() ? source : nullptr;
}

// Why the overflow takes nothing of the line now: a brake, its site does not answer (who waits there sees when it does), or what waits
// there already is all that the class can still get there today. "" = it takes it.
std::string_view Books::why_not(const Line& line, const conf::Source& overflow) {
  const LaneKey key{overflow.name, overflow.is_smarthost() ? "*" : line.key.provider};
  if (is_braked(lane(key).record)) return "braked";
  const auto& there = lines_.look(overflow_line(line, overflow)).record;
  if (there.backoff > Duration(0)) return "does not answer";
  const auto left = left_on(key, line.key.mail_class);
  return left && there.waiting >= *left ? "full" : "";
}

// Mail in the overflow goes back when that is not the pool's any more or is braked; and when its site does not answer, but for one that
// tries it until the pool's own lanes take that one too.
bool Books::leaves_overflow(Line& line, const queue::Recipient& head) {
  const auto* pool = pool_of(line.key.pool);
  if (pool == nullptr || pool->overflow != line.key.pin) return true;
  if (is_braked(lane(lanes_of(line).front()).record)) return true;
  return line.record.backoff > Duration(0) && (line.record.waiting > 1 || !pool_opens(home_of(line.key, head)));
}

// When the pool's own lanes take more than what waits for them already; nothing: now.
std::optional<Instant> Books::pool_opens(const queue::LineKey& key) {
  const Line& home = lines_.look(key.encode());
  if (home.record.backoff > Duration(0)) return std::max(home.record.closed_until, now() + ask_pool_again);
  std::optional<Instant> opens;
  warmup::Recipients granted = 0;
  for (const auto& each : lanes_of(home)) {
    const auto found = permit(each, {key.mail_class, home.record.waiting + 1});
    if (const auto* hold = std::get_if<warmup::Hold>(&found)) {
      opens = std::min(opens.value_or(hold->until), hold->until);
    } else {
      granted += std::get<warmup::Permit>(found).recipients;
    }
  }
  if (granted > home.record.waiting) return std::nullopt;
  return granted > 0 || !opens ? now() + ask_pool_again : *opens;
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
  key.kind = queue::LineKind::routed;
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
  return !keys.empty() && std::all_of(keys.begin(), keys.end(), [&](const LaneKey& key) {
    const auto& record = lane(key).record;
    const bool cooling_long = record.brake.state == Brake::cooling && record.brake.until - now() > long_cool;
    return record.brake.state == Brake::paused || record.pin.state == warmup::Pin::paused || cooling_long;
  });
}

// §6: only when what waits ahead is all that the class can get today, or the lanes are braked; pace alone never overflows.
bool Books::overflows(const Line& line, std::uint64_t ahead) {
  if (class_of(line.key.mail_class).when_full != warmup::WhenFull::overflow) return false;
  if (all_braked_for_long(line)) return true;
  const auto left = left_for(line);
  return left && ahead >= *left;
}

}  // namespace mta
