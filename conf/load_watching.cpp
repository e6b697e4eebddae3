#include <sys/un.h>

#include <fmt/format.h>

#include <algorithm>

#include "conf/draft.h"

namespace conf {
namespace {

using std::chrono::seconds;

void load_suppression(Table& top, ConfigDraft& draft) {
  auto table = top.table("suppression");
  if (!table) return;
  Suppression& suppression = draft.config.suppression;
  table->yes_no("enabled", suppression.enabled);
  table->texts("never", suppression.never, never_suppressed);
  table->yes_no("at_rcpt", suppression.at_rcpt);
  table->whole("after", suppression.after, 1U, 1000U);
  table->duration("expire", suppression.expire, seconds(0));
  table->finish();
}

void load_bounces(Table& top, ConfigDraft& draft) {
  auto table = top.table("bounces");
  if (!table) return;
  Bounces& bounces = draft.config.bounces;
  if (table->text_or_none("domain", bounces.domain, host_name)) bounces.domain = lower(bounces.domain);
  draft.path(*table, "secret_file", bounces.secret_file);
  table->yes_no("forward", bounces.forward);
  table->finish();
  std::string secret;
  if (!bounces.secret_file.empty()) draft.read_secret(*table, "secret_file", bounces.secret_file, secret);
}

void load_history(Table& top, ConfigDraft& draft) {
  auto table = top.table("history");
  if (!table) return;
  table->duration("keep", draft.config.history.keep, seconds(0));
  table->finish();
}

void load_log(Table& top, ConfigDraft& draft) {
  auto table = top.table("log");
  if (!table) return;
  table->choice("level", draft.config.log.level, {"debug", "info", "warn", "error"});
  draft.path(*table, "maillog", draft.config.log.maillog);
  table->finish();
}

void load_exempt(Table& top, ConfigDraft& draft) {
  auto table = top.table("warmup");
  if (!table) return;
  table->texts("exempt", draft.config.warmup.exempt, host_name);
  for (std::string& domain : draft.config.warmup.exempt) domain = lower(domain);
  table->finish();
}

void load_control(Table& top, ConfigDraft& draft) {
  auto table = top.table("control");
  if (!table) return;
  Control& control = draft.config.control;
  draft.path(*table, "socket", control.socket);
  if (control.socket.empty() || control.socket.size() >= sizeof(sockaddr_un::sun_path)) {  // unix(7)
    table->misfit("socket", fmt::format("a path of at most {} octets", sizeof(sockaddr_un::sun_path) - 1));
  }
  table->text_or_none("listen", control.listen, endpoint);
  draft.path(*table, "token_file", control.token_file);
  table->finish();
  const auto split = split_host_port(control.listen);
  if (split && !is_loopback(split->host) && control.token_file.empty()) {
    table->fault("listen", fmt::format("{} can be reached from other hosts; set token_file", control.listen));
  }
  std::string token;
  if (!control.token_file.empty()) draft.read_secret(*table, "token_file", control.token_file, token);
}

void load_events(Table& top, ConfigDraft& draft) {
  auto table = top.table("events");
  if (!table) return;
  Events& events = draft.config.events;
  table->duration("keep", events.keep, seconds(1));
  draft.path(*table, "file", events.file);
  table->text_or_none("webhook", events.webhook, web_address);
  const std::vector<std::string> types{"accepted", "refused",    "delivered",    "deferred",  "bounced",  "expired",
                                       "dropped",  "suppressed", "unsuppressed", "complaint", "returned", "clock",
                                       "lane",     "unsigned",   "damaged",      "lint"};
  table->texts("webhook_types", events.webhook_types);
  for (std::size_t i = 0; i < events.webhook_types.size(); ++i) {
    if (std::find(types.begin(), types.end(), events.webhook_types[i]) != types.end()) continue;
    draft.faults.problem(table->element("webhook_types", i),
                         fmt::format("events.webhook_types: expected {}, found \"{}\"", listed(types), events.webhook_types[i]));
  }
  draft.path(*table, "webhook_secret_file", events.webhook_secret_file);
  table->finish();
  std::string secret;
  if (!events.webhook_secret_file.empty()) draft.read_secret(*table, "webhook_secret_file", events.webhook_secret_file, secret);
}

void load_doctor(Table& top, ConfigDraft& draft) {
  auto table = top.table("doctor");
  if (!table) return;
  table->choice("at_start", draft.config.doctor.at_start, {"off", "warn", "enforce"});
  table->texts("dnsbl", draft.config.doctor.dnsbl, host_name);
  table->finish();
}

void load_rehearsal(Table& top, ConfigDraft& draft) {
  auto table = top.table("rehearsal");
  if (!table) return;
  RehearsalOptions& rehearsal = draft.config.rehearsal;
  rehearsal.where = table->where();
  table->text_or_none("deliver_to", rehearsal.deliver_to, endpoint);
  table->number("time_scale", rehearsal.time_scale, 1, 100'000);
  table->finish();
  if (rehearsal.time_scale > 1 && rehearsal.deliver_to.empty())
    table->warn("time_scale", "time runs faster and mail goes out for real; in a rehearsal set deliver_to as well");
}

}  // namespace

void load_watching(Table& top, ConfigDraft& draft) {
  load_suppression(top, draft);
  load_bounces(top, draft);
  load_history(top, draft);
  load_log(top, draft);
  load_exempt(top, draft);
  load_control(top, draft);
  load_events(top, draft);
  load_doctor(top, draft);
  load_rehearsal(top, draft);
}

}  // namespace conf
