// tests/unit/mta/route/fake_resolver.h — a Resolver that answers from a map, at once; and a way to run a coroutine to its end.
//
// What      Zones as literals, every question counted; run(task).
// Units     –
// Promise   No time passes and no network is asked.
// Errors    What the coroutine throws.
// Source    mta/doors/world.h.
// Not here  names that change and servers that hang (tests/sim/world/dns.h).
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <map>
#include <optional>
#include <utility>

#include "mta/doors/world.h"

namespace mta {

class FakeResolver final : public Resolver {
 public:
  void mx(const std::string& domain, std::uint16_t preference, const std::string& host) {
    add(domain, {RecordType::mx, preference, host});
  }
  void address(const std::string& host, const std::string& text) {
    add(host, {text.find(':') == std::string::npos ? RecordType::a : RecordType::aaaa, 0, text});
  }
  void exists(const std::string& name) { zones_[name]; }  // without records
  void fails(const std::string& name, RecordType type) { failing_[{name, type}] = true; }
  void denies(const std::string& name, RecordType type) { denying_[{name, type}] = true; }  // NXDOMAIN for this type alone
  void alias(const std::string& name, const std::string& target) { aliases_[name] = target; }

  awaitable<DnsAnswer> ask(std::string name, RecordType type) override {
    ++questions;
    if (const auto target = aliases_.find(name); target != aliases_.end()) name = target->second;
    DnsAnswer answer;
    answer.ttl = std::chrono::seconds(60);
    if (failing_.count({name, type}) > 0) {
      answer.detail = "SERVFAIL from 127.0.0.1:5353";
      co_return answer;
    }
    const auto zone = denying_.count({name, type}) > 0 ? zones_.end() : zones_.find(name);
    answer.rcode = zone == zones_.end() ? Rcode::nxdomain : Rcode::ok;
    if (zone != zones_.end())
      for (const Record& record : zone->second)
        if (record.type == type) answer.records.push_back(record);
    co_return answer;
  }

  int questions = 0;

 private:
  void add(const std::string& name, Record record) { zones_[name].push_back(std::move(record)); }
  std::map<std::string, std::vector<Record>> zones_;
  std::map<std::pair<std::string, RecordType>, bool> failing_, denying_;
  std::map<std::string, std::string> aliases_;
};

// Rolls what it was given, in turn, over and over.
class LoadedDice final : public Dice {
 public:
  explicit LoadedDice(std::vector<std::uint64_t> rolls) : rolls_(std::move(rolls)) {}
  std::uint64_t roll() override { return rolls_[next_++ % rolls_.size()]; }

 private:
  std::vector<std::uint64_t> rolls_;
  std::size_t next_ = 0;
};

template <class T>
T finished(awaitable<T> work) {
  asio::io_context loop;
  std::optional<T> result;
  std::exception_ptr fault;
  asio::co_spawn(loop, std::move(work), [&](std::exception_ptr thrown, T value) {
    fault = thrown;
    result = std::move(value);
  });
  loop.run();
  if (fault) std::rethrow_exception(fault);
  return std::move(*result);
}

}  // namespace mta
