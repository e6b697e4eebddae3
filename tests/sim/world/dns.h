// tests/sim/world/dns.h — names as the test wrote them.
//
// What      A Resolver over zones in memory: MX, A, AAAA, TXT, CNAME; servers that fail; changes at any time.
// Units     Names lower case, without trailing dot (what is given is folded).
// Promise   No cache: an answer is what the zone says when the question arrives, after `latency`. Every question is logged and
//           counted.
// Errors    As values: nxdomain, failed, ok without records.
// Source    mta/doors/world.h.
// Not here  real DNS (mta/real).
#pragma once

#include <map>
#include <set>

#include "tests/sim/world/loop.h"

namespace mta::sim {

class SimResolver final : public Resolver {
 public:
  explicit SimResolver(Loop& loop) : loop_(loop) {}
  awaitable<DnsAnswer> ask(std::string name, RecordType type) override;

  // The zones. Adding keeps what is there.
  void mx(const std::string& domain, std::uint16_t preference, const std::string& host);  // host "" or ".": null MX
  void address(const std::string& host, const std::string& address);                      // A or AAAA by its form
  void cname(const std::string& alias, const std::string& target);
  void txt(const std::string& name, const std::string& text);
  void add(const std::string& name, Record);
  void exists(const std::string& name);                                   // a name without records
  void forget(const std::string& name);                                   // all its records: nxdomain from now on
  void forget(const std::string& name, RecordType);                       // no data
  void fails(const std::string& name, bool failing = true);               // SERVFAIL for every type
  void fail_question(std::uint64_t nth) { fail_at_ = questions_ + nth; }  // the nth from now, once: SERVFAIL
  void hangs(bool hanging) { hanging_ = hanging; }                        // every question: failed after 5 s

  std::vector<std::string> best_hosts(const std::string& domain) const;  // of the lowest preference; none: no MX records
  Duration latency{2};
  std::chrono::seconds ttl{300};
  std::uint64_t questions() const { return questions_; }
  std::uint64_t questions(const std::string& name) const;

 private:
  DnsAnswer find(const std::string& name, RecordType) const;

  Loop& loop_;
  std::map<std::string, std::map<RecordType, std::vector<Record>>> zones_;
  std::set<std::string> failing_;
  std::map<std::string, std::uint64_t> asked_;
  std::uint64_t questions_ = 0, fail_at_ = 0;  // 0: never
  bool hanging_ = false;
};

}  // namespace mta::sim
