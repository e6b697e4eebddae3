#include "mta/real/dns_message.h"

#include <ares.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <map>
#include <optional>

namespace mta::real {

namespace {

constexpr std::uint16_t class_in = 1, type_ns = 2, type_cname = 5, type_soa = 6, type_dname = 39, type_opt = 41, type_rrsig = 46;
constexpr std::size_t longest_chain = 16;
constexpr std::chrono::seconds longest_ttl = std::chrono::hours(24), longest_negative = std::chrono::hours(3);

struct OutOfBounds {};
struct NoProof {  // well formed, but what it says cannot be believed
  const char* why;
};

// Reads forward; leaving the message throws OutOfBounds, which read_dns_reply alone catches, as NoProof.
class Octets {
 public:
  explicit Octets(std::span<const std::uint8_t> message) : message_(message) {}

  std::uint8_t u8() { return piece(1)[0]; }
  std::uint16_t u16() {
    const auto two = piece(2);
    return static_cast<std::uint16_t>(two[0] << 8U | two[1]);
  }
  std::uint32_t u32() {
    const std::uint32_t high = u16();
    return high << 16U | u16();
  }
  std::span<const std::uint8_t> piece(std::size_t size) {
    if (size > message_.size() - at_) throw OutOfBounds{};
    at_ += size;
    return message_.subspan(at_ - size, size);
  }
  std::string name() {
    if (at_ >= message_.size()) throw OutOfBounds{};
    char* text = nullptr;
    long used = 0;
    if (ares_expand_name(&message_[at_], message_.data(), static_cast<int>(message_.size()), &text, &used) != ARES_SUCCESS)
      throw OutOfBounds{};
    const std::string result = fold_name(text);
    ares_free_string(text);
    if (result.empty() && !is_root(at_)) throw OutOfBounds{};  // a label of one NUL is no host and not the root
    piece(static_cast<std::size_t>(used));
    return result;
  }
  std::size_t at() const { return at_; }

 private:
  // REQUIRES: a name is there, with no loop of pointers in it (RFC 1035 §4.1.4).
  bool is_root(std::size_t at) const {
    while ((message_[at] & 0xC0U) == 0xC0U) at = (message_[at] & 0x3FU) << 8U | message_[at + 1];
    return message_[at] == 0;
  }

  std::span<const std::uint8_t> message_;
  std::size_t at_ = 0;
};

struct ReadRecord {
  std::string owner;
  std::uint16_t type = 0;
  std::chrono::seconds ttl{0};
  std::string target;               // CNAME
  std::chrono::seconds minimum{0};  // SOA
  unsigned extended_rcode = 0;      // OPT
  bool other_class = false;
  std::optional<Record> record;  // of the type asked for
};

std::string address_text(std::span<const std::uint8_t> octets) {
  if (octets.size() == 4) {
    asio::ip::address_v4::bytes_type bytes{};
    std::copy(octets.begin(), octets.end(), bytes.begin());
    return asio::ip::make_address_v4(bytes).to_string();
  }
  if (octets.size() != 16) throw OutOfBounds{};
  asio::ip::address_v6::bytes_type bytes{};
  std::copy(octets.begin(), octets.end(), bytes.begin());
  return asio::ip::make_address_v6(bytes).to_string();
}

std::string joined_text(std::span<const std::uint8_t> data) {  // RFC 7208 §3.3: strings are joined without a space
  std::string text;
  while (!data.empty()) {
    const std::size_t size = data[0];
    if (size + 1 > data.size()) throw OutOfBounds{};
    text.append(data.begin() + 1, data.begin() + 1 + static_cast<std::ptrdiff_t>(size));
    data = data.subspan(size + 1);
  }
  return text;
}

std::string tlsa_text(std::span<const std::uint8_t> data) {  // RFC 6698 §2.2: "3 1 1 0a1b…"
  if (data.size() < 4) throw OutOfBounds{};
  std::string text = fmt::format("{} {} {} ", data[0], data[1], data[2]);
  for (const auto octet : data.subspan(3)) text += fmt::format("{:02x}", octet);
  return text;
}

Record read_record(Octets data, std::size_t size, RecordType type) {
  Record record;
  record.type = type;
  switch (type) {
    case RecordType::a:
    case RecordType::aaaa:
      if (size != (type == RecordType::a ? 4U : 16U)) throw OutOfBounds{};
      record.value = address_text(data.piece(size));
      break;
    case RecordType::mx:
      record.preference = data.u16();
      record.value = data.name();
      break;
    case RecordType::cname:
    case RecordType::ptr: record.value = data.name(); break;
    case RecordType::txt: record.value = joined_text(data.piece(size)); break;
    case RecordType::tlsa: record.value = tlsa_text(data.piece(size)); break;
  }
  return record;
}

std::chrono::seconds read_ttl(Octets& cursor) {
  const std::uint32_t ttl = cursor.u32();
  return ttl > 0x7fffffffU ? std::chrono::seconds(0) : std::chrono::seconds(ttl);  // RFC 2181 §8
}

ReadRecord read_row(Octets& cursor, RecordType wanted) {
  ReadRecord row;
  row.owner = cursor.name();
  row.type = cursor.u16();
  const auto record_class = cursor.u16();
  Octets flags = cursor;
  row.ttl = read_ttl(cursor);
  const std::size_t size = cursor.u16();
  Octets data = cursor;
  cursor.piece(size);
  if (row.type == type_opt) {
    row.extended_rcode = flags.u8();  // RFC 6891 §6.1.3: not a time
    return row;
  }
  if (record_class != class_in) {
    row.other_class = true;
    return row;
  }
  if (row.type == type_cname) row.target = Octets(data).name();
  if (row.type == type_soa) {
    Octets soa = data;
    soa.name();
    soa.name();
    for (int skipped = 0; skipped < 4; ++skipped) soa.u32();
    row.minimum = read_ttl(soa);
  }
  if (row.type == dns_type(wanted)) row.record = read_record(data, size, wanted);
  return row;
}

std::string rcode_text(unsigned code) {
  switch (code) {
    case 1: return "FORMERR";
    case 2: return "SERVFAIL";
    case 4: return "NOTIMP";
    case 5: return "REFUSED";
    default: return fmt::format("RCODE {}", code);
  }
}

struct Sections {
  std::vector<ReadRecord> answer, authority, additional;
};

// RFC 2181 §10.1: at most one, and nothing beside it.
const ReadRecord* alias_of(const Sections& sections, const std::string& name) {
  const ReadRecord* found = nullptr;
  bool others = false;
  for (const ReadRecord& row : sections.answer) {
    if (row.owner != name || row.type == type_rrsig) continue;
    if (row.type != type_cname) {
      others = others || row.record.has_value();
      continue;
    }
    if (found != nullptr && found->target != row.target) throw NoProof{"two aliases of one name"};
    found = &row;
  }
  if (found != nullptr && others) throw NoProof{"an alias beside other records"};
  return found;
}

// Follows CNAMEs from `name` and collects what stands at the end.
void follow(const Sections& sections, std::string name, RecordType type, DnsReply& reply) {
  reply.ttl = longest_ttl;
  for (std::size_t step = 0; type != RecordType::cname; ++step) {
    const ReadRecord* next = alias_of(sections, name);
    if (next == nullptr) break;
    if (step == longest_chain) throw NoProof{"aliases in a circle"};
    reply.ttl = std::min(reply.ttl, next->ttl);
    name = reply.alias = next->target;
  }
  for (const ReadRecord& row : sections.answer) {
    if (!row.record || row.owner != name) continue;
    reply.ttl = std::min(reply.ttl, row.ttl);
    reply.records.push_back(*row.record);
  }
}

// RFC 2308 §5: nothing may be believed for the lesser of the SOA's TTL and its MINIMUM; without a SOA, not at all.
std::chrono::seconds negative_ttl(const Sections& sections) {
  for (const ReadRecord& row : sections.authority) {
    if (row.type == type_soa) return std::min({row.ttl, row.minimum, longest_negative});
  }
  return std::chrono::seconds(0);
}

bool has_soa(const Sections& sections) {
  return std::any_of(sections.authority.begin(), sections.authority.end(),
                     [](const ReadRecord& row) { return row.type == type_soa; });
}

void must_be_of_our_class(const std::vector<ReadRecord>& rows) {
  if (std::any_of(rows.begin(), rows.end(), [](const ReadRecord& row) { return row.other_class; }))
    throw NoProof{"records of another class than IN"};
}

// `denied`: NXDOMAIN, which aliases that lead to such a name may stand beside (RFC 6604 §3), but nothing else.
void must_be_about(const std::string& asked, bool denied, const std::vector<ReadRecord>& answer) {
  const auto leads_on = [](const ReadRecord& row) {
    return row.type == type_cname || row.type == type_dname || row.type == type_rrsig;
  };
  if (denied && !std::all_of(answer.begin(), answer.end(), leads_on)) throw NoProof{"NXDOMAIN, and records beside it"};
  const auto ours = [&](const ReadRecord& row) { return row.owner == asked; };
  if (!answer.empty() && std::none_of(answer.begin(), answer.end(), ours)) throw NoProof{"only records of other names"};
}

// A server that sends us on to others has not said that there is nothing.
bool is_referral(const Sections& sections) {
  return sections.answer.empty() && !has_soa(sections) &&
         std::any_of(sections.authority.begin(), sections.authority.end(),
                     [](const ReadRecord& row) { return row.type == type_ns; });
}

unsigned whole_rcode(unsigned low, const Sections& sections) {
  for (const ReadRecord& row : sections.additional)
    if (row.type == type_opt) return row.extended_rcode << 4U | low;
  return low;
}

DnsReply parse(std::span<const std::uint8_t> message, std::string_view name, RecordType type) {
  DnsReply reply;
  Octets cursor(message);
  cursor.u16();
  const unsigned flags = cursor.u16();
  const unsigned questions = cursor.u16(), answers = cursor.u16(), authorities = cursor.u16(), additionals = cursor.u16();
  const std::string asked = fold_name(name);
  const bool response = (flags & 0x8000U) != 0;
  if (!response || questions != 1 || cursor.name() != asked || cursor.u16() != dns_type(type) || cursor.u16() != class_in) {
    reply.detail = "an answer to another question";
    return reply;
  }
  unsigned code = flags & 0x0fU;
  reply.authentic = (flags & 0x0020U) != 0;
  if (code != 0 && code != 3) {
    reply.outcome = DnsOutcome::failed;
    reply.detail = rcode_text(code);
    return reply;
  }
  if ((flags & 0x0200U) != 0) throw NoProof{"a truncated answer, over TCP too"};  // c-ares has asked again over TCP
  Sections sections;
  for (unsigned i = 0; i < answers; ++i) sections.answer.push_back(read_row(cursor, type));
  for (unsigned i = 0; i < authorities; ++i) sections.authority.push_back(read_row(cursor, type));
  for (unsigned i = 0; i < additionals; ++i) sections.additional.push_back(read_row(cursor, type));
  must_be_of_our_class(sections.answer);
  must_be_of_our_class(sections.authority);
  code = whole_rcode(code, sections);
  if (code > 15) {  // BADVERS and others that say nothing about the name
    reply.outcome = DnsOutcome::failed;
    reply.detail = rcode_text(code);
    return reply;
  }
  must_be_about(asked, code == 3, sections.answer);
  follow(sections, asked, type, reply);
  if (!reply.records.empty()) {
    reply.outcome = DnsOutcome::records;
    return reply;
  }
  if (code == 0 && is_referral(sections)) throw NoProof{"a referral to other servers, not an answer"};
  const bool left_open = code == 0 && !reply.alias.empty() && !has_soa(sections);
  reply.outcome = code == 3 ? DnsOutcome::nxdomain : left_open ? DnsOutcome::elsewhere : DnsOutcome::no_data;
  if (reply.outcome != DnsOutcome::elsewhere) reply.ttl = std::min(reply.ttl, negative_ttl(sections));
  return reply;
}

}  // namespace

std::uint16_t dns_type(RecordType type) {
  switch (type) {
    case RecordType::a: return 1;
    case RecordType::cname: return type_cname;
    case RecordType::ptr: return 12;
    case RecordType::mx: return 15;
    case RecordType::txt: return 16;
    case RecordType::aaaa: return 28;
    case RecordType::tlsa: return 52;
  }
  return 0;
}

std::string fold_name(std::string_view name) {
  const bool final_dot = name.ends_with('.') && !name.ends_with("\\.");
  std::string folded(name.substr(0, name.size() - (final_dot ? 1 : 0)));
  for (char& letter : folded) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return folded;
}

DnsReply read_dns_reply(std::span<const std::uint8_t> message, std::string_view name, RecordType type) {
  try {
    return parse(message, name, type);
  } catch (const OutOfBounds&) {
    DnsReply reply;
    reply.detail = "a malformed answer";
    return reply;
  } catch (const NoProof& none) {
    DnsReply reply;
    reply.detail = none.why;
    return reply;
  }
}

}  // namespace mta::real
