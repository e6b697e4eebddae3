#include "tests/sim/daemon.h"

#include <fmt/format.h>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "conf/load.h"
#include "conf/own_domains.h"
#include "mta/scheduler/plans.h"
#include "mta/scheduler/scheduler_thread.h"
#include "queue/ensure.h"
#include "queue/keys.h"
#include "queue/queue.h"
#include "queue/store.h"
#include "warmup/lane_row.h"

namespace mta::sim {

namespace {
using namespace std::chrono_literals;

// Read once: what the shipped tables and the defaults say.
const conf::Config& usual_config() {
  static const conf::Config usual =
      conf::load_text(
          "spool = \"/spool\"\n[[listener]]\naddress = \"192.0.2.1:25\"\nauth = \"off\"\nrelay_from = [\"10.0.0.0/8\"]\n"
          "[[source]]\nname = \"ip-1\"\naddress = \"192.0.2.10\"\n[[pool]]\nname = \"default\"\nsources = [\"ip-1\"]\n"
          "[auth]\nusers = \"\"\n[events]\nkeep = \"3650d\"\n"
          "[providers]\nfile = \"" WARMUPD_SOURCE_DIR "/conf/providers.toml\"\nresponses = \"" WARMUPD_SOURCE_DIR
          "/conf/responses.toml\"\n",
          "town", "mta1.sender.test")
          .config;
  return usual;
}

std::string text_of(const boost::json::object& event, std::string_view key) {
  const auto* value = event.if_contains(key);
  const auto* text = value == nullptr ? nullptr : value->if_string();
  return text == nullptr ? "" : std::string(text->data(), text->size());
}

std::uint64_t number_of(const boost::json::object& event, std::string_view key) {
  const auto* value = event.if_contains(key);
  return value == nullptr || !value->is_number() ? 0 : value->to_number<std::uint64_t>();
}

Instant instant_of(const std::string& rfc3339) {
  std::istringstream input(rfc3339);
  int year = 0;
  unsigned month = 0, day = 0;
  int hour = 0, minute = 0, second = 0, millisecond = 0;
  char mark = 0;
  input >> year >> mark >> month >> mark >> day >> mark >> hour >> mark >> minute >> mark >> second >> mark >> millisecond;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month), std::chrono::day(day)};
  return std::chrono::sys_days(date) + std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second) +
         std::chrono::milliseconds(millisecond);
}

EventSeen read_event(std::string_view json) {
  const boost::json::object event = boost::json::parse({json.data(), json.size()}).as_object();
  EventSeen seen;
  seen.seq = number_of(event, "seq");
  seen.at = instant_of(text_of(event, "time"));
  seen.type = text_of(event, "type");
  seen.id = text_of(event, "id");
  seen.recipient_id = text_of(event, "recipient_id");
  seen.recipient = text_of(event, "recipient");
  seen.sender = text_of(event, "sender");
  seen.message_id = text_of(event, "message_id");
  seen.client = text_of(event, "client");
  seen.source = text_of(event, "source");
  seen.provider = text_of(event, "provider");
  seen.verdict = text_of(event, "verdict");
  seen.change = text_of(event, "change");
  seen.recipients = number_of(event, "recipients");
  seen.text = json;
  return seen;
}

const std::string no_bound(20, '\xff');
constexpr std::size_t row_of_line = 8 + 8 + 4;  // due, message, recipient behind the line's own key

void read_rows(const queue::Store& store, Evidence& evidence) {
  std::map<std::string, unsigned> lines, attempts;
  for (auto cursor = store.scan(queue::Family::queue_row, "", no_bound); cursor.valid(); cursor.next()) {
    const auto line = cursor.key().substr(0, cursor.key().size() - row_of_line);
    const auto row = queue::decode_queue_row(line, cursor.key());
    ENSURE(row);
    ++lines[row->recipient.text()];
  }
  for (auto cursor = store.scan(queue::Family::attempt, "", no_bound); cursor.valid(); cursor.next())
    ++attempts[queue::decode_recipient_key(cursor.key())->text()];
  for (auto cursor = store.scan(queue::Family::recipient, "", no_bound); cursor.valid(); cursor.next()) {
    const auto id = queue::decode_recipient_key(cursor.key());
    const auto recipient = queue::decode_recipient(cursor.value());
    ENSURE(id && recipient);
    evidence.rows.push_back({*id, *recipient, lines[id->text()], attempts[id->text()]});
  }
}

void read_lanes(const queue::Store& store, const conf::Config& config, Evidence& evidence) {
  const Plans plans({std::make_shared<conf::Config>(config), nullptr});
  for (const conf::Source& source : config.sources) evidence.addresses[source.name] = Plans::identity(source);
  for (auto cursor = store.scan(queue::Family::lane, "", no_bound); cursor.valid(); cursor.next()) {
    const auto name = warmup::parse_lane_row_key(cursor.key());
    auto& ledgers = warmup::is_sender_identity(name.identity) ? evidence.senders : evidence.lanes;
    if (!name.date.empty()) {  // behind its lane
      ENSURE(!ledgers.empty() && ledgers.back().address == name.identity);
      const auto day = warmup::decode_day(cursor.value());
      ENSURE(day);
      ledgers.back().record.history.push_back(*day);
      continue;
    }
    const auto record = warmup::decode_lane(cursor.value());
    ENSURE(record);
    std::shared_ptr<const warmup::Rules> rules;
    for (const auto& [source, address] : evidence.addresses)
      if (address == name.identity) rules = plans.rules_of({source, name.provider});
    if (!rules) rules = plans.no_plan();  // a source, or a total, that is gone
    ledgers.push_back({warmup::lane_row_key(name.identity, name.provider), name.identity, name.provider, *record, rules});
  }
}
}  // namespace

Daemon::Daemon(SimWorld& world, const Wishes& wishes)
    : clients(world, asio::ip::make_address("10.0.0.1")), world_(world), disk_(world.seed), config_(usual_config()) {
  config_.retry = wishes.retry;
  config_.delivery.tls = wishes.tls;
  const conf::Source usual = config_.sources.at(0);
  config_.sources.clear();
  config_.pools.at(0).sources.clear();
  for (const std::string& address : wishes.sources) {
    conf::Source source = usual;
    source.name = fmt::format("ip-{}", config_.sources.size() + 1);
    source.address = address;
    config_.pools.at(0).sources.push_back(source.name);
    if (wishes.plan) source.plan = "default";
    config_.sources.push_back(std::move(source));
  }
  if (wishes.plan) {
    config_.plans.at(0) = *wishes.plan;
    config_.plans.at(0).name = "default";
  }
  if (wishes.change) wishes.change(config_);
  clients.server = [this]() -> std::optional<Endpoint> {
    if (!server_ || server_->listening().empty()) return std::nullopt;
    return server_->listening().front();
  };
  start();
}

Daemon::~Daemon() = default;

void Daemon::start() {
  ENSURE(!server_);
  world_.loop.log("daemon", "starts");
  server_ = std::make_unique<Server>(world_.with(disk_), config_, StartOptions{.accept_damage = accept_damage});
  try {
    server_->start();
  } catch (...) {
    destroy_process();
    throw;
  }
}

void Daemon::stop() {
  ENSURE(server_);
  world_.loop.log("daemon", "stops");
  const auto stopped = std::make_shared<bool>(false);
  server_->stop([stopped] { *stopped = true; });
  const auto done = [&] { return *stopped || disk_.losing(); };
  if (!world_.loop.run_until(done)) throw LoopStuck("the daemon never stops\n" + world_.loop.tail());
  if (disk_.losing()) return crash();  // it ends while it stops
  destroy_process();
}

void Daemon::crash(bool cable_too) {
  ENSURE(server_);
  world_.loop.log("daemon", cable_too ? "loses power" : "crashes");
  crashes_.push_back(world_.calendar.now());
  if (cable_too) world_.net.pull_cable(world_.loop.process());
  disk_.crash();
  world_.calendar.reboot(fmt::format("town after {} crashes", crashes_.size()));  // what the host knew in memory is gone too
  destroy_process();
}

void Daemon::vanish() {
  if (server_) destroy_process();
}

void Daemon::destroy_process() {
  server_->abandon();
  world_.loop.kill_process();
  server_.reset();
}

std::uint64_t Daemon::waiting() {
  const StatusReport report = world_.loop.run(server_->scheduler().reports().status());
  return report.recipients;
}

void Daemon::read_spool(Evidence& evidence) {
  ENSURE(!server_);
  queue::StoreOptions options;
  options.env = disk_.env();
  options.accept_damage = true;  // what is missing is for the judge to find
  const auto store = queue::Store::open(config_.spool, options);
  for (auto cursor = store->scan(queue::Family::event, "", no_bound); cursor.valid(); cursor.next()) {
    evidence.events.push_back(read_event(cursor.value()));
    if (evidence.events.back().seq > logged_events_) world_.loop.log("event", cursor.value());
  }
  if (!evidence.events.empty()) logged_events_ = evidence.events.back().seq;
  read_rows(*store, evidence);
  read_lanes(*store, config_, evidence);
  evidence.own = conf::own_domains(config_);
  evidence.submissions = clients.submissions();
  evidence.crashes = crashes_;
}

}  // namespace mta::sim
