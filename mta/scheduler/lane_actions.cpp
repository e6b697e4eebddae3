#include "mta/scheduler/lane_actions.h"

#include <fmt/format.h>

#include <set>

namespace mta {

namespace {
std::string no_such_total(const std::string& source, warmup::Total has, warmup::Total wanted) {
  const std::string_view name = warmup::total_name(warmup::total_key(wanted));
  if (has == warmup::Total::none)
    return fmt::format("source {} has no total `{}`: it follows no plan, or overall = \"off\"", source, name);
  return fmt::format("source {} has no total `{}`: by its `overall` it has `{}`", source, name,
                     warmup::total_name(warmup::total_key(has)));
}
}  // namespace

LaneCommandReport LaneActions::carry_out(const std::string& source, const std::string& provider,
                                         const warmup::LaneCommandRequest& request) {
  state_.ensure_writer();
  LaneCommandReport report;
  const auto* of = state_.config().source(source);
  report.known = of != nullptr;
  if (of == nullptr) return report;
  const auto named = warmup::total_named(provider);
  const auto has = state_.plans->total(source);
  if (named && named != has) {
    report.refused = no_such_total(source, has, *named);
    return report;
  }
  const LaneKey key{source, of->is_smarthost() ? "*" : named ? std::string(warmup::total_key(has)) : provider};
  auto done = state_.lanes.apply(key, request);
  report.refused = std::move(done.refused);
  report.changes = std::move(done.changes);
  precedence_.wake_held(key, true);
  if (!report.changes.empty()) scheduler_.look_at_held();
  return report;
}

void LaneActions::pause_overflows(const std::string& client) {
  state_.ensure_writer();
  std::set<std::string> names;
  for (const auto& pool : state_.config().pools) names.insert(pool.overflow);
  for (const auto& name : names) {
    const auto* source = state_.config().source(name);
    if (source == nullptr || !source->is_smarthost()) continue;
    const LaneKey key{name, "*"};
    const auto& record = state_.lanes.at(key).record;
    const bool used = record.today.sent + record.reserved() > 0 || !record.history.empty();
    if (!used || record.operator_hold.state == warmup::OperatorHold::paused) continue;
    const auto reason = fmt::format(
        "mail that was here before came back from {}; see that {} does not route it to us, then resume", client, name);
    state_.lanes.apply(key, {warmup::LaneCommand::pause, {}, {}, "warmupd", reason}, true);
  }
}

}  // namespace mta
