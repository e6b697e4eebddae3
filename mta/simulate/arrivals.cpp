// Mail comes: how much on which day and hour, by which route into which line (WARMUP.md §6: what is full at the door).
#include <algorithm>
#include <cmath>
#include <numeric>

#include "mta/simulate/scenario_tables.h"
#include "mta/simulate/simulation.h"
#include "warmup/forecast.h"

namespace mta::simulate {

namespace {

using namespace std::chrono_literals;
constexpr double rounding = 1e-9;
constexpr Duration shortest_slot = 1min, outlook_lasts = 1h;
constexpr unsigned outlook_days = 60;

bool matches(const std::string& wanted, const std::string& found) {
  if (wanted.empty()) return true;
  if (wanted.starts_with("*.")) return found.size() > wanted.size() - 1 && found.ends_with(std::string_view(wanted).substr(1));
  return wanted == found;
}

// Calls each(i, part) with parts that add up to n, spread by weight.
template <typename Each>
void spread(Recipients n, const std::vector<double>& weights, const Each& each) {
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  if (total <= 0) return;
  double reached = 0;
  Recipients given = 0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    reached += weights[i];
    const auto upto = i + 1 == weights.size() ? n : static_cast<Recipients>(static_cast<double>(n) * reached / total + 0.5);
    if (upto > given) each(i, upto - given);
    given = std::max(given, upto);
  }
}

}  // namespace

void Simulation::plan_day(unsigned day) {
  for (std::size_t stream = 0; stream < scenario_.arrivals.size(); ++stream) plan_arrivals(stream, day);
  for (const auto& burst : scenario_.bursts) {
    if (burst.day == day) plan_burst(burst);
  }
}

void Simulation::plan_arrivals(std::size_t stream, unsigned day) {
  const Arrivals& mail = scenario_.arrivals[stream];
  if (day < mail.from || day > mail.until) return;
  const std::chrono::weekday weekday(*parse_date(day_rule_.date(days_[day])));
  const auto& wanted = mail.weekdays;
  if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), weekday.c_encoding()) == wanted.end()) return;
  const std::size_t nth = day - mail.from;
  double volume = mail.per_day * std::pow(mail.growth, static_cast<double>(nth));
  if (!mail.each_day.empty()) volume = nth < mail.each_day.size() ? static_cast<double>(mail.each_day[nth]) : 0;
  volume = mail_luck_.around(volume, mail.noise);
  const Instant begin = days_[day - 1];
  const Duration slot = std::max(scenario_.step, shortest_slot);
  std::vector<double> weights;
  for (Instant at = begin; at < days_[day]; at += slot)
    weights.push_back(mail.hours[static_cast<std::size_t>((at - begin) / 1h) % mail.hours.size()]);
  for (std::size_t i = 0; i < mail.to.size(); ++i) {
    double& owed = owed_[stream][i];
    owed += volume * mail.to[i].share;
    const auto n = static_cast<Recipients>(std::max(0.0, std::floor(owed + rounding)));
    owed -= static_cast<double>(n);
    if (n == 0) continue;
    Line& line = line_for(mail.to[i].to, mail.mail_class, mail.from_domain, mail.user);
    spread(n, weights, [&](std::size_t at, Recipients part) {
      expect({&line, part, mail.from_domain}, begin + static_cast<Duration::rep>(at) * slot);
    });
  }
}

void Simulation::plan_burst(const Burst& burst) {
  const Duration slot = std::max(scenario_.step, shortest_slot);
  const Instant begin = time_of(burst.day, burst.at);
  const std::vector<double> weights(static_cast<std::size_t>(std::max<Duration::rep>(1, burst.over / slot)), 1.0);
  std::vector<double> shares;
  for (const auto& share : burst.to) shares.push_back(share.share);
  spread(burst.recipients, shares, [&](std::size_t i, Recipients n) {
    Line& line = line_for(burst.to[i].to, burst.mail_class, burst.from_domain, burst.user);
    spread(n, weights, [&](std::size_t at, Recipients part) {
      expect({&line, part, burst.from_domain}, begin + static_cast<Duration::rep>(at) * slot);
    });
  });
}

void Simulation::expect(const Arrival& arrival, Instant at) {
  arriving_.push_back(arrival);
  schedule(at, Kind::arrival, arriving_.size() - 1);
}

// A destination is a provider or a domain of one; other domains are providers of their own.
Line& Simulation::line_for(const std::string& to, const std::string& mail_class, const std::string& from_domain,
                           const std::string& user) {
  Line*& known = routes_[{to, mail_class, from_domain, user}];
  if (known != nullptr) return *known;
  const conf::Provider* named = config_.provider(to);
  std::string provider = to, domain = to;
  if (named != nullptr) {
    domain = named->domains.empty() ? "" : named->domains.front();
  } else {
    const auto of = std::find_if(config_.providers.begin(), config_.providers.end(), [&](const conf::Provider& each) {
      return std::find(each.domains.begin(), each.domains.end(), to) != each.domains.end();
    });
    provider = of == config_.providers.end() ? "other:" + to : of->name;
  }
  std::string pool_name = "default";
  for (const auto& route : config_.routes) {
    const bool fits = matches(route.from_domain, from_domain) && matches(route.to_domain, domain) &&
                      (route.mail_class.empty() || route.mail_class == mail_class) && (route.user.empty() || route.user == user);
    if (!fits) continue;
    pool_name = route.pool;
    break;
  }
  const conf::Pool* pool = config_.pool(pool_name);
  const auto* options = config_.mail_class(mail_class);
  known = &open_line({pool != nullptr ? pool : &config_.pools.front(), provider,
                      options != nullptr ? options : &config_.classes.front(), named == nullptr && own_.covers(to), false},
                     nullptr, false);
  return *known;
}

Line& Simulation::open_line(const LineName& name, const conf::Source* bound_to, bool overflow) {
  Line*& known = known_lines_[{name, bound_to, overflow}];
  if (known != nullptr) return *known;
  known = lines_.emplace_back(std::make_unique<Line>()).get();
  awake_as_.emplace_back();
  Line* line = known;
  line->index = lines_.size() - 1;
  line->pool = name.pool;
  line->provider = name.provider;
  line->mail_class = name.mail_class;
  line->exempt = name.exempt;
  line->blocked = name.blocked && bound_to == nullptr;
  line->bound_to = bound_to;
  line->overflow = overflow;
  const auto add_way = [&](const conf::Source& source) {
    Lane& lane = lanes_.open(source, source.is_smarthost() ? "*" : name.provider, overflow);
    lane.lines.push_back(line->index);
    if (lane.total != nullptr) lane.total->lines.push_back(line->index);
    line->ways.emplace_back().lane = &lane;
  };
  if (bound_to != nullptr) {
    add_way(*bound_to);
    return *line;
  }
  for (const auto& each : name.pool->sources) {
    if (const auto* source = config_.source(each)) add_way(*source);
  }
  if (const auto* source = name.pool->overflow.empty() ? nullptr : config_.source(name.pool->overflow))
    line->overflow_queue = &open_line({name.pool, name.provider, name.mail_class, name.exempt, false}, source, true);
  return *line;
}

// `tempfail`: the forecast says that it would wait longer than max_wait. Looked at anew every hour.
bool Simulation::is_full(Line& line) {
  const auto& options = *line.mail_class;
  if (options.when_full != warmup::WhenFull::tempfail || line.exempt) return false;
  if (line.outlook_made != Instant{} && now_ - line.outlook_made < outlook_lasts) return line.full;
  line.outlook_made = now_;
  std::vector<warmup::Way> ways;
  for (const auto& way : line.ways) {
    lanes_.bring(*way.lane, now_);
    ways.push_back({way.lane->with_rules(), way.lane->total == nullptr ? warmup::LaneView{} : way.lane->total->with_rules()});
    if (!way.lane->rules->enforced()) return line.full = false;
  }
  const auto found = warmup::forecast(ways, {options.name, line.mail.waiting() + 1, 0, outlook_days}, now_);
  return line.full = !found.days.empty() && (!found.gone || *found.gone - now_ > options.max_wait);
}

void Simulation::arrive(const Arrival& arrival) {
  Line& line = *arrival.line;
  const Recipients count = arrival.count;
  auto& of_class = classes_[line.mail_class->name];
  if (is_full(line)) {
    counts(line).refused += count;
    of_class.counts.refused += count;
    return;
  }
  counts(line).arrived += count;
  of_class.counts.arrived += count;
  Recipients over = 0;
  const bool may = line.mail_class->when_full == warmup::WhenFull::overflow;
  if (const auto takes = may ? overflow_takes(line) : 0; takes > 0) {
    const auto left = line.exempt ? std::nullopt : left_for(line);
    const Recipients fit = left ? *left - std::min(*left, line.mail.waiting()) : count;
    over = all_braked_for_long(line) ? count : count - std::min(count, fit);
    over = std::min(over, takes);
  }
  Cohort mail;
  mail.born = mail.due = now_;
  mail.from_domain = arrival.from_domain;
  mail.number = next_mail_;
  next_mail_ += count;
  mail.count = count - over;
  if (mail.count > 0) put(line, mail);
  mail.number += count - over;
  mail.count = over;
  if (over > 0) put(*line.overflow_queue, mail);
}

}  // namespace mta::simulate
