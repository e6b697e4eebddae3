#include "mta/daemon/rehearsal.h"

#include <fmt/format.h>

#include <sstream>

#include "conf/load.h"

namespace mta {
namespace {

using queue::Family;

constexpr std::string_view key = "rehearsal";  // of family meta: "EPOCH_MS SCALE"

std::string encode(const Rehearsal& rehearsal) {
  return fmt::format("{} {}", rehearsal.epoch.time_since_epoch().count(), rehearsal.scale);
}

Rehearsal decode(const std::string& row, const conf::Config& config) {
  std::istringstream words(row);
  words.imbue(std::locale::classic());
  Duration::rep epoch = 0;
  Rehearsal made;
  if (!(words >> epoch >> made.scale) || !words.eof() || made.scale < 1)
    throw queue::StoreError(fmt::format("spool {}: what it says of its rehearsal cannot be read", config.spool), false);
  made.epoch = Instant(Duration(epoch));
  return made;
}

bool is_fresh(const queue::Store& store) try {
  for (const Family family : {Family::message, Family::lane, Family::event})
    if (store.scan(family, "", "").valid()) return false;
  return true;
} catch (const queue::StoreError&) {  // something is there that cannot be read
  return false;
}

[[noreturn]] void refuse(const conf::Config& config, const std::string& text) {
  const auto where = config.rehearsal.where.file.empty() ? conf::Where{config.file, 0} : config.rehearsal.where;
  throw conf::ConfigError({conf::Problem{where, text}});
}

Rehearsal begin(queue::Store& store, const conf::Config& config, Instant wall) {
  const Rehearsal made{wall, config.rehearsal.time_scale};
  queue::Batch batch;
  batch.put(Family::meta, key, encode(made));
  store.write(batch);
  store.sync();
  return made;
}

}  // namespace

bool is_rehearsal(const conf::Config& config) { return !config.rehearsal.deliver_to.empty() || config.rehearsal.time_scale > 1; }

std::optional<Rehearsal> rehearsal_of(const queue::Store& store, const conf::Config& config) {
  const auto row = store.get(Family::meta, key);
  if (!row) {
    if (is_rehearsal(config) && !is_fresh(store))
      refuse(config,
             fmt::format("rehearsal: the spool {} has been in real use; a rehearsal needs a spool of its own", config.spool));
    return std::nullopt;
  }
  const Rehearsal stored = decode(*row, config);
  if (!is_rehearsal(config)) {
    refuse(config,
           fmt::format("rehearsal: the spool {} belongs to a rehearsal (time_scale = {}), and this configuration is none; "
                       "production needs a spool of its own",
                       config.spool, stored.scale));
  }
  if (stored.scale < config.rehearsal.time_scale || stored.scale > config.rehearsal.time_scale) {
    refuse(config,
           fmt::format("rehearsal.time_scale: the spool {} is rehearsed with time_scale = {}, not {}; its clock would jump",
                       config.spool, stored.scale, config.rehearsal.time_scale));
  }
  return stored;
}

std::optional<Rehearsal> enter_rehearsal(queue::Store& store, const conf::Config& config, Instant wall) {
  const auto stored = rehearsal_of(store, config);
  if (stored) return stored;
  return is_rehearsal(config) ? std::optional(begin(store, config, wall)) : std::nullopt;
}

std::string rehearsal_banner(const conf::Config& config) {
  const auto& request = config.rehearsal;
  const std::string where =
      request.deliver_to.empty() ? "mail goes out FOR REAL" : "every delivery goes to " + request.deliver_to;
  if (request.time_scale <= 1) return fmt::format("REHEARSAL, not for production: {}", where);
  return fmt::format("REHEARSAL, not for production: {}; time runs {} times faster, a day takes {:.1f} s", where,
                     request.time_scale, 86'400.0 / request.time_scale);
}

}  // namespace mta
