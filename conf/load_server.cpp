#include <fmt/format.h>

#include "conf/draft.h"

namespace conf {
namespace {

using std::chrono::seconds;

void load_names(Table& top, ConfigDraft& draft) {
  Config& config = draft.config;
  const std::string of_host = config.hostname;
  top.text_or_none("hostname", config.hostname, host_name);
  if (config.hostname.empty()) config.hostname = of_host;
  if (!host_name.fits(config.hostname)) {
    top.fault(
        "hostname",
        fmt::format("this host's own name is \"{}\", which other mail servers do not take; write hostname = \"mta1.example.com\"",
                    config.hostname));
  } else if (config.hostname.find('.') == std::string::npos) {  // RFC 5321 §4.1.1.1
    top.warn("hostname", fmt::format("\"{}\" has no domain; other mail servers expect a full name like \"mta1.example.com\"",
                                     config.hostname));
  }
  config.postmaster = "postmaster@" + config.hostname;
  std::string postmaster;
  if (top.text_or_none("postmaster", postmaster, mailbox) && !postmaster.empty()) config.postmaster = postmaster;
}

void load_limits(Table& top, ConfigDraft& draft) {
  auto table = top.table("limits");
  if (!table) return;
  Limits& limits = draft.config.limits;
  table->size("message_size", limits.message_size, 1024);
  table->whole("recipients", limits.recipients, 1U, 1'000'000U);
  table->whole("connections", limits.connections, 1U, 1'000'000U);
  table->size("memory", limits.memory, 1ULL << 20U);  // a session holds two chunks of 128 KiB
  table->whole("connections_per_client", limits.connections_per_client, 1U, 1'000'000U);
  table->duration("command_timeout", limits.command_timeout, seconds(1));
  table->whole<std::uint64_t>("data_rate", limits.data_rate, 1, 1'000'000);
  table->whole("hops", limits.hops, 1U, 10'000U);
  table->size("line_length", limits.line_length, 998);  // RFC 5321 §4.5.3.1.6
  table->finish();
  if (limits.recipients < 100)
    table->warn("recipients", "clients may count on 100 recipients a transaction (RFC 5321 4.5.3.1.8)");
}

void load_dns(Table& top, ConfigDraft& draft) {
  auto table = top.table("dns");
  if (!table) return;
  Dns& dns = draft.config.dns;
  table->texts("servers", dns.servers, name_server);
  for (std::string& server : dns.servers) {
    if (ip_literal.fits(server)) server = server.find(':') == std::string::npos ? server + ":53" : "[" + server + "]:53";
  }
  table->duration("timeout", dns.timeout, seconds(1));
  table->yes_no("trust_ad", dns.trust_ad);
  table->finish();
}

void load_delivery(Table& top, ConfigDraft& draft) {
  auto table = top.table("delivery");
  if (!table) return;
  Delivery& delivery = draft.config.delivery;
  table->whole<std::uint16_t>("port", delivery.port, 1, 65535);
  table->duration("connect_timeout", delivery.connect_timeout, seconds(1));
  table->yes_no("allow_loopback", delivery.allow_loopback);
  table->choice<PrivateNetworks>("private_networks", delivery.private_networks,
                                 {{"allow", PrivateNetworks::allow}, {"refuse", PrivateNetworks::refuse}});
  table->choice<TlsLevel>(
      "tls", delivery.tls,
      {{"off", TlsLevel::off}, {"may", TlsLevel::may}, {"encrypt", TlsLevel::encrypt}, {"verify", TlsLevel::verify}});
  table->finish();
}

void load_retry(Table& top, ConfigDraft& draft) {
  auto table = top.table("retry");
  if (!table) return;
  warmup::RetryOptions& retry = draft.config.retry;
  table->duration("first", retry.first, seconds(1));
  table->number("factor", retry.factor, 1, 100);
  table->duration("longest", retry.longest, seconds(1));
  table->number("jitter", retry.jitter, 0, 0.9);
  table->duration("lifetime", retry.lifetime, seconds(1));
  table->duration("lifetime_bounce", retry.lifetime_bounce, seconds(1));
  table->duration("warn_after", retry.warn_after, seconds(0));
  table->finish();
  if (retry.first > retry.longest) {
    table->fault(table->given("first") ? "first" : "longest",
                 fmt::format("first (\"{}\") must not be above longest (\"{}\")", duration_text(retry.first),
                             duration_text(retry.longest)));
  }
  if (retry.warn_after >= retry.lifetime) {
    table->fault(table->given("warn_after") ? "warn_after" : "lifetime",
                 fmt::format("warn_after (\"{}\") must be below lifetime (\"{}\")", duration_text(retry.warn_after),
                             duration_text(retry.lifetime)));
  }
}

}  // namespace

void load_server(Table& top, ConfigDraft& draft) {
  Config& config = draft.config;
  load_names(top, draft);
  draft.path(top, "spool", config.spool);
  if (config.spool.empty()) top.misfit("spool", "the path of a directory");
  top.whole("threads", config.threads, 0U, 1024U);
  top.duration("shutdown_grace", config.shutdown_grace, seconds(0));
  top.size("min_free", config.min_free, 0);
  load_limits(top, draft);
  load_dns(top, draft);
  load_delivery(top, draft);
  load_retry(top, draft);
}

}  // namespace conf
