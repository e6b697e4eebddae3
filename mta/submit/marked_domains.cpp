#include "mta/submit/marked_domains.h"

#include "conf/names.h"
#include "mta/route/mx.h"

namespace mta {
namespace {
constexpr auto kept_for = std::chrono::hours(24);
}  // namespace

bool MarkedDomains::note(const std::string& domain, const std::string& reason, Instant now) {
  const std::lock_guard lock(mutex_);
  auto found = known_.find(domain);
  if (found == known_.end() && known_.size() >= most)
    std::erase_if(known_, [&](const auto& one) { return now - one.second.row.last >= kept_for; });
  if (found == known_.end()) found = known_.try_emplace(known_.size() < most ? domain : std::string()).first;
  auto& [row, said] = found->second;
  const bool fresh = row.messages == 0 || now - row.last >= kept_for;
  if (fresh) row = {found->first, reason, 0, now, now};
  ++row.messages;
  row.last = now;
  row.reason = reason;
  if (!fresh && now - said < said_every_) return false;
  said = now;
  return true;
}

std::vector<MarkedDomains::Row> MarkedDomains::rows(Instant now) const {
  std::vector<Row> rows;
  const std::lock_guard lock(mutex_);
  for (const auto& [domain, known] : known_) {
    if (now - known.row.last < kept_for) rows.push_back(known.row);
  }
  return rows;
}

bool may_have_key(const std::string& from_domain) {
  const auto ascii = ascii_domain(from_domain);
  return !from_domain.empty() && ascii && conf::host_name.fits(*ascii);
}

}  // namespace mta
