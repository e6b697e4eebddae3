// mta/real/dns_message.h — reading a DNS answer.
//
// What      Octets of a response -> what was asked for, with its time to live, CNAME chain followed within the message.
// Units     Seconds.
// Promise   Pure. Any octets are read without leaving the buffer; what is not well formed gives `malformed`, and so does what proves
//           nothing: an answer cut off (over TCP too), records of another class, answers that contradict themselves.
// Errors    None: `detail` says why an answer is of no use.
// Source    RFC 1035 §4.1, RFC 2181 §8 (TTL), §10.1 (one CNAME), RFC 2308 §2, §5 (negative answers), RFC 6698 §2 (TLSA), RFC 6891 (extended rcode).
// Not here  asking (cares_channel.h), keeping (dns_cache.h).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "mta/doors/world.h"

namespace mta::real {

enum class DnsOutcome {
  records,    // at least one of the type asked for
  no_data,    // the name exists, the record does not
  nxdomain,   // the name does not exist
  elsewhere,  // the chain leaves the message: ask for `alias`
  failed,     // SERVFAIL, REFUSED, …
  malformed
};

struct DnsReply {
  DnsOutcome outcome = DnsOutcome::malformed;
  std::vector<Record> records;
  std::chrono::seconds ttl{0};  // the least over the chain; when nothing is there: how long that may be believed
  bool authentic = false;       // the AD bit
  std::string alias;            // the end of the chain when it differs from the name asked for
  std::string detail;           // "SERVFAIL"
};

DnsReply read_dns_reply(std::span<const std::uint8_t> message, std::string_view name, RecordType type);

std::uint16_t dns_type(RecordType);

// Lower case, without the final dot. Names compare equal exactly when their folded texts do.
std::string fold_name(std::string_view);

}  // namespace mta::real
