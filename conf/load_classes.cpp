#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "conf/draft.h"

namespace conf {
namespace {

using warmup::ClassOptions;
using warmup::OnMaxWait;
using warmup::Prefer;
using warmup::WhenFull;

std::vector<ClassOptions> built_in() {
  ClassOptions transactional{.name = "transactional", .reserve = 0.3, .weight = 3, .pace = false, .prefer = Prefer::warm};
  transactional.max_wait = std::chrono::hours(24);
  return {transactional, ClassOptions{.name = "bulk"}};
}

bool overflows(const ClassOptions& options) {
  return options.on_max_wait == OnMaxWait::overflow || options.when_full == WhenFull::overflow;
}

bool any_overflow(const Config& config) {
  return std::any_of(config.pools.begin(), config.pools.end(), [](const Pool& pool) { return !pool.overflow.empty(); });
}

void load_class(Table& table, ClassOptions& options, const Config& config) {
  table.number("reserve", options.reserve, 0, 1);
  table.whole("weight", options.weight, 1U, 1000U);
  table.yes_no("pace", options.pace);
  table.choice<Prefer>("prefer", options.prefer, {{"warm", Prefer::warm}, {"warming", Prefer::warming}});
  table.duration("max_wait", options.max_wait, std::chrono::seconds(1));
  table.choice<OnMaxWait>("on_max_wait", options.on_max_wait,
                          {{"wait", OnMaxWait::wait}, {"overflow", OnMaxWait::overflow}, {"bounce", OnMaxWait::bounce}});
  table.choice<WhenFull>("when_full", options.when_full,
                         {{"accept", WhenFull::accept}, {"tempfail", WhenFull::tempfail}, {"overflow", WhenFull::overflow}});
  if (overflows(options) && !any_overflow(config)) {
    const char* key = options.when_full == WhenFull::overflow ? "when_full" : "on_max_wait";
    if (table.given(key)) table.warn(key, "no pool has an overflow, so this mail waits");
  }
  table.finish();
}

void warn_of_idle_overflow(const Config& config, Faults& faults) {
  if (std::any_of(config.classes.begin(), config.classes.end(), overflows)) return;
  for (const Pool& pool : config.pools) {
    if (pool.overflow.empty()) continue;
    faults.warning(pool.where,
                   fmt::format("pool \"{}\": no class uses the overflow; say when_full = \"overflow\" or on_max_wait = "
                               "\"overflow\" where mail may take it",
                               pool.name));
  }
}

ClassOptions& class_named(const std::string& name, std::vector<ClassOptions>& classes) {
  const auto found = std::find_if(classes.begin(), classes.end(), [&](const ClassOptions& each) { return each.name == name; });
  if (found != classes.end()) return *found;
  return classes.emplace_back(ClassOptions{.name = name});
}

}  // namespace

void load_classes(Table& top, ConfigDraft& draft) {
  auto& classes = draft.config.classes;
  classes = built_in();
  std::map<std::string, Where> seen;
  auto tables = top.tables("class");
  for (Table& table : tables) {
    std::string name;
    if (table.need("name", "\"bulk\"")) table.text("name", name, own_name);
    if (name == "auto") table.fault("name", "\"auto\" stands for the choice by headers; take another name");
    const auto [place, first] = seen.try_emplace(name, table.where());
    if (!first && !name.empty()) table.fault("name", fmt::format("\"{}\" is taken already, at {}", name, place->second.text()));
    ClassOptions unnamed;
    load_class(table, name.empty() ? unnamed : class_named(name, classes), draft.config);
  }
  warn_of_idle_overflow(draft.config, draft.faults);
  double reserved = 0;
  for (const ClassOptions& each : classes) reserved += each.reserve;
  if (reserved <= 1 + 1e-9) return;
  for (Table& table : tables) {  // the last one that says something about it is named
    if (&table == &tables.back() || table.given("reserve")) {
      table.fault("reserve", fmt::format("the reserves of all classes together must not exceed 1, they are {:.4g}", reserved));
      return;
    }
  }
}

}  // namespace conf
