#include "warmup/lane_row.h"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace warmup {

namespace {

namespace json = boost::json;

std::int64_t number(Instant at) { return at.time_since_epoch().count(); }
std::int64_t number(Duration span) { return span.count(); }
std::uint64_t number(Recipients n) { return n; }
template <class T>
json::value maybe(const std::optional<T>& value) {
  return value ? json::value(number(*value)) : json::value(nullptr);
}

json::object counts(const ByName& by_name) {
  json::object object;
  for (const auto& [name, n] : by_name) object[name] = n;
  return object;
}

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
class Reader {
 public:
  explicit Reader(const json::object& object) : object_(object) {}
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
    std::int64_t value = number(to);
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
  Reader part(const char* name) const {
    static const json::object nothing;
    const auto* value = find(name, json::kind::object);
    return Reader(value == nullptr ? nothing : value->as_object());
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

json::object said(const Evidence& evidence) { return {{"at", number(evidence.at)}, {"text", evidence.text}}; }

Evidence read_said(const Reader& from) {
  Evidence evidence;
  from.take("at", evidence.at);
  from.take("text", evidence.text);
  return evidence;
}

json::object day_object(const Day& day) {
  json::object samples;
  for (const auto& [verdict, evidence] : day.samples) samples[verdict] = said(evidence);
  return {{"date", day.date},
          {"started", number(day.started)},
          {"ends", number(day.ends)},
          {"stage", day.stage},
          {"cap", maybe(day.cap)},
          {"limit", maybe(day.limit)},
          {"surged", day.surged},
          {"sent", day.sent},
          {"delivered", day.delivered},
          {"attempts", day.attempts},
          {"would_hold", day.would_hold},
          {"classes", counts(day.sent_by_class)},
          {"providers", counts(day.sent_by_provider)},
          {"outcomes", counts(day.outcomes)},
          {"health", json::array{day.health.answered, day.health.rate_limited, day.health.bounced, day.health.rejected,
                                 day.health.complaints}},
          {"senders", counts(day.bounced_senders)},
          {"blocked", day.blocked},
          {"held", day.held},
          {"released", day.released},
          {"judged", day.judged},
          {"braked", number(day.braked)},
          {"longest_cool", number(day.longest_cool)},
          {"samples", std::move(samples)}};
}

void read_day(const Reader& from, Day& day) {
  from.take("date", day.date);
  from.take("started", day.started);
  from.take("ends", day.ends);
  from.take("stage", day.stage);
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
  from.take("held", day.held);
  from.take("released", day.released);
  from.take("judged", day.judged);
  from.take("braked", day.braked);
  from.take("longest_cool", day.longest_cool);
  for (const auto& [verdict, value] : from.part("samples").object()) {
    if (value.is_object()) day.samples[std::string(verdict)] = read_said(Reader(value.as_object()));
  }
  std::uint64_t* const places[] = {&day.health.answered, &day.health.rate_limited, &day.health.bounced, &day.health.rejected,
                                   &day.health.complaints};
  std::size_t at = 0;
  for (const auto& value : from.list("health")) {
    if (at < std::size(places)) *places[at++] = whole<std::uint64_t>(value).value_or(0);
  }
}

json::object brake_object(const BrakeState& brake) {
  return {{"state", static_cast<unsigned>(brake.state)},
          {"since", number(brake.since)},
          {"until", number(brake.until)},
          {"cooling", number(brake.cooling)},
          {"pausing", number(brake.pausing)},
          {"cooled_at", number(brake.cooled_at)},
          {"paused_at", number(brake.paused_at)},
          {"reopened_at", number(brake.reopened_at)},
          {"counted", number(brake.counted)},
          {"connections", brake.connections},
          {"clean", brake.clean},
          {"trigger", brake.trigger},
          {"suspect_sender", brake.suspect_sender},
          {"suspect_content", brake.suspect_content},
          {"suspected_at", number(brake.suspected_at)}};
}

void read_brake(const Reader& from, BrakeState& brake) {
  from.take_name("state", brake.state, Brake::paused);
  from.take("since", brake.since);
  from.take("until", brake.until);
  from.take("cooling", brake.cooling);
  from.take("pausing", brake.pausing);
  from.take("cooled_at", brake.cooled_at);
  from.take("paused_at", brake.paused_at);
  from.take("reopened_at", brake.reopened_at);
  from.take("counted", brake.counted);
  from.take("connections", brake.connections);
  from.take("clean", brake.clean);
  from.take("trigger", brake.trigger);
  from.take("suspect_sender", brake.suspect_sender);
  from.take("suspect_content", brake.suspect_content);
  from.take("suspected_at", brake.suspected_at);
}

json::object boot_object(const Boot& boot) { return {{"id", boot.id}, {"since", number(boot.since)}}; }
void read_boot(const Reader& from, Boot& boot) {
  from.take("id", boot.id);
  from.take("since", boot.since);
}

json::object undo_object(const Undo& undo) {
  if (undo == Undo{}) return {};
  return {{"change", undo.change},         {"phase", static_cast<unsigned>(undo.phase)},
          {"stage", undo.stage},           {"held", undo.held},
          {"standing", undo.standing},     {"brake", undo.brake == BrakeState{} ? json::object() : brake_object(undo.brake)},
          {"day", number(undo.day)},       {"blocked", undo.blocked},
          {"braked", number(undo.braked)}, {"longest_cool", number(undo.longest_cool)}};
}

void read_undo(const Reader& from, Undo& undo) {
  from.take("change", undo.change);
  from.take_name("phase", undo.phase, Phase::warm);
  from.take("stage", undo.stage);
  from.take("held", undo.held);
  from.take("standing", undo.standing);
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

std::string encode(const Day& day) { return json::serialize(day_object(day)); }

std::optional<Day> decode_day(std::string_view row) {
  const auto object = parsed(row);
  if (!object) return std::nullopt;
  Day day;
  read_day(Reader(*object), day);
  return day;
}

std::string encode(const Lane& lane) {
  json::object open;
  for (const auto& [name, counts] : lane.open) open[name] = json::array{counts.reserved, counts.pending};
  json::array minutes, evidence;
  for (const auto& [minute, n] : lane.hour.minutes()) minutes.push_back(json::array{minute, n});
  for (const auto& each : lane.evidence) evidence.push_back(said(each));
  const json::object pin{{"state", static_cast<unsigned>(lane.pin.state)},
                         {"until", maybe(lane.pin.until)},
                         {"by", lane.pin.by},
                         {"reason", lane.pin.reason}};
  return json::serialize(json::object{{"lane", 1},
                                      {"plan", lane.plan},
                                      {"curve", lane.curve_mark},
                                      {"observed", lane.observed},
                                      {"was_held", lane.held},
                                      {"phase", static_cast<unsigned>(lane.phase)},
                                      {"stage", lane.stage},
                                      {"stage_cap", lane.stage_cap},
                                      {"today", day_object(lane.today)},
                                      {"open", open},
                                      {"hour", minutes},
                                      {"brake", brake_object(lane.brake)},
                                      {"pin", pin},
                                      {"reason", lane.reason},
                                      {"standing", lane.standing},
                                      {"evidence", evidence},
                                      {"acknowledged", lane.acknowledged},
                                      {"undo", undo_object(lane.undo)},
                                      {"best_seed", lane.best_seed},
                                      {"best_seeded", number(lane.best_seeded)},
                                      {"last_delivered", number(lane.last_delivered)},
                                      {"idle", number(lane.idle)},
                                      {"idle_lost", lane.idle_lost},
                                      {"opened_at", number(lane.opened_at)},
                                      {"opened_boot", boot_object(lane.opened_boot)},
                                      {"looked_at", number(lane.looked_at)},
                                      {"astray", boot_object(lane.astray)}});
}

std::optional<Lane> decode_lane(std::string_view row) {
  const auto object = parsed(row);
  if (!object || !object->contains("lane")) return std::nullopt;
  const Reader from(*object);
  Lane lane;
  from.take("plan", lane.plan);
  from.take("curve", lane.curve_mark);
  from.take("observed", lane.observed);
  from.take("was_held", lane.held);
  from.take_name("phase", lane.phase, Phase::warm);
  from.take("stage", lane.stage);
  from.take("stage_cap", lane.stage_cap);
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
  const Reader pin = from.part("pin");
  pin.take_name("state", lane.pin.state, Pin::paused);
  pin.take("until", lane.pin.until);
  pin.take("by", lane.pin.by);
  pin.take("reason", lane.pin.reason);
  from.take("reason", lane.reason);
  from.take("standing", lane.standing);
  for (const auto& value : from.list("evidence")) {
    if (value.is_object()) lane.evidence.push_back(read_said(Reader(value.as_object())));
  }
  from.take("acknowledged", lane.acknowledged);
  read_undo(from.part("undo"), lane.undo);
  from.take("best_seed", lane.best_seed);
  from.take("best_seeded", lane.best_seeded);
  from.take("last_delivered", lane.last_delivered);
  from.take("idle", lane.idle);
  from.take("idle_lost", lane.idle_lost);
  from.take("opened_at", lane.opened_at);
  read_boot(from.part("opened_boot"), lane.opened_boot);
  from.take("looked_at", lane.looked_at);
  read_boot(from.part("astray"), lane.astray);
  return lane;
}

}  // namespace warmup
