#include "warmup/lane_row.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "warmup/row_members.h"

namespace warmup {

namespace {

namespace json = boost::json;

template <class Whole>
std::optional<Whole> whole(const json::value& value) {
  boost::system::error_code bad;
  const auto number = value.to_number<Whole>(bad);
  return bad ? std::nullopt : std::optional(number);
}

// Two numbers in an array: [minute, count], [reserved, pending].
template <class First>
std::optional<std::pair<First, Recipients>> pair_of(const json::value& value) {
  const auto* both = value.if_array();
  if (both == nullptr || both->size() != 2) return std::nullopt;
  const auto first = whole<First>((*both)[0]);
  const auto second = whole<Recipients>((*both)[1]);
  if (!first || !second) return std::nullopt;
  return std::pair(*first, *second);
}

// Reads members by name; absent, null and of another type are the default.
class RowReader {
 public:
  explicit RowReader(const json::object& object) : object_(object) {}
  void take(const char* name, std::string& to) const {
    if (const auto* text = find(name, json::kind::string)) to = std::string(text->as_string().data(), text->as_string().size());
  }
  void take(const char* name, bool& to) const {
    if (const auto* value = find(name, json::kind::bool_)) to = value->as_bool();
  }
  template <class Whole>
  requires std::is_integral_v<Whole>
  void take(const char* name, Whole& to) const {
    const auto* value = object_.if_contains(name);
    if (value == nullptr || value->is_double()) return;
    if (const auto number = whole<Whole>(*value)) to = *number;
  }
  void take(const char* name, Instant& to) const {
    std::int64_t value = to.time_since_epoch().count();
    take(name, value);
    to = Instant(Duration(value));
  }
  void take(const char* name, Duration& to) const {
    Duration::rep value = to.count();
    take(name, value);
    to = Duration(value);
  }
  template <class T>
  void take(const char* name, std::optional<T>& to) const {
    const auto* value = object_.if_contains(name);
    if (value == nullptr || value->is_null()) return to.reset();
    T taken{};
    take(name, taken);
    to = taken;
  }
  template <class Name>
  void take_name(const char* name, Name& to, Name last) const {
    unsigned value = 0;
    take(name, value);
    if (value <= static_cast<unsigned>(last)) to = static_cast<Name>(value);
  }
  void take(const char* name, ByName& to) const {
    to.clear();
    const auto* value = find(name, json::kind::object);
    if (value == nullptr) return;
    for (const auto& [key, n] : value->as_object()) {
      if (const auto number = whole<Recipients>(n)) to[std::string(key)] = *number;
    }
  }
  RowReader part(const char* name) const {
    static const json::object nothing;
    const auto* value = find(name, json::kind::object);
    return RowReader(value == nullptr ? nothing : value->as_object());
  }
  const json::array& list(const char* name) const {
    static const json::array nothing;
    const auto* value = find(name, json::kind::array);
    return value == nullptr ? nothing : value->as_array();
  }
  const json::object& object() const { return object_; }

 private:
  const json::value* find(const char* name, json::kind kind) const {
    const auto* value = object_.if_contains(name);
    return value != nullptr && value->kind() == kind ? value : nullptr;
  }
  const json::object& object_;
};

RowMembers said(const Evidence& evidence) {
  RowMembers row;
  row.put("at", evidence.at);
  row.put("text", evidence.text);
  return row;
}

Evidence read_said(const RowReader& from) {
  Evidence evidence;
  from.take("at", evidence.at);
  from.take("text", evidence.text);
  return evidence;
}

RowMembers day_members(const Day& day) {
  RowMembers row, samples;
  row.put("date", day.date);
  row.put("started", day.started);
  row.put("ends", day.ends);
  row.put("stage", day.stage);
  row.put("growth", day.growth);
  row.put("cap", day.cap);
  row.put("limit", day.limit);
  row.put("surged", day.surged);
  row.put("sent", day.sent);
  row.put("delivered", day.delivered);
  row.put("attempts", day.attempts);
  row.put("would_hold", day.would_hold);
  row.put("classes", day.sent_by_class);
  row.put("providers", day.sent_by_provider);
  row.put("outcomes", day.outcomes);
  if (day.health != Tally{}) {
    std::string health;
    for (const auto n :
         {day.health.answered, day.health.rate_limited, day.health.bounced, day.health.rejected, day.health.complaints})
      add_element(health, std::to_string(n));
    row.put_list("health", health);
  }
  row.put("senders", day.bounced_senders);
  row.put("blocked", day.blocked);
  row.put("held", day.bulk_stopped);
  row.put("released", day.released);
  row.put("judged", day.judged);
  row.put("braked", day.braked);
  row.put("longest_cool", day.longest_cool);
  for (const auto& [verdict, evidence] : day.samples) samples.put_always(verdict, said(evidence));
  row.put("samples", samples);
  return row;
}

void read_day(const RowReader& from, Day& day) {
  from.take("date", day.date);
  from.take("started", day.started);
  from.take("ends", day.ends);
  from.take("stage", day.stage);
  from.take("growth", day.growth);
  from.take("cap", day.cap);
  from.take("limit", day.limit);
  from.take("surged", day.surged);
  from.take("sent", day.sent);
  from.take("delivered", day.delivered);
  from.take("attempts", day.attempts);
  from.take("would_hold", day.would_hold);
  from.take("classes", day.sent_by_class);
  from.take("providers", day.sent_by_provider);
  from.take("outcomes", day.outcomes);
  from.take("senders", day.bounced_senders);
  from.take("blocked", day.blocked);
  from.take("held", day.bulk_stopped);
  from.take("released", day.released);
  from.take("judged", day.judged);
  from.take("braked", day.braked);
  from.take("longest_cool", day.longest_cool);
  for (const auto& [verdict, value] : from.part("samples").object()) {
    if (value.is_object()) day.samples[std::string(verdict)] = read_said(RowReader(value.as_object()));
  }
  std::uint64_t* const places[] = {&day.health.answered, &day.health.rate_limited, &day.health.bounced, &day.health.rejected,
                                   &day.health.complaints};
  std::size_t at = 0;
  for (const auto& value : from.list("health")) {
    if (at < std::size(places)) *places[at++] = whole<std::uint64_t>(value).value_or(0);
  }
}

RowMembers brake_members(const BrakeState& brake) {
  RowMembers row;
  row.put("state", static_cast<unsigned>(brake.state));
  row.put("since", brake.since);
  row.put("until", brake.until);
  row.put("cooling", brake.cooling);
  row.put("pausing", brake.pausing);
  row.put("cooled_at", brake.cooled_at);
  row.put("cooling_began", brake.cooling_began);
  row.put("paused_at", brake.paused_at);
  row.put("reopened_at", brake.reopened_at);
  row.put("counted", brake.counted);
  row.put("listed", brake.listed);
  row.put("connections", brake.connections);
  row.put("clean", brake.clean);
  row.put("trigger", brake.trigger);
  row.put("suspect_sender", brake.suspect_sender);
  row.put("suspect_content", brake.suspect_content);
  row.put("suspected_at", brake.suspected_at);
  return row;
}

void read_brake(const RowReader& from, BrakeState& brake) {
  from.take_name("state", brake.state, Brake::paused);
  from.take("since", brake.since);
  from.take("until", brake.until);
  from.take("cooling", brake.cooling);
  from.take("pausing", brake.pausing);
  from.take("cooled_at", brake.cooled_at);
  from.take("cooling_began", brake.cooling_began);
  from.take("paused_at", brake.paused_at);
  from.take("reopened_at", brake.reopened_at);
  from.take("counted", brake.counted);
  from.take("listed", brake.listed);
  from.take("connections", brake.connections);
  from.take("clean", brake.clean);
  from.take("trigger", brake.trigger);
  from.take("suspect_sender", brake.suspect_sender);
  from.take("suspect_content", brake.suspect_content);
  from.take("suspected_at", brake.suspected_at);
}

RowMembers boot_members(const Boot& boot) {
  RowMembers row;
  row.put("id", boot.id);
  row.put("since", boot.since);
  return row;
}

void read_boot(const RowReader& from, Boot& boot) {
  from.take("id", boot.id);
  from.take("since", boot.since);
}

std::string elements(const std::vector<Millionths>& steps) {
  std::string list;
  for (const Millionths each : steps) add_element(list, std::to_string(each));
  return list;
}

void read_steps(const RowReader& from, std::vector<Millionths>& steps) {
  for (const auto& value : from.list("steps"))
    if (const auto step = whole<Millionths>(value)) steps.push_back(*step);
}

RowMembers undo_members(const Undo& undo) {
  RowMembers row;
  row.put("change", undo.change);
  row.put("phase", static_cast<unsigned>(undo.phase));
  row.put("stage", undo.stage);
  row.put("held", undo.stage_kept);
  row.put("standing", undo.standing);
  row.put("best_from", undo.best_from);
  row.put("growth", undo.growth);
  row.put_list("steps", elements(undo.steps));
  row.put("brake", brake_members(undo.brake));
  row.put("day", undo.day);
  row.put("blocked", undo.blocked);
  row.put("braked", undo.braked);
  row.put("longest_cool", undo.longest_cool);
  return row;
}

void read_undo(const RowReader& from, Undo& undo) {
  from.take("change", undo.change);
  from.take_name("phase", undo.phase, Phase::warm);
  from.take("stage", undo.stage);
  from.take("held", undo.stage_kept);
  from.take("standing", undo.standing);
  from.take("best_from", undo.best_from);
  from.take("growth", undo.growth);
  read_steps(from, undo.steps);
  read_brake(from.part("brake"), undo.brake);
  from.take("day", undo.day);
  from.take("blocked", undo.blocked);
  from.take("braked", undo.braked);
  from.take("longest_cool", undo.longest_cool);
}

std::optional<json::object> parsed(std::string_view row) {
  boost::system::error_code bad;
  auto value = json::parse({row.data(), row.size()}, bad);
  if (bad || !value.is_object()) return std::nullopt;
  return std::move(value.as_object());
}

}  // namespace

std::string encode(const Day& day) { return day_members(day).text(); }

std::optional<Day> decode_day(std::string_view row) {
  const auto object = parsed(row);
  if (!object) return std::nullopt;
  Day day;
  read_day(RowReader(*object), day);
  return day;
}

std::string encode(const Lane& lane) {
  RowMembers row, open, operator_hold;
  std::string minutes, evidence;
  for (const auto& [name, counts] : lane.open)
    open.put_list(name, std::to_string(counts.reserved) + ',' + std::to_string(counts.pending));
  for (const auto& [minute, n] : lane.hour.minutes())
    add_element(minutes, '[' + std::to_string(minute) + ',' + std::to_string(n) + ']');
  for (const auto& each : lane.evidence) add_element(evidence, said(each).text());
  operator_hold.put("state", static_cast<unsigned>(lane.operator_hold.state));
  operator_hold.put("until", lane.operator_hold.until);
  operator_hold.put("by", lane.operator_hold.by);
  operator_hold.put("reason", lane.operator_hold.reason);
  row.put("lane", 1);
  row.put("plan", lane.plan);
  row.put("curve", lane.curve_mark);
  row.put("observed", lane.observed);
  row.put("was_held", lane.stage_kept);
  row.put("phase", static_cast<unsigned>(lane.phase));
  row.put("stage", lane.stage);
  row.put("stage_cap", lane.stage_cap);
  row.put("growth", lane.growth.now);
  row.put_list("steps", elements(lane.growth.steps));
  row.put("today", day_members(lane.today));
  row.put("open", open);
  row.put_list("hour", minutes);
  row.put("brake", brake_members(lane.brake));
  row.put("pin", operator_hold);
  row.put("reason", lane.reason);
  row.put("standing", lane.standing);
  row.put_list("evidence", evidence);
  row.put("acknowledged", lane.acknowledged);
  row.put("undo", undo_members(lane.undo));
  row.put("best_seed", lane.best.seed);
  row.put("best_seeded", lane.best.seeded);
  row.put("best_from", lane.best.from);
  row.put("last_delivered", lane.last_delivered);
  row.put("idle", lane.idle.lasted);
  row.put("idle_lost", lane.idle.stages_lost);
  row.put("opened_at", lane.opened_at);
  row.put("opened_boot", boot_members(lane.opened_boot));
  row.put("looked_at", lane.looked_at);
  row.put("astray", boot_members(lane.clock_behind_since));
  return row.text();
}

std::optional<Lane> decode_lane(std::string_view row) {
  const auto object = parsed(row);
  if (!object || !object->contains("lane")) return std::nullopt;
  const RowReader from(*object);
  Lane lane;
  from.take("plan", lane.plan);
  from.take("curve", lane.curve_mark);
  from.take("observed", lane.observed);
  from.take("was_held", lane.stage_kept);
  from.take_name("phase", lane.phase, Phase::warm);
  from.take("stage", lane.stage);
  from.take("stage_cap", lane.stage_cap);
  from.take("growth", lane.growth.now);
  read_steps(from, lane.growth.steps);
  read_day(from.part("today"), lane.today);
  for (const auto& [name, value] : from.part("open").object()) {
    const auto counts = pair_of<Recipients>(value);
    if (!counts) return std::nullopt;
    lane.open[std::string(name)] = {counts->first, counts->second};
  }
  for (const auto& value : from.list("hour")) {
    const auto sent = pair_of<std::int64_t>(value);
    if (!sent) return std::nullopt;
    lane.hour.restore(sent->first, sent->second);
  }
  read_brake(from.part("brake"), lane.brake);
  const RowReader operator_hold = from.part("pin");
  operator_hold.take_name("state", lane.operator_hold.state, OperatorHold::paused);
  operator_hold.take("until", lane.operator_hold.until);
  operator_hold.take("by", lane.operator_hold.by);
  operator_hold.take("reason", lane.operator_hold.reason);
  from.take("reason", lane.reason);
  from.take("standing", lane.standing);
  for (const auto& value : from.list("evidence")) {
    if (value.is_object()) lane.evidence.push_back(read_said(RowReader(value.as_object())));
  }
  from.take("acknowledged", lane.acknowledged);
  read_undo(from.part("undo"), lane.undo);
  from.take("best_seed", lane.best.seed);
  from.take("best_seeded", lane.best.seeded);
  from.take("best_from", lane.best.from);
  from.take("last_delivered", lane.last_delivered);
  from.take("idle", lane.idle.lasted);
  from.take("idle_lost", lane.idle.stages_lost);
  from.take("opened_at", lane.opened_at);
  read_boot(from.part("opened_boot"), lane.opened_boot);
  from.take("looked_at", lane.looked_at);
  read_boot(from.part("astray"), lane.clock_behind_since);
  return lane;
}

}  // namespace warmup
