#include "mta/books/identities.h"

#include <fmt/format.h>

#include <algorithm>

#include "mta/books/lanes.h"
#include "mta/books/plans.h"
#include "mta/tasks.h"
#include "warmup/lane_row.h"

namespace mta {

using queue::Family;

namespace {

constexpr std::string_view kept_as = "lanes-of/", source_row = "source/";
constexpr std::size_t lanes_named = 5, lanes_read = 2000;

std::string behind(const std::string& identity) { return identity + '\x01'; }

bool has_lanes(const queue::Store& store, const std::string& identity) {
  return store.scan(Family::lane, lane_row_key(identity, ""), behind(identity)).valid();
}

// Every identity that has lanes.
std::vector<std::string> identities_in(const queue::Store& store) {
  std::vector<std::string> found;
  std::string from;
  for (;;) {
    const auto cursor = store.scan(Family::lane, from, "");
    if (!cursor.valid()) return found;
    found.push_back(parse_lane_row_key(cursor.key()).identity);
    from = behind(found.back());
  }
}

// "google (stage 8), yahoo (stage 3) and 4 more": those that have come further than the beginning.
std::string lanes_of(const queue::Store& store, const std::string& identity) {
  std::vector<std::pair<unsigned, std::string>> lanes;
  std::string from = lane_row_key(identity, "");
  for (std::size_t read = 0; read < lanes_read; ++read) {
    const auto cursor = store.scan(Family::lane, from, behind(identity));
    if (!cursor.valid()) break;
    const auto name = parse_lane_row_key(cursor.key());
    from = lane_row_key(name.identity, name.provider) + '\x01';  // its days: behind them
    if (!name.date.empty() || warmup::is_total_key(name.provider)) continue;
    const auto lane = warmup::decode_lane(cursor.value());
    ENSURE(lane.has_value());
    lanes.emplace_back(lane->stage,
                       fmt::format("{} ({})", name.provider,
                                   lane->phase == warmup::Phase::warm ? "warm" : fmt::format("stage {}", lane->stage)));
  }
  std::stable_sort(lanes.begin(), lanes.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string text;
  for (std::size_t n = 0; n < std::min(lanes_named, lanes.size()); ++n) text += (n == 0 ? "" : ", ") + lanes[n].second;
  if (lanes.size() > lanes_named) text += fmt::format(" and {} more", lanes.size() - lanes_named);
  return text;
}

std::string any_of(const conf::Source& source) { return "any " + source.family; }

std::string named(const std::string& identity) {
  return identity.starts_with("any ") ? "the kernel's choice (" + identity.substr(4) + ")" : identity;
}

}  // namespace

Identities::Identities(const queue::Store& store) {
  const std::string from(kept_as);
  for (auto cursor = store.scan(Family::meta, from, "lanes-of0"); cursor.valid(); cursor.next()) {  // '0' follows '/'
    kept_as_[std::string(cursor.key().substr(from.size()))] = cursor.value();
  }
}

std::string Identities::resolved(const std::string& identity) const {
  const auto at = kept_as_.find(identity);
  return at == kept_as_.end() ? identity : at->second;
}

std::string Identities::of(const conf::Source& source) const { return resolved(Plans::identity(source)); }

bool Identities::is_used(const std::string& identity, const conf::Config& config, const conf::Source& but) const {
  return std::any_of(config.sources.begin(), config.sources.end(),
                     [&](const conf::Source& each) { return each.name != but.name && of(each) == identity; });
}

std::vector<Identities::TakeOver> Identities::wanted(const conf::Config& config, const queue::Store& store) const {
  std::vector<TakeOver> found;
  for (const auto& source : config.sources) {
    const auto own = Plans::identity(source);
    if (source.was.empty() || kept_as_.contains(own)) continue;
    for (const auto& identity :
         {resolved(source.was), any_of(source)}) {  // an address that the kernel chose has lanes under "any"
      if (identity == own || !has_lanes(store, identity) || is_used(identity, config, source)) continue;
      found.push_back({source.name, own, identity, has_lanes(store, own)});
      break;
    }
  }
  return found;
}

void Identities::note(const TakeOver& take_over, queue::Batch& batch) {
  kept_as_[take_over.address] = take_over.identity;
  batch.put(Family::meta, std::string(kept_as) + take_over.address, take_over.identity);
}

void Identities::note_sources(const conf::Config& config, queue::Batch& batch) const {
  for (const auto& source : config.sources) batch.put(Family::meta, std::string(source_row) + source.name, of(source));
}

// Whose lanes it had when the daemon last ran; else those that no source has any more.
std::string Identities::previous_of(const conf::Source& source, const conf::Config& config, const queue::Store& store) const {
  const auto row = store.get(Family::meta, std::string(source_row) + source.name);
  if (row && has_lanes(store, *row) && !is_used(*row, config, source)) return *row;
  for (const auto& identity : identities_in(store)) {
    const bool other_family = (identity.find(':') != std::string::npos) != (source.family == "ipv6");
    if (!identity.starts_with("any ") && other_family) continue;
    if (identity.starts_with("any ") && identity != any_of(source)) continue;
    if (!is_used(identity, config, source) && identity != of(source)) return identity;
  }
  return "";
}

std::vector<std::string> Identities::changes(const conf::Config& config, const queue::Store& store) const {
  std::vector<std::string> said;
  const auto moves = wanted(config, store);
  for (const auto& source : config.sources) {
    if (source.is_smarthost()) continue;
    const auto own = Plans::identity(source);
    const auto move = std::find_if(moves.begin(), moves.end(), [&](const TakeOver& each) { return each.source == source.name; });
    if (move != moves.end()) {
      said.push_back(fmt::format("source {} takes over the lanes of {}: {}", source.name, named(move->identity),
                                 lanes_of(store, move->identity)));
      continue;
    }
    if (has_lanes(store, of(source))) continue;
    const auto previous = previous_of(source, config, store);
    if (previous.empty()) continue;
    const bool by_kernel = previous.starts_with("any ");
    said.push_back(
        fmt::format("source {}: its address was {} and is {} now, so its lanes begin cold: {}. If these lanes are its own, "
                    "was = \"{}\" in [[source]] carries them over",
                    source.name, named(previous), named(own), lanes_of(store, previous), by_kernel ? source.address : previous));
  }
  return said;
}

}  // namespace mta
