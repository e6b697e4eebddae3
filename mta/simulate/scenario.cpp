#include "mta/simulate/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "conf/document.h"
#include "conf/draft.h"
#include "conf/provider_words.h"
#include "mta/simulate/scenario_tables.h"

namespace mta::simulate {

namespace {

using conf::Faults;
using conf::Table;

constexpr unsigned longest = 3660;
constexpr const char* usual_host = "mta.example.com";

const conf::Form a_date{"a date like \"2026-01-31\"", [](std::string_view text) { return parse_date(text).has_value(); }};

void load_head(Table& top, Scenario& scenario) {
  top.text("title", scenario.title);
  top.text("start", scenario.start, a_date);
  top.whole("days", scenario.days, 1U, longest);
  top.whole<std::uint64_t>("seed", scenario.seed, 0, std::numeric_limits<std::int64_t>::max());
  top.duration("step", scenario.step, std::chrono::seconds(1));
  if (scenario.step > std::chrono::hours(1)) top.misfit("step", "at most \"1h\"");
  if (top.text("timezone", scenario.timezone) && !scenario.timezone.empty()) {
    const std::string fault = conf::time_zone_fault(scenario.timezone);
    if (!fault.empty()) top.fault("timezone", fault);
  }
}

std::optional<conf::Loaded> load_config(const conf::Node& document, Faults& faults, const std::string& file,
                                        const std::string& hostname) {
  const conf::Node* found = document.find("config");
  if (found == nullptr) return std::nullopt;
  try {
    if (found->kind == conf::NodeKind::table) return conf::load_part(*found, file, usual_host);
    if (found->kind == conf::NodeKind::text)
      return conf::load_file(conf::ConfigDraft(file).resolve(found->text), hostname);  // else: a fault below
  } catch (const conf::ConfigError& error) {
    faults.problems(error.problems);
  }
  return std::nullopt;
}

struct Names {
  std::vector<conf::Problem> problems;

  void expect(const conf::Where& where, const std::string& key, const std::string& name, const std::vector<std::string>& known,
              const std::vector<conf::Alias>& aliases = {}) {
    if (name.empty() || std::find(known.begin(), known.end(), name) != known.end()) return;
    problems.push_back(
        {where, fmt::format("{}: the configuration has no {}{}", key, conf::in_quotes(name), conf::hint(name, known, aliases))});
  }
};

}  // namespace

std::optional<std::chrono::sys_days> parse_date(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto number = [&](std::size_t at, std::size_t length) {
    int value = 0;
    for (std::size_t i = at; i < at + length; ++i) {
      if (text[i] < '0' || text[i] > '9') return -1;
      value = 10 * value + (text[i] - '0');
    }
    return value;
  };
  const int year = number(0, 4), month = number(5, 2), day = number(8, 2);
  if (year < 1971 || month < 0 || day < 0) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

Read read_scenario_text(const std::string& toml, const std::string& name, const std::string& hostname, bool with_config) {
  const conf::Node document = conf::parse_document(toml, name);
  Faults faults(name);
  Table top(document, "", faults);
  Read read;
  read.scenario.file = name;
  load_head(top, read.scenario);
  load_arrivals(top, read.scenario);
  load_bursts(top, read.scenario);
  load_receivers(top, read.scenario);
  load_trouble(top, read.scenario);
  if (with_config) read.config = load_config(document, faults, name, hostname);
  if (const auto* part = document.find("config"); part != nullptr && part->kind == conf::NodeKind::table) {
    top.table("config");  // seen
  } else if (std::string path; part != nullptr) {
    top.text("config", path);
  }
  top.finish();
  if (read.scenario.arrivals.empty() && read.scenario.bursts.empty() && faults.problems().empty())
    top.fault("arrivals", "no mail comes; write an [[arrivals]] or a [[burst]]");
  if (const auto problems = faults.problems(); !problems.empty()) throw conf::ConfigError(problems);
  return read;
}

Read read_scenario(const std::string& path, const std::string& hostname, bool with_config) {
  std::string content;
  const std::string reason = conf::read_whole(path, content);
  if (!reason.empty()) throw conf::ConfigError({conf::Problem{conf::Where{path, 0}, "cannot read the scenario: " + reason}});
  return read_scenario_text(content, path, hostname, with_config);
}

std::vector<conf::Problem> misfits(const Scenario& scenario, const conf::Config& config) {
  Names names;
  const auto classes = conf::names_of(config.classes), sources = conf::names_of(config.sources);
  const auto words = conf::provider_words(config.providers);
  auto receivers = conf::names_of(config.providers);
  const auto destinations = receivers;
  auto lanes = receivers;
  lanes.emplace_back("*");
  receivers.insert(receivers.end(), {"any", "*"});
  const auto known_or_domain = [&](const conf::Where& where, const std::string& key, const std::string& name) {
    if (name.find('.') == std::string::npos) names.expect(where, key, name, destinations, words);
  };
  for (const auto& each : scenario.arrivals) {
    names.expect(each.where, "arrivals.class", each.mail_class, classes);
    for (const auto& share : each.to) known_or_domain(each.where, "arrivals.to", share.to);
  }
  for (const auto& each : scenario.bursts) {
    names.expect(each.where, "burst.class", each.mail_class, classes);
    for (const auto& share : each.to) known_or_domain(each.where, "burst.to", share.to);
  }
  const auto receiver = [&](const conf::Where& where, const std::string& key, const std::string& name) {
    if (!name.starts_with("other:")) names.expect(where, key, name, receivers, words);
  };
  for (const auto& each : scenario.receivers) receiver(each.where, "receiver.provider", each.provider);
  for (const auto& each : scenario.outages) receiver(each.where, "outage.provider", each.provider);
  for (const auto& each : scenario.deeds) {
    names.expect(each.where, "operator.source", each.source, sources);
    if (!each.provider.starts_with("other:")) names.expect(each.where, "operator.provider", each.provider, lanes, words);
  }
  return names.problems;
}

}  // namespace mta::simulate
