#include "queue/damage.h"

#include "queue/bytes.h"

namespace queue {

namespace {
constexpr char damage_format = 0x42;
}

std::string encode(const LogDamage& damage) {
  Writer row(damage_format);
  row.flag(damage.lost_since.has_value());
  row.instant(damage.lost_since.value_or(Instant{}));
  row.text(damage.text);
  row.flag(damage.mail);
  return row.take();
}

std::optional<LogDamage> decode_damage(std::string_view bytes) {
  Reader row(damage_format, bytes);
  LogDamage damage;
  const bool known = row.flag();
  const Instant since = row.instant();
  if (known) damage.lost_since = since;
  damage.text = row.text();
  damage.mail = row.flag();
  return row.done() ? std::optional(damage) : std::nullopt;
}

std::string what_is_lost(const LogDamage& damage) {
  if (!damage.mail)
    return "No mail is missing, but rows of that table are: lanes may begin cold, attempts and dates be forgotten";
  return "Mail that was acknowledged is missing " +
         (damage.lost_since ? "since " + rfc3339(*damage.lost_since) : std::string("since a time that is not known"));
}

}  // namespace queue
