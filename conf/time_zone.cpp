#include <date/tz.h>
#include <fmt/format.h>

#include <stdexcept>

#include "conf/draft.h"
#include "conf/nearest.h"

namespace conf {
namespace {

std::string nearest_zone(const std::string& name) {
  std::vector<std::string> zones;
  for (const auto& zone : date::get_tzdb().zones) zones.push_back(zone.name());
  const std::string best = nearest(name, zones);
  return !best.empty() && is_near(name, best) ? fmt::format(", did you mean \"{}\"?", best) : "";
}

}  // namespace

std::string time_zone_fault(const std::string& name) {
  if (name == "UTC") return "";  // needs no data base
  try {
    date::locate_zone(name);
    return "";
  } catch (const std::exception&) {
  }
  const std::string found = in_quotes(name);
  try {
    return fmt::format("expected a time zone like \"Europe/Berlin\", found {}{}", found, nearest_zone(name));
  } catch (const std::exception& error) {
    return fmt::format("the time zones of this host cannot be read ({}); install tzdata or write \"UTC\"", error.what());
  }
}

}  // namespace conf
