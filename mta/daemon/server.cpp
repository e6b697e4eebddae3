#include "mta/daemon/server.h"

#include <spdlog/spdlog.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <map>
#include <mutex>
#include <set>

#include "conf/load.h"
#include "mta/bounce/bouncer.h"
#include "mta/daemon/mark_book.h"
#include "mta/daemon/rehearsal.h"
#include "mta/daemon/router.h"
#include "mta/daemon/rules.h"
#include "mta/deliver/conversation.h"
#include "mta/deliver/downgrade.h"
#include "mta/doors/tasks.h"
#include "mta/observe/event_file.h"
#include "mta/observe/mail_log.h"
#include "mta/report/queue_totals.h"
#include "mta/scheduler/scheduler_thread.h"
#include "mta/submit/listener.h"
#include "queue/rebuild.h"

namespace mta {

namespace {
constexpr unsigned bounce_writers = 4;
constexpr Duration stop_check = std::chrono::milliseconds(20);
constexpr Duration settle_grace = std::chrono::seconds(3);  // for conversations that were cut to say so

RefusedEvent refused_event(const Refused& refused) {
  RefusedEvent event;
  event.subject.sender = refused.sender;
  event.subject.recipient = refused.recipient;
  event.client = refused.client;
  event.user = refused.user;
  event.stage = name(refused.stage);
  event.reply = {"", refused.refusal.code, refused.refusal.enhanced, refused.refusal.text};
  event.count = refused.count;
  event.since = refused.since;
  return event;
}

// The domain of the subject is that of the From header.
template <class MarkEvent>
MarkEvent mark_event(const Marked& mark) {
  MarkEvent event;
  event.subject.id = mark.id.text();
  event.subject.message_id = mark.message_id;
  event.subject.mail_class = mark.mail_class;
  event.subject.sender = mark.sender;
  event.subject.domain = mark.domain;
  event.client = mark.client;
  event.user = mark.user;
  event.reason = mark.reason;
  return event;
}
}  // namespace

struct Server::Parts {
  Parts(World world_in, conf::Config config, StartOptions how_in)
      : world(world_in), how(how_in), rules(make_rules(world_in.net, std::move(config))) {}

  World world;
  StartOptions how;
  mutable std::mutex mutex;  // guards rules
  std::shared_ptr<const RulesInForce> rules;
  Tasks tasks;
  std::shared_ptr<queue::Store> store;
  std::shared_ptr<EventFile> event_file;
  std::shared_ptr<MailLog> mail_log;
  std::unique_ptr<SchedulerThread> scheduler;
  std::unique_ptr<Submission> submission;
  std::atomic<Submission*> at_the_door{nullptr};  // the same, once it is open
  std::unique_ptr<MarkBook> unsigned_book, lint_book;

  struct OpenConnection {
    Executor home;
    std::shared_ptr<Hangup> hangup;
  };
  std::shared_ptr<FailedExtensions> failed_extensions = std::make_shared<FailedExtensions>();
  std::mutex lines_mutex;  // guards open_lines
  std::map<std::uint64_t, OpenConnection> open_lines;

  std::shared_ptr<const RulesInForce> current() const {
    const std::lock_guard lock(mutex);
    return rules;
  }

  std::shared_ptr<const conf::Config> started_with;  // what takes effect at a start only
  void open_books();
  void open_event_file();
  void open_mail_log();
  void open_submission();
  void converse_with(Assignment);
  awaitable<void> host(Assignment, ConversationParts);
  void hang_up_all();
  awaitable<void> look_up(std::string domain);
  std::vector<MarkedDomains::Row> marked(const MarkBook&, MarkedDomains SubmissionContext::*of_this_run) const;
  std::vector<MarkedDomains::Row> unsigned_domains() const;
  std::vector<MarkedDomains::Row> lacking_domains() const;
  std::vector<std::string> strays(const conf::Config& was, const conf::Config& is) const;
  awaitable<void> wind_down(std::function<void()> done);
};

Server::Server(World world, conf::Config config, StartOptions how)
    : parts_(std::make_unique<Parts>(world, std::move(config), how)) {}
Server::~Server() = default;

void Server::Parts::open_books() {
  const auto config = current()->config;
  started_with = config;
  queue::StoreOptions options;
  options.env = world.disk.env();
  options.accept_damage = how.accept_damage;
  store = queue::Store::open(config->spool, options);
  if (store->wants_rebuild()) {
    const auto made = queue::rebuild(*store, world.calendar.now());
    spdlog::warn("spool {}: the order of the queue was made anew from its {} recipients", config->spool, made.recipients);
  }
  enter_rehearsal(*store, *config, world.calendar.wall());
  const Identities identities(*store);
  for (const auto& text : identities.changes(*config, *store)) spdlog::warn("{}", text);
  for (const auto& text : identities.idle_was(*config, *store)) spdlog::info("{}", text);
  SchedulerHooks hooks;
  hooks.converse = [this](Assignment assignment) { converse_with(std::move(assignment)); };
  hooks.look_up = [this](std::string domain) { tasks.spawn(world.threads.io(), "route " + domain, look_up(domain)); };
  unsigned_book = std::make_unique<MarkBook>(*store, "unsigned");
  lint_book = std::make_unique<MarkBook>(*store, "lint");
  hooks.keep = [this](queue::Batch& batch) {
    unsigned_book->put(unsigned_domains(), batch);
    lint_book->put(lacking_domains(), batch);
  };
  scheduler = std::make_unique<SchedulerThread>(world, Policy{config, current()->providers}, store, std::move(hooks));
}

void Server::Parts::open_event_file() {
  const auto config = current()->config;
  if (config->events.file.empty()) return;
  event_file = std::make_shared<EventFile>(world, store, config->events.file,
                                           [this](EventCursor read) { scheduler->events_read(std::move(read)); });
  scheduler->on_events([this](std::uint64_t seq) { event_file->advance(seq); });
}

void Server::Parts::open_mail_log() {
  const auto config = current()->config;
  mail_log = std::make_shared<MailLog>(world, tasks, MailLog::Stamp{config->hostname, how.process});
  mail_log->use(mail_log->open(config->log.maillog));
  scheduler->on_lines([this](const std::vector<MailLine>& lines) { mail_log->add(lines); });
}

void Server::Parts::open_submission() {
  SubmitParts doors{world, tasks, *scheduler, [this] {
                      const auto now = current();
                      return Snapshot{now->config, now->signer, now->identity};
                    }};
  doors.refused = [this](const Refused& refused) {
    scheduler->report(refused_event(refused));
    if (refused.refusal.came_back) scheduler->pause_overflows(refused.client);
  };
  doors.unsigned_mail = [this](const Marked& mark) {
    spdlog::warn("mail from {} goes out without a DKIM signature: {}; {} ({})", mark.domain.empty() ? mark.sender : mark.domain,
                 mark.reason, unsigned_cure(mark.domain), mark.id.text());
    scheduler->report(mark_event<UnsignedEvent>(mark));
  };
  doors.lacking_bulk = [this](const Marked& mark) {
    spdlog::warn("bulk mail from {} lacks what mailbox providers ask for: {} ({})",
                 mark.domain.empty() ? mark.sender : mark.domain, mark.reason, mark.id.text());
    scheduler->report(mark_event<LintEvent>(mark));
  };
  doors.faulty_header = [this](const Marked& mark) {
    spdlog::warn("client {}: taken with a header that RFC 5322 does not allow: {} ({})", mark.client, mark.reason,
                 mark.id.text());
    scheduler->report(mark_event<LintEvent>(mark));
  };
  submission = std::make_unique<Submission>(std::move(doors));
  submission->open();
  at_the_door = submission.get();
}

std::vector<MarkedDomains::Row> Server::Parts::marked(const MarkBook& book, MarkedDomains SubmissionContext::*of_this_run) const {
  const auto now = world.calendar.wall();
  Submission* const door = at_the_door;
  return book.rows(door == nullptr ? std::vector<MarkedDomains::Row>{} : (door->context().*of_this_run).rows(now), now);
}

std::vector<MarkedDomains::Row> Server::Parts::unsigned_domains() const {
  return marked(*unsigned_book, &SubmissionContext::unsigned_domains);
}

std::vector<MarkedDomains::Row> Server::Parts::lacking_domains() const {
  return marked(*lint_book, &SubmissionContext::bulk_domains);
}

// A new signature when the old one is stale, or when the content had to be changed (DESIGN.md §3, step 8).
std::unique_ptr<dkim::Signature> begin_signature(const std::shared_ptr<const dkim::Signer>& signer, const queue::Message& message,
                                                 bool changed, Instant now) {
  if (!changed && !signature_is_stale(message, *signer, now)) return nullptr;
  const auto keys = signer->keys_for(message.from_domain);
  return keys.empty() ? nullptr : signer->begin(keys, std::chrono::floor<std::chrono::seconds>(now));
}

// Runs on the syncer: the attempt is durable, its first byte may leave.
void Server::Parts::converse_with(Assignment assignment) {
  const auto now = current();
  ConversationParts doors{world, *scheduler, now->judge, now->providers, {}, {}, std::make_shared<Hangup>(), {}};
  doors.begin_signature = [signer = now->signer, &calendar = world.calendar](const queue::Message& message, bool changed) {
    return begin_signature(signer, message, changed, calendar.wall());  // DKIM t= is real
  };
  doors.downgrade = downgrade;
  doors.failed_extensions = failed_extensions;
  const Executor home = world.threads.io();
  {
    const std::lock_guard lock(lines_mutex);
    open_lines[assignment.conversation] = {home, doors.hangup};
  }
  auto name = "delivery " + assignment.message->id.text();
  tasks.spawn(home, std::move(name), host(std::move(assignment), std::move(doors)));
}

awaitable<void> Server::Parts::host(Assignment assignment, ConversationParts doors) {
  const auto id = assignment.conversation;
  co_await converse(std::move(assignment), std::move(doors));
  const std::lock_guard lock(lines_mutex);
  open_lines.erase(id);
}

void Server::Parts::hang_up_all() {
  const std::lock_guard lock(lines_mutex);
  for (const auto& [id, line] : open_lines) {
    asio::post(line.home, [hangup = line.hangup] { hangup->hang_up(); });
  }
}

awaitable<void> Server::Parts::look_up(std::string domain) {
  RouteAnswer answer = co_await find_route(world, current()->providers, domain);
  scheduler->routed(std::move(domain), std::move(answer));
}

void Server::start() {
  Parts& parts = *parts_;
  parts.open_books();
  parts.open_event_file();
  parts.open_mail_log();
  parts.scheduler->start();
  for (unsigned n = 0; n < bounce_writers; ++n) {
    BouncerParts doors{parts.world, *parts.scheduler, [this] { return parts_->current()->config; },
                       [this] { return parts_->current()->signer; }};
    parts.tasks.spawn(parts.world.threads.io(), "bounce writer", write_bounces(std::move(doors)));
  }
  parts.open_submission();
}

void Server::stop(std::function<void()> done) {
  parts_->tasks.spawn(parts_->world.threads.scheduler(), "shutdown", parts_->wind_down(std::move(done)));
}

awaitable<void> Server::Parts::wind_down(std::function<void()> done) {
  submission->stop();
  scheduler->stop_taking();
  const auto until = world.stopwatch.now() + current()->config->shutdown_grace;
  for (;;) {
    co_await world.stopwatch.wait_for(stop_check);
    const auto open = submission->conversations() + scheduler->conversations();
    if (open == 0) break;
    if (world.stopwatch.now() < until) continue;
    spdlog::warn("shutdown: {} conversations are still open after shutdown_grace; they are cut and their mail is tried again",
                 open);
    break;
  }
  submission->close_all();
  hang_up_all();
  for (const auto last = world.stopwatch.now() + settle_grace; scheduler->conversations() > 0 && world.stopwatch.now() < last;) {
    co_await world.stopwatch.wait_for(stop_check);
  }
  asio::post(world.threads.syncer(), [this] {
    if (event_file) event_file->finish();
  });
  scheduler->finish([this, done = std::move(done)] {
    mail_log->finish();
    done();
  });
}

void Server::abandon() {
  if (parts_->submission) parts_->submission->abandon();
  if (parts_->scheduler) parts_->scheduler->abandon();
}

// Which lines go another way now: those of a pool or class that was removed.
std::vector<std::string> Server::Parts::strays(const conf::Config& was, const conf::Config& is) const {
  std::set<std::string> pools, classes;
  for (const auto& pool : was.pools) {
    if (is.pool(pool.name) == nullptr) pools.insert(pool.name);
  }
  for (const auto& each : was.classes) {
    if (is.mail_class(each.name) == nullptr) classes.insert(each.name);
  }
  OrphanedQueues found = find_orphaned_queues(*store, pools, classes);
  std::vector<std::string> said;
  const auto tell = [&](const char* what, const std::string& name, const OrphanedQueues::Count& count, const std::string& by) {
    const bool one = count.queues.size() == 1;
    const auto lines =
        fmt::format("{}{} line{} ({} recipient{}) go{} by {} {}", found.more ? "at least " : "", count.queues.size(),
                    one ? "" : "s", count.recipients, count.recipients == 1 ? "" : "s", one ? "es" : "", what, by);
    said.push_back(fmt::format("{} {} is gone: {}", what, name, count.queues.empty() ? "nothing waits in it" : lines));
  };
  const auto* pool = pool_in(is, "default");
  for (const auto& name : pools) tell("pool", name, found.pools[name], pool == nullptr ? "" : pool->name);
  for (const auto& name : classes) tell("class", name, found.classes[name], class_in(is, name).name);
  return said;
}

std::vector<std::string> Server::reload(conf::Config config) {
  Parts& parts = *parts_;
  const auto old = parts.current();
  const auto fixed = conf::not_reloadable(*old->config, config);
  if (!fixed.empty()) {
    std::vector<conf::Problem> problems;
    for (const auto& key : fixed)
      problems.push_back({{config.file, 0}, key + " cannot change while the daemon runs: restart it"});
    throw conf::ConfigError(std::move(problems));
  }
  const auto rules = make_rules(parts.world.net, std::move(config));
  {
    const std::lock_guard lock(parts.mutex);
    parts.rules = rules;
  }
  try {
    auto maillog = parts.mail_log->open(rules->config->log.maillog);  // also the same one anew, when it was moved away
    parts.submission->reload();
    parts.mail_log->use(std::move(maillog));
  } catch (...) {
    const std::lock_guard lock(parts.mutex);
    parts.rules = old;
    throw;
  }
  const Identities identities(*parts.store);
  auto moved = identities.changes(*rules->config, *parts.store);
  for (auto& text : identities.idle_was(*rules->config, *parts.store)) moved.push_back(std::move(text));
  parts.scheduler->replace({rules->config, rules->providers});
  std::vector<std::string> said{"configuration reloaded from " + rules->config->file};
  said.insert(said.end(), moved.begin(), moved.end());
  for (auto& text : parts.strays(*old->config, *rules->config)) said.push_back(std::move(text));
  for (const auto& source : old->config->sources) {
    if (rules->config->source(source.name) == nullptr)
      said.push_back("source " + source.name + " is gone: its lanes keep their history");
  }
  const conf::Config &was = *parts.started_with, &is = *rules->config;
  const auto later = [&said](const char* key) { said.push_back(std::string(key) + " takes effect when warmupd starts again"); };
  if (was.dns.servers != is.dns.servers || was.dns.timeout != is.dns.timeout || was.dns.trust_ad != is.dns.trust_ad) later("dns");
  if (was.events.file != is.events.file) later("events.file");
  return said;
}

std::vector<Endpoint> Server::listening() const {
  return parts_->submission ? parts_->submission->listening() : std::vector<Endpoint>{};
}
std::vector<MarkedDomains::Row> Server::unsigned_domains() const { return parts_->unsigned_domains(); }
std::vector<MarkedDomains::Row> Server::lacking_domains() const { return parts_->lacking_domains(); }
SchedulerThread& Server::scheduler() { return *parts_->scheduler; }
std::shared_ptr<const conf::Config> Server::config() const { return parts_->current()->config; }
std::shared_ptr<const Judge> Server::judge() const { return parts_->current()->judge; }
std::shared_ptr<const Providers> Server::providers() const { return parts_->current()->providers; }

}  // namespace mta
