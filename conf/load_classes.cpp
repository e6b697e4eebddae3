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

void load_class(Table& table, ClassOptions& options) {
  table.number("reserve", options.reserve, 0, 1);
  table.whole("weight", options.weight, 1U, 1000U);
  table.yes_no("pace", options.pace);
  table.choice<Prefer>("prefer", options.prefer, {{"warm", Prefer::warm}, {"warming", Prefer::warming}});
  table.duration("max_wait", options.max_wait, std::chrono::seconds(1));
  table.choice<OnMaxWait>("on_max_wait", options.on_max_wait,
                          {{"wait", OnMaxWait::wait}, {"overflow", OnMaxWait::overflow}, {"bounce", OnMaxWait::bounce}});
  table.choice<WhenFull>("when_full", options.when_full,
                         {{"accept", WhenFull::accept}, {"tempfail", WhenFull::tempfail}, {"overflow", WhenFull::overflow}});
  table.finish();
}

ClassOptions& class_named(const std::string& name, std::vector<ClassOptions>& classes) {
  const auto found = std::find_if(classes.begin(), classes.end(), [&](const ClassOptions& each) { return each.name == name; });
  if (found != classes.end()) return *found;
  return classes.emplace_back(ClassOptions{.name = name});
}

}  // namespace

void load_classes(Table& top, Draft& draft) {
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
    load_class(table, name.empty() ? unnamed : class_named(name, classes));
  }
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
