// Asks a real DNS server through the real resolver, for resolver_real_dns.py: reads lines of the form
//   NAME TYPE      one question
//   NAME TYPE *N   the same question N times at once
// and answers each with one line: RCODE TTL AUTHENTIC QUERIES RECORD… (QUERIES: sent since the start).
#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <cstdlib>
#include <future>
#include <iostream>
#include <sstream>

#include "mta/real/cares_resolver.h"
#include "mta/real/threads.h"

namespace {

mta::RecordType type_of(const std::string& name) {
  if (name == "A") return mta::RecordType::a;
  if (name == "AAAA") return mta::RecordType::aaaa;
  if (name == "MX") return mta::RecordType::mx;
  if (name == "TXT") return mta::RecordType::txt;
  if (name == "CNAME") return mta::RecordType::cname;
  if (name == "PTR") return mta::RecordType::ptr;
  return mta::RecordType::tlsa;
}

std::string_view text(mta::Rcode rcode) {
  switch (rcode) {
    case mta::Rcode::ok: return "ok";
    case mta::Rcode::nxdomain: return "nxdomain";
    case mta::Rcode::failed: break;
  }
  return "failed";
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) {
    std::cerr << "usage: wire_dns_ask TIMEOUT_MS trust|distrust SERVER...\n";
    return 2;
  }
  mta::real::ResolverOptions options;
  options.timeout = mta::Duration(std::atoi(arguments[1]));
  options.trust_ad = std::string(arguments[2]) == "trust";
  options.servers.assign(arguments + 3, arguments + count);
  mta::real::IoThreads threads(1);
  mta::real::CaresResolver resolver(threads.resolver(), options);
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream words(line);
    std::string name, type, times;
    words >> name >> type >> times;
    const int asked = times.empty() ? 1 : std::atoi(times.c_str() + 1);
    std::vector<std::future<mta::DnsAnswer>> answers;
    for (int i = 0; i < asked; ++i)
      answers.push_back(boost::asio::co_spawn(threads.io(), resolver.ask(name, type_of(type)), boost::asio::use_future));
    mta::DnsAnswer answer;
    for (auto& one : answers) answer = one.get();
    std::cout << fmt::format("{} {} {} {}", text(answer.rcode), answer.ttl.count(), answer.authentic, resolver.queries());
    for (const auto& record : answer.records) std::cout << fmt::format(" {}/{}", record.preference, record.value);
    if (!answer.detail.empty()) std::cout << " # " << answer.detail;
    std::cout << std::endl;
  }
  threads.stop();
  return 0;
}
