#include "fault_plan.h"

#include <fmt/format.h>

#include "mta/scheduler/scheduler_thread.h"
#include "plans_of_chance.h"

namespace mta::sim {

namespace {
using namespace std::chrono_literals;
constexpr std::uint64_t plenty = 1ULL << 34U;
constexpr const char* blocked = "550 5.7.1 Service unavailable, client host [192.0.2.10] blocked using Spamhaus";
}  // namespace

FaultPlan::FaultPlan(std::uint64_t seed) : town_(seed), dice_(seed, "mischief") {
  const std::uint64_t domains = dice_.between(1, 4);
  for (std::uint64_t i = 0; i < domains; ++i) {
    domains_.push_back(fmt::format("d{}.test", i));
    receivers_.push_back(&town_.receiver(domains_.back()));
    if (dice_.chance(0.3)) receivers_.push_back(&town_.another_host(domains_.back(), dice_.chance(0.5) ? 10 : 20));
  }
  receivers_.push_back(&town_.receiver("sender.test"));
  warms_up_ = dice_.chance(0.5);
  clock_is_set_ = warms_up_ && dice_.chance(0.15);
  if (warms_up_ && dice_.chance(0.2)) {
    receivers_.push_back(&town_.receiver("relay.test"));
    relay_ = receivers_.back()->host();
  }
  for (Receiver* receiver : receivers_) receiver->manners = roll_manners();
  roll_weather();
  out_ = &town_.mta(roll_wishes());
  out_->clients.sessions = static_cast<unsigned>(dice_.between(1, 8));
  if (warms_up_) out_->clients.patience = 5min;
}

std::string FaultPlan::some_domain() { return domains_[static_cast<std::size_t>(dice_.below(domains_.size()))]; }

// Short times are likelier: most of what can go wrong goes wrong within seconds.
Duration FaultPlan::some_time(Duration most) {
  const double share = dice_.fraction();
  return Duration(static_cast<Duration::rep>(static_cast<double>(most.count()) * share * share * share * share));
}

Manners FaultPlan::roll_manners() {
  Manners manners;
  manners.pipelining = dice_.chance(0.8);
  manners.chunking = dice_.chance(0.4);
  manners.dsn = dice_.chance(0.5);
  manners.size = dice_.chance(0.7) ? manners.size : 0;
  if (dice_.chance(0.5)) manners.tls = SimIdentity{};
  const std::uint64_t faults = dice_.below(3);
  for (std::uint64_t i = 0; i < faults; ++i) add_faults(manners);
  return manners;
}

void FaultPlan::add_faults(Manners& manners) {
  constexpr Stage stages[] = {Stage::banner, Stage::ehlo, Stage::mail, Stage::rcpt, Stage::data, Stage::dot};
  const Stage stage = stages[dice_.below(std::size(stages))];
  switch (dice_.below(warms_up_ ? 13 : 11)) {
    case 0: manners.greylist = some_time(warms_up_ && dice_.chance(0.3) ? Duration(60h) : Duration(20min)) + 1s; break;
    case 1: manners.hourly = dice_.between(5, 60); break;
    case 2: manners.unknown = {"user1@" + some_domain(), "user2@" + some_domain(), "user3@" + some_domain()}; break;
    case 3: manners.unknown_refused = Refusal::at_dot; break;
    case 4: manners.tarpit = some_time(60s); break;
    case 5: manners.hangup = Hangup{stage, dice_.chance(0.5), static_cast<unsigned>(dice_.between(1, 4))}; break;
    case 6: manners.messages_per_session = static_cast<unsigned>(dice_.between(1, 5)); break;
    case 7:
      manners.tls = SimIdentity{};
      manners.tls->handshake = static_cast<Handshake>(dice_.below(4));
      manners.tls->trusted = false;
      break;
    case 8:
      manners.answers[stage] = dice_.chance(0.7) ? "451 4.3.0 Temporary local problem" : "421 4.3.2 Service shutting down";
      break;
    case 9: manners.recipients_per_message = static_cast<unsigned>(dice_.between(1, 3)); break;
    case 10: manners.delays[stage] = some_time(15min); break;
    case 11: manners.answers[dice_.chance(0.5) ? Stage::mail : stage] = manners.over_hourly; break;
    case 12: manners.answers_to[asio::ip::make_address("192.0.2.10")] = blocked; break;
  }
}

Wishes FaultPlan::roll_wishes() {
  Wishes wishes;
  const std::uint64_t sources = dice_.between(1, 3);
  wishes.sources.clear();
  for (std::uint64_t i = 0; i < sources; ++i) wishes.sources.push_back(fmt::format("192.0.2.{}", 10 + i));
  if (!warms_up_) return wishes;
  wishes.plan = roll_plan(dice_);
  wishes.change = [this](conf::Config& config) { roll_warm_up(dice_, relay_, config); };
  return wishes;
}

// Every connection may break at any octet, either way, with or without a word.
void FaultPlan::roll_weather() {
  Link& link = town_.world().net.everywhere();
  link.latency = Duration(dice_.between(1, 120));
  link.jitter = Duration(dice_.chance(0.5) ? dice_.below(200) : 0);
  link.short_reads = dice_.chance(0.3);
  if (dice_.chance(0.2)) link.window = static_cast<std::size_t>(dice_.between(500, 5000));
  const double broken = dice_.chance(0.5) ? dice_.fraction() * 0.3 : 0;
  town_.world().net.weather([this, broken](Link& way, const Endpoint&, const Endpoint&) {
    if (!dice_.chance(broken)) return;
    const double share = dice_.fraction();
    const auto after = static_cast<std::uint64_t>(share * share * 4000);
    way.cut = Cut{dice_.chance(0.5) ? Way::to_server : Way::to_client, after, static_cast<Cut::How>(dice_.below(3))};
  });
}

Mail FaultPlan::roll_mail() {
  Mail mail;
  const std::uint64_t recipients = dice_.chance(0.7) ? 1 : dice_.between(2, 8);
  for (std::uint64_t i = 0; i < recipients; ++i)
    mail.recipients.push_back(fmt::format("user{}@{}", dice_.below(40), some_domain()));
  if (dice_.chance(0.05)) mail.sender = "";
  if (dice_.chance(0.05)) mail.recipient_parameters = " NOTIFY=NEVER";
  if (dice_.chance(0.05)) mail.recipients.push_back("someone@nowhere.test");
  if (dice_.chance(warms_up_ ? 0.6 : 0.1)) mail.headers = "List-Id: <news.sender.test>\r\n";
  mail.bytes = dice_.chance(0.05) ? static_cast<std::size_t>(dice_.between(10'000, 400'000))
                                  : static_cast<std::size_t>(dice_.between(10, 3000));
  return mail;
}

void FaultPlan::load() {
  const std::uint64_t count = dice_.between(1, 40);
  for (std::uint64_t i = 0; i < count; ++i) out_->submit(roll_mail());
}

void FaultPlan::befall_receiver() {
  Receiver& receiver = *receivers_[static_cast<std::size_t>(dice_.below(receivers_.size()))];
  Link& link = town_.world().net.link(receiver.endpoint().address);
  switch (dice_.below(5)) {
    case 0: receiver.close(); break;
    case 1: receiver.open(); break;
    case 2: receiver.manners = roll_manners(); break;
    case 3: link.reach = static_cast<Reach>(dice_.below(4)); break;
    case 4: town_.world().resolver.fails(some_domain(), dice_.chance(0.5)); break;
  }
}

// The moment at which most is at stake: somebody has a copy and its outcome is not known yet.
void FaultPlan::wait_for_a_dot() {
  const auto dots = [this] {
    std::size_t sum = 0;
    for (const Receiver* receiver : receivers_) sum += receiver->dots().size();
    return sum;
  };
  town_.pass_until([&dots, before = dots()] { return dots() > before; }, 12h);
}

// Set forward or back, by hours; or another boot.
void FaultPlan::befall_clock() {
  const Duration by = some_time(40h);
  town_.world().calendar.jump(dice_.chance(0.5) ? by : -by);
  if (!dice_.chance(0.2)) return;
  out_->crash();
  town_.world().calendar.reboot(fmt::format("boot {}", ++boots_));
  out_->start();
}

void FaultPlan::befall() {
  if (clock_is_set_ && dice_.chance(0.2)) befall_clock();
  switch (dice_.below(8)) {
    case 0:
    case 1: load(); break;
    case 2:
    case 3: befall_receiver(); break;
    case 4:
      if (dice_.chance(0.5)) wait_for_a_dot();
      out_->crash(dice_.chance(0.7));
      town_.pass(some_time(10min));
      out_->start();
      break;
    case 5: out_->restart(); break;
    case 6:
      out_->disk().set_free_bytes(dice_.chance(0.5) ? plenty : 64ULL << 20U);
      if (!warms_up_) break;
      town_.pass(some_time(2h));  // not for days: everybody tries again all the while
      out_->disk().set_free_bytes(plenty);
      break;
    case 7: town_.world().resolver.hangs(dice_.chance(0.3)); break;
  }
}

void FaultPlan::heal() {
  town_.world().net.weather({});
  town_.world().resolver.hangs(false);
  for (const std::string& domain : domains_) town_.world().resolver.fails(domain, false);
  for (Receiver* receiver : receivers_) {
    receiver->open();
    receiver->now_behaves();
    town_.world().net.link(receiver->endpoint().address).reach = Reach::open;
  }
  out_->disk().set_free_bytes(plenty);
}

std::vector<std::string> FaultPlan::play() {
  load();
  const std::uint64_t steps = dice_.between(2, 12);
  for (std::uint64_t i = 0; i < steps; ++i) {
    town_.pass(some_time(warms_up_ ? 36h : 6h));
    befall();
  }
  heal();
  town_.pass(24h);
  if (dice_.chance(0.3)) out_->crash_and_restart();
  town_.pass(24h);
  std::vector<std::string> broken;
  if (!out_->clients.idle()) broken.push_back("clients still try to submit though all is well");
  wait_for_the_last(broken);
  return broken;
}

// What a plan holds leaves on one of the days that follow.
void FaultPlan::wait_for_the_last(std::vector<std::string>& broken) {
  unsigned days = 2;
  if (warms_up_ && dice_.chance(0.3)) judge(broken);  // while lanes hold some
  while (warms_up_ && out_->waiting() > 0 && days < enough_days) town_.pass(24h), ++days;
  const StatusReport report = town_.world().loop.run(out_->server().scheduler().reports().status());
  if (report.recipients > 0)
    broken.push_back(fmt::format("{} recipients still wait though all is well for {} days", report.recipients, days));
  for (const auto& line : report.queues)
    broken.push_back(fmt::format("{} of them for {} in {}: {}", line.waiting, line.provider, line.mail_class, line.reason));
  judge(broken);
}

void FaultPlan::judge(std::vector<std::string>& broken) {
  for (std::string& each : town_.broken_promises()) broken.push_back(std::move(each));
}

}  // namespace mta::sim
