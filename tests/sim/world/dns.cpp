#include "tests/sim/world/dns.h"

#include <fmt/format.h>

#include <algorithm>

namespace mta::sim {

namespace {
constexpr int longest_chain = 8;

std::string fold(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (!name.empty() && name.back() == '.') name.pop_back();
  return name;
}

constexpr std::string_view text(RecordType type) {
  constexpr std::string_view names[] = {"A", "AAAA", "MX", "TXT", "CNAME", "PTR", "TLSA"};
  return names[static_cast<std::size_t>(type)];
}

std::string describe(const DnsAnswer& answer) {
  if (answer.rcode == Rcode::failed) return "failed";
  if (answer.rcode == Rcode::nxdomain) return "nxdomain";
  std::string list;
  for (const auto& record : answer.records)
    list += (record.type == RecordType::mx ? fmt::format(" {} {}", record.preference, record.value) : " " + record.value);
  return list.empty() ? " no data" : list;
}
}  // namespace

awaitable<DnsAnswer> SimResolver::ask(std::string name, RecordType type) {
  name = fold(std::move(name));
  const bool fails_now = ++questions_ == fail_at_;
  ++asked_[name];
  const Duration delay = hanging_ ? Duration(std::chrono::seconds(5)) : latency;
  co_await loop_.wait_until(loop_.now() + delay);
  DnsAnswer answer = find(name, type);
  if (fails_now) {
    answer = {};
    answer.detail = "SERVFAIL from the simulated resolver, once";
  }
  loop_.log("dns", fmt::format("{} {}:{}", name, text(type), describe(answer)));
  co_return answer;
}

DnsAnswer SimResolver::find(const std::string& name, RecordType type) const {
  DnsAnswer answer;
  if (hanging_) {
    answer.detail = "time-out from the simulated resolver";
    return answer;
  }
  std::string at = name;
  for (int link = 0; link < longest_chain; ++link) {
    if (failing_.contains(at)) {
      answer.detail = "SERVFAIL from the simulated resolver";
      return answer;
    }
    answer.ttl = ttl;
    const auto zone = zones_.find(at);
    if (zone == zones_.end()) {
      answer.rcode = Rcode::nxdomain;
      return answer;
    }
    answer.rcode = Rcode::ok;
    if (const auto records = zone->second.find(type); records != zone->second.end()) {
      answer.records = records->second;
      return answer;
    }
    const auto alias = zone->second.find(RecordType::cname);
    if (alias == zone->second.end()) return answer;
    at = alias->second.front().value;
  }
  answer.rcode = Rcode::failed;
  answer.detail = "CNAME chain of " + name + " is too long";
  return answer;
}

void SimResolver::add(const std::string& name, Record record) {
  if (record.type == RecordType::mx || record.type == RecordType::cname || record.type == RecordType::ptr)
    record.value = fold(record.value);
  zones_[fold(name)][record.type].push_back(std::move(record));
}

void SimResolver::mx(const std::string& domain, std::uint16_t preference, const std::string& host) {
  add(domain, {RecordType::mx, preference, host});
}

void SimResolver::address(const std::string& host, const std::string& address) {
  add(host, {address.find(':') == std::string::npos ? RecordType::a : RecordType::aaaa, 0, address});
}

void SimResolver::cname(const std::string& alias, const std::string& target) { add(alias, {RecordType::cname, 0, target}); }
void SimResolver::txt(const std::string& name, const std::string& text) { add(name, {RecordType::txt, 0, text}); }
void SimResolver::exists(const std::string& name) { zones_.try_emplace(fold(name)); }
void SimResolver::forget(const std::string& name) { zones_.erase(fold(name)); }

void SimResolver::forget(const std::string& name, RecordType type) {
  if (const auto zone = zones_.find(fold(name)); zone != zones_.end()) zone->second.erase(type);
}

void SimResolver::fails(const std::string& name, bool failing) {
  if (failing)
    failing_.insert(fold(name));
  else
    failing_.erase(fold(name));
}

std::vector<std::string> SimResolver::best_hosts(const std::string& domain) const {
  std::vector<std::string> best;
  const auto zone = zones_.find(fold(domain));
  if (zone == zones_.end() || !zone->second.contains(RecordType::mx)) return best;
  std::uint16_t lowest = std::numeric_limits<std::uint16_t>::max();
  for (const Record& record : zone->second.at(RecordType::mx)) {
    if (record.preference < lowest) best.clear();
    lowest = std::min(lowest, record.preference);
    if (record.preference == lowest) best.push_back(record.value);
  }
  return best;
}

std::uint64_t SimResolver::questions(const std::string& name) const {
  const auto known = asked_.find(fold(name));
  return known == asked_.end() ? 0 : known->second;
}

}  // namespace mta::sim
