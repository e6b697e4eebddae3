// mta/real/cares_channel.h — one DNS server, asked through c-ares.
//
// What      Sends a question (UDP, TCP when the answer is cut off) and hands over the octets of the answer.
// Units     Milliseconds.
// Promise   A question that c-ares gave up for another one's malformed answer is asked once more, apart. Each is answered exactly once, never from inside ask(): with octets whatever their rcode, or with an error
//           text. All on one executor, whose thread alone may touch it.
// Errors    The constructor throws std::runtime_error for people. After destruction no callback runs.
// Source    RFC 1035, RFC 6891 (EDNS, 1232 octets), RFC 6840 §5.7 (AD), RFC 7766 (TCP); facts on c-ares 1.18.1.
// Not here  which server, how often, what the octets say (cares_resolver.h, dns_message.h).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "mta/doors/world.h"

namespace mta::real {

struct DnsWire {
  std::vector<std::uint8_t> message;  // empty: `error` says why
  std::string error;                  // "timed out", "connection refused"
  bool impossible = false;            // no such name can be
};

struct DnsChannelOptions {
  std::string server;  // "127.0.0.1:5353"
  Duration timeout;
  bool authentic = false;  // ask for validated data
};

class CaresChannel {
 public:
  using Done = std::function<void(DnsWire)>;
  CaresChannel(const Executor&, DnsChannelOptions);
  ~CaresChannel();
  CaresChannel(const CaresChannel&) = delete;
  CaresChannel& operator=(const CaresChannel&) = delete;
  void ask(const std::string& name, RecordType, Done);
  const std::string& server() const;

 private:
  struct Parts;
  std::shared_ptr<Parts> parts_;  // shared (weakly) with handlers that may run late
};

std::vector<std::string> system_dns_servers();  // of /etc/resolv.conf; never empty

}  // namespace mta::real
