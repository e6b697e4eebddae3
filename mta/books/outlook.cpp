// How lanes and lines stand and when mail will go: status, forecast, the ETA in the 250 reply (warmup-rules §10); the operator's hand.
#include <fmt/format.h>

#include <algorithm>

#include "conf/units.h"
#include "mta/books/books.h"
#include "mta/books/survey.h"
#include "mta/tasks.h"
#include "warmup/forecast.h"

namespace mta {

namespace {
using namespace std::chrono_literals;
constexpr Duration outlook_lasts = 60s, worth_telling = 1h;
constexpr std::size_t outlooks_kept = 1000;

std::string minute_text(Instant at) {  // "2026-11-22T08:00Z"
  return queue::rfc3339(at).substr(0, 16) + "Z";
}
}  // namespace

// When a lane takes something next, of whatever class; nothing said by a gate: now.
void Books::describe_permit(const LaneKey& key, LaneReport& report) {
  const auto total = overall_of(key);
  const auto pinned = [](const warmup::Lane& record) { return record.pin.state == warmup::Pin::paused && !record.pin.until; };
  if (pinned(report.record) || (total && pinned(lane(*total).record))) {  // nobody knows
    report.held_by = "until somebody resumes it";
    return;
  }
  std::optional<warmup::Hold> soonest;
  for (const auto& options : policy_.config->classes) {
    const auto answer = permit(key, {options.name});
    const auto* hold = std::get_if<warmup::Hold>(&answer);
    if (hold == nullptr) {
      report.next_permit = now();
      return;
    }
    if (!soonest || hold->until < soonest->until) soonest = *hold;
  }
  if (!soonest) return;
  report.next_permit = soonest->until;
  report.held_by = std::string(warmup::name(soonest->why)) + (soonest->overall ? " of all mail by " + key.source : "");
}

LaneReport Books::report_of(const LaneKey& key) {
  Lane& found = lane(key);
  LaneReport report;
  report.source = key.source;
  report.provider = key.provider;
  report.overall = key.overall();
  report.connections = found.open;
  report.record = found.record;
  report.plan = found.rules->plan == nullptr ? "" : found.rules->plan->name;
  report.enforced = found.rules->enforced();
  describe_permit(key, report);
  return report;
}

std::vector<warmup::Way> Books::ways_of(const std::string& pool, const std::string& provider, const std::string& source) {
  std::vector<warmup::Way> ways;
  const auto* of = pool_of(pool);
  if (of == nullptr) return ways;
  for (const auto& name : of->sources) {
    const auto* each = policy_.config->source(name);
    if (each == nullptr || (!source.empty() && source != name)) continue;
    const LaneKey key{name, each->is_smarthost() ? "*" : provider};
    warmup::Way way{lane(key).follows(), {}};
    if (const auto total = overall_of(key)) way.overall = lane(*total).follows();
    ways.push_back(way);
  }
  return ways;
}

ForecastReport Books::forecast_now(const ForecastWish& wish) {
  ForecastReport report;
  report.now = now();
  report.wish = wish;
  warmup::Demand demand{wish.mail_class, wish.backlog.value_or(wish.waiting), wish.per_day, wish.days};
  report.forecast = warmup::forecast(ways_of(wish.pool, wish.provider, wish.source), demand, now());
  report.max_wait = class_of(wish.mail_class).max_wait;
  return report;
}

awaitable<ForecastReport> Books::forecast(ForecastWish wish) {
  if (!wish.backlog) {
    const auto config = co_await config_now();
    co_await world_.work.run([this, &config, &wish] {
      wish.waiting = count_waiting(
          *store_, *config, {queue::LineKind::routed, wish.pool, wish.provider, class_in(*config, wish.mail_class).name, {}, {}});
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
  const auto is_ours = [&](const std::string& pin) {
    return pool != nullptr && std::find(pool->sources.begin(), pool->sources.end(), pin) != pool->sources.end();
  };
  std::uint64_t sum = 0;
  const auto& lines = lines_.for_people();
  for (auto at = lines.lower_bound({key.provider, {}, {}, {}}); at != lines.end() && at->first.provider == key.provider; ++at) {
    const LineForPeople& line = at->first;
    const bool counts = line.pin.empty() || (pinned == Pinned::counted && is_ours(line.pin));
    if (counts && pool_of(line.pool) == pool && &class_of(line.mail_class) == mail_class) sum += at->second;
  }
  return sum;
}

// The snapshot that acceptance reads: made at most once a minute for a pool, provider and class.
const Books::OutlookOfLine& Books::outlook_of(const queue::LineKey& key) {
  if (outlooks_.size() > outlooks_kept) outlooks_.clear();
  auto& known = outlooks_[{key.pool, key.provider, key.mail_class}];
  if (known.made != Instant{} && now() - known.made < outlook_lasts && now() >= known.made) return known;
  known.made = now();
  const auto waiting = ahead_of(key, Pinned::counted) + 1;
  const auto found = warmup::forecast(ways_of(key.pool, key.provider, ""), {key.mail_class, waiting, 0, 60}, now());
  known.eta = found.gone;
  known.full = !found.days.empty() && (!found.gone || *found.gone - now() > class_of(key.mail_class).max_wait);
  return known;
}

bool Books::has_plan(const queue::LineKey& key) {
  if (key.kind != queue::LineKind::routed) return false;
  for (const auto& way : ways_of(key.pool, key.provider, "")) {
    if (way.lane.rules->enforced()) return true;
  }
  return false;
}

// For who is in the line already, which is nothing to tell to the only one.
std::string Books::opens_text(const queue::LineKey& key) {
  if (!key.pin.empty() || !has_plan(key) || ahead_of(key, Pinned::counted) < 2) return "";
  const auto& outlook = outlook_of(key);
  if (!outlook.eta || *outlook.eta - now() <= worth_telling) return "";
  return fmt::format("{} opens about {}", key.provider, minute_text(*outlook.eta));
}

// "" when the line has room.
std::string Books::full_line_text(const queue::LineKey& key) {
  if (!has_plan(key)) return "";
  const auto& outlook = outlook_of(key);
  if (!outlook.full) return "";
  return fmt::format("{} opens about {}", key.provider, outlook.eta ? minute_text(*outlook.eta) : "an unknown time");
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

// The gates that a recipient passes before it comes to a lane, then every gate of every lane that its line may use.
awaitable<std::vector<Gate>> Books::lane_gates(GateWish wish) {
  auto ask = [this, wish = std::move(wish)](Asker<std::vector<Gate>> asker) {
    std::vector<Gate> gates;
    if (wish.line.knows_site()) {
      const Line& line = lines_.look(wish.line.encode());
      add_line_gates(line, wish, gates);
      for (const auto& lane_key : lanes_of(line)) add_gates(lane_key, wish, gates);
    }
    answer(std::move(asker), std::move(gates));
  };
  co_return co_await asking<std::vector<Gate>>(inbox_, std::move(ask));
}

// A From domain that waits alone; what becomes of who waits too long; the overflow and when it is used (§6, §8).
void Books::add_line_gates(const Line& line, const GateWish& wish, std::vector<Gate>& gates) {
  if (const auto until = withheld_until(line, wish.from_domain)) {
    gates.push_back({"sender", "mail from " + wish.from_domain + " was refused for what it lacks", "see events", false, until});
  }
  if (!line.key.pin.empty()) return;
  const auto& options = class_of(line.key.mail_class);
  const auto waits = std::max(Duration(0), now() - wish.due);
  const auto* pool = pool_of(line.key.pool);
  const bool overflows = pool != nullptr && !pool->overflow.empty();
  const char* then = options.on_max_wait == warmup::OnMaxWait::bounce                  ? "then it is returned"
                     : options.on_max_wait == warmup::OnMaxWait::overflow && overflows ? "then it goes by the overflow"
                                                                                       : "then an alert";
  gates.push_back({"max_wait", "waits for " + conf::duration_text(std::chrono::floor<std::chrono::minutes>(waits)),
                   conf::duration_text(options.max_wait) + ", " + then, true, std::nullopt});
  if (!overflows) return;
  const bool when_full = options.when_full == warmup::WhenFull::overflow;
  const bool too_long = options.on_max_wait == warmup::OnMaxWait::overflow;
  const auto* source = policy_.config->source(pool->overflow);
  const auto why = source == nullptr ? std::string_view("is gone") : why_not(line, *source);
  const std::string state = why.empty() ? pool->overflow : fmt::format("{}, {}", pool->overflow, why);
  gates.push_back({"overflow", state,
                   when_full  ? "when the day is full"
                   : too_long ? "after max_wait"
                              : "not for class " + options.name,
                   true, std::nullopt});
}

void Books::add_brakes(const warmup::Lane& of, const std::string& title, std::vector<Gate>& gates) {
  if (of.pin.state == warmup::Pin::paused) {
    const std::string by = of.pin.by.empty() ? "an operator" : of.pin.by;
    gates.push_back({title + " paused by " + by, of.pin.reason, of.pin.until ? "" : "until resumed", false, of.pin.until});
  }
  if (of.brake.state != warmup::Brake::none) {
    const bool open = of.brake.until <= now();
    gates.push_back({title + " " + std::string(warmup::name(of.brake.state)), of.reason, "", open,
                     open ? std::nullopt : std::optional(of.brake.until)});
  }
}

void Books::add_gates(const LaneKey& key, const GateWish& wish, std::vector<Gate>& gates) {
  Lane& found = lane(key);
  const std::string name = "lane " + key.source + "/" + key.provider;
  const auto& record = found.record;
  const warmup::Ask one{wish.line.mail_class, 1, wish.slot == found.row};
  const auto answer = permit(key, one);
  const auto* hold = std::get_if<warmup::Hold>(&answer);
  std::string stands(record.shown_state());
  if (found.rules->plan != nullptr) stands += fmt::format(", stage {}", record.stage);
  gates.push_back({name, stands, found.rules->plan == nullptr ? "no plan, no cap" : "plan " + found.rules->plan->name,
                   hold == nullptr, hold == nullptr ? std::nullopt : std::optional(hold->until)});
  const auto& provider = limits(key.provider);
  const auto most = found.slots(provider, now()) + found.open;
  gates.push_back({name + " connections", std::to_string(found.open), std::to_string(most), found.open < most, std::nullopt});
  const auto add = [&](const warmup::Follows& of, const std::string& title) {
    add_brakes(*of.lane, title, gates);
    if (!of.rules->enforced()) return;
    for (const auto& view : warmup::gates(of, one, now())) {
      gates.push_back({title + " " + std::string(warmup::name(view.why)), std::to_string(view.value), std::to_string(view.limit),
                       view.open, view.open ? std::nullopt : std::optional(view.next)});
    }
  };
  add(found.follows(), name);
  if (const auto total = overall_of(key)) add(lane(*total).follows(), "all mail by " + key.source);
}

awaitable<LaneHandReport> Books::lane_hand(std::string source, std::string provider, warmup::HandWish wish) {
  auto ask = [this, source, provider, wish](Asker<LaneHandReport> asker) {
    LaneHandReport report;
    const auto* of = policy_.config->source(source);
    report.known = of != nullptr;
    if (of == nullptr) return answer(std::move(asker), std::move(report));
    const bool total = provider == all_providers && !of->is_smarthost();
    if (total && !plans_->overall(source)) {
      report.refused = fmt::format("source {} has no total: it follows no plan, or overall = \"off\"", source);
      return answer(std::move(asker), std::move(report));
    }
    const LaneKey key{source, of->is_smarthost() ? "*" : total ? "" : provider};
    Lane& found = lane(key);
    auto done = warmup::apply(found.follows(), wish, now());
    report.refused = std::move(done.refused);
    report.changes = done.changes;
    tell(key, found, done.changes);
    dirty_lanes_.insert(key);
    wake_held(found);
    if (!done.changes.empty()) serve_held("", ++walks_);
    report.lane = report_of(key);
    effects_.push_back(
        [asker = std::move(asker), report = std::move(report)]() mutable { answer(std::move(asker), std::move(report)); });
  };
  co_return co_await asking<LaneHandReport>(inbox_, std::move(ask));
}

}  // namespace mta
