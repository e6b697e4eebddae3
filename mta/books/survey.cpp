#include "mta/books/survey.h"

#include <algorithm>

#include "mta/tasks.h"
#include "warmup/total.h"

namespace mta {

using queue::Family;
using queue::LineKind;

namespace {

constexpr std::size_t lines_of_others = 5000;     // of unlisted sites read for one status
constexpr std::size_t lines_of_strays = 200'000;  // read for one reload

bool holds(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string kind_prefix(LineKind kind) { return std::string(1, static_cast<char>(kind)); }

struct Record {
  queue::LineKey key;
  queue::LineRecord record;
};

Record record_at(const queue::Cursor& cursor) {
  auto key = queue::LineKey::decode(cursor.key());
  auto record = queue::decode_line_record(cursor.value());
  ENSURE(key && record);
  return {std::move(*key), std::move(*record)};
}

// One seek each.
std::vector<std::string> pools_with_mail(const queue::Store& store) {
  std::vector<std::string> pools;
  std::string from = kind_prefix(LineKind::routed);
  const std::string end = queue::line_row_end(from);
  for (;;) {
    const auto cursor = store.scan(Family::lines, from, end);
    if (!cursor.valid()) return pools;
    pools.push_back(record_at(cursor).key.pool);
    from = kind_prefix(LineKind::routed) + pools.back() + '\x01';
  }
}

}  // namespace

const conf::Pool* pool_in(const conf::Config& config, const std::string& name) {
  if (const auto* pool = config.pool(name)) return pool;
  if (const auto* pool = config.pool("default")) return pool;
  return config.pools.empty() ? nullptr : &config.pools.front();
}

const warmup::ClassOptions& class_in(const conf::Config& config, const std::string& name) {
  if (const auto* found = config.mail_class(name)) return *found;
  const auto* bulk = config.mail_class("bulk");
  ENSURE(bulk != nullptr);
  return *bulk;
}

Survey::Survey(std::shared_ptr<const conf::Config> config, const queue::Store& store, queue::Instant now)
    : config_(std::move(config)), now_(now) {
  read(store, now);
}

// In key order. Sites without a provider of their own ("other:…") may be a million: after some thousand of them the walk goes on behind
// them.
void Survey::read(const queue::Store& store, queue::Instant now) {
  std::string from, pool;
  std::size_t others = 0;
  for (bool again = true; again;) {
    again = false;
    for (auto cursor = store.scan(Family::lines, from, std::string(4, '\xFF')); cursor.valid(); cursor.next()) {
      auto [key, record] = record_at(cursor);
      const bool other = key.kind == LineKind::unrouted || key.provider.starts_with("other:");
      if (key.pool != pool) others = 0;
      pool = key.pool;
      add(key, record, now);
      if (!other || ++others < lines_of_others) continue;
      more_ = true;
      others = 0;
      key.provider = key.kind == LineKind::unrouted ? std::string(1, '\x7F') : "other;";  // ';' sorts behind ':'
      key.mail_class = key.site = key.pin = "";
      from = key.encode();
      again = true;
      break;
    }
  }
}

void Survey::add(const queue::LineKey& key, const queue::LineRecord& record, queue::Instant now) {
  if (key.kind == LineKind::damaged) return;  // status names it apart
  if (key.kind == LineKind::returning) {
    returning_ += record.waiting;
    return;
  }
  if (key.kind == LineKind::unrouted) unrouted_ += record.waiting;
  const auto* pool = pool_in(*config_, key.pool);
  const std::string& pool_name = pool == nullptr ? key.pool : pool->name;
  const std::string provider = key.kind == LineKind::unrouted ? "unrouted" : key.provider;
  const std::string& mail_class = class_in(*config_, key.mail_class).name;
  auto [at, created] = lines_.try_emplace({pool_name, provider, mail_class});
  LineReport& line = at->second;
  if (created) {
    line.pool = pool_name, line.provider = provider, line.mail_class = mail_class;
    line.oldest = record.low_water;
  }
  line.waiting += record.waiting;
  line.oldest = std::min(line.oldest, record.low_water);
  const queue::Instant opens = record.opens == queue::Instant{} ? record.wake : record.opens;
  const queue::Instant next = std::max(opens, record.closed_until);
  if (created || (line.next && next < *line.next)) line.next = next;
  if (line.next && *line.next <= now) line.next.reset();
  if (!record.reason.empty() && line.reason.empty()) line.reason = record.reason;
  const bool by_pool = key.pin.empty() || (pool != nullptr && holds(pool->sources, key.pin));
  if (by_pool && key.kind != LineKind::exempt) line.by_pool += record.waiting;  // what no ledger counts waits for none
  add_to_lanes(key, {record.waiting, next});
}

void Survey::add_to_lanes(const queue::LineKey& key, const Waiting& waiting) {
  if (!key.pin.empty() && config_->source(key.pin) != nullptr) return add_to_lane(key.pin, key, waiting);
  const auto* pool = pool_in(*config_, key.pool);
  if (pool == nullptr) return;
  for (const auto& source : pool->sources) add_to_lane(source, key, waiting);
}

void Survey::add_to_lane(const std::string& source, const queue::LineKey& key, const Waiting& waiting) {
  const auto* of = config_->source(source);
  if (of == nullptr) return;
  const auto add = [&](const std::string& provider) {
    Waiting& lane = lanes_[{source, provider}];
    lane.recipients += waiting.recipients;
    lane.next = std::min(lane.next, waiting.next);
  };
  add("");
  if (key.knows_site() && warmup::is_unlisted(key.provider)) add(std::string(warmup::total_key(warmup::Total::others)));
  if (of->is_smarthost()) {
    add("*");
  } else if (key.knows_site()) {
    add(key.provider);
  }
}

std::vector<LineReport> Survey::lines() const {
  std::vector<LineReport> lines;
  for (const auto& [key, line] : lines_) lines.push_back(line);
  std::stable_sort(lines.begin(), lines.end(), [](const LineReport& a, const LineReport& b) { return a.waiting > b.waiting; });
  return lines;
}

std::map<std::string, std::uint64_t> Survey::unlisted() const {
  std::map<std::string, std::uint64_t> found;
  for (const auto& [key, line] : lines_) {
    if (warmup::is_unlisted(line.provider)) found[line.provider] += line.waiting;
  }
  return found;
}

std::uint64_t Survey::may_use(const std::string& source, const std::string& provider) const {
  const auto found = lanes_.find({source, provider});
  return found == lanes_.end() ? 0 : found->second.recipients;
}

std::optional<queue::Instant> Survey::looks_again(const std::string& source, const std::string& provider) const {
  const auto found = lanes_.find({source, provider});
  if (found == lanes_.end() || found->second.next <= now_ || found->second.next == queue::Instant::max()) return std::nullopt;
  return found->second.next;
}

std::uint64_t count_waiting(const queue::Store& store, const conf::Config& config, const queue::LineKey& of) {
  const auto* pool = pool_in(config, of.pool);
  if (pool == nullptr) return 0;
  std::uint64_t waiting = 0;
  for (const auto& name : pools_with_mail(store)) {
    if (pool_in(config, name) != pool) continue;
    for (const LineKind kind : {LineKind::routed, LineKind::blocked}) {
      const std::string from = kind_prefix(kind) + name + '\0' + of.provider + '\0';
      for (auto cursor = store.scan(Family::lines, from, queue::line_row_end(from)); cursor.valid(); cursor.next()) {
        const auto [key, record] = record_at(cursor);
        const bool by_pool = key.pin.empty() || holds(pool->sources, key.pin);
        if (by_pool && class_in(config, key.mail_class).name == of.mail_class) waiting += record.waiting;
      }
    }
  }
  return waiting;
}

Strays find_strays(const queue::Store& store, const std::set<std::string>& pools, const std::set<std::string>& classes) {
  Strays found;
  if (pools.empty() && classes.empty()) return found;
  std::size_t read = 0;
  for (auto cursor = store.scan(Family::lines, "", kind_prefix(LineKind::returning)); cursor.valid(); cursor.next()) {
    found.more = ++read > lines_of_strays;
    if (found.more) break;
    const auto [key, record] = record_at(cursor);
    const auto note = [&, &key = key, &record = record](std::map<std::string, Strays::Count>& counts, const std::string& name,
                                                        const std::string& other) {
      auto& count = counts[name];
      count.lines.insert({other, key.provider});
      count.recipients += record.waiting;
    };
    if (pools.contains(key.pool)) note(found.pools, key.pool, key.mail_class);
    if (classes.contains(key.mail_class)) note(found.classes, key.mail_class, key.pool);
  }
  return found;
}

}  // namespace mta
