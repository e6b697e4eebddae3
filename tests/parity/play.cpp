#include "play.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "mta/scheduler/scheduler_thread.h"
#include "mta/simulate/scenario_tables.h"
#include "mta/simulate/simulation.h"

namespace mta::sim {

namespace {
using namespace std::chrono_literals;

std::string source_at(const SmallWorld& world, const std::string& address) {
  for (unsigned i = 0; i < world.sources; ++i)
    if (address_of_source(i) == address) return fmt::format("ip-{}", i + 1);
  return address;
}

std::string domain_of_sender(const std::string& sender) { return sender.substr(sender.rfind('@') + 1); }

// Of a provider's name in a lane: the domain of its site.
std::string site_of(const SmallWorld& world, std::string_view provider) {
  if (provider == "*") return relay_domain;
  for (const auto& site : world.sites)
    if (site.provider == provider) return site.domain;
  return std::string(provider.starts_with("other:") ? provider.substr(6) : provider);
}

std::string lane_name(const SmallWorld& world, const std::string& source, std::string_view provider) {
  return source + " to " +
         (warmup::is_total_key(provider) ? std::string(warmup::total_name(provider)) : site_of(world, provider));
}

// One step after the other in the order of time.
struct Agenda {
  std::vector<std::pair<Instant, std::function<void()>>> steps;
  void add(Instant at, std::function<void()> step) { steps.emplace_back(at, std::move(step)); }
  void play(Town& town, Instant end) {
    std::stable_sort(steps.begin(), steps.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [at, step] : steps) {
      if (at >= end) break;
      town.pass(at - town.now());
      step();
    }
    town.pass(end - town.now());
  }
};

void add_spell(const Spell& spell, Receiver& receiver, const ReceiverScript& script, Agenda& agenda) {
  if (spell.behaviour == Behaviour::closed) {
    agenda.add(spell.from, [&receiver] { receiver.close(); });
    agenda.add(spell.until, [&receiver, &script, &spell] {
      if (!script.is_closed(spell.domain, spell.until)) receiver.open();
    });
  }
}

void open_receivers(const SmallWorld& world, Town& town, ReceiverScript& script, Agenda& agenda) {
  std::vector<std::string> domains;
  for (const auto& site : world.sites) domains.push_back(site.domain);
  if (world.has_overflow) domains.emplace_back(relay_domain);
  for (const auto& domain : domains) {
    Receiver& receiver = town.receiver(domain);
    auto pending = std::make_shared<std::map<std::string, Scripted>>();  // by client
    receiver.manners.script = [&world, &town, &script, domain, pending](Stage stage, const asio::ip::address& client,
                                                                        const std::string& sender) -> std::string {
      Scripted& now = (*pending)[client.to_string()];
      const std::string source = domain == relay_domain ? relay_name : source_at(world, client.to_string());
      if (stage == Stage::mail) now = script.answer(domain, source, domain_of_sender(sender), town.now());
      return (stage == Stage::mail || stage == Stage::rcpt || stage == Stage::dot) && stage == now.stage ? now.reply : "";
    };
    if (domain == relay_domain) receiver.manners.delays[Stage::mail] = world.overflow_takes;
    for (const auto& spell : world.spells)
      if (spell.domain == domain) add_spell(spell, receiver, script, agenda);
  }
}

// All at once: each message by a session of its own, so that none is on its way before all are there.
void submit(Daemon& out, const Batch& batch) {
  out.clients.sessions = static_cast<unsigned>(batch.recipients);
  out.clients.messages_per_session = 1;
  Mail mail = to(batch.domain);
  mail.sender = "app@" + batch.from_domain;
  mail.headers = "X-Warmup-Class: " + batch.mail_class + "\r\n";
  mail.recipient_parameters = " NOTIFY=NEVER";
  out.submit(batch.recipients, mail);
}

// Asked for before all else, so that at its instant it comes before what the daemon does then.
awaitable<void> do_act(Town* town, Daemon* out, const OperatorAct* act) {
  co_await town->world().loop.wait_until(town->world().loop.now() + (act->at - town->now()));
  co_await out->server().scheduler().lane_command(act->source, act->provider, act->request);
}

void count_ends(const SmallWorld& world, const Evidence& evidence, Tally& tally) {
  for (const auto& event : evidence.events) {
    if (event.type == "delivered" || event.type == "bounced" || event.type == "expired") {
      const bool over = event.type == "delivered" && event.source == relay_name;
      ++tally[{day_of(event.at), "all to " + site_of(world, event.provider), over ? "overflowed" : event.type}];
    }
  }
}

void count_charged(const SmallWorld& world, const Evidence& evidence, Tally& tally) {
  for (const auto& lane : evidence.lanes) {
    const auto source = lane.address.find(relay_domain) != std::string::npos ? relay_name : source_at(world, lane.address);
    const auto count = [&](const warmup::Day& day) {
      if (day.sent > 0)
        tally[{day_of(Instant(*simulate::parse_date(day.date))), lane_name(world, source, lane.provider), "sent"}] += day.sent;
    };
    for (const auto& day : lane.record.history) count(day);
    count(lane.record.today);
  }
}

class ScriptedReceiver final : public simulate::Receiver {
 public:
  ScriptedReceiver(const SmallWorld& world, ReceiverScript& script) : world_(world), script_(script) {}

  std::vector<simulate::SimulatedReply> answer(const simulate::Attempt& attempt) override {
    const std::string domain = site_of(world_, attempt.provider);
    if (script_.is_closed(domain, attempt.now))
      return {{warmup::Verdict::connection_failed, attempt.recipients, false, false, "connection refused"}};
    const auto& said =
        said_.emplace_back(script_.answer(domain, std::string(attempt.source), std::string(attempt.from_domain), attempt.now));
    const bool taken = said.reply.empty();
    simulate::SimulatedReply heard{said.verdict, 1, said.reply.starts_with('5'), taken || said.stage == Stage::dot, said.reply};
    heard.about_us = !taken && said.stage == Stage::mail;
    return {heard};
  }

 private:
  const SmallWorld& world_;
  ReceiverScript& script_;
  std::deque<Scripted> said_;  // what is said refers to its text
};

simulate::Scenario scenario_of(const SmallWorld& world) {
  simulate::Scenario scenario;
  scenario.start = "2026-01-05";
  scenario.days = world.days;
  scenario.step = 1ms;
  for (const auto& batch : world.mail) {
    const auto at = std::chrono::duration_cast<std::chrono::minutes>(batch.at - at_time(day_of(batch.at), 0min));
    scenario.bursts.push_back(
        {{}, batch.mail_class, batch.from_domain, "", {{batch.domain, 1}}, day_of(batch.at), at, Duration(0), batch.recipients});
  }
  for (const auto& act : world.acts) {
    const auto at = std::chrono::duration_cast<std::chrono::minutes>(act.at - at_time(day_of(act.at), 0min));
    scenario.deeds.push_back({{}, day_of(act.at), at, act.source, act.provider, act.request});
  }
  return scenario;
}

}  // namespace

PlayedInTown play_in_town(const SmallWorld& world, Town& town) {
  town.world().net.everywhere().latency = town.world().resolver.latency = Duration(0);
  ReceiverScript script(world);
  Agenda agenda;
  open_receivers(world, town, script, agenda);
  Wishes wishes;
  wishes.sources.clear();
  for (unsigned i = 0; i < world.sources; ++i) wishes.sources.push_back(address_of_source(i));
  wishes.retry = world.retry;
  wishes.plan = world.plan;
  wishes.change = [&](conf::Config& config) { configure(world, config); };
  Daemon& out = town.mta(wishes);
  for (const auto& batch : world.mail) agenda.add(batch.at, [&out, &batch] { submit(out, batch); });
  for (const auto& act : world.acts) town.world().loop.spawn(town.world().loop.outside(), "operator", do_act(&town, &out, &act));
  agenda.play(town, at_time(world.days + 1, 0min) - 1s);
  out.stop();
  Evidence evidence;
  out.read_spool(evidence);
  Tally tally = script.tally();
  count_ends(world, evidence, tally);
  count_charged(world, evidence, tally);
  return {std::move(tally), out.config()};
}

Tally play_in_simulate(const SmallWorld& world, const conf::Config& config) {
  ReceiverScript script(world);
  ScriptedReceiver receiver(world, script);
  const auto scenario = scenario_of(world);
  const auto report = simulate::play(config, scenario, world.seed, &receiver);
  Tally tally = script.tally();
  const auto note = [&](const Cell& cell, std::uint64_t n) {
    if (n > 0) tally[cell] += n;
  };
  for (unsigned day = 1; day <= report.days.size(); ++day) {
    for (const auto& [provider, counts] : report.days[day - 1].providers) {
      const std::string lane = "all to " + site_of(world, provider);
      note({day, lane, "delivered"}, counts.delivered);
      note({day, lane, "overflowed"}, counts.overflowed);
      note({day, lane, "bounced"}, counts.bounced);
      note({day, lane, "expired"}, counts.expired);
    }
  }
  for (const auto& lane : report.lanes) {
    const auto total = warmup::total_named(lane.provider);
    const auto name = total ? lane.source + " to " + lane.provider : lane_name(world, lane.source, lane.provider);
    for (const auto& day : lane.days) note({day_of(Instant(*simulate::parse_date(day.date))), name, "sent"}, day.sent);
  }
  return tally;
}

std::string difference(unsigned days, const Tally& town, const Tally& simulate) {
  constexpr std::size_t most = 12;
  std::set<Cell> cells;
  for (const auto* tally : {&town, &simulate})
    for (const auto& [cell, n] : *tally)
      if (cell.day <= days) cells.insert(cell);
  const auto in = [](const Tally& tally, const Cell& cell) {
    const auto at = tally.find(cell);
    return at == tally.end() ? 0 : at->second;
  };
  std::string text;
  std::size_t told = 0;
  for (const auto& cell : cells) {
    const auto here = in(town, cell), there = in(simulate, cell);
    if (here == there || ++told > most) continue;
    text += fmt::format("day {}, {}: {} in the town {}, in simulate {}\n", cell.day, cell.lane, cell.what, here, there);
  }
  return text;
}

}  // namespace mta::sim
