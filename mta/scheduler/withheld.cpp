#include "mta/scheduler/withheld.h"

#include <optional>

#include "queue/bytes.h"

namespace mta {

using queue::Family;

namespace {

constexpr std::string_view prefix = "withheld/", behind = "withheld0";  // '0' is what follows '/'
constexpr char row_format = 0x51;

std::string row_key(const WithheldKey& key) { return std::string(prefix) + key.first + '\0' + key.second; }

std::optional<WithheldKey> key_of(std::string_view row) {
  row.remove_prefix(prefix.size());
  const auto nul = row.find('\0');
  if (nul == std::string_view::npos) return std::nullopt;
  return WithheldKey{row.substr(0, nul), row.substr(nul + 1)};
}

std::optional<Withheld> decode(std::string_view bytes) {
  queue::Reader row(row_format, bytes);
  Withheld sender;
  sender.until = row.instant();
  sender.refused = row.instant();
  sender.interval = row.duration();
  sender.verdict = row.text();
  while (row.more()) {
    std::string pool = row.text();
    sender.queues.emplace(std::move(pool), row.text());
  }
  return row.done() ? std::optional(std::move(sender)) : std::nullopt;
}

}  // namespace

std::string_view what_lacks(std::string_view verdict) {
  if (verdict == "auth_failure") return "SPF, DKIM and DMARC records";
  if (verdict == "bad_rdns") return "PTR record and the EHLO name of the source";
  if (verdict == "tls_required") return "TLS level towards this provider";
  return "right to relay there";
}

void put_withheld(queue::Batch& batch, const WithheldKey& key, const Withheld& sender) {
  queue::Writer row(row_format);
  row.instant(sender.until);
  row.instant(sender.refused);
  row.duration(sender.interval);
  row.text(sender.verdict);
  for (const auto& [pool, mail_class] : sender.queues) {
    row.text(pool);
    row.text(mail_class);
  }
  batch.put(Family::meta, row_key(key), row.take());
}

void erase_withheld(queue::Batch& batch, const WithheldKey& key) { batch.erase(Family::meta, row_key(key)); }

WithheldSenders read_withheld(const queue::Store& store) {
  WithheldSenders found;
  for (auto row = store.scan(Family::meta, prefix, behind); row.valid(); row.next()) {
    const auto key = key_of(row.key());
    auto sender = decode(row.value());
    if (key && sender) found.emplace(*key, std::move(*sender));
  }
  return found;
}

}  // namespace mta
