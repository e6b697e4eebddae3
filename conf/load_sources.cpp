#include <fmt/format.h>

#include "conf/draft.h"

namespace conf {
namespace {

std::string family_of(const std::string& ip) { return ip_octets(ip)->size() == 4 ? "ipv4" : "ipv6"; }

void load_address(Table& table, Source& source) {
  table.text_or_none("address", source.address, ip_literal);
  table.choice("family", source.family, {"ipv4", "ipv6"});
  if (!source.address.empty() && !is_unicast(source.address))
    table.fault("address",
                fmt::format("expected an address of one host, which mail can come from, found \"{}\"; \"\" is the kernel's "
                            "choice",
                            source.address));
  if (!source.address.empty()) {
    const std::string own = family_of(source.address);
    if (table.given("family") && source.family != own)
      table.fault("family", fmt::format("\"{}\", but {} is {}", source.family, source.address, own));
    source.family = own;
  }
  table.text_or_none("public_address", source.public_address, ip_literal);
  if (!source.public_address.empty() && family_of(source.public_address) != source.family) {
    table.fault("public_address", fmt::format("expected an address of this source's family, {}, found \"{}\"", source.family,
                                              source.public_address));
  }
  table.text_or_none("was", source.was, ip_literal);
  if (!source.was.empty() && family_of(source.was) != source.family) {
    table.fault("was", fmt::format("expected an address of this source's family, {}, found \"{}\"", source.family, source.was));
  }
}

void load_password(Table& table, Source& source, ConfigDraft& draft) {
  std::string content;
  if (!draft.read_secret(table, "password_file", source.password_file, content)) return;
  source.password = content.substr(0, content.find_first_of("\r\n"));
  if (source.password.empty())
    table.fault("password_file", fmt::format("{} is empty; its first line must be the password", source.password_file));
}

void load_smarthost(Table& table, Source& source, ConfigDraft& draft) {
  table.text_or_none("smarthost", source.smarthost, relay);
  table.text("username", source.username);
  draft.path(table, "password_file", source.password_file);
  table.choice<TlsLevel>(
      "tls", source.tls,
      {{"off", TlsLevel::off}, {"may", TlsLevel::may}, {"encrypt", TlsLevel::encrypt}, {"verify", TlsLevel::verify}});
  if (!table.given("smarthost")) {
    for (const auto* key : {"username", "password_file", "tls"}) {
      if (table.given(key)) table.fault(key, "is for a smarthost, and this source has none");
    }
    return;
  }
  if (!source.address.empty()) table.fault("address", "a source has an address or a smarthost, not both");
  if (!source.was.empty()) table.fault("was", "is for a source with an address, and this one is a smarthost");
  if (source.username.empty() != source.password_file.empty()) {
    table.fault(source.username.empty() ? "username" : "password_file", "username and password_file belong together");
  } else if (!source.username.empty()) {
    load_password(table, source, draft);
    if (source.tls != TlsLevel::verify) {
      table.warn(
          "tls",
          "the password is sent only to a server whose certificate is verified; with tls = \"verify\" mail waits until it is");
    }
  }
}

void load_warm_up(Table& table, Source& source, ConfigDraft& draft) {
  table.text_or_none("plan", source.plan, own_name);
  draft.refer(Named::plan, source.plan, table, "plan");
  table.text_or_none("overall", source.overall, own_name);
  if (source.overall != "off") draft.refer(Named::plan, source.overall, table, "overall");
  table.number("overall_factor", source.overall_factor, 1, 1'000'000);
}

// A lane belongs to the address (WARMUP.md §1): two sources with one would share a reputation and double its cap.
void check_alone(Table& table, const Source& source, const ConfigDraft& draft) {
  for (const Source& other : draft.config.sources) {
    if (other.is_smarthost() != source.is_smarthost()) continue;
    const std::string place = fmt::format("source \"{}\" at {}", other.name, other.where.text());
    if (source.is_smarthost()) {
      const bool same = lower(other.smarthost) == lower(source.smarthost) && other.username == source.username;
      if (same) table.fault("smarthost", fmt::format("{} is used already, by {}", source.smarthost, place));
    } else if (source.address.empty() && other.address.empty() && source.family == other.family) {
      table.fault("address", fmt::format("the kernel's choice of {} is used already, by {}", source.family, place));
    } else if (!source.address.empty() && ip_octets(source.address) == ip_octets(other.address)) {
      table.fault("address", fmt::format("{} is used already, by {}", source.address, place));
    }
  }
}

// The lanes of an address go over once, to one source, from an address that no source has any more. `was` may be the source's own
// address: the kernel chose it before.
void check_was(Table& table, std::size_t number, const ConfigDraft& draft) {
  const auto& sources = draft.config.sources;
  const Source& source = sources.at(number);
  if (source.was.empty() || source.is_smarthost()) return;
  for (std::size_t other = 0; other < sources.size(); ++other) {
    if (other == number) continue;
    const std::string place = fmt::format("source \"{}\" at {}", sources[other].name, sources[other].where.text());
    if (ip_octets(source.was) == ip_octets(sources[other].address)) {
      table.fault("was",
                  fmt::format("{} is the address of {}, and lanes go over only from an address that no source has; take `was` "
                              "out (what went over already stays), or give that source another address",
                              source.was, place));
    } else if (other < number && ip_octets(source.was) == ip_octets(sources[other].was)) {
      table.fault("was",
                  fmt::format("{} is `was` of {} already, and its lanes go over to one source only; take `was` out at one of "
                              "the two",
                              source.was, place));
    }
  }
}

void load_source(Table& table, ConfigDraft& draft) {
  Source source;
  source.where = table.where();
  source.ehlo = draft.config.hostname;
  if (table.need("name", "\"ip-1\"") && table.text("name", source.name, own_name))
    unique_name(draft.config.sources, table, source.name);
  load_address(table, source);
  std::string ehlo;
  if (table.text_or_none("ehlo", ehlo, helo_name) && !ehlo.empty()) source.ehlo = ehlo;
  load_smarthost(table, source, draft);
  load_warm_up(table, source, draft);
  table.finish();
  const bool broken_smarthost = table.given("smarthost") && source.smarthost.empty();
  if (!broken_smarthost) check_alone(table, source, draft);
  draft.config.sources.push_back(std::move(source));
}

}  // namespace

void load_sources(Table& top, ConfigDraft& draft) {
  auto tables = top.tables("source");
  for (Table& table : tables) load_source(table, draft);
  for (std::size_t number = 0; number < tables.size(); ++number) check_was(tables[number], number, draft);
  if (!top.given("source")) {
    draft.faults.problem(draft.faults.at(1),
                         "there is no [[source]]; write one, for example with name = \"ip-1\" and address = \"203.0.113.10\"");
  }
}

}  // namespace conf
