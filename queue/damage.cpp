#include "queue/damage.h"

#include "queue/bytes.h"

namespace queue {

namespace {
constexpr char damage_format = 0x41;
}

std::string encode(const LogDamage& damage) {
  Writer row(damage_format);
  row.flag(damage.lost_since.has_value());
  row.instant(damage.lost_since.value_or(Instant{}));
  row.text(damage.text);
  return row.take();
}

std::optional<LogDamage> decode_damage(std::string_view bytes) {
  Reader row(damage_format, bytes);
  LogDamage damage;
  const bool known = row.flag();
  const Instant since = row.instant();
  if (known) damage.lost_since = since;
  damage.text = row.text();
  return row.done() ? std::optional(damage) : std::nullopt;
}

}  // namespace queue
