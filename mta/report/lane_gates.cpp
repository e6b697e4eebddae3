// The gates of a queue and of its lanes (gates.h).
#include <fmt/format.h>

#include <algorithm>

#include "conf/units.h"
#include "mta/report/gates.h"
#include "mta/report/queue_totals.h"
#include "queue/ensure.h"
#include "warmup/held.h"
#include "warmup/lane_curve.h"

namespace mta {

namespace {

std::uint64_t whole_seconds(Duration length) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(std::max(length, Duration(0))).count());
}

void add_max_wait(const warmup::ClassOptions& options, bool overflows, Duration waits, std::vector<Gate>& gates) {
  const char* then = options.on_max_wait == warmup::OnMaxWait::bounce                  ? "then it is returned"
                     : options.on_max_wait == warmup::OnMaxWait::overflow && overflows ? "then it goes by the overflow"
                                                                                       : "then an alert";
  gates.push_back({.gate = "max_wait",
                   .value = whole_seconds(waits),
                   .limit = whole_seconds(options.max_wait),
                   .unit = "seconds",
                   .text = "has waited " + conf::duration_text(std::chrono::floor<std::chrono::minutes>(waits)),
                   .limit_text = conf::duration_text(options.max_wait) + ", " + then});
}

void add_overflow(const warmup::ClassOptions& options, const std::string& overflow, const std::string& holds,
                  std::vector<Gate>& gates) {
  const bool when_full = options.when_full == warmup::WhenFull::overflow;
  const bool too_long = options.on_max_wait == warmup::OnMaxWait::overflow;
  gates.push_back({.gate = "overflow",
                   .source = overflow,
                   .state = when_full  ? "when_full"
                            : too_long ? "after_max_wait"
                                       : "never",
                   .text = holds.empty() ? overflow : fmt::format("{}, {}", overflow, holds),
                   .limit_text = when_full  ? "when the day is full"
                                 : too_long ? "after max_wait"
                                            : "not for class " + options.name});
}

// A From domain that waits alone; what becomes of mail that waits too long; the overflow and when it is used (WARMUP.md §6, §8).
void add_queue_gates(const GateRequest& request, const WayState& way, std::vector<Gate>& gates) {
  if (way.withheld_until) {
    gates.push_back({.gate = "sender",
                     .state = "withheld",
                     .text = "mail from " + request.from_domain + " was refused for what it lacks; the events say what",
                     .open = false,
                     .next = way.withheld_until});
  }
  if (!request.queue.bound_to.empty()) return;
  const conf::Config& config = *way.lanes.config;
  const auto& options = class_in(config, request.queue.mail_class);
  const auto* pool = pool_in(config, request.queue.pool);
  const bool overflows = pool != nullptr && !pool->overflow.empty();
  add_max_wait(options, overflows, std::max(Duration(0), way.lanes.now - request.due), gates);
  if (overflows) add_overflow(options, pool->overflow, way.overflow_holds, gates);
}

void add_operator(const warmup::OperatorHoldState& hold, const Gate& whose, std::vector<Gate>& gates) {
  if (hold.state != warmup::OperatorHold::paused) return;
  Gate made = whose;
  made.gate = "operator";
  made.state = "paused";
  made.text = "paused by " + (hold.by.empty() ? "an operator" : hold.by) + (hold.reason.empty() ? "" : ": " + hold.reason);
  made.limit_text = hold.until ? "" : "until it is resumed";
  made.open = false;
  made.next = hold.until;
  gates.push_back(std::move(made));
}

void add_brake(const warmup::Lane& of, Instant now, const Gate& whose, std::vector<Gate>& gates) {
  if (of.brake.state == warmup::Brake::none) return;
  Gate made = whose;
  made.gate = "brake";
  made.state = warmup::name(of.brake.state);
  made.text = of.reason;
  made.open = of.brake.until <= now;
  if (!made.open) made.next = of.brake.until;
  gates.push_back(std::move(made));
}

// What holds a lane or a total: an operator, a brake, each gate of its ledger.
void add_ledger(const warmup::LaneView& of, const warmup::Ask& one, Instant now, const Gate& whose, std::vector<Gate>& gates) {
  add_operator(of.lane->operator_hold, whose, gates);
  add_brake(*of.lane, now, whose, gates);
  if (one.exempt || !of.rules->enforced()) return;
  for (const auto& view : warmup::gates(of, one, now)) {
    Gate made = whose;
    made.gate = warmup::word(view.why);
    made.value = view.value;
    made.limit = view.limit;
    made.unit = view.why == warmup::Why::attempts ? "attempts" : "recipients";
    made.open = view.open;
    if (!view.open) made.next = view.next;
    gates.push_back(std::move(made));
  }
}

// Where the lane stands, and whether the address of its source is here.
void add_standing(const LaneState& lane, const warmup::Hold* hold, bool exempt, const Gate& of_lane, std::vector<Gate>& gates) {
  const auto* plan = lane.rules->plan;
  const std::string state(lane.record.shown_state(plan != nullptr));
  Gate stands = of_lane;
  stands.gate = "lane";
  stands.state = state;
  stands.text = plan == nullptr ? state : fmt::format("{}, stage {}", state, lane.record.stage);
  if (const auto growth = warmup::growth_of(lane.view()))
    stands.text += fmt::format(", growth ×{:.2f}", warmup::factor_of(*growth));
  stands.limit_text = exempt            ? "a domain of our own: no ledger counts it"
                      : plan == nullptr ? "no plan, no cap"
                                        : "plan " + plan->name;
  stands.open = hold == nullptr && !lane.absent;
  if (hold != nullptr && !hold->open_ended && !lane.absent) stands.next = hold->until;
  gates.push_back(std::move(stands));
  if (!lane.absent) return;
  Gate address = of_lane;
  address.gate = "address";
  address.state = "absent";
  address.text = "address is not on this host";
  address.open = false;
  gates.push_back(std::move(address));
}

// Conversations that are idle go to what has a permit.
void add_connections(const LaneState& lane, bool held, const Gate& of_lane, std::vector<Gate>& gates) {
  Gate made = of_lane;
  made.gate = "connections";
  made.value = lane.connections - lane.idle;
  made.limit = lane.most_connections;
  made.unit = "connections";
  made.open = *made.value < lane.most_connections || held;  // what the lane holds would not use one
  gates.push_back(std::move(made));
}

void add_lane_gates(const LaneKey& key, const GateRequest& request, const LaneStates& lanes, std::vector<Gate>& gates) {
  const LaneState* lane = lanes.find(key);
  if (lane == nullptr) return;
  const bool exempt = request.queue.kind == queue::QueueKind::exempt;
  const warmup::Ask one{request.queue.mail_class, 1, request.place == lane->row, 0, exempt};
  const auto answer = lanes.permit(key, one);
  const auto* hold = std::get_if<warmup::Hold>(&answer);
  const Gate of_lane{.source = key.source, .provider = key.provider};
  add_standing(*lane, hold, exempt, of_lane, gates);
  add_connections(*lane, hold != nullptr, of_lane, gates);
  add_ledger(lane->view(), one, lanes.now, of_lane, gates);
  if (const LaneState* total = lanes.total_of(key)) {
    const auto shown = warmup::total_name(warmup::total_key(lanes.config->total_of(key.source)));
    add_ledger(total->view(), one, lanes.now, Gate{.source = key.source, .provider = std::string(shown)}, gates);
  }
}

}  // namespace

std::vector<Gate> way_gates(const GateRequest& request, const WayState& way) {
  std::vector<Gate> gates;
  if (!request.queue.knows_site()) return gates;
  add_queue_gates(request, way, gates);
  for (const auto& lane : way.order) add_lane_gates(lane, request, way.lanes, gates);
  return gates;
}

}  // namespace mta
