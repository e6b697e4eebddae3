// What comes from the network at its lowest: DNS answers, and the target of an HTTP request.
#include <boost/asio/ip/address.hpp>

#include "mta/real/dns_message.h"
#include "mta/real/http_target.h"
#include "tests/fuzz/targets.h"

namespace fuzz {
namespace {

using mta::RecordType;
using mta::real::DnsOutcome;

std::string trouble_with(const mta::real::DnsReply& reply, RecordType type) {
  if ((reply.outcome == DnsOutcome::records) != !reply.records.empty()) return "records without an outcome, or the reverse";
  if (reply.outcome == DnsOutcome::elsewhere && reply.alias.empty()) return "elsewhere, but nobody knows where";
  if (reply.ttl.count() < 0 || reply.ttl > std::chrono::hours(24)) return "a time to live that is none";
  for (const auto& record : reply.records) {
    if (record.type != type) return "a record of another type";
    boost::system::error_code error;
    if (type == RecordType::a && (boost::asio::ip::make_address_v4(record.value, error), error)) return "an address that is none";
    if (type == RecordType::aaaa && (boost::asio::ip::make_address_v6(record.value, error), error))
      return "an address that is none";
    if (type != RecordType::txt && has_control(record.value)) return "a name that may not go to a log";
  }
  return {};
}

std::string check_dns(std::string_view input) {
  const std::span<const std::uint8_t> message(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
  for (const RecordType type :
       {RecordType::a, RecordType::aaaa, RecordType::mx, RecordType::txt, RecordType::cname, RecordType::ptr, RecordType::tlsa}) {
    const auto reply = mta::real::read_dns_reply(message, "example.test", type);
    if (auto wrong = trouble_with(reply, type); !wrong.empty()) return wrong;
  }
  return {};
}

std::string check_target(std::string_view input) {
  mta::HttpRequest request;
  if (!mta::real::split_target(input, request)) return {};
  if (!request.path.starts_with('/') || request.path.find('\0') != std::string::npos) return "a path that is none";
  const std::string joined = mta::real::join_target(request);
  if (has_control(joined) || joined.find_first_of(" \"<>") != std::string::npos) return "a target that cannot be sent";
  mta::HttpRequest again;
  if (!mta::real::split_target(joined, again) || again.path != request.path || again.query != request.query)
    return "split_target does not undo join_target";
  return {};
}

// A whole answer: header, question, an alias and an MX with a compressed name.
std::string dns_answer(char flags, std::string_view records, char count) {
  std::string made{0x12, 0x34, static_cast<char>(0x81), flags, 0, 1, 0, count, 0, 0, 0, 0};
  made += std::string(
              "\x07"
              "example"
              "\x04"
              "test"
              "\0",
              14) +
          std::string("\0\x0F\0\x01", 4);
  return made + std::string(records);
}

}  // namespace

Target dns() {
  const std::string mx(
      "\xC0\x0C\0\x0F\0\x01\0\0\x01\x2C\0\x08\0\x0A\x03"
      "mx1\xC0\x0C",
      20);
  const std::string a("\xC0\x0C\0\x01\0\x01\0\0\x01\x2C\0\x04\xC0\0\x02\x01", 16);
  const std::string txt(
      "\xC0\x0C\0\x10\0\x01\0\0\x01\x2C\0\x06\x05"
      "v=spf",
      18);
  const std::string cname("\xC0\x0C\0\x05\0\x01\0\0\x01\x2C\0\x02\xC0\x0C", 14);
  return {"dns",
          check_dns,
          {dns_answer(static_cast<char>(0x80), mx, 1), dns_answer(static_cast<char>(0x80), a + a, 2),
           dns_answer(static_cast<char>(0xA0), txt + mx, 2), dns_answer(static_cast<char>(0x83), "", 0),
           dns_answer(static_cast<char>(0x82), "", 0), dns_answer(static_cast<char>(0x80), cname + a, 2)}};
}

Target http_target() {
  return {"http_target",
          check_target,
          {"/api/v1/queue?domain=a%26b&limit=10", "/api/v1/why/036WBEGC0C000/0", "/?a=b&a=c&&=&x", "/%2e%2e/%00",
           "/a+b?c+d=e%20f", "/b%C3%BC?x"}};
}

}  // namespace fuzz
