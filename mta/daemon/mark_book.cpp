#include "mta/daemon/mark_book.h"

#include <optional>

#include "queue/bytes.h"
#include "queue/store.h"

namespace mta {

using queue::Family;

namespace {

using Row = MarkedDomains::Row;

constexpr char row_format = 0x52;
constexpr auto kept_for = std::chrono::hours(24);

std::string encode(const Row& row) {
  queue::Writer bytes(row_format);
  bytes.text(row.reason);
  bytes.number(row.messages);
  bytes.instant(row.since);
  bytes.instant(row.last);
  return bytes.take();
}

std::optional<Row> decode(std::string_view domain, std::string_view bytes) {
  queue::Reader reader(row_format, bytes);
  Row row;
  row.domain = domain;
  row.reason = reader.text();
  row.messages = reader.number();
  row.since = reader.instant();
  row.last = reader.instant();
  return reader.done() ? std::optional(std::move(row)) : std::nullopt;
}

std::map<std::string, Row> read(const queue::Store& store, const std::string& kind) {
  const std::string prefix = kind + "/", behind = kind + "0";  // '0' is what follows '/'
  std::map<std::string, Row> found;
  for (auto cursor = store.scan(Family::meta, prefix, behind); cursor.valid(); cursor.next()) {
    if (auto row = decode(cursor.key().substr(prefix.size()), cursor.value())) found.emplace(row->domain, std::move(*row));
  }
  return found;
}

// Both are of one domain, or of all that have no row of their own.
void add(Row& into, const Row& row) {
  into.messages += row.messages;
  into.since = std::min(into.since, row.since);
  if (row.last <= into.last) return;
  into.last = row.last;
  into.reason = row.reason;
}

}  // namespace

MarkBook::MarkBook(const queue::Store& store, const std::string& kind) : prefix_(kind + "/"), earlier_(read(store, kind)) {
  for (const auto& [domain, row] : earlier_) stored_.emplace(prefix_ + domain, encode(row));
}

std::vector<Row> MarkBook::rows(const std::vector<Row>& of_this_run, Instant now) const {
  std::map<std::string, Row> all;
  for (const auto& row : of_this_run) all.emplace(row.domain, row);
  for (const auto& [domain, row] : earlier_) {
    if (now - row.last >= kept_for) continue;
    const bool has_place = all.contains(domain) || all.size() < MarkedDomains::most;
    const auto [at, fresh] = all.try_emplace(has_place ? domain : std::string(), row);
    if (fresh) at->second.domain = at->first;
    if (!fresh) add(at->second, row);
  }
  std::vector<Row> found;
  for (auto& [domain, row] : all) found.push_back(std::move(row));
  return found;
}

void MarkBook::put(const std::vector<Row>& rows, queue::Batch& batch) {
  std::map<std::string, std::string> wanted;
  for (const auto& row : rows) wanted.emplace(prefix_ + row.domain, encode(row));
  for (const auto& [key, bytes] : stored_) {
    if (!wanted.contains(key)) batch.erase(Family::meta, key);
  }
  for (const auto& [key, bytes] : wanted) {
    const auto at = stored_.find(key);
    if (at == stored_.end() || at->second != bytes) batch.put(Family::meta, key, bytes);
  }
  stored_ = std::move(wanted);
}

std::string unsigned_cure(const std::string& from_domain) {
  if (!may_have_key(from_domain))
    return "have its sender write one address with a domain in From, or set [dkim] unsigned = \"allow\"";
  return "add a [[dkim.key]] for it, or set [dkim] unsigned = \"allow\"";
}

}  // namespace mta
