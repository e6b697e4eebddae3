#include "mta/scheduler/lane_reports.h"

#include <fmt/format.h>

#include <algorithm>

#include "conf/units.h"

namespace mta {

namespace {
using namespace std::chrono_literals;

std::uint64_t seconds_of(Duration length) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(std::max(length, Duration(0))).count());
}

}  // namespace

// When a lane takes something next, of whatever class; nothing said by a gate: now.
void LaneReports::describe_permit(const LaneKey& key, LaneReport& report) {
  std::optional<warmup::Hold> soonest;
  for (const auto& options : state_.policy.config->classes) {
    const auto answer = state_.lanes.permit(key, {options.name});
    const auto* hold = std::get_if<warmup::Hold>(&answer);
    if (hold == nullptr) {
      report.next_permit = state_.now();
      return;
    }
    if (!soonest || warmup::ends_before(*hold, *soonest)) soonest = *hold;
  }
  if (!soonest) return;
  if (soonest->open_ended) {  // its end is not known
    report.held_by = "until it is resumed";
    return;
  }
  report.next_permit = soonest->until;
  report.held_by = soonest->overall ? warmup::sentence(soonest->why, state_.lanes.total_text(key.source))
                                    : std::string(warmup::name(soonest->why));
}

LaneReport LaneReports::report_of(const LaneKey& key) {
  const Lane& found = state_.lanes.at(key);
  LaneReport report;
  report.source = key.source;
  report.provider = key.provider;
  report.overall = key.overall();
  report.connections = found.open;
  report.record = found.record;
  report.plan = found.rules->plan == nullptr ? "" : found.rules->plan->name;
  report.enforced = found.rules->enforced();
  describe_permit(key, report);
  if (state_.absent.has(key.source)) {
    report.held_by = "address is not on this host";
    report.next_permit.reset();
  }
  return report;
}

// The gates that a recipient passes before it comes to a lane, then every gate of every lane that its queue may use.
std::vector<Gate> LaneReports::gates(const GateRequest& wish) {
  std::vector<Gate> found;
  if (!wish.queue.knows_site()) return found;
  const Queue& queue = state_.queues.look(wish.queue.encode());
  add_queue_gates(queue, wish, found);
  for (const auto& key : state_.lanes_of(queue)) add_gates(key, wish, found);
  return found;
}

// A From domain that waits alone; what becomes of who waits too long; the overflow and when it is used (§6, §8).
void LaneReports::add_queue_gates(const Queue& queue, const GateRequest& wish, std::vector<Gate>& gates) {
  if (const auto* withheld = held_.withheld_by(queue, wish.from_domain)) {
    gates.push_back({.gate = "sender",
                     .state = "withheld",
                     .text = "mail from " + wish.from_domain + " was refused for what it lacks; the events say what",
                     .open = false,
                     .next = withheld->second.until});
  }
  if (!queue.key.bound_to.empty()) return;
  const auto& options = state_.class_of(queue.key.mail_class);
  const auto waits = std::max(Duration(0), state_.now() - wish.due);
  const auto* pool = state_.pool_of(queue.key.pool);
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
  const auto* source = state_.policy.config->source(pool->overflow);
  const auto why = source == nullptr ? std::string_view("is gone") : overflow_.ask(queue, *source).why;
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

void LaneReports::add_brakes(const warmup::Lane& of, const Gate& whose, std::vector<Gate>& gates) {
  if (of.operator_hold.state == warmup::OperatorHold::paused) {
    Gate made = whose;
    made.gate = "operator";
    made.state = "paused";
    made.text = "paused by " + (of.operator_hold.by.empty() ? "an operator" : of.operator_hold.by) +
                (of.operator_hold.reason.empty() ? "" : ": " + of.operator_hold.reason);
    made.limit_text = of.operator_hold.until ? "" : "until it is resumed";
    made.open = false;
    made.next = of.operator_hold.until;
    gates.push_back(std::move(made));
  }
  if (of.brake.state != warmup::Brake::none) {
    Gate made = whose;
    made.gate = "brake";
    made.state = warmup::name(of.brake.state);
    made.text = of.reason;
    made.open = of.brake.until <= state_.now();
    if (!made.open) made.next = of.brake.until;
    gates.push_back(std::move(made));
  }
}

void LaneReports::add_gates(const LaneKey& key, const GateRequest& wish, std::vector<Gate>& gates) {
  const Lane& found = state_.lanes.at(key);
  const auto& record = found.record;
  const bool exempt = wish.queue.kind == queue::QueueKind::exempt;
  const warmup::Ask one{wish.queue.mail_class, 1, wish.place == found.row, 0, exempt};
  const auto answer = state_.lanes.permit(key, one);
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
  const bool absent = state_.absent.has(key.source);
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
  const auto most = found.free_connections(state_.lanes.limits(key.provider), state_.now()) + found.open;
  const auto idle = state_.conversations.idle_of(key).size();  // these go to what has a permit
  Gate connections = of_lane;
  connections.gate = "connections";
  connections.value = found.open - static_cast<unsigned>(idle);
  connections.limit = most;
  connections.unit = "connections";
  connections.open = *connections.value < most || hold != nullptr;  // what the lane holds would not use one
  gates.push_back(std::move(connections));
  const auto add = [&](const warmup::LaneView& of, const Gate& whose) {
    add_brakes(*of.lane, whose, gates);
    if (exempt || !of.rules->enforced()) return;
    for (const auto& view : warmup::gates(of, one, state_.now())) {
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
  add(found.with_rules(), of_lane);
  if (const auto total = state_.lanes.total_of(key))
    add(state_.lanes.at(*total).with_rules(), Gate{.source = key.source, .provider = total->shown_provider()});
}

}  // namespace mta
