#include "queue/totals.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace queue {

std::string encode(const Totals& totals) { return fmt::format("{} {} {}", totals.messages, totals.recipients, totals.octets); }

std::optional<Totals> decode_totals(std::string_view row) {
  Totals totals;
  const std::array fields{&totals.messages, &totals.recipients, &totals.octets};
  for (auto* field : fields) {
    if (field != fields.front()) {
      if (!row.starts_with(' ')) return std::nullopt;
      row.remove_prefix(1);
    }
    const auto parsed = std::from_chars(row.data(), row.data() + row.size(), *field);
    if (parsed.ec != std::errc()) return std::nullopt;
    row.remove_prefix(static_cast<std::size_t>(parsed.ptr - row.data()));
  }
  return row.empty() ? std::optional(totals) : std::nullopt;
}

}  // namespace queue
