// mta/submit/bulk_lint.h — does bulk mail have what the big mailbox providers ask of it?
//
// What      Reads the header of a bulk message and names what it lacks, each with its cure: List-Unsubscribe with exactly one https URI and
//           List-Unsubscribe-Post, both signed; Feedback-ID; one From that a signature's domain aligns with; Date; a Message-ID of its own.
// Units     –
// Promise   Pure, thread-safe, any octets. Folding, case, comments, further URIs and octets beyond ASCII are no fault. Fields that are
//           completed anyway are none either. The message is not changed.
// Errors    None.
// Source    RFC 8058 §2, §3.1, §4; RFC 2369 §2; RFC 5322 §3.6.4; RFC 7489 §3.1.1 (relaxed alignment); README "From an application".
// Not here  whether it is refused or told (incoming_message.h), once a domain and day (marked_domains.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "conf/config.h"
#include "mta/smtp/header_section.h"

namespace mta {

inline constexpr std::uint32_t most_uses_of_message_id =
    100;  // messages a day: a list server splits one post into so many at most

struct BulkMail {
  std::vector<smtp::HeaderField> fields = {};  // as the client sent them
  bool completed = false;                      // a missing Date or Message-ID is added
  bool has_key = false;                        // a key of ours for the From domain signs it
  std::uint32_t message_id_uses = 0;           // of today, without this message
};

// "" when nothing is missing; else "Feedback-ID is missing: add campaign:customer:kind:sender; …".
std::string find_bulk_faults(const BulkMail&);

// Every class that has no reserve, but transactional: the operator's own ones too.
bool is_bulk(const conf::Config&, const std::string& mail_class);

}  // namespace mta
