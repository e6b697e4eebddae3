#include "mta/simulate/scenario_tables.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "conf/draft.h"
#include "conf/nearest.h"
#include "conf/shipped_file.h"

namespace mta::simulate {

namespace {

using conf::Table;
using namespace std::chrono_literals;

constexpr std::uint64_t most_recipients = 1'000'000'000;
constexpr double most_growth = 1000, nearly = 1e-6;
constexpr std::size_t most_destinations = 1000;

const conf::Form a_time{"a time of day like \"09:00\"",
                        [](std::string_view text) { return conf::parse_time_of_day(text).has_value(); }};

void load_shares(Table& table, std::vector<Share>& to) {
  if (!table.need("to", "{ google = 0.6, \"example.org\" = 0.4 }")) return;
  auto shares = table.table("to");
  if (!shares) return;
  double sum = 0;
  for (const auto& name : shares->keys()) {
    Share share{name, 0};
    shares->number(name, share.share, 0, 1);
    sum += share.share;
    to.push_back(share);
  }
  shares->finish();
  if (to.size() > most_destinations)
    table.fault("to", fmt::format("at most {} destinations, found {}", most_destinations, to.size()));
  if (std::abs(sum - 1) > nearly) table.fault("to", fmt::format("the shares must add up to 1, they are {:.6g}", sum));
}

void load_day(Table& table, const std::string& key, unsigned& day, const Scenario& scenario) {
  table.whole(key, day, 1U, scenario.days);
}

void load_time(Table& table, std::chrono::minutes& at) {
  std::string text;
  if (table.text("at", text, a_time)) at = *conf::parse_time_of_day(text);
}

void load_weekdays(Table& table, std::vector<unsigned>& weekdays) {
  static const std::vector<std::string> names{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
  std::vector<std::string> wanted;
  const conf::Form a_weekday{"\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\" or \"sun\"",
                             [](std::string_view text) { return std::find(names.begin(), names.end(), text) != names.end(); }};
  if (!table.texts("weekdays", wanted, a_weekday)) return;
  for (const auto& name : wanted)
    weekdays.push_back(static_cast<unsigned>(std::find(names.begin(), names.end(), name) - names.begin()));
}

void load_hours(Table& table, std::array<double, 24>& hours) {
  hours.fill(1);
  std::vector<std::uint64_t> weights;
  if (!table.numbers("hours", weights, 0, 1'000'000)) return;
  if (weights.size() != hours.size())
    return table.fault("hours", fmt::format("expected 24 weights, one an hour, found {}", weights.size()));
  if (std::accumulate(weights.begin(), weights.end(), std::uint64_t{0}) == 0) return table.fault("hours", "all weights are 0");
  std::transform(weights.begin(), weights.end(), hours.begin(), [](std::uint64_t weight) { return static_cast<double>(weight); });
}

void load_volume(Table& table, Arrivals& made) {
  table.number("per_day", made.per_day, 0, most_recipients);
  table.number("growth", made.growth, 0, most_growth);
  table.numbers("each_day", made.each_day, 0, most_recipients);
  table.number("noise", made.noise, 0, 1);
  if (table.given("per_day") == table.given("each_day"))
    table.fault(table.given("each_day") ? "each_day" : "per_day", "give either per_day or each_day");
}

template <typename Mail>
void load_origin(Table& table, Mail& made) {
  made.where = table.where();
  table.text("class", made.mail_class, conf::own_name);
  table.text_or_none("from_domain", made.from_domain, conf::host_name);
  table.text("user", made.user);
  load_shares(table, made.to);
}

// "google-like" is shipped; what looks like a path is a file of the scenario's author.
void load_kind(Table& table, const std::string& named, const std::string& scenario_file, ReceiverModel& made) {
  const bool path = named.find('/') != std::string::npos || named.ends_with(".toml");
  const auto shipped = shipped_receiver_kinds();
  if (!path && std::find(shipped.begin(), shipped.end(), named) == shipped.end())
    return table.fault("kind",
                       fmt::format("there is no kind of receiver {}{}", conf::in_quotes(named), conf::hint(named, shipped)));
  try {
    made.kind = read_receiver_kind(path ? conf::ConfigDraft(scenario_file).resolve(named)
                                        : conf::shipped_file("receivers/" + named + ".toml"));
  } catch (const conf::ConfigError& error) {
    table.faults().problems(error.problems);
  }
}

void load_list(Table& table, ReceiverModel& made) {
  const auto names = conf::names_of(list_qualities());
  std::string quality = "ordinary";
  table.choice("list", quality, names);
  for (const auto& each : list_qualities())
    if (each.name == quality) made.list = each;
}

void load_manners(Table& table, ReceiverModel& made, const std::string& scenario_file) {
  made.where = table.where();
  if (table.need("provider", "\"google\", \"any\" for all others, \"*\" for a smarthost")) table.text("provider", made.provider);
  std::string kind;
  if (table.text("kind", kind)) {
    load_kind(table, kind, scenario_file, made);
    load_list(table, made);
    return table.finish();
  }
  table.number("accepts", made.accepts, 0, 1'000'000);
  table.whole("stranger", made.stranger, std::uint64_t{0}, most_recipients);
  table.duration("memory", made.memory, 1h);
  table.number("surge", made.surge, 0, 1'000'000);
  table.duration("block", made.block, 0s);
  table.number("trust_lost", made.trust_lost, 0, 1);
  table.duration("forgive", made.forgive, 1h);
  table.duration("greylist", made.greylist, 0s);
  table.whole("known", made.known, std::uint64_t{0}, most_recipients);
  table.number("unknown_users", made.unknown_users, 0, 1);
  table.number("temporary", made.temporary, 0, 1);
  table.finish();
}

void load_deed(Table& table, OperatorStep& made, const Scenario& scenario) {
  using warmup::LaneCommand;
  made.where = table.where();
  made.request.by = "the scenario";
  load_day(table, "day", made.day, scenario);
  load_time(table, made.at);
  if (table.need("does", "\"pause\""))
    table.choice<LaneCommand>("does", made.request.command,
                              {{"pause", LaneCommand::pause},
                               {"resume", LaneCommand::resume},
                               {"hold", LaneCommand::hold},
                               {"set", LaneCommand::set},
                               {"undo", LaneCommand::undo}});
  if (table.need("source", "\"ip-1\"")) table.text("source", made.source);
  if (table.need("provider", "\"google\"")) table.text("provider", made.provider);
  unsigned stage = 0;
  if (table.whole("stage", stage, 0U, 100'000U)) made.request.stage = stage;
  Duration lasts{0};
  if (table.duration("for", lasts, 1s)) made.request.lasts = lasts;
  table.text("reason", made.request.reason);
  table.finish();
}

}  // namespace

void load_arrivals(Table& top, Scenario& scenario) {
  for (Table& table : top.tables("arrivals")) {
    Arrivals made;
    load_origin(table, made);
    load_volume(table, made);
    made.until = scenario.days;
    load_day(table, "from", made.from, scenario);
    load_day(table, "until", made.until, scenario);
    if (made.until < made.from) table.fault("until", fmt::format("must not be before from ({})", made.from));
    load_weekdays(table, made.weekdays);
    load_hours(table, made.hours);
    table.finish();
    scenario.arrivals.push_back(std::move(made));
  }
}

void load_bursts(Table& top, Scenario& scenario) {
  for (Table& table : top.tables("burst")) {
    Burst made;
    load_origin(table, made);
    load_day(table, "day", made.day, scenario);
    load_time(table, made.at);
    table.duration("over", made.over, 0s);
    if (made.over > 24h * 31) table.misfit("over", "at most \"31d\"");
    if (table.need("recipients", "10000")) table.whole("recipients", made.recipients, std::uint64_t{1}, most_recipients);
    table.finish();
    scenario.bursts.push_back(std::move(made));
  }
}

void load_receivers(Table& top, Scenario& scenario) {
  for (Table& table : top.tables("receiver")) {
    ReceiverModel made;
    load_manners(table, made, scenario.file);
    for (const auto& other : scenario.receivers) {
      if (!made.provider.empty() && other.provider == made.provider)
        table.fault("provider", fmt::format("{} is described already, at {}", made.provider, other.where.text()));
    }
    scenario.receivers.push_back(std::move(made));
  }
}

void load_trouble(Table& top, Scenario& scenario) {
  for (Table& table : top.tables("outage")) {
    Outage made;
    made.where = table.where();
    if (table.need("provider", "\"google\"")) table.text("provider", made.provider);
    load_day(table, "day", made.day, scenario);
    load_time(table, made.at);
    if (table.need("lasts", "\"4h\"")) table.duration("lasts", made.lasts, 1s);
    table.finish();
    scenario.outages.push_back(std::move(made));
  }
  for (Table& table : top.tables("operator")) {
    OperatorStep made;
    load_deed(table, made, scenario);
    scenario.deeds.push_back(std::move(made));
  }
}

}  // namespace mta::simulate
