// warmupctl providers DOMAIN
#include <fmt/format.h>
#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <boost/json/array.hpp>

#include "mta/ctl/verbs.h"
#include "mta/route/host_name.h"
#include "mta/route/provider.h"

namespace mta::ctl {
namespace {

namespace json = boost::json;

struct Found {
  std::string domain;
  Exchanges exchanges;
  ProviderMatch match;
};

const char* outcome_name(const Exchanges& exchanges) {
  switch (exchanges.outcome) {
    case LookupResult::found: return exchanges.literal ? "address literal" : exchanges.implicit ? "implicit MX" : "MX";
    case LookupResult::no_such_domain: return "no such domain";
    case LookupResult::null_mx: return "null MX";
    case LookupResult::unusable: return "no usable MX";
    case LookupResult::failed: return "DNS failure";
  }
  return "";
}

const char* outcome_word(const Exchanges& exchanges) {
  switch (exchanges.outcome) {
    case LookupResult::found: return exchanges.literal ? "address_literal" : exchanges.implicit ? "implicit_mx" : "mx";
    case LookupResult::no_such_domain: return "no_such_domain";
    case LookupResult::null_mx: return "null_mx";
    case LookupResult::unusable: return "no_usable_mx";
    case LookupResult::failed: return "dns_failure";
  }
  return "";
}

json::object as_json(const Found& found) {
  json::array hosts, notes;
  for (const auto& each : found.exchanges.hosts)
    hosts.push_back(json::object{{"preference", each.preference}, {"host", each.host}});
  for (const auto& note : found.exchanges.notes) notes.emplace_back(note);
  const auto or_null = [](const std::string& text) { return text.empty() ? json::value(nullptr) : json::value(text); };
  return {{"domain", found.domain},
          {"outcome", outcome_word(found.exchanges)},
          {"detail", or_null(found.exchanges.detail)},
          {"mx", hosts},
          {"notes", notes},
          {"provider", or_null(found.match.name)},
          {"rule", or_null(found.match.rule)}};
}

void draw(Session& session, const Found& found) {
  const Look& look = session.look();
  const auto row = [&](const std::string& head, const std::string& text) {
    session.out() << look.paint(fmt::format("{:<10}", head), Ink::dim) << shown(text, look) << "\n";
  };
  row("domain", found.domain);
  if (found.exchanges.hosts.empty())
    row("MX", found.exchanges.detail.empty() ? outcome_name(found.exchanges) : found.exchanges.detail);
  for (const auto& each : found.exchanges.hosts) {
    if (found.exchanges.implicit || found.exchanges.literal)
      row("MX", fmt::format("{} ({})", each.host, outcome_name(found.exchanges)));
    else
      row("MX", fmt::format("{:>5} {}", each.preference, each.host));
  }
  for (const auto& note : found.exchanges.notes) row("note", note);
  if (!found.match.name.empty()) {
    session.out() << look.paint(fmt::format("{:<10}", "provider"), Ink::dim)
                  << look.paint(shown(found.match.name, look), Ink::bold) << "\n";
    row("rule", found.match.rule);
  }
}

void providers(Session& session, const std::string& wanted) {
  const auto domain = wanted.starts_with('[') ? std::optional(wanted) : ascii_domain(wanted);
  if (!domain) throw Exit(EX_USAGE, "providers: expected a domain like example.com, found " + shown(wanted, session.look()));
  const conf::Config config = session.config();
  Found found{*domain, session.outside().exchanges(config.dns, *domain), {}};
  const Providers table(config.providers);
  const bool answered = found.exchanges.outcome == LookupResult::found;
  // conf/providers.toml: DNS has no answer → `domains`
  if (answered)
    found.match = table.of_hosts(found.exchanges.best());
  else if (found.exchanges.outcome == LookupResult::failed)
    found.match = table.of_domain(*domain);
  if (session.globals.json)
    session.print(as_json(found));
  else
    draw(session, found);
  if (found.exchanges.outcome == LookupResult::failed) throw Exit(EX_TEMPFAIL, "");
}

}  // namespace

void add_providers(CLI::App& app, Session& session) {
  auto domain = std::make_shared<std::string>();
  auto* verb = app.add_subcommand("providers", "which mailbox provider a domain belongs to, and by which rule");
  verb->add_option("domain", *domain, "recipient domain")->required();
  verb->callback([&session, domain] { providers(session, *domain); });
}

}  // namespace mta::ctl
