// When mail will go: forecast, the ETA in status and in the 250 reply, what is full (warmup-rules §6, §10).
#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "mta/books/books.h"
#include "mta/books/survey.h"
#include "mta/tasks.h"
#include "warmup/forecast.h"

namespace mta {

namespace {
using namespace std::chrono_literals;
constexpr Duration outlook_lasts = 60s, worth_telling = 1h;
constexpr std::size_t outlooks_kept = 1000;

// What part of a pool's mail goes by sources of `ours`.
double shared_part(const conf::Pool& ours, const conf::Pool& other) {
  const auto shared = std::ranges::count_if(other.sources, [&](const std::string& name) { return ours.has(name); });
  return other.sources.empty() ? 0 : static_cast<double>(shared) / static_cast<double>(other.sources.size());
}

// What else waits at the provider for the same lanes: other classes, and other pools as far as they go by the same sources.
std::vector<warmup::Rival> rivals_of(const conf::Config& config, const LinesForPeople& lines, const queue::LineKey& of) {
  const auto* ours = pool_in(config, of.pool);
  const std::string& mail_class = class_in(config, of.mail_class).name;
  std::map<std::string, double> waiting;
  for (auto at = lines.lower_bound({of.provider, {}, {}, {}}); at != lines.end() && at->first.provider == of.provider; ++at) {
    const auto* pool = pool_in(config, at->first.pool);
    if (ours == nullptr || pool == nullptr) continue;
    const std::string& name = class_in(config, at->first.mail_class).name;
    if (pool == ours && name == mail_class) continue;
    const double part = pool == ours ? 1 : shared_part(*ours, *pool);
    if (part > 0) waiting[name] += part * static_cast<double>(at->second);
  }
  std::vector<warmup::Rival> rivals;
  for (const auto& [name, count] : waiting) rivals.push_back({name, static_cast<warmup::Recipients>(count)});
  return rivals;
}

// The other unlisted sites, those with about as much together.
std::vector<warmup::Elsewhere> alike(const std::map<std::string, std::uint64_t>& unlisted, const std::string& but) {
  std::map<unsigned long, warmup::Elsewhere> groups;
  for (const auto& [provider, waiting] : unlisted) {
    if (provider == but || waiting == 0) continue;
    auto& group = groups.try_emplace(static_cast<unsigned long>(std::bit_width(waiting)), warmup::Elsewhere{0, 0}).first->second;
    ++group.queues;
    group.waiting += waiting;
  }
  std::vector<warmup::Elsewhere> found;
  for (const auto& [size, group] : groups) found.push_back(group);
  return found;
}

// In a total over everything all unlisted sites count as one queue.
std::vector<warmup::Elsewhere> as_one(const std::vector<warmup::Elsewhere>& unlisted) {
  warmup::Elsewhere all;
  for (const auto& each : unlisted) all.waiting += each.waiting;
  return all.waiting == 0 ? std::vector<warmup::Elsewhere>{} : std::vector{all};
}

// Mail that is held back for its From domain goes no sooner than that ends.
void add_withheld(ForecastReport& report, const WithheldSenders& senders) {
  const ForecastWish& wish = report.wish;
  if (wish.backlog || wish.waiting == 0) return;
  for (const auto& [of, sender] : senders) {
    if (sender.until <= report.now || of.second != wish.provider || !sender.queues.contains({wish.pool, wish.mail_class}))
      continue;
    report.withheld.push_back({of.first, of.second, sender.verdict, sender.until, sender.queues});
    if (report.forecast.gone) report.forecast.gone = std::max(*report.forecast.gone, sender.until);
  }
}

std::string minute_text(Instant at) {  // "2026-11-22T08:00Z"
  return queue::rfc3339(at).substr(0, 16) + "Z";
}
}  // namespace

std::vector<warmup::Way> Books::ways_of(const std::string& pool, const std::string& provider, const std::string& source) {
  std::vector<warmup::Way> ways;
  const auto* of = pool_of(pool);
  if (of == nullptr) return ways;
  for (const auto& name : of->sources) {
    const auto* each = policy_.config->source(name);
    if (each == nullptr || (!source.empty() && source != name)) continue;
    if (absent_.contains(name)) continue;  // nothing can leave from an address that is not here
    const LaneKey key{name, each->is_smarthost() ? "*" : provider};
    warmup::Way way{lane(key).follows(), {}, {}, name};
    if (const auto total = overall_of(key)) way.overall = lane(*total).follows();
    ways.push_back(way);
  }
  return ways;
}

// In a total over everything the other listed providers wait too, each as far as its own lane lets it.
std::vector<warmup::Elsewhere> Books::others_in_total(const std::string& source, const std::string& but) {
  if (plans_->total(source) != warmup::Total::all) return {};
  std::map<std::string, warmup::Recipients> waiting;
  for (const auto& [line, count] : lines_.for_people()) {
    const auto* pool = line.provider == but ? nullptr : pool_of(line.pool);
    if (pool != nullptr && pool->has(source)) waiting[line.provider] += count;
  }
  std::vector<warmup::Elsewhere> others;
  for (const auto& [provider, count] : waiting) others.push_back({1, count, lane({source, provider}).follows()});
  return others;
}

// A question makes no lane: those that it was the first to look at are gone again after it.
ForecastReport Books::forecast_now(const ForecastWish& wish) {
  std::vector<LaneKey> invented;
  invented_ = &invented;
  ForecastReport report = forecast_of(wish);
  invented_ = nullptr;
  for (const auto& key : invented) {
    lanes_.erase(key);
    dirty_lanes_.erase(key);
    offer_.erase(key);
  }
  add_withheld(report, withheld_);
  return report;
}

ForecastReport Books::forecast_of(const ForecastWish& wish) {
  ForecastReport report;
  report.now = now();
  report.wish = wish;
  warmup::Demand demand{wish.mail_class, wish.backlog.value_or(wish.waiting), wish.per_day, wish.days,
                        rivals_of(*policy_.config, lines_.for_people(),
                                  {queue::LineKind::routed, wish.pool, wish.provider, wish.mail_class, {}, {}})};
  auto ways = ways_of(wish.pool, wish.provider, wish.source);
  for (auto& way : ways) {
    if (way.overall.lane == nullptr) continue;
    way.beside = alike(wish.unlisted, wish.provider);
    auto listed = others_in_total(way.source, wish.provider);
    if (plans_->total(way.source) == warmup::Total::all) {
      if (!warmup::is_unlisted(wish.provider)) way.beside = as_one(way.beside);
      for (auto& each : way.beside) each.same_turn = warmup::is_unlisted(wish.provider);
    }
    std::move(listed.begin(), listed.end(), std::back_inserter(way.beside));
  }
  report.forecast = warmup::forecast(ways, demand, now());
  report.max_wait = class_of(wish.mail_class).max_wait;
  return report;
}

awaitable<ForecastReport> Books::forecast(ForecastWish wish) {
  if (!wish.backlog) {
    const auto config = co_await config_now();
    co_await world_.work.run([this, &config, &wish] {
      wish.waiting = count_waiting(
          *store_, *config, {queue::LineKind::routed, wish.pool, wish.provider, class_in(*config, wish.mail_class).name, {}, {}});
      const bool shares =
          warmup::is_unlisted(wish.provider) || std::any_of(config->sources.begin(), config->sources.end(),
                                                            [](const conf::Source& each) { return !each.overall.empty(); });
      if (shares) wish.unlisted = Survey(config, *store_, world_.calendar.now()).unlisted();
    });
  }
  auto ask = [this, wish](Asker<ForecastReport> asker) { answer(std::move(asker), forecast_now(wish)); };
  co_return co_await asking<ForecastReport>(inbox_, std::move(ask));
}

// Who waits ahead of a newcomer, over all sites, also in lines of pools and classes that are gone and go by these now. In the overflow
// nobody waits for us. Who is pinned to one of ours has its place in the lane's day already: only a forecast, which does not look at
// places, counts it.
std::uint64_t Books::ahead_of(const queue::LineKey& key, Pinned pinned) {
  if (key.provider.starts_with("other:")) {
    auto alone = key;
    alone.pin.clear();
    return lines_.look(alone.encode()).record.waiting;
  }
  const auto* pool = pool_of(key.pool);
  const auto* mail_class = &class_of(key.mail_class);
  const auto is_ours = [&](const std::string& pin) { return pool != nullptr && pool->has(pin); };
  std::uint64_t sum = 0;
  const auto& lines = lines_.for_people();
  for (auto at = lines.lower_bound({key.provider, {}, {}, {}}); at != lines.end() && at->first.provider == key.provider; ++at) {
    const LineForPeople& line = at->first;
    const bool counts = line.pin.empty() || (pinned == Pinned::counted && is_ours(line.pin));
    if (counts && pool_of(line.pool) == pool && &class_of(line.mail_class) == mail_class) sum += at->second;
  }
  return sum;
}

// The snapshot that acceptance reads, for a pool, provider and class: made anew after a minute, or when what waits is another by a fiftieth.
const QueueOutlook& Books::outlook_of(const queue::LineKey& key) {
  if (outlooks_.size() > outlooks_kept) outlooks_.clear();
  auto& known = outlooks_[{key.pool, key.provider, key.mail_class}];
  const auto ahead = ahead_of(key, Pinned::counted);
  const auto moved = ahead > known.ahead ? ahead - known.ahead : known.ahead - ahead;
  const bool fresh = known.made != Instant{} && now() - known.made < outlook_lasts && now() >= known.made;
  if (fresh && moved * 50 <= known.ahead) return known;
  known.made = now();
  known.ahead = ahead;
  const auto waiting = ahead + 1;
  auto ways = ways_of(key.pool, key.provider, "");
  for (auto& way : ways) way.beside = others_in_total(way.source, key.provider);
  const auto found =
      warmup::forecast(ways, {key.mail_class, waiting, 0, 60, rivals_of(*policy_.config, lines_.for_people(), key)}, now());
  known.eta = found.gone;
  known.full = !found.days.empty() && (!found.gone || *found.gone - now() > class_of(key.mail_class).max_wait);
  return known;
}

// By a plan, or by a brake or an operator, who stop a lane without a plan too.
bool Books::may_be_held_up(const queue::LineKey& key) {
  if (key.kind != queue::LineKind::routed) return false;
  const auto ways = ways_of(key.pool, key.provider, "");
  return std::any_of(ways.begin(), ways.end(), [](const warmup::Way& way) {
    const warmup::Lane& lane = *way.lane.lane;
    return way.lane.rules->enforced() || lane.brake.state != warmup::Brake::none || lane.pin.state != warmup::Pin::none;
  });
}

// For who is in the line already, which is nothing to tell to the only one.
std::string Books::opens_text(const queue::LineKey& key) {
  if (!key.pin.empty() || !may_be_held_up(key) || ahead_of(key, Pinned::counted) < 2) return "";
  const auto& outlook = outlook_of(key);
  if (!outlook.eta || *outlook.eta - now() <= worth_telling) return "";
  return fmt::format("{} opens about {}", key.provider, minute_text(*outlook.eta));
}

// "" when the line has room.
std::string Books::full_line_text(const queue::LineKey& key) {
  if (!may_be_held_up(key)) return "";
  const auto& outlook = outlook_of(key);
  if (!outlook.full) return "";
  if (!outlook.eta) return fmt::format("nothing goes to {} until further notice", key.provider);
  return fmt::format("{} opens about {}", key.provider, minute_text(*outlook.eta));
}

// `tempfail`: the message is refused only when every recipient's line is full.
std::string Books::full_text(const Incoming& mail) {
  if (class_of(mail.message.mail_class).when_full != warmup::WhenFull::tempfail) return "";
  std::string text;
  for (const auto& each : mail.recipients) {
    text = full_line_text(line_for(mail.message, each));
    if (text.empty()) return "";
  }
  return text;
}

awaitable<std::string> Books::full_for(Draft draft) {
  auto ask = [this, draft = std::move(draft)](Asker<std::string> asker) {
    queue::Message message;
    message.user = draft.user;
    message.mail_class = draft.mail_class;
    queue::Recipient recipient;
    recipient.address = draft.recipient;
    const bool known =
        class_of(draft.mail_class).when_full == warmup::WhenFull::tempfail && !pool_hangs_on_from(message, recipient);
    answer(std::move(asker), known ? full_line_text(line_for(message, recipient)) : std::string());
  };
  co_return co_await asking<std::string>(inbox_, std::move(ask));
}

// `when_full = "overflow"`: mail goes there as it arrives, when what waits ahead of it is all that its class can get today.
queue::LineKey Books::where_it_waits(queue::LineKey key) {
  if (key.kind != queue::LineKind::routed || !key.pin.empty()) return key;
  if (class_of(key.mail_class).when_full != warmup::WhenFull::overflow) return key;
  const Line& line = lines_.look(key.encode());
  const auto* overflow = overflow_of(line);
  if (overflow != nullptr && overflows(line, ahead_of(key, Pinned::not_counted))) key.pin = overflow->name;
  return key;
}

}  // namespace mta
