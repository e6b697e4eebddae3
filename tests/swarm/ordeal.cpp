#include "ordeal.h"

#include <fmt/format.h>

#include "mta/scheduler/scheduler_thread.h"
#include "plans_of_chance.h"

namespace mta::sim {

namespace {

using namespace std::chrono_literals;

struct SimulatedReply {
  Stage stage;
  const char* reply;
};
constexpr SimulatedReply refusals[] = {
    {Stage::mail, "421 4.7.28 unusual rate of mail originating from your IP, temporarily rate limited"},
    {Stage::mail, "421 4.7.0 too many messages from your IP address, rate limited, try again later"},
    {Stage::rcpt, "450 4.7.1 rate limited, please try again later"},
    {Stage::dot, "421 4.7.28 unusual rate of mail originating from your IP, temporarily rate limited"},
    {Stage::banner, "421 4.7.0 rate limited, too much mail from your IP address"},
    {Stage::banner, "554 5.7.1 your address is blocked using Spamhaus"},
    {Stage::ehlo, "550 5.7.1 Service unavailable, client host blocked using Spamhaus"},
    {Stage::mail, "550 5.7.1 Service unavailable, client host blocked using Spamhaus"},
    {Stage::rcpt, "550 5.7.1 Service unavailable, client host blocked using Spamhaus"},
    {Stage::dot, "550 5.7.1 Service unavailable, client host blocked using Spamhaus"},
    {Stage::dot, "451 4.7.1 client host blocked using Spamhaus"},
    {Stage::dot, "550 5.7.26 This mail has been blocked because the sender is unauthenticated"},
    {Stage::dot, "421 4.7.26 This mail has been rate limited because the sender is unauthenticated"},
    {Stage::mail, "530 5.7.0 Authentication required"},
    {Stage::mail, "535 5.7.8 Authentication credentials invalid"},
    {Stage::rcpt, "550 5.7.1 Relaying denied"},
    {Stage::rcpt, "454 4.7.1 Relay access denied"},
    {Stage::mail, "530 5.7.0 Must issue a STARTTLS command first"},
    {Stage::mail, "550 5.7.25 The IP address sending this message does not have a PTR record"},
    {Stage::mail, "421 4.3.2 Service shutting down"},
    {Stage::mail, "421 4.7.0 Too many connections from your host"},
    {Stage::data, "451 4.3.0 Temporary local problem"},
    {Stage::rcpt, "452 4.2.2 The recipient's mailbox is over quota"},
    {Stage::rcpt, "452 4.5.3 Too many recipients"},
};

}  // namespace

Ordeal::Ordeal(std::uint64_t seed) : town_(seed), dice_(seed, "ordeal") {
  const std::uint64_t domains = dice_.between(1, 3);
  for (std::uint64_t i = 0; i < domains; ++i) {
    domains_.push_back(fmt::format("d{}.test", i));
    receivers_.push_back(&town_.receiver(domains_.back()));
  }
  for (const char* host : {"sender.test", "relay.test", "partner.test"}) receivers_.push_back(&town_.receiver(host));
  out_ = &town_.mta(roll_wishes());
}

Receiver& Ordeal::some_receiver() { return *receivers_[static_cast<std::size_t>(dice_.below(receivers_.size()))]; }

std::string Ordeal::some_domain() { return domains_[static_cast<std::size_t>(dice_.below(domains_.size()))]; }

Duration Ordeal::some_time(Duration most) {
  const double share = dice_.fraction();
  return Duration(static_cast<Duration::rep>(static_cast<double>(most.count()) * share * share));
}

Wishes Ordeal::roll_wishes() {
  Wishes wishes;
  wishes.sources = {"192.0.2.10"};
  if (dice_.chance(0.5)) wishes.sources.push_back("192.0.2.11");
  if (dice_.chance(0.8)) {
    wishes.plan = roll_plan(dice_);
    wishes.plan->start = dice_.between(10, 80);
    wishes.plan->target = wishes.plan->start + 500;
    wishes.plan->table.clear();
  }
  wishes.change = [this](conf::Config& config) {
    roll_classes(config.classes);
    roll_sources(config);
  };
  return wishes;
}

void Ordeal::roll_classes(std::vector<warmup::ClassOptions>& classes) {
  using warmup::OnMaxWait;
  all_overflows_ = true;
  for (auto& each : classes) {
    each.reserve = dice_.chance(0.3) ? 0.2 : 0;
    each.pace = dice_.chance(0.5);
    each.max_wait = dice_.chance(0.5) ? Duration(15min) : Duration(std::chrono::hours(dice_.between(1, 24)));
    const std::uint64_t kind = dice_.below(5);
    if (kind <= 1) each.when_full = warmup::WhenFull::overflow;
    if (kind >= 1 && kind <= 2) each.on_max_wait = OnMaxWait::overflow;
    if (kind == 3) each.on_max_wait = OnMaxWait::bounce;
    longest_wait_ = std::max(longest_wait_, each.max_wait);
    all_overflows_ = all_overflows_ && kind >= 1 && kind <= 3;
  }
}

// A smarthost in the pool, one or an address as its overflow; each with a plan or without.
void Ordeal::roll_sources(conf::Config& config) {
  const auto add = [&](std::string name, const std::string& relay) {
    conf::Source made = config.sources.at(0);
    made.name = std::move(name);
    made.address = relay.empty() ? "192.0.2.30" : "";
    made.smarthost = relay.empty() ? "" : "mx1." + relay + ":25";
    made.tls = conf::TlsLevel::may;
    if (dice_.chance(0.7)) made.plan.clear();
    config.sources.push_back(made);
    return made;
  };
  auto& pool = config.pools.at(0);
  if (dice_.chance(0.25)) {
    pool.sources = {add("partner", "partner.test").name};
    if (dice_.chance(0.5)) pool.sources.push_back("ip-1");
  }
  const bool overflow = dice_.chance(0.75);
  if (overflow) {
    const auto made = add("old-way", dice_.chance(0.75) ? "relay.test" : "");
    pool.overflow = made.name;
    all_overflows_ = all_overflows_ && made.plan.empty();
  }
  all_overflows_ = all_overflows_ && overflow;
}

void Ordeal::load() {
  const std::uint64_t count = dice_.between(1, 25);
  for (std::uint64_t i = 0; i < count; ++i) {
    Mail mail;
    const std::uint64_t recipients = dice_.chance(0.8) ? 1 : dice_.between(2, 4);
    for (std::uint64_t n = 0; n < recipients; ++n)
      mail.recipients.push_back(fmt::format("user{}@{}", dice_.below(60), some_domain()));
    if (dice_.chance(0.6)) mail.headers = "List-Id: <news.sender.test>\r\n";
    if (dice_.chance(0.05)) mail.sender = "";
    mail.bytes = 50;
    out_->submit(std::move(mail));
  }
}

void Ordeal::refuse(Receiver& receiver) {
  const SimulatedReply& said = refusals[dice_.below(std::size(refusals))];
  if (dice_.chance(0.2)) receiver.manners.answers_to[asio::ip::make_address("192.0.2.10")] = refusals[7].reply;
  if (dice_.chance(0.15)) receiver.manners.greylist = some_time(6h) + 1s;
  if (dice_.chance(0.15)) receiver.manners.limits_every = static_cast<unsigned>(dice_.between(2, 6));
  if (dice_.chance(0.1)) receiver.manners.unknown = {"user1@d0.test", "user2@d0.test", "user3@d0.test"};
  receiver.now_answers(said.reply, said.stage);
}

void Ordeal::vanish(Receiver& receiver) {
  auto& link = town_.world().net.link(receiver.endpoint().address);
  if (dice_.chance(0.3)) return town_.world().resolver.fails(some_domain(), true);
  if (dice_.chance(0.5)) return receiver.close();
  link.reach = dice_.chance(0.5) ? Reach::refused : Reach::silent;
}

void Ordeal::hand(const std::string& source, const std::string& provider, const warmup::LaneCommandRequest& wish) {
  town_.world().loop.run(out_->server().scheduler().lane_command(source, provider, wish));
}

void Ordeal::operate() {
  const auto& sources = out_->config().sources;
  const auto& source = sources[static_cast<std::size_t>(dice_.below(sources.size()))];
  const std::string provider = source.is_smarthost() ? "*" : "other:" + some_domain();
  constexpr warmup::LaneCommand hands[] = {warmup::LaneCommand::pause, warmup::LaneCommand::pause, warmup::LaneCommand::hold,
                                           warmup::LaneCommand::undo, warmup::LaneCommand::resume};
  warmup::LaneCommandRequest wish;
  wish.command = hands[dice_.below(std::size(hands))];
  wish.by = "ann";
  const bool pins = wish.command == warmup::LaneCommand::pause || wish.command == warmup::LaneCommand::hold;
  if (pins && dice_.chance(0.7)) wish.lasts = some_time(30h) + 1min;
  if (pins && !wish.lasts) paused_.emplace_back(source.name, provider);
  hand(source.name, provider, wish);
}

void Ordeal::befall() {
  switch (dice_.below(10)) {
    case 0:
    case 1: return load();
    case 2:
    case 3:
    case 4:
    case 5: return refuse(some_receiver());
    case 6: return some_receiver().now_behaves();
    case 7: return vanish(some_receiver());
    case 8: return operate();
    case 9:
      if (dice_.chance(0.4)) return out_->crash_and_restart();
      return dice_.chance(0.5) ? out_->restart() : static_cast<void>(out_->server().reload(out_->config()));
  }
}

void Ordeal::heal() {
  for (const std::string& domain : domains_) town_.world().resolver.fails(domain, false);
  for (Receiver* receiver : receivers_) {
    receiver->open();
    receiver->now_behaves();
    town_.world().net.link(receiver->endpoint().address).reach = Reach::open;
  }
  for (const auto& [source, provider] : std::exchange(paused_, {})) {
    warmup::LaneCommandRequest wish;
    wish.command = warmup::LaneCommand::resume;
    hand(source, provider, wish);
  }
}

// A pause and a withheld domain last a day at most, an operator's hold some 30 hours; then comes a probe, and who is greylisted or was
// told to come again has some hours. What only caps hold needs days.
Duration Ordeal::may_take() const {
  constexpr Duration brakes = 24h * 3;
  return all_overflows_ ? brakes + longest_wait_ : brakes + 24h * 40;
}

std::vector<std::string> Ordeal::play() {
  load();
  const std::uint64_t steps = dice_.between(3, 14);
  for (std::uint64_t i = 0; i < steps; ++i) {
    befall();
    town_.pass(some_time(dice_.chance(0.3) ? Duration(40h) : Duration(3h)));
  }
  heal();
  const Instant well = town_.now();
  std::vector<std::string> broken;
  while (out_->waiting() > 0 && town_.now() - well < may_take()) town_.pass(6h);
  const StatusReport report = town_.world().loop.run(out_->server().scheduler().reports().status());
  if (report.recipients > 0)
    broken.push_back(fmt::format("{} recipients wait though all is well for {} h", report.recipients, (town_.now() - well) / 1h));
  for (const auto& line : report.queues)
    broken.push_back(fmt::format("{} of them for {} in {}: {}", line.waiting, line.provider, line.mail_class, line.reason));
  for (const auto& lane : report.lanes)
    if (report.recipients > 0)
      broken.push_back(
          fmt::format("lane {} {}: {}, {}", lane.source, lane.provider, lane.record.shown_state(), lane.record.reason));
  for (std::string& each : town_.broken_promises()) broken.push_back(std::move(each));
  return broken;
}

}  // namespace mta::sim
