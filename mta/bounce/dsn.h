// mta/bounce/dsn.h — a delivery status notification, as a message.
//
// What      Writes multipart/report for recipients of one message: failed, delayed or relayed.
// Units     Octets, CRLF line ends.
// Promise   Pure. Lines are within RFC 5322's limits; remote text cannot add fields or parts (no CR, LF; the boundary is not in the text).
// Errors    None.
// Source    RFC 3464, RFC 3461 §6, RFC 6522, RFC 6533 (addresses in UTF-8), RFC 3834 (Auto-Submitted).
// Not here  who is told (mta/scheduler), signing and sending it (bouncer.h).
#pragma once

#include <string>
#include <vector>

#include "mta/deliver/desk.h"
#include "queue/message.h"

namespace mta {

enum class ReportKind { failed, delayed, relayed };

struct Report {
  ReportKind kind = ReportKind::failed;
  std::string hostname;    // Reporting-MTA
  std::string postmaster;  // From
  std::string id;          // of the report, for Message-ID and boundary
  Instant now{};
  Instant retry_until{};  // delayed
  const queue::Message* message = nullptr;
  const std::vector<Addressee>* addressees = nullptr;
};

// Everything up to and including the header of the third part; then comes the original (or its header section), then `end`.
struct ReportText {
  std::string begin, end;
};
ReportText write_report(const Report&, bool whole_original);

std::string rfc5322_date(Instant);  // "Sat, 21 Nov 2026 09:00:00 +0000"

}  // namespace mta
