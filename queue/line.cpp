#include "queue/line.h"

#include <stdexcept>

#include "queue/bytes.h"

namespace queue {

namespace {

constexpr std::size_t row_tail = 8 + 8 + 4;                        // due, message, recipient
constexpr char record_format = 0x31, longer_record_format = 0x32;  // with what is said in few of them behind

bool is_kind(char letter) {
  return letter == 'r' || letter == 'b' || letter == 'e' || letter == 'u' || letter == 'x' || letter == 'd';
}

}  // namespace

// Each field ends with NUL, so that no line is a prefix of another.
std::string LineKey::encode() const {
  std::string key(1, static_cast<char>(kind));
  for (const std::string* field : {&pool, &provider, &mail_class, &site, &pin}) {
    if (field->find('\0') != std::string::npos) throw std::invalid_argument("a line's name holds a NUL octet");
    key.append(*field).push_back('\0');
  }
  return key;
}

std::optional<LineKey> LineKey::decode(std::string_view key) {
  if (key.empty() || !is_kind(key.front())) return std::nullopt;
  LineKey line;
  line.kind = static_cast<LineKind>(key.front());
  key.remove_prefix(1);
  for (std::string* field : {&line.pool, &line.provider, &line.mail_class, &line.site, &line.pin}) {
    const auto end = key.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    field->assign(key.substr(0, end));
    key.remove_prefix(end + 1);
  }
  if (!key.empty()) return std::nullopt;
  return line;
}

std::string line_row_key(std::string_view line, const LineRow& row) {
  std::string key;
  key.reserve(line.size() + row_tail);
  key.append(line);
  append_instant(key, row.due);
  append_big_endian(key, row.recipient.message.value);
  append_big_endian(key, row.recipient.number);
  return key;
}

std::string line_row_end(std::string_view line) {
  std::string end(line);
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1U);
  return end;
}

std::optional<LineRow> decode_line_row(std::string_view line, std::string_view key) {
  if (key.size() != line.size() + row_tail || !key.starts_with(line)) return std::nullopt;
  const std::string_view tail = key.substr(line.size());
  return LineRow{read_instant(tail), {{read_big_endian_64(tail.substr(8))}, read_big_endian_32(tail.substr(16))}};
}

std::string wake_key(Instant at, std::string_view line) {
  std::string key;
  key.reserve(8 + line.size());
  append_instant(key, at);
  key.append(line);
  return key;
}

std::optional<Wake> decode_wake(std::string_view key) {
  if (key.size() < 8) return std::nullopt;
  return Wake{read_instant(key), std::string(key.substr(8))};
}

namespace {
bool is_longer(const LineRecord& record) { return !record.said_by.empty() || record.opens != Instant{}; }
}  // namespace

std::string encode(const LineRecord& record) {
  Writer out(is_longer(record) ? longer_record_format : record_format);
  out.number(record.waiting);
  out.instant(record.wake);
  out.duration(record.backoff);
  out.instant(record.closed_until);
  out.instant(record.closed_since);
  out.instant(record.low_water);
  out.text(record.reason);
  if (is_longer(record)) {
    out.text(record.said_by);
    out.instant(record.opens);
  }
  return out.take();
}

std::optional<LineRecord> decode_line_record(std::string_view bytes) {
  const bool longer = !bytes.empty() && bytes.front() == longer_record_format;
  Reader in(longer ? longer_record_format : record_format, bytes);
  LineRecord record;
  record.waiting = in.number();
  record.wake = in.instant();
  record.backoff = in.duration();
  record.closed_until = in.instant();
  record.closed_since = in.instant();
  record.low_water = in.instant();
  record.reason = in.text();
  if (longer) {
    record.said_by = in.text();
    record.opens = in.instant();
  }
  if (!in.done() || longer != is_longer(record)) return std::nullopt;
  return record;
}

}  // namespace queue
