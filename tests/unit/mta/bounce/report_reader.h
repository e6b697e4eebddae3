// tests/unit/mta/bounce/report_reader.h — a delivery status notification, taken apart as a mail reader does.
//
// What      Parts of a multipart message, fields of a header block, and whether its lines may be sent.
// Units     CRLF line ends.
// Promise   Shares no code with the writer. A field that stands twice is found twice.
// Errors    A text without a boundary has no parts.
// Source    RFC 2046 §5.1, RFC 5322 §2.1, §2.2.
// Not here  other people's readers (tests/interop).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mta {

struct ReadPart {
  std::string header, body;
};

struct ReadReport {
  std::string header;           // of the whole
  std::vector<ReadPart> parts;  // between the boundaries
};

ReadReport read_report(const std::string& mail);
std::vector<std::string> fields(std::string_view block, std::string_view name);  // values, unfolded, in order
std::string field(std::string_view block, std::string_view name);                // the only one; "(none)", "(several)"
std::string trouble_with_lines(std::string_view mail);                           // "" = every line may be sent as it is
bool is_utf8(std::string_view);

}  // namespace mta
