// How lanes stand and what holds them: status, why; the operator's hand.
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

std::string no_such_total(const std::string& source, warmup::Total has, warmup::Total wanted) {
  const std::string_view name = warmup::total_name(warmup::total_key(wanted));
  if (has == warmup::Total::none)
    return fmt::format("source {} has no total `{}`: it follows no plan, or overall = \"off\"", source, name);
  return fmt::format("source {} has no total `{}`: by its `overall` it has `{}`", source, name,
                     warmup::total_name(warmup::total_key(has)));
}

std::uint64_t seconds_of(Duration length) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(std::max(length, Duration(0))).count());
}

}  // namespace

// When a lane takes something next, of whatever class; nothing said by a gate: now.
void Books::describe_permit(const LaneKey& key, LaneReport& report) {
  std::optional<warmup::Hold> soonest;
  for (const auto& options : policy_.config->classes) {
    const auto answer = permit(key, {options.name});
    const auto* hold = std::get_if<warmup::Hold>(&answer);
    if (hold == nullptr) {
      report.next_permit = now();
      return;
    }
    if (!soonest || warmup::ends_before(*hold, *soonest)) soonest = *hold;
  }
  if (!soonest) return;
  if (soonest->open_ended) {  // nobody knows
    report.held_by = "until it is resumed";
    return;
  }
  report.next_permit = soonest->until;
  report.held_by = soonest->overall ? warmup::sentence(soonest->why, total_text(key)) : std::string(warmup::name(soonest->why));
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
  if (absent_.contains(key.source)) {
    report.held_by = "address is not on this host";
    report.next_permit.reset();
  }
  return report;
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
    gates.push_back({.gate = "sender",
                     .state = "withheld",
                     .text = "mail from " + wish.from_domain + " was refused for what it lacks; the events say what",
                     .open = false,
                     .next = until});
  }
  if (!line.key.pin.empty()) return;
  const auto& options = class_of(line.key.mail_class);
  const auto waits = std::max(Duration(0), now() - wish.due);
  const auto* pool = pool_of(line.key.pool);
  const bool overflows = pool != nullptr && !pool->overflow.empty();
  const char* then = options.on_max_wait == warmup::OnMaxWait::bounce                  ? "then it is returned"
                     : options.on_max_wait == warmup::OnMaxWait::overflow && overflows ? "then it goes by the overflow"
                                                                                       : "then an alert";
  gates.push_back({.gate = "max_wait",
                   .value = seconds_of(waits),
                   .limit = seconds_of(options.max_wait),
                   .unit = "seconds",
                   .text = "has waited " + conf::duration_text(std::chrono::floor<std::chrono::minutes>(waits)),
                   .limit_text = conf::duration_text(options.max_wait) + ", " + then});
  if (!overflows) return;
  const bool when_full = options.when_full == warmup::WhenFull::overflow;
  const bool too_long = options.on_max_wait == warmup::OnMaxWait::overflow;
  const auto* source = policy_.config->source(pool->overflow);
  const auto why = source == nullptr ? std::string_view("is gone") : ask_overflow(line, *source).why;
  gates.push_back({.gate = "overflow",
                   .source = pool->overflow,
                   .state = when_full  ? "when_full"
                            : too_long ? "after_max_wait"
                                       : "never",
                   .text = why.empty() ? pool->overflow : fmt::format("{}, {}", pool->overflow, why),
                   .limit_text = when_full  ? "when the day is full"
                                 : too_long ? "after max_wait"
                                            : "not for class " + options.name});
}

void Books::add_brakes(const warmup::Lane& of, const Gate& whose, std::vector<Gate>& gates) {
  if (of.pin.state == warmup::Pin::paused) {
    Gate made = whose;
    made.gate = "operator";
    made.state = "paused";
    made.text =
        "paused by " + (of.pin.by.empty() ? "an operator" : of.pin.by) + (of.pin.reason.empty() ? "" : ": " + of.pin.reason);
    made.limit_text = of.pin.until ? "" : "until it is resumed";
    made.open = false;
    made.next = of.pin.until;
    gates.push_back(std::move(made));
  }
  if (of.brake.state != warmup::Brake::none) {
    Gate made = whose;
    made.gate = "brake";
    made.state = warmup::name(of.brake.state);
    made.text = of.reason;
    made.open = of.brake.until <= now();
    if (!made.open) made.next = of.brake.until;
    gates.push_back(std::move(made));
  }
}

void Books::add_gates(const LaneKey& key, const GateWish& wish, std::vector<Gate>& gates) {
  Lane& found = lane(key);
  const auto& record = found.record;
  const bool exempt = wish.line.kind == queue::LineKind::exempt;
  const warmup::Ask one{wish.line.mail_class, 1, wish.slot == found.row, 0, exempt};
  const auto answer = permit(key, one);
  const auto* hold = std::get_if<warmup::Hold>(&answer);
  const auto* plan = found.rules->plan;
  const std::string state(record.shown_state(plan != nullptr));
  const Gate of_lane{.source = key.source, .provider = key.provider};
  Gate stands = of_lane;
  stands.gate = "lane";
  stands.state = state;
  stands.text = plan == nullptr ? state : fmt::format("{}, stage {}", state, record.stage);
  stands.limit_text = exempt            ? "a domain of our own: no ledger counts it"
                      : plan == nullptr ? "no plan, no cap"
                                        : "plan " + plan->name;
  const bool absent = absent_.contains(key.source);
  stands.open = hold == nullptr && !absent;
  if (hold != nullptr && !hold->open_ended && !absent) stands.next = hold->until;
  gates.push_back(std::move(stands));
  if (absent) {
    Gate address = of_lane;
    address.gate = "address";
    address.state = "absent";
    address.text = "address is not on this host";
    address.open = false;
    gates.push_back(std::move(address));
  }
  const auto most = found.slots(limits(key.provider), now()) + found.open;
  const auto idle = std::count_if(conversations_.begin(), conversations_.end(), [&](const auto& row) {
    return row.second.idle.has_value() && row.second.lane == key;  // it goes to what has a permit
  });
  Gate connections = of_lane;
  connections.gate = "connections";
  connections.value = found.open - static_cast<unsigned>(idle);
  connections.limit = most;
  connections.unit = "connections";
  connections.open = *connections.value < most || hold != nullptr;  // what the lane holds would not use one
  gates.push_back(std::move(connections));
  const auto add = [&](const warmup::Follows& of, const Gate& whose) {
    add_brakes(*of.lane, whose, gates);
    if (exempt || !of.rules->enforced()) return;
    for (const auto& view : warmup::gates(of, one, now())) {
      Gate made = whose;
      made.gate = warmup::word(view.why);
      made.value = view.value;
      made.limit = view.limit;
      made.unit = view.why == warmup::Why::attempts ? "attempts" : "recipients";
      made.open = view.open;
      if (!view.open) made.next = view.next;
      gates.push_back(std::move(made));
    }
  };
  add(found.follows(), of_lane);
  if (const auto total = overall_of(key))
    add(lane(*total).follows(), Gate{.source = key.source, .provider = total->shown_provider()});
}

awaitable<LaneHandReport> Books::lane_hand(std::string source, std::string provider, warmup::HandWish wish) {
  auto ask = [this, source, provider, wish](Asker<LaneHandReport> asker) {
    LaneHandReport report;
    const auto* of = policy_.config->source(source);
    report.known = of != nullptr;
    if (of == nullptr) return answer(std::move(asker), std::move(report));
    const auto named = warmup::total_named(provider);
    const auto has = plans_->total(source);
    if (named && named != has) {
      report.refused = no_such_total(source, has, *named);
      return answer(std::move(asker), std::move(report));
    }
    const LaneKey key{source, of->is_smarthost() ? "*" : named ? std::string(warmup::total_key(has)) : provider};
    Lane& found = lane(key);
    auto done = warmup::apply(found.follows(), wish, now());
    report.refused = std::move(done.refused);
    report.changes = done.changes;
    tell(key, found, done.changes);
    dirty_lanes_.insert(key);
    wake_held(key, true);
    if (!done.changes.empty()) serve_held("", ++walks_);
    report.lane = report_of(key);
    effects_.push_back(
        [asker = std::move(asker), report = std::move(report)]() mutable { answer(std::move(asker), std::move(report)); });
  };
  co_return co_await asking<LaneHandReport>(inbox_, std::move(ask));
}

}  // namespace mta
