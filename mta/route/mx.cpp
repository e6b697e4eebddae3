#include "mta/route/mx.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "mta/route/host_name.h"

namespace mta {
namespace {

Exchanges of_literal(const std::string& domain) {
  Exchanges made;
  made.literal = true;
  const auto address = address_literal(domain);
  made.outcome = address ? LookupResult::found : LookupResult::unusable;
  if (address)
    made.hosts = {{0, address->to_string()}};
  else
    made.detail = fmt::format("{} is not an address literal", domain);
  return made;
}

// What is wrong with an MX target, "" when it is a host name.
std::string mistake(const std::string& target, const std::string& domain) {
  if (target.empty()) return "is \".\", which says that no mail is accepted, but stands beside others";  // RFC 7505 §3
  if (address_in_place_of_name(target))
    return fmt::format("is the IP address {}., not a host name", target);  // as the zone has it
  if (is_address_in_zone(target, domain))
    return fmt::format("is {}, an IP address that was written without a trailing dot, not a host name", target);
  return is_host_name(target) ? "" : fmt::format("is \"{}\", which is no host name", target);
}

std::string plain(const std::string& name) {
  std::string made = name;
  if (made.ends_with('.')) made.pop_back();
  std::transform(made.begin(), made.end(), made.begin(),
                 [](char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c); });
  return made;
}

// RFC 5321 §5.1: lowest preference first; equal ones in random order.
void put_in_order(std::vector<Exchange>& hosts, Dice& dice) {
  for (std::size_t left = hosts.size(); left > 1; --left) std::swap(hosts[left - 1], hosts[dice.roll() % left]);
  std::stable_sort(hosts.begin(), hosts.end(), [](const Exchange& a, const Exchange& b) { return a.preference < b.preference; });
  std::vector<Exchange> once;
  for (Exchange& host : hosts)
    if (std::none_of(once.begin(), once.end(), [&](const Exchange& kept) { return kept.host == host.host; }))
      once.push_back(std::move(host));
  hosts = std::move(once);
}

void use_records(Exchanges& made, std::vector<Record> records, const std::string& domain) {
  const auto by_place = [](const Record& a, const Record& b) {
    return std::tie(a.preference, a.value) < std::tie(b.preference, b.value);
  };
  std::sort(records.begin(), records.end(), by_place);  // notes and dice do not depend on the order of the answer
  for (const Record& record : records) {
    const std::string fault = mistake(plain(record.value), domain);
    if (fault.empty())
      made.hosts.push_back({record.preference, plain(record.value)});
    else
      made.notes.push_back(fmt::format("MX {} of {} {}: skipped", record.preference, domain, fault));
  }
  made.outcome = made.hosts.empty() ? LookupResult::unusable : LookupResult::found;
  if (made.hosts.empty()) made.detail = fmt::format("{}: no usable MX record; {}", domain, fmt::join(made.notes, "; "));
}

// What the two address questions about one name say together. `exists`: an earlier answer said that the name is there.
struct AddressesOf {
  bool there = false, unknown = false;
  std::string detail;  // why it is unknown
  std::chrono::seconds ttl{0};
};

constexpr const char* contradiction = "contradictory answers: the name exists for one record type and not for another";

AddressesOf taken_together(const DnsAnswer& v4, const DnsAnswer& v6, bool exists) {
  AddressesOf made;
  made.there = !v4.records.empty() || !v6.records.empty();
  if (made.there) {
    made.ttl = !v4.records.empty() ? v4.ttl : v6.ttl;
    return made;
  }
  made.ttl = std::min(v4.ttl, v6.ttl);
  for (const DnsAnswer* each : {&v4, &v6}) {
    if (each->rcode != Rcode::failed) continue;
    made.unknown = true;
    made.detail = each->detail;
  }
  const bool one_denies = v4.rcode == Rcode::nxdomain || v6.rcode == Rcode::nxdomain;
  const bool one_affirms = exists || v4.rcode == Rcode::ok || v6.rcode == Rcode::ok;
  if (made.unknown || !one_denies || !one_affirms) return made;
  made.unknown = true;
  made.detail = contradiction;
  return made;
}

// RFC 5321 §5.1: no MX at all makes the domain its own MX, if it has an address.
awaitable<void> use_domain_itself(Resolver& resolver, Exchanges& made, const std::string& domain) {
  const DnsAnswer v4 = co_await resolver.ask(domain, RecordType::a);
  DnsAnswer v6 = v4;
  if (v4.records.empty()) v6 = co_await resolver.ask(domain, RecordType::aaaa);
  const AddressesOf found = taken_together(v4, v6, true);
  made.ttl = std::min(made.ttl, found.ttl);
  made.implicit = found.there;
  if (found.there) {
    made.outcome = LookupResult::found;
    made.hosts = {{0, domain}};
  } else if (found.unknown) {
    made.outcome = LookupResult::failed;
    made.detail = fmt::format("{}: {}", domain, found.detail);
  } else {
    made.outcome = LookupResult::unusable;
    made.detail = fmt::format("{} has neither MX nor address records", domain);
  }
}

}  // namespace

std::vector<std::string> Exchanges::best() const {
  std::vector<std::string> names;
  for (const Exchange& each : hosts)
    if (each.preference == hosts.front().preference) names.push_back(each.host);
  return names;
}

awaitable<Exchanges> find_exchanges(Resolver& resolver, std::string domain, Dice& dice) {
  if (domain.starts_with('[')) co_return of_literal(domain);
  const DnsAnswer answer = co_await resolver.ask(domain, RecordType::mx);
  Exchanges made;
  made.ttl = answer.ttl;
  if (answer.rcode == Rcode::failed) {
    made.detail = fmt::format("{}: {}", domain, answer.detail);
  } else if (answer.rcode == Rcode::nxdomain) {
    made.outcome = LookupResult::no_such_domain;
    made.detail = fmt::format("{}: no such domain", domain);
  } else if (answer.records.empty()) {
    co_await use_domain_itself(resolver, made, domain);
  } else if (std::all_of(answer.records.begin(), answer.records.end(),
                         [](const Record& each) { return plain(each.value).empty(); })) {
    made.outcome = LookupResult::null_mx;  // RFC 7505 §3
    made.detail = fmt::format("{} accepts no mail (null MX)", domain);
  } else {
    use_records(made, answer.records, domain);
    put_in_order(made.hosts, dice);
  }
  co_return made;
}

awaitable<Addresses> find_addresses(Resolver& resolver, std::string host, IpFamily family) {
  const bool v4 = family == IpFamily::ipv4;
  const char* wanted = v4 ? "A" : "AAAA";
  Addresses made;
  if (const auto literal = address_in_place_of_name(host)) {
    if (literal->is_v4() == v4)
      made.found = {*literal};
    else
      made.detail = fmt::format("{} is not an {} address", host, v4 ? "IPv4" : "IPv6");
    co_return made;
  }
  const DnsAnswer answer = co_await resolver.ask(host, v4 ? RecordType::a : RecordType::aaaa);
  for (const Record& record : answer.records) {
    boost::system::error_code fault;
    const auto address = asio::ip::make_address(record.value, fault);
    if (!fault && address.is_v4() == v4) made.found.push_back(address);
  }
  if (!made.found.empty()) co_return made;
  if (answer.rcode == Rcode::failed) {
    made.rcode = Rcode::failed;
    made.detail = fmt::format("{}: {}", host, answer.detail);
    co_return made;
  }
  // None of this family: only when the other has none either is it proven that mail cannot get there.
  const DnsAnswer other = co_await resolver.ask(host, v4 ? RecordType::aaaa : RecordType::a);
  const AddressesOf both = taken_together(answer, other, false);
  made.rcode = both.there ? Rcode::ok : both.unknown ? Rcode::failed : Rcode::nxdomain;
  if (both.unknown)
    made.detail = fmt::format("{}: {}", host, both.detail);
  else if (both.there)
    made.detail = fmt::format("{} has no {} record", host, wanted);
  else if (answer.rcode == Rcode::nxdomain)
    made.detail = fmt::format("{}: no such host", host);
  else
    made.detail = fmt::format("{} has neither A nor AAAA records", host);
  co_return made;
}

}  // namespace mta
