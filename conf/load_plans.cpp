#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "conf/draft.h"
#include "warmup/presets.h"

namespace conf {
namespace {

using warmup::Advance;
using warmup::Pace;
using warmup::PlanOptions;

constexpr std::uint64_t most_recipients = 1'000'000'000'000;

// The curve has one form: start and growth, a table, or a preset. The one given here replaces an inherited one.
bool one_form(Table& table, bool own_table, bool own_preset) {
  const bool own_start = table.given("start") || table.given("growth");
  if ((own_table || own_preset) && own_start) {
    table.fault(own_table ? "table" : "preset", "replaces start and growth; give one or the other");
  } else if (own_table && own_preset) {
    table.fault("preset", "replaces table; give one or the other");
  } else {
    return true;
  }
  return false;
}

// REQUIRES: one_form.
void settle_curve(Table& table, PlanOptions& plan, bool own_table, bool own_preset) {
  const bool own_start = table.given("start") || table.given("growth");
  const bool replaced = own_start && !(plan.table.empty() && plan.preset.empty());
  if (own_table || own_start) plan.preset.clear();
  if (own_preset || own_start) plan.table.clear();
  if ((own_table || own_preset) && !table.given("growth_max")) plan.growth_max = 0;
  if (replaced && !table.given("start")) plan.start = PlanOptions{}.start;
  if (own_table) plan.start = plan.table.front();
  if (own_preset) plan.start = warmup::preset_caps(plan.preset).front();
  if (table.given("target")) return;
  if (replaced) plan.target = PlanOptions{}.target;
  if (own_table) plan.target = plan.table.back();
  if (own_preset) plan.target = warmup::preset_caps(plan.preset).back();
}

// What a lane learns lies between two bounds, with the growth that it begins with; of a table or a preset there is nothing to learn.
// REQUIRES: settle_curve.
void check_learning(Table& table, const PlanOptions& plan) {
  if (!plan.table.empty() || !plan.preset.empty()) {
    if (table.given("growth_max"))
      table.fault("growth_max", "only a curve of start and growth can learn; a table or a preset has its caps already");
    return;
  }
  if (plan.growth_max <= 1) return;
  if (plan.growth_max < plan.growth)
    table.fault(table.given("growth_max") ? "growth_max" : "growth",
                fmt::format("growth_max ({}) must not be below growth ({})", plan.growth_max, plan.growth));
  if (plan.learns() && plan.growth_min > plan.growth) {
    const char* key = table.given("growth_min") ? "growth_min" : table.given("growth") ? "growth" : "growth_max";
    table.fault(
        key, fmt::format("growth ({}) must not be below growth_min ({}) of a curve that learns", plan.growth, plan.growth_min));
  }
}

void load_growth(Table& table, PlanOptions& plan) {
  for (const auto& [key, growth] :
       {std::pair("growth", &plan.growth), {"growth_max", &plan.growth_max}, {"growth_min", &plan.growth_min}})
    if (table.number(key, *growth, 1, 1000) && *growth <= 1) table.misfit(key, "a number above 1");
}

void load_curve(Table& table, PlanOptions& plan) {
  const PlanOptions inherited = plan;
  table.whole<std::uint64_t>("start", plan.start, 1, most_recipients);
  load_growth(table, plan);
  table.whole<std::uint64_t>("target", plan.target, 1, most_recipients);
  table.whole<std::uint64_t>("max", plan.max, 0, most_recipients);
  const bool own_table = table.numbers("table", plan.table, 1, most_recipients) && !plan.table.empty();
  std::string preset;
  const bool own_preset = table.choice("preset", preset, {"", "sendgrid", "sparkpost", "ses"}) && !preset.empty();
  if (own_preset) plan.preset = preset;
  if (own_table && !std::is_sorted(plan.table.begin(), plan.table.end())) {
    table.fault("table", "each cap must be at least the one before it");
    plan = inherited;
    return;
  }
  if (!one_form(table, own_table, own_preset)) {
    plan = inherited;
    return;
  }
  settle_curve(table, plan, own_table, own_preset);
  check_learning(table, plan);
  if (plan.max > 0 && plan.max < plan.target)
    table.fault(table.given("max") ? "max" : "target",
                fmt::format("max ({}) must not be below target ({})", plan.max, plan.target));
  if (plan.target < plan.start) {
    const char* key = table.given("target") ? "target" : table.given("start") ? "start" : "table";
    table.fault(key, fmt::format("target ({}) must not be below the first day's cap ({})", plan.target, plan.start));
  }
}

void load_day(Table& table, PlanOptions& plan) {
  table.choice<Advance>("advance", plan.advance, {{"sending-days", Advance::sending_days}, {"calendar", Advance::calendar}});
  table.number("use", plan.use, 0, 1);
  table.choice<Pace>("pace", plan.pace, {{"even", Pace::even}, {"none", Pace::none}});
  table.number("hourly", plan.hourly, 0, 1);
  table.number("hourly_reserved", plan.hourly_reserved, 0, 1);
  std::string zone;
  if (table.text("timezone", zone)) {
    const std::string fault = time_zone_fault(zone);
    if (fault.empty()) plan.timezone = zone;
    if (!fault.empty()) table.fault("timezone", fault);
  }
  std::string start;
  const Form time_of_day{"a time of day like \"00:00\"",
                         [](std::string_view text) { return parse_time_of_day(text).has_value(); }};
  if (table.text("day_start", start, time_of_day)) plan.day_start = *parse_time_of_day(start);
}

// A step back that comes before the hold would leave the hold without effect.
void check_order(Table& table, const std::string& what, double hold, double step_back) {
  if (hold <= step_back) return;
  const std::string key = table.given("hold_" + what) ? "hold_" + what : "step_back_" + what;
  if (table.given(key))
    table.warn(key, fmt::format("hold_{0} ({1}) is above step_back_{0} ({2}), so it never holds", what, hold, step_back));
}

void load_health(Table& table, PlanOptions& plan) {
  table.number("hold_deferrals", plan.health.hold_deferrals, 0, 1);
  table.number("hold_bounces", plan.health.hold_bounces, 0, 1);
  table.number("hold_rejects", plan.health.hold_rejects, 0, 1);
  table.number("hold_complaints", plan.health.hold_complaints, 0, 1);
  table.number("step_back_deferrals", plan.health.step_back_deferrals, 0, 1);
  table.number("step_back_bounces", plan.health.step_back_bounces, 0, 1);
  table.number("step_back_complaints", plan.health.step_back_complaints, 0, 1);
  check_order(table, "deferrals", plan.health.hold_deferrals, plan.health.step_back_deferrals);
  check_order(table, "bounces", plan.health.hold_bounces, plan.health.step_back_bounces);
  check_order(table, "complaints", plan.health.hold_complaints, plan.health.step_back_complaints);
}

void load_rules(Table& table, PlanOptions& plan) {
  load_curve(table, plan);
  load_day(table, plan);
  load_health(table, plan);
  table.whole("step_back", plan.step_back, 0U, 1000U);
  table.duration("idle_grace", plan.idle_grace, std::chrono::seconds(0));
  table.duration("idle_step", plan.idle_step, std::chrono::seconds(1));
  table.duration("cold_after", plan.cold_after, std::chrono::seconds(1));
  double surge = plan.surge;
  if (table.number("surge", surge, 0, 1000)) {
    if (surge > 0 && surge < 1) table.misfit("surge", "0 (off) or a number from 1");
    plan.surge = surge;
  }
  table.yes_no("enforce", plan.enforce);
}

void load_plan(Table& table, PlanOptions& plan, ConfigDraft& draft) {
  load_rules(table, plan);
  for (auto& [provider, differences] : table.named_tables("providers")) {
    PlanOptions own = plan;
    own.providers.clear();
    load_rules(differences, own);
    differences.finish();
    const bool unlisted = provider.starts_with("other:") && host_name.fits(std::string_view(provider).substr(6));
    if (!unlisted) draft.references.push_back({Named::provider, provider, "plan.providers", differences.where()});
    plan.providers.insert_or_assign(provider, std::move(own));
  }
  table.finish();
}

PlanOptions& plan_named(const std::string& name, std::vector<PlanOptions>& plans) {
  const auto found = std::find_if(plans.begin(), plans.end(), [&](const PlanOptions& each) { return each.name == name; });
  if (found != plans.end()) return *found;
  PlanOptions made;
  made.name = name;
  return plans.emplace_back(std::move(made));
}

// A published schedule counts all mail of an address; on one lane it is a warm-up for one provider only.
void warn_of_presets(const Config& config, Faults& faults) {
  const auto warn = [&](const Source& source, const std::string& plan, const std::string& preset) {
    faults.warning(
        source.where,
        fmt::format(
            "source \"{}\": plan \"{}\" is the preset \"{}\", which counts mail to all providers; it is meant for overall",
            source.name, plan, preset));
  };
  for (const Source& source : config.sources) {
    const auto named = [&](const PlanOptions& each) { return each.name == source.plan; };
    const auto plan = std::find_if(config.plans.begin(), config.plans.end(), named);
    if (plan == config.plans.end()) continue;
    if (!plan->preset.empty()) warn(source, plan->name, plan->preset);
    for (const auto& [provider, own] : plan->providers)
      if (!own.preset.empty() && own.preset != plan->preset) warn(source, plan->name + "." + provider, own.preset);
  }
}

}  // namespace

void load_plans(Table& top, ConfigDraft& draft) {
  auto& plans = draft.config.plans;
  plans.emplace_back();
  std::map<std::string, Where> seen;
  for (Table& table : top.tables("plan")) {
    std::string name;
    if (table.need("name", "\"default\"")) table.text("name", name, own_name);
    if (name == "off") table.fault("name", "\"off\" stands for no plan; take another name");
    const auto [place, first] = seen.try_emplace(name, table.where());
    if (!first && !name.empty()) table.fault("name", fmt::format("\"{}\" is taken already, at {}", name, place->second.text()));
    PlanOptions unnamed;
    load_plan(table, name.empty() ? unnamed : plan_named(name, plans), draft);
  }
  warn_of_presets(draft.config, draft.faults);
}

}  // namespace conf
