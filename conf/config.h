// conf/config.h — the whole configuration as values.
//
// What      One struct a TOML table, one member a key, initialised with the documented default.
// Units     Durations in milliseconds, sizes in octets, rates in messages a second.
// Promise   A Config that load() returned is complete and consistent: names refer to things that exist, files were readable.
// Errors    conf/load.h.
// Source    conf/example.toml.
// Not here  reading TOML (load.cpp), checking (check.cpp), what the values do.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "warmup/options.h"
#include "warmup/retry.h"
#include "warmup/total.h"

namespace conf {

using Duration = std::chrono::milliseconds;

struct Where {  // a place in a file, for messages
  std::string file;
  std::size_t line = 0;
  std::string text() const;  // "FILE:LINE"
};

enum class ListenerTls { off, starttls, implicit };
enum class ListenerAuth { off, optional, required };
enum class TlsLevel { off, may, encrypt, verify };
enum class PrivateNetworks { allow, refuse };
enum class BulkLint { off, warn, refuse };    // what becomes of bulk mail without what providers ask for
enum class Unsigned { warn, refuse, allow };  // what becomes of a From without a DKIM key

struct LackingMail {                        // mail that is not as receivers want it
  Unsigned dkim_unsigned = Unsigned::warn;  // [dkim] unsigned
  BulkLint bulk_lint = BulkLint::warn;      // [submission] bulk_lint
};

struct Limits {
  std::uint64_t message_size = 50ULL << 20U;
  unsigned recipients = 1000;
  unsigned connections = 1000;
  std::uint64_t memory = 256ULL << 20U;
  unsigned connections_per_client = 100;
  Duration command_timeout = std::chrono::minutes(5);
  std::uint64_t data_rate = 500;  // octets a second that a body must bring, over any minute
  unsigned hops = 100;
  std::uint64_t line_length = 64ULL << 10U;  // longer lines are refused
};

struct Network {  // "127.0.0.0/8", "::1/128", "192.0.2.1"
  std::string text;
  bool v6 = false;
  std::array<std::uint8_t, 16> bytes{};
  unsigned prefix = 0;
  bool contains(const std::string& address) const;  // v4-mapped v6 addresses count as v4
  static std::optional<Network> parse(const std::string&);
};

struct ListenerOptions {
  Where where;
  std::string address;  // "127.0.0.1:587"
  ListenerTls tls = ListenerTls::starttls;
  ListenerAuth auth = ListenerAuth::optional;
  std::vector<Network> relay_from;  // default 127.0.0.0/8 and ::1/128
  std::string mail_class = "auto";
  bool submission = false;
};

struct Tls {
  std::string certificate, private_key;
};

struct User {  // a row of the users file
  std::string name, hash;
  std::vector<std::string> from_domains;  // empty: any
  std::string mail_class;                 // "" = by header
};

struct Dns {
  std::vector<std::string> servers;  // "127.0.0.1:5353", "[::1]:53"; empty: /etc/resolv.conf
  Duration timeout = std::chrono::seconds(5);
  bool trust_ad = false;
};

struct Delivery {
  std::uint16_t port = 25;
  Duration connect_timeout = std::chrono::seconds(30);
  bool allow_loopback = false;
  PrivateNetworks private_networks = PrivateNetworks::allow;
  TlsLevel tls = TlsLevel::may;
};

struct DkimKey {
  Where where;
  std::string domain, selector, file;
  bool subdomains = true;
  std::string pem;  // content of `file`
};

struct Source {
  Where where;
  std::string name;
  std::string address;          // local IP; "" = the kernel's choice
  std::string family = "ipv4";  // with address = ""; else the address's own
  std::string public_address;
  std::string was;   // the address whose lanes this source takes over; "" = none
  std::string ehlo;  // filled with hostname when not given
  std::string plan;  // "" = none
  std::string overall;
  double overall_factor = 5;
  std::string smarthost;  // "relay.example.net:587"; "" = delivers by MX
  std::string username, password_file, password;
  TlsLevel tls = TlsLevel::verify;  // smarthost only
  bool is_smarthost() const { return !smarthost.empty(); }
};

struct Pool {
  Where where;
  std::string name;
  std::vector<std::string> sources;
  std::string overflow;
  bool has(std::string_view source) const { return std::find(sources.begin(), sources.end(), source) != sources.end(); }
  bool may_use(std::string_view source) const { return source == overflow || has(source); }
};

struct Route {
  Where where;
  std::string from_domain, to_domain, mail_class, user;  // "" = any; to_domain exact or "*.example.org"
  std::string pool = "default";
  bool keep_sender = false;
};

struct Provider {
  Where where;
  std::string name;
  std::vector<std::string> mx;  // "*.google.com" or a host name
  std::vector<std::string> domains;
  unsigned connections = 20;
  unsigned messages_per_connection = 100;
  unsigned recipients_per_message = 100;
  double rate = 0;  // messages a second per lane, 0 = no limit
  warmup::RateRecovery recovery;
  warmup::RateRecovery way_back() const {  // that ends at its connections
    auto made = recovery;
    made.connections = connections;
    return made;
  }
};

// One rule of responses.toml: all given conditions must hold; the first rule that matches decides.
struct ResponseRule {
  Where where;
  std::string verdict;                 // name of a warmup::Verdict
  std::vector<std::string> providers;  // empty: any
  std::vector<std::string> codes;      // "421", "5xx", "4xx"; empty: any
  std::vector<std::string> enhanced;   // "4.7.28", "x.1.1", "5.7.*"; empty: any
  std::vector<std::string> text;       // regular expressions (case-insensitive), any of them; empty: any
  std::vector<std::string> stages;     // banner ehlo starttls mail rcpt data dot; empty: any
  struct Example {
    int code;
    std::string enhanced, text, provider;
  };
  std::vector<Example> examples;  // at least one; a test runs each
};

struct Suppression {
  bool enabled = true;
  std::vector<std::string> never;
  bool at_rcpt = true;
  unsigned after = 2;
  Duration expire = std::chrono::hours(24 * 180);
};
struct Bounces {
  std::string domain, secret_file;
  bool forward = true;
};
struct History {
  Duration keep = std::chrono::hours(24 * 7);  // of recipients that have ended; 0 = none
};
struct Log {
  std::string level = "info";  // debug info warn error
  std::string maillog;         // a file in Postfix's shape; "" = none
};
struct Warmup {
  std::vector<std::string> exempt;  // domains, with subdomains, that no ledger counts
};
struct Control {
  std::string socket = "/run/warmupd/control.sock", listen, token_file;
};
struct Events {
  Duration keep = std::chrono::hours(24 * 7);
  std::string file, webhook;
  std::vector<std::string> webhook_types = {"suppressed", "complaint", "lane"};
  std::string webhook_secret_file;
};
struct Doctor {
  std::string at_start = "warn";
  std::vector<std::string> dnsbl;
};
struct RehearsalOptions {
  std::string deliver_to;
  double time_scale = 1;
  Where where = {};
};

struct Config {
  std::string file;
  std::string hostname, postmaster;
  std::string spool = "/var/spool/warmupd";
  unsigned threads = 0;
  Duration shutdown_grace = std::chrono::seconds(30);
  std::uint64_t min_free = 512ULL << 20U;
  Limits limits;
  std::vector<ListenerOptions> listeners;
  Tls tls;
  std::string users_file;             // [auth] users
  std::map<std::string, User> users;  // its content; empty when the file does not exist
  Dns dns;
  Delivery delivery;
  warmup::RetryOptions retry;
  LackingMail lacking;
  std::vector<DkimKey> dkim_keys;
  std::vector<Source> sources;
  std::vector<Pool> pools;
  std::vector<Route> routes;
  std::vector<warmup::ClassOptions> classes;  // transactional, bulk, then the operator's own
  std::vector<warmup::PlanOptions> plans;     // default first
  std::string providers_file, responses_file;
  std::vector<Provider> providers;  // the shipped ones with the operator's applied, in file order
  std::vector<ResponseRule> responses;
  Suppression suppression;
  Bounces bounces;
  History history;
  Log log;
  Warmup warmup;
  Control control;
  Events events;
  Doctor doctor;
  RehearsalOptions rehearsal;

  const Source* source(const std::string& name) const;
  const Pool* pool(const std::string& name) const;
  const Provider* provider(const std::string& name) const;
  const warmup::ClassOptions* mail_class(const std::string& name) const;
  warmup::Total total_of(const std::string& source) const;  // which of its lanes count in a total; none when it is not there
};

}  // namespace conf
