#include "conf/config.h"

#include <fmt/format.h>

#include <algorithm>

namespace conf {
namespace {

template <typename Thing>
const Thing* named(const std::vector<Thing>& things, const std::string& name) {
  const auto found = std::find_if(things.begin(), things.end(), [&](const Thing& thing) { return thing.name == name; });
  return found == things.end() ? nullptr : &*found;
}

}  // namespace

std::string Where::text() const { return line == 0 ? file : fmt::format("{}:{}", file, line); }

const Source* Config::source(const std::string& name) const { return named(sources, name); }
const Pool* Config::pool(const std::string& name) const { return named(pools, name); }
const Provider* Config::provider(const std::string& name) const { return named(providers, name); }
const warmup::ClassOptions* Config::mail_class(const std::string& name) const { return named(classes, name); }

warmup::Total Config::total_of(const std::string& source) const {
  const Source* of = this->source(source);
  if (of == nullptr) return warmup::Total::none;
  return warmup::total_of(of->overall, named(plans, of->plan) != nullptr, of->is_smarthost());
}

}  // namespace conf
