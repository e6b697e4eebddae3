#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "conf/draft.h"

namespace conf {
namespace {

void load_tls(Table& top, ConfigDraft& draft) {
  auto table = top.table("tls");
  if (!table) return;
  Tls& tls = draft.config.tls;
  draft.path(*table, "certificate", tls.certificate);
  draft.path(*table, "private_key", tls.private_key);
  table->finish();
  if (tls.certificate.empty() != tls.private_key.empty()) {
    const std::string missing = tls.certificate.empty() ? "certificate" : "private_key";
    table->fault(missing, fmt::format("certificate and private_key belong together; {} is not given", missing));
    return;
  }
  if (tls.certificate.empty()) return;
  std::string certificate, key;
  const bool both = static_cast<int>(draft.read_file(*table, "certificate", tls.certificate, certificate)) &
                    static_cast<int>(draft.read_secret(*table, "private_key", tls.private_key, key));
  const std::string fault = both ? certificate_fault(certificate, key) : "";
  if (!fault.empty()) table->fault("certificate", fmt::format("{} with {}: {}", tls.certificate, tls.private_key, fault));
}

void load_auth(Table& top, ConfigDraft& draft) {
  draft.config.users_file = "/etc/warmupd/users";
  auto table = top.table("auth");
  if (table) {
    draft.path(*table, "users", draft.config.users_file);
    table->finish();
  }
  const std::string& path = draft.config.users_file;
  Table& reader = table ? *table : top;
  std::error_code ignored;
  if (path.empty()) return;
  if (!std::filesystem::exists(path, ignored)) {
    const bool named = table && table->given("users");
    if (named)
      table->warn("users", fmt::format("{} does not exist, so no user can log in; `warmupctl passwd NAME` makes it", path));
    return;
  }
  std::string content;
  const std::string key = table ? "users" : "auth.users";
  if (draft.read_secret(reader, key, path, content)) load_users(path, content, draft);
}

void load_networks(Table& table, ListenerOptions& listener) {
  std::vector<std::string> given{"127.0.0.0/8", "::1/128"};
  const Form network{"a network like \"192.0.2.0/24\" or an address",
                     [](std::string_view text) { return Network::parse(std::string(text)).has_value(); }};
  table.texts("relay_from", given, network);
  for (const auto& text : given) listener.relay_from.push_back(*Network::parse(text));
}

void check_listener(Table& table, const ListenerOptions& listener, const Config& config) {
  const bool certificate = !config.tls.certificate.empty();
  const auto split = split_host_port(listener.address);
  const bool local = split && is_loopback(split->host);
  if (listener.tls == ListenerTls::implicit && !certificate) {
    table.fault("tls", "\"implicit\" needs a certificate; set certificate and private_key in [tls]");
  }
  if (listener.auth == ListenerAuth::required && config.users.empty()) {
    table.fault("auth", fmt::format("\"required\", but {} names no user; `warmupctl passwd NAME` adds one",
                                    config.users_file.empty() ? "no users file" : config.users_file));
  }
  const bool clear_text = listener.tls == ListenerTls::off || !certificate;
  if (listener.auth == ListenerAuth::required && clear_text && !local) {
    table.warn("auth", "\"required\", but without TLS passwords are taken from loopback only, so no other host can send here");
  }
  for (const Network& network : listener.relay_from) {
    if (network.prefix == 0 && !local) {
      table.warn("relay_from", fmt::format("\"{}\" lets the whole world relay through {}", network.text, listener.address));
    }
  }
}

// 0.0.0.0 is every IPv4 address and [::] every IPv6 address: with it nothing else can have the port.
bool is_same_place(const std::string& one, const std::string& other) {
  const auto a = split_host_port(one), b = split_host_port(other);
  if (!a || !b || a->port != b->port || a->port == 0) return false;
  const auto is_v6 = [](const std::string& host) { return host.find(':') != std::string::npos; };
  const auto is_any = [](const std::string& host) {
    const auto octets = ip_octets(host);
    return octets && std::all_of(octets->begin(), octets->end(), [](std::uint8_t octet) { return octet == 0; });
  };
  if (is_v6(a->host) != is_v6(b->host)) return false;
  return ip_octets(a->host) == ip_octets(b->host) || is_any(a->host) || is_any(b->host);
}

void load_listener(Table& table, ConfigDraft& draft) {
  ListenerOptions listener;
  listener.where = table.where();
  if (table.need("address", "\"127.0.0.1:587\"")) table.text("address", listener.address, endpoint);
  table.choice<ListenerTls>(
      "tls", listener.tls, {{"off", ListenerTls::off}, {"starttls", ListenerTls::starttls}, {"implicit", ListenerTls::implicit}});
  table.choice<ListenerAuth>(
      "auth", listener.auth,
      {{"off", ListenerAuth::off}, {"optional", ListenerAuth::optional}, {"required", ListenerAuth::required}});
  load_networks(table, listener);
  table.text("class", listener.mail_class, own_name);
  if (listener.mail_class != "auto") draft.refer(Named::mail_class, listener.mail_class, table, "class");
  table.yes_no("submission", listener.submission);
  table.finish();
  check_listener(table, listener, draft.config);
  for (const ListenerOptions& other : draft.config.listeners) {
    if (!is_same_place(listener.address, other.address)) continue;
    table.fault("address", other.address == listener.address
                               ? fmt::format("{} is taken already, at {}", listener.address, other.where.text())
                               : fmt::format("{} and {} (at {}) are the same port of the same addresses; keep one of them",
                                             listener.address, other.address, other.where.text()));
  }
  draft.config.listeners.push_back(std::move(listener));
}

void load_submission(Table& top, ConfigDraft& draft) {
  auto table = top.table("submission");
  if (!table) return;
  table->choice<BulkLint>("bulk_lint", draft.config.lacking.bulk_lint,
                          {{"warn", BulkLint::warn}, {"off", BulkLint::off}, {"refuse", BulkLint::refuse}});
  table->finish();
}

}  // namespace

void load_listeners(Table& top, ConfigDraft& draft) {
  load_tls(top, draft);
  load_auth(top, draft);
  load_submission(top, draft);
  for (Table& table : top.tables("listener")) load_listener(table, draft);
  if (!top.given("listener")) {
    draft.faults.problem(draft.faults.at(1), "there is no [[listener]]; write one, for example with address = \"127.0.0.1:587\"");
  }
}

}  // namespace conf
