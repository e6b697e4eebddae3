#include "mta/deliver/candidates.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>

#include "mta/route/provider.h"
#include "mta/smtp/address.h"

namespace mta {
namespace {

Outcome ending(Verdict verdict, int code, const std::string& text) {
  Outcome outcome;
  outcome.verdict = verdict;
  outcome.reply = smtp::make_reply(code, text);
  return outcome;
}

std::string with_notes(const Exchanges& exchanges) {
  return exchanges.detail.empty() ? fmt::format("{}", fmt::join(exchanges.notes, "; ")) : exchanges.detail;
}

// What DNS said about one domain, as the outcome of its addressees; empty: they may go.
std::optional<Outcome> obstacle(const Exchanges& exchanges, const std::string& site) {
  switch (exchanges.outcome) {
    case LookupResult::no_such_domain: return ending(Verdict::dns_failure, 550, "5.1.2 " + with_notes(exchanges));
    case LookupResult::null_mx: return ending(Verdict::permanent, 556, "5.1.10 " + with_notes(exchanges));  // RFC 7505 §4.1
    case LookupResult::unusable: return ending(Verdict::dns_failure, 550, "5.4.4 " + with_notes(exchanges));
    case LookupResult::failed: return ending(Verdict::dns_failure, 451, "4.4.3 " + with_notes(exchanges));
    case LookupResult::found: break;
  }
  if (site_key(exchanges.best()) == site) return std::nullopt;
  Outcome moved = ending(Verdict::temporary, 451, "4.4.0 the MX records have changed: routed again");
  moved.rerouted = moved.untried = true;
  return moved;
}

std::pair<std::string, std::uint16_t> host_and_port(const std::string& smarthost) {
  const auto colon = smarthost.rfind(':');
  std::uint16_t port = 25;
  if (colon == std::string::npos) return {smarthost, port};
  std::from_chars(smarthost.data() + colon + 1, smarthost.data() + smarthost.size(), port);
  std::string host = smarthost.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return {host, port};
}

// A greylisted recipient is waited for at one host: it comes first (WARMUP.md §6).
void put_bound_first(Destination& way) {
  for (const Addressee& addressee : way.addressees) {
    const auto found = std::find(way.hosts.begin(), way.hosts.end(), addressee.recipient.bound_mx);
    if (found == way.hosts.end()) continue;
    std::rotate(way.hosts.begin(), found, found + 1);
    return;
  }
}

// Mail that one server has put off twice begins with the next one. Not at the first time: it may greylist without saying so.
void pass_over_who_put_it_off(Destination& way) {
  const queue::Recipient& first = way.addressees.front().recipient;
  const std::string& verdict = first.last.verdict;
  if (first.attempts < 2 || (verdict != name(Verdict::temporary) && verdict != name(Verdict::connection_failed))) return;
  const auto found = std::find(way.hosts.begin(), way.hosts.end(), first.last.mx);
  if (found != way.hosts.end()) std::rotate(way.hosts.begin(), found + 1, way.hosts.end());
}

}  // namespace

std::optional<asio::ip::address> local_address(const conf::Source& source) {
  if (source.address.empty()) return std::nullopt;
  boost::system::error_code error;
  const auto address = asio::ip::make_address(source.address, error);
  return error ? std::nullopt : std::optional(address);
}

IpFamily family_of(const conf::Source& source) {
  const auto address = local_address(source);
  const bool six = address ? address->is_v6() : source.family == "ipv6";
  return six ? IpFamily::ipv6 : IpFamily::ipv4;
}

awaitable<Destination> find_destination(World world, Assignment assignment) {
  Destination way;
  way.port = assignment.config->delivery.port;
  if (assignment.source->is_smarthost()) {
    const auto [host, port] = host_and_port(assignment.source->smarthost);
    way.hosts = {host};
    way.port = port;
    way.addressees = std::move(assignment.addressees);
    co_return way;
  }
  std::map<std::string, std::optional<Outcome>> asked;  // by domain; empty: may go
  for (Addressee& addressee : assignment.addressees) {
    const std::string given(smtp::domain_of(addressee.recipient.address));
    const auto ascii = given.starts_with('[') ? std::optional(smtp::lower(given)) : ascii_domain(given);
    const std::string domain = ascii.value_or(given);
    if (!ascii)
      asked.try_emplace(domain,
                        ending(Verdict::dns_failure, 550, fmt::format("5.1.2 \"{}\" is no domain", smtp::printable(given))));
    if (!asked.contains(domain)) {
      const Exchanges exchanges = co_await find_exchanges(world.resolver, domain, world.dice);
      const auto answer = obstacle(exchanges, assignment.queue.site);
      if (!answer && way.hosts.empty()) std::ranges::transform(exchanges.hosts, std::back_inserter(way.hosts), &Exchange::host);
      asked.emplace(domain, answer);
    }
    std::optional<Outcome> answer = asked.at(domain);
    if (answer) {
      answer->number = addressee.number;
      way.ended.push_back(std::move(*answer));
    } else {
      way.addressees.push_back(std::move(addressee));
    }
  }
  const auto unknown = [](const Outcome& outcome) {
    return outcome.verdict == Verdict::dns_failure && outcome.reply.transient();
  };
  way.dns_failed = way.addressees.empty() && std::all_of(way.ended.begin(), way.ended.end(), unknown);
  if (way.dns_failed)
    for (Outcome& outcome : way.ended) outcome.untried = true;  // the site waits, they have not been tried
  if (!way.addressees.empty()) pass_over_who_put_it_off(way);
  put_bound_first(way);
  co_return way;
}

Candidates::Candidates(World world, const Assignment& assignment, Destination way) : world_(world), way_(std::move(way)) {
  const conf::Source& source = *assignment.source;
  family_ = family_of(source);
  rules_ = target_rules(*assignment.config);
  rules_.by_operator = source.is_smarthost();
  const std::string& deliver_to = assignment.config->rehearsal.deliver_to;
  if (!deliver_to.empty()) rehearsal_ = Endpoint::parse(deliver_to);
}

awaitable<std::optional<CandidateAddress>> Candidates::next() {
  if (rehearsal_) {
    if (given_++ > 0) co_return std::nullopt;
    co_return CandidateAddress{way_.hosts.empty() ? "" : way_.hosts.front(), *rehearsal_};
  }
  while (waiting_.empty() && next_host_ < way_.hosts.size() && given_ < most_addresses) co_await ask_next_host();
  if (waiting_.empty() || given_ == most_addresses) co_return std::nullopt;
  CandidateAddress candidate = std::move(waiting_.front());
  waiting_.pop_front();
  ++given_;
  co_return candidate;
}

awaitable<void> Candidates::ask_next_host() {
  const std::string host = way_.hosts[next_host_++];
  const Addresses addresses = co_await find_addresses(world_.resolver, host, family_);
  unknown_ = unknown_ || addresses.rcode == Rcode::failed;
  exists_ = exists_ || (addresses.rcode == Rcode::ok && addresses.found.empty());
  if (addresses.found.empty()) notes_.push_back(addresses.detail);
  const std::size_t most = way_.hosts.size() > 1 ? 2 : most_addresses;
  for (const auto& address : addresses.found) {
    const Endpoint target{address, way_.port};
    const std::string why = why_never(target, rules_);
    if (!why.empty()) {
      notes_.push_back(fmt::format("{} has the address {}, which {}: refused", host, address.to_string(), why));
    } else if (waiting_.size() < most) {
      waiting_.push_back({host, target});
    }
  }
}

Failure Candidates::none() const {
  Failure made;
  const std::string notes = fmt::format("{}", fmt::join(notes_, "; "));
  if (unknown_) {
    made.verdict = Verdict::dns_failure;
    made.reply = smtp::make_reply(451, "4.4.3 " + notes);
  } else if (exists_) {  // there may be addresses of the other family; this source cannot dial them (WARMUP.md §1)
    made.reply = smtp::make_reply(
        451, fmt::format("4.4.1 no server has an {} address: {}", family_ == IpFamily::ipv4 ? "IPv4" : "IPv6", notes));
  } else {
    made.verdict = Verdict::dns_failure;
    made.reply = smtp::make_reply(550, "5.4.4 " + notes);
  }
  return made;
}

}  // namespace mta
