#include "queue/queue.h"

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

// Each field ends with NUL, so that no queue is a prefix of another.
std::string QueueKey::encode() const {
  std::string key(1, static_cast<char>(kind));
  for (const std::string* field : {&pool, &provider, &mail_class, &site, &bound_to}) {
    if (field->find('\0') != std::string::npos) throw std::invalid_argument("a queue's name holds a NUL octet");
    key.append(*field).push_back('\0');
  }
  return key;
}

std::optional<QueueKey> QueueKey::decode(std::string_view key) {
  if (key.empty() || !is_kind(key.front())) return std::nullopt;
  QueueKey queue;
  queue.kind = static_cast<QueueKind>(key.front());
  key.remove_prefix(1);
  for (std::string* field : {&queue.pool, &queue.provider, &queue.mail_class, &queue.site, &queue.bound_to}) {
    const auto end = key.find('\0');
    if (end == std::string_view::npos) return std::nullopt;
    field->assign(key.substr(0, end));
    key.remove_prefix(end + 1);
  }
  if (!key.empty()) return std::nullopt;
  return queue;
}

std::string queue_row_key(std::string_view queue, const QueueRow& row) {
  std::string key;
  key.reserve(queue.size() + row_tail);
  key.append(queue);
  append_instant(key, row.due);
  append_big_endian(key, row.recipient.message.value);
  append_big_endian(key, row.recipient.number);
  return key;
}

std::string queue_row_end(std::string_view queue) {
  std::string end(queue);
  while (!end.empty() && end.back() == '\xff') end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1U);
  return end;
}

std::optional<QueueRow> decode_queue_row(std::string_view queue, std::string_view key) {
  if (key.size() != queue.size() + row_tail || !key.starts_with(queue)) return std::nullopt;
  const std::string_view tail = key.substr(queue.size());
  return QueueRow{read_instant(tail), {{read_big_endian_64(tail.substr(8))}, read_big_endian_32(tail.substr(16))}};
}

std::string wake_key(Instant at, std::string_view queue) {
  std::string key;
  key.reserve(8 + queue.size());
  append_instant(key, at);
  key.append(queue);
  return key;
}

std::optional<Wake> decode_wake(std::string_view key) {
  if (key.size() < 8) return std::nullopt;
  return Wake{read_instant(key), std::string(key.substr(8))};
}

namespace {
bool is_longer(const QueueRecord& record) { return !record.said_by.empty() || record.opens != Instant{}; }
}  // namespace

std::string encode(const QueueRecord& record) {
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

std::optional<QueueRecord> decode_queue_record(std::string_view bytes) {
  const bool longer = !bytes.empty() && bytes.front() == longer_record_format;
  Reader in(longer ? longer_record_format : record_format, bytes);
  QueueRecord record;
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
