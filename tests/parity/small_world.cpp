#include "small_world.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "tests/sim/world/dice.h"

namespace mta::sim {

namespace {
using namespace std::chrono_literals;

// A time of a day at which nothing begins by itself: an hour's limit that is used at midnight opens at 01:01, then at 02:02 and so on.
std::chrono::minutes odd_minute(SimDice& dice, unsigned from_hour, unsigned to_hour) {
  return std::chrono::minutes(dice.between(from_hour, to_hour) * 60 + 26 + 4 * dice.below(8));
}

warmup::PlanOptions roll_plan(SimDice& dice) {
  warmup::PlanOptions plan;
  plan.start = dice.between(4, 30);
  plan.growth = 1.2 + 0.1 * static_cast<double>(dice.below(10));
  plan.target = plan.start + dice.between(20, 300);
  plan.advance = dice.chance(0.3) ? warmup::Advance::calendar : warmup::Advance::sending_days;
  plan.use = 0.3 + 0.1 * static_cast<double>(dice.below(5));
  plan.pace = dice.chance(0.5) ? warmup::Pace::even : warmup::Pace::none;
  plan.hourly = 0.2 + 0.1 * static_cast<double>(dice.below(9));
  plan.surge = dice.chance(0.7) ? 1.5 + 0.5 * static_cast<double>(dice.below(3)) : 0;
  plan.step_back = static_cast<unsigned>(dice.below(3));
  return plan;
}

void roll_classes(SimDice& dice, SmallWorld& world) {
  double left = 1;
  for (const char* name : {"transactional", "bulk"}) {
    warmup::ClassOptions mail_class;
    mail_class.name = name;
    mail_class.pace = dice.chance(0.5);
    mail_class.prefer = dice.chance(0.5) ? warmup::Prefer::warm : warmup::Prefer::warming;
    mail_class.weight = static_cast<unsigned>(dice.between(1, 3));
    if (dice.chance(0.4)) mail_class.reserve = left * 0.1 * static_cast<double>(dice.between(1, 6));
    left -= mail_class.reserve;
    world.classes.push_back(mail_class);
  }
}

void roll_sites(SimDice& dice, SmallWorld& world) {
  world.sources = static_cast<unsigned>(dice.between(1, 3));
  constexpr const char* totals[] = {"off", "", "total"};
  world.overall = totals[dice.below(std::size(totals))];
  world.overall_factor = static_cast<double>(dice.between(1, 3));
  world.of_total = roll_plan(dice);
  for (const char* name : {"alpha", "beta", "gamma"}) {
    Site site;
    site.domain = std::string(name) + ".test";
    if (dice.chance(0.4)) site.provider = name;
    if (dice.chance(0.3)) site.unknown_every = static_cast<unsigned>(dice.between(2, 30));
    if (dice.chance(0.3)) site.a_day = dice.between(3, 40);
    world.sites.push_back(site);
    if (dice.chance(0.4)) break;
  }
}

// Lanes that share a total have turns, and in the daemon a turn passes by a lane whose connection is in use. So in such a world mail is
// released one by one: paced, and less than 24 a day.
void release_one_by_one(SmallWorld& world) {
  for (auto* plan : {&world.plan, &world.of_total}) {
    plan->pace = warmup::Pace::even;
    plan->start = 2 + plan->start % 3;
    plan->growth = 1.2;
    plan->target = 400;
  }
  world.overall_factor = std::min(world.overall_factor, 2.0);
  for (auto& each : world.classes) each.pace = true;
}

// Mail of the other pools by class or by site.
void roll_routes(SimDice& dice, SmallWorld& world) {
  for (unsigned number = 2; number <= world.sources; ++number) {
    conf::Route route;
    route.pool = fmt::format("pool-{}", number);
    if (dice.chance(0.5)) route.mail_class = world.classes[dice.below(world.classes.size())].name;
    if (route.mail_class.empty() || dice.chance(0.3)) route.to_domain = world.sites[dice.below(world.sites.size())].domain;
    world.routes.push_back(route);
  }
}

// A relay that works, fails or has a plan of its own, and classes that may use it, or do not wait for ever. Not where several sites share
// a total, or a relay with a plan: which of them overflows first is known to differ.
void roll_overflow(SimDice& dice, SmallWorld& world) {
  world.has_overflow = world.overall == "off" && dice.chance(0.6);
  if (world.has_overflow && world.sites.size() == 1 && dice.chance(0.4)) {
    world.of_overflow = roll_plan(dice);
    world.of_overflow->start += 10;
  }
  for (auto& each : world.classes) {
    if (world.has_overflow && dice.chance(0.5)) each.when_full = warmup::WhenFull::overflow;
    if (!dice.chance(0.3)) continue;
    each.max_wait = std::chrono::hours(dice.between(5, 60));
    each.on_max_wait = world.has_overflow && dice.chance(0.5) ? warmup::OnMaxWait::overflow : warmup::OnMaxWait::bounce;
  }
}

void roll_acts(SimDice& dice, SmallWorld& world) {
  const auto acts = dice.below(4);
  for (std::uint64_t n = 0; n < acts; ++n) {
    constexpr warmup::LaneCommand hands[] = {warmup::LaneCommand::pause, warmup::LaneCommand::pause, warmup::LaneCommand::resume,
                                             warmup::LaneCommand::hold, warmup::LaneCommand::undo};
    OperatorAct act;
    act.at = at_time(static_cast<unsigned>(dice.between(1, world.days)), odd_minute(dice, 0, 22) + 2min);
    const auto& site = world.sites[dice.below(world.sites.size())];
    act.source = fmt::format("ip-{}", dice.between(1, world.sources));
    act.provider = site.provider.empty() ? "other:" + site.domain : site.provider;
    act.request.command = hands[dice.below(std::size(hands))];
    act.request.by = "ann";
    const bool lasts = act.request.command == warmup::LaneCommand::pause || act.request.command == warmup::LaneCommand::hold;
    if (lasts && dice.chance(0.7)) act.request.lasts = std::chrono::minutes(dice.between(30, 1500));
    world.acts.push_back(act);
  }
  std::stable_sort(world.acts.begin(), world.acts.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
}

bool brakes(Behaviour behaviour) {
  return behaviour == Behaviour::rate_limit || behaviour == Behaviour::block || behaviour == Behaviour::list;
}

// Not what is known to differ: which message is the probe when those that a greylister bound to a lane are let go while it brakes.
bool goes_with(const SmallWorld& world, const Spell& spell) {
  for (const auto& site : world.sites)
    if (site.domain == spell.domain && site.a_day > 0 && spell.behaviour == Behaviour::greylist) return false;
  return std::none_of(world.spells.begin(), world.spells.end(), [&](const Spell& other) {
    const bool greylists = other.behaviour == Behaviour::greylist
                               ? brakes(spell.behaviour)
                               : spell.behaviour == Behaviour::greylist && brakes(other.behaviour);
    return other.domain == spell.domain && greylists;
  });
}

void roll_spells(SimDice& dice, SmallWorld& world) {
  constexpr Behaviour all[] = {Behaviour::put_off,  Behaviour::rate_limit, Behaviour::block,
                               Behaviour::greylist, Behaviour::closed,     Behaviour::refuse_sender};
  std::vector<std::string> domains;
  for (const auto& site : world.sites) domains.push_back(site.domain);
  if (world.has_overflow) domains.emplace_back(relay_domain);
  for (const auto& domain : domains) {
    for (unsigned n = 0; n < 2; ++n) {
      if (!dice.chance(0.4)) continue;
      Spell spell;
      spell.domain = domain;
      spell.behaviour = all[dice.below(std::size(all))];
      if (!goes_with(world, spell)) continue;
      spell.from = at_time(static_cast<unsigned>(dice.between(1, world.days)), odd_minute(dice, 0, 22)) + 17s;
      spell.until = spell.from + std::chrono::minutes(dice.between(5, dice.chance(0.5) ? 90 : 2000)) + 29s;
      spell.permanent = dice.chance(0.5);
      spell.at_mail = dice.chance(0.5);
      if (spell.behaviour != Behaviour::closed && domain != relay_domain && dice.chance(0.4)) spell.source = "ip-1";
      if (spell.behaviour == Behaviour::refuse_sender) spell.from_domain = "bulk.example";
      world.spells.push_back(spell);
    }
  }
}

// Of dice of its own, so that the rest of a seed's world stays what it was. Where the relay has a plan, or refuses for a time, it answers
// at once: a slow one would be asked the last of its day, or of that time, later.
void roll_more(SmallWorld& world) {
  SimDice dice(world.seed, "more of a small world");
  const auto of_relay = [](const Spell& each) { return each.domain == relay_domain; };
  const bool slow = dice.chance(0.5) && !world.of_overflow && std::none_of(world.spells.begin(), world.spells.end(), of_relay);
  if (world.has_overflow && slow) world.overflow_takes = std::chrono::seconds(dice.between(2, 9));
  for (auto& each : world.spells)
    if (each.behaviour == Behaviour::block && dice.chance(0.3)) each.behaviour = Behaviour::list;
  if (!dice.chance(0.3)) return;
  OperatorAct act;
  act.at = at_time(static_cast<unsigned>(dice.between(1, world.days)), odd_minute(dice, 0, 22) + 3min);
  const auto& site = world.sites[dice.below(world.sites.size())];
  act.source = fmt::format("ip-{}", dice.between(1, world.sources));
  act.provider = site.provider.empty() ? "other:" + site.domain : site.provider;
  act.request.command = dice.chance(0.7) ? warmup::LaneCommand::set : warmup::LaneCommand::ack;
  if (act.request.command == warmup::LaneCommand::set) act.request.stage = static_cast<unsigned>(dice.below(6));
  act.request.by = "ann";
  world.acts.push_back(act);
  std::stable_sort(world.acts.begin(), world.acts.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
}

// Of dice of its own too: plans that learn, with bounds near enough to be met within the days of a small world.
void roll_learning(SmallWorld& world) {
  SimDice dice(world.seed, "what a small world learns");
  std::vector<warmup::PlanOptions*> plans{&world.plan, &world.of_total};
  if (world.of_overflow) plans.push_back(&*world.of_overflow);
  for (auto* plan : plans) {
    if (!dice.chance(0.5)) continue;
    plan->growth_max = plan->growth + 0.02 * static_cast<double>(dice.between(1, 8));
    plan->growth_min = 1 + (plan->growth - 1) * 0.1 * static_cast<double>(dice.between(3, 9));
  }
}

void roll_batch(SimDice& dice, SmallWorld& world, unsigned day, const std::string& domain) {
  if (!dice.chance(0.6)) return;
  const auto& mail_class = world.classes[dice.below(world.classes.size())].name;
  auto at = at_time(day, odd_minute(dice, 0, 20));
  const auto taken = [&](const Batch& each) { return each.at == at; };
  while (std::any_of(world.mail.begin(), world.mail.end(), taken)) at += 1min;
  const auto most = mail_class == "bulk" ? 60 : 12;
  world.mail.push_back({at, mail_class, domain, fmt::format("{}.example", mail_class), dice.between(1, most)});
}

void roll_mail(SimDice& dice, SmallWorld& world) {
  for (unsigned day = 1; day <= world.days; ++day) {
    for (const auto& site : world.sites) {
      for (unsigned n = 0; n < 2; ++n) roll_batch(dice, world, day, site.domain);
    }
  }
  std::stable_sort(world.mail.begin(), world.mail.end(), [](const auto& a, const auto& b) { return a.at < b.at; });
}

}  // namespace

std::string address_of_source(unsigned number) { return fmt::format("192.0.2.{}", 10 + number); }

SmallWorld roll_world(std::uint64_t seed) {
  SimDice dice(seed, "small world");
  SmallWorld world;
  world.seed = seed;
  world.days = static_cast<unsigned>(dice.between(3, 7));
  world.retry.jitter = 0;
  world.plan = roll_plan(dice);
  roll_classes(dice, world);
  roll_sites(dice, world);
  if (world.overall != "off") release_one_by_one(world);
  roll_routes(dice, world);
  roll_overflow(dice, world);
  roll_spells(dice, world);
  roll_acts(dice, world);
  roll_mail(dice, world);
  roll_more(world);
  roll_learning(world);
  return world;
}

void configure(const SmallWorld& world, conf::Config& config) {
  for (const auto& wanted : world.classes) {
    const auto same = [&](const warmup::ClassOptions& each) { return each.name == wanted.name; };
    std::replace_if(config.classes.begin(), config.classes.end(), same, wanted);
  }
  for (auto& source : config.sources) {
    source.overall = world.overall;
    source.overall_factor = world.overall_factor;
  }
  if (world.overall == "total") {
    config.plans.push_back(world.of_total);
    config.plans.back().name = "total";
  }
  config.routes = world.routes;
  config.pools.at(0).sources.resize(1);
  for (unsigned number = 2; number <= world.sources; ++number) {
    conf::Pool pool;
    pool.name = fmt::format("pool-{}", number);
    pool.sources = {fmt::format("ip-{}", number)};
    config.pools.push_back(pool);
  }
  conf::Provider one_by_one;
  one_by_one.connections = one_by_one.messages_per_connection = one_by_one.recipients_per_message = 1;
  for (const auto& site : world.sites) {
    one_by_one.name = site.provider.empty() ? "other:" + site.domain : site.provider;
    one_by_one.mx = site.provider.empty() ? std::vector<std::string>{} : std::vector{"*." + site.domain};
    one_by_one.domains = site.provider.empty() ? std::vector<std::string>{} : std::vector{site.domain};
    config.providers.push_back(one_by_one);
  }
  if (!world.has_overflow) return;
  one_by_one.name = "*";
  one_by_one.mx = one_by_one.domains = {};
  config.providers.push_back(one_by_one);
  conf::Source relay = config.sources.at(0);
  relay.name = relay_name;
  relay.address.clear();
  relay.plan.clear();
  relay.overall.clear();
  relay.smarthost = std::string("mx1.") + relay_domain + ":25";
  relay.tls = conf::TlsLevel::may;
  if (world.of_overflow) {
    relay.plan = "of-overflow";
    config.plans.push_back(*world.of_overflow);
    config.plans.back().name = relay.plan;
  }
  config.sources.push_back(relay);
  for (auto& pool : config.pools) pool.overflow = relay.name;
}

std::string in_words(const SmallWorld& world) {
  const auto when = [](Instant at) {
    const auto minutes = std::chrono::floor<std::chrono::minutes>(at - world_began).count();
    return fmt::format("day {} {:02}:{:02}", 1 + minutes / 1440, minutes / 60 % 24, minutes % 60);
  };
  const auto of_plan = [](const warmup::PlanOptions& plan) {
    const std::string learns = plan.learns() ? fmt::format(" ({:.2f} to {:.2f})", plan.growth_min, plan.growth_max) : "";
    return fmt::format("{} x {:.1f}{} up to {}, {}, use {:.1f}, {}, hourly {:.1f}, surge {:.1f}, step back {}", plan.start,
                       plan.growth, learns, plan.target, plan.advance == warmup::Advance::calendar ? "calendar" : "sending days",
                       plan.use, plan.pace == warmup::Pace::even ? "paced" : "unpaced", plan.hourly, plan.surge, plan.step_back);
  };
  std::string text = fmt::format("seed {}: {} days, {} sources, total \"{}\", plan {}\n", world.seed, world.days, world.sources,
                                 world.overall, of_plan(world.plan));
  if (world.overall == "total") text += "  the total follows " + of_plan(world.of_total) + "\n";
  if (world.overall.empty()) text += fmt::format("  the total is {} times as much\n", world.overall_factor);
  for (const auto& route : world.routes)
    text +=
        fmt::format("  mail {}{}goes by the source of {}\n", route.mail_class.empty() ? "" : "of class " + route.mail_class + " ",
                    route.to_domain.empty() ? "" : "to " + route.to_domain + " ", route.pool);
  constexpr const char* waits[] = {"wait", "overflow", "bounce"};
  constexpr const char* full[] = {"accept", "tempfail", "overflow"};
  for (const auto& each : world.classes) {
    text += fmt::format("  class {}: reserve {:.2f}, weight {}, {}, prefer {}, max_wait {} h then {}, when full {}\n", each.name,
                        each.reserve, each.weight, each.pace ? "paced" : "unpaced",
                        each.prefer == warmup::Prefer::warm ? "warm" : "warming",
                        std::chrono::duration_cast<std::chrono::hours>(each.max_wait).count(),
                        waits[static_cast<int>(each.on_max_wait)], full[static_cast<int>(each.when_full)]);
  }
  if (world.has_overflow)
    text += fmt::format("  overflow by {}, which takes {} s a message\n",
                        world.of_overflow ? "a relay that follows " + of_plan(*world.of_overflow) : "a relay",
                        world.overflow_takes.count() / 1000);
  for (const auto& each : world.sites)
    text += fmt::format("  site {}{}: takes {} a day, every {}. user is unknown (0: no limit, none)\n", each.domain,
                        each.provider.empty() ? "" : " of provider " + each.provider, each.a_day, each.unknown_every);
  constexpr std::array does{"limits the rate",    "blocks",   "has us on a list", "greylists", "puts off",
                            "refuses the sender", "is closed"};
  static_assert(does.size() == static_cast<std::size_t>(Behaviour::closed) + 1);
  for (const auto& each : world.spells)
    text += fmt::format("  {} {} from {} until {}{}{}{}{}\n", each.domain, does.at(static_cast<std::size_t>(each.behaviour)),
                        when(each.from), when(each.until), each.permanent ? ", 5xx" : "", each.at_mail ? ", at MAIL" : "",
                        each.source.empty() ? "" : ", only " + each.source,
                        each.from_domain.empty() ? "" : ", only mail from " + each.from_domain);
  for (const auto& each : world.mail)
    text += fmt::format("  {}: {} of class {} from {} to {}\n", when(each.at), each.recipients, each.mail_class, each.from_domain,
                        each.domain);
  constexpr const char* hands[] = {"pause", "resume", "hold", "set", "undo", "ack"};
  for (const auto& each : world.acts)
    text += fmt::format("  {}: lane {} {} {}{}\n", when(each.at), hands[static_cast<int>(each.request.command)], each.source,
                        each.provider,
                        each.request.lasts   ? fmt::format(" for {} min", each.request.lasts->count() / 60'000)
                        : each.request.stage ? fmt::format(" to stage {}", *each.request.stage)
                                             : "");
  return text;
}

}  // namespace mta::sim
