#include "mta/scheduler/identities.h"

#include <fmt/format.h>

#include <algorithm>

#include "mta/scheduler/plans.h"
#include "queue/ensure.h"
#include "warmup/lane_row.h"
#include "warmup/sender.h"

namespace mta {

using queue::Family;

namespace {

constexpr std::string_view kept_as = "lanes-of/", source_row = "source/", address_row = "source-address/";
constexpr std::size_t lanes_named = 5, lanes_read = 2000;

std::string behind(const std::string& identity) { return identity + '\x01'; }

bool has_lanes(const queue::Store& store, const std::string& identity) {
  return store.scan(Family::lane, warmup::lane_row_key(identity, ""), behind(identity)).valid();
}

// Every identity that has lanes, sender domains apart.
std::vector<std::string> identities_in(const queue::Store& store) {
  std::vector<std::string> found;
  std::string from;
  for (;;) {
    const auto cursor = store.scan(Family::lane, from, "");
    if (!cursor.valid()) return found;
    auto identity = warmup::parse_lane_row_key(cursor.key()).identity;
    const bool is_sender = warmup::is_sender_identity(identity);
    from = is_sender ? warmup::behind_senders() : behind(identity);
    if (!is_sender) found.push_back(std::move(identity));
  }
}

// "google (stage 8), yahoo (stage 3) and 4 more": those that have come further than the beginning.
std::string lanes_of(const queue::Store& store, const std::string& identity) {
  std::vector<std::pair<unsigned, std::string>> lanes;
  std::string from = warmup::lane_row_key(identity, "");
  for (std::size_t read = 0; read < lanes_read; ++read) {
    const auto cursor = store.scan(Family::lane, from, behind(identity));
    if (!cursor.valid()) break;
    const auto name = warmup::parse_lane_row_key(cursor.key());
    from = warmup::lane_row_key(name.identity, name.provider) + '\x01';  // its days: behind them
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

std::string Identities::at(const std::string& address) const {
  const auto found = kept_as_.find(address);
  return found == kept_as_.end() ? address : found->second;
}

bool Identities::lives(const std::string& identity) const {
  return std::any_of(kept_as_.begin(), kept_as_.end(), [&](const auto& kept) { return kept.second == identity; });
}

// Lanes that went over to another address keep their identity, whatever lanes their old address has now.
std::string Identities::resolved(const std::string& identity) const { return lives(identity) ? identity : at(identity); }

std::string Identities::of(const conf::Source& source) const { return at(Plans::identity(source)); }

bool Identities::is_used(const std::string& identity, const conf::Config& config, const conf::Source& but) const {
  return std::any_of(config.sources.begin(), config.sources.end(),
                     [&](const conf::Source& each) { return each.name != but.name && of(each) == identity; });
}

std::vector<Identities::TakeOver> Identities::wanted(const conf::Config& config, const queue::Store& store) const {
  std::vector<TakeOver> found;
  for (const auto& source : config.sources) {
    const auto own = Plans::identity(source);
    if (source.was.empty() || kept_as_.contains(own)) continue;
    for (const auto& identity : {at(source.was), any_of(source)}) {  // an address that the kernel chose has lanes under "any"
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
  for (const auto& source : config.sources) {
    batch.put(Family::meta, std::string(source_row) + source.name, of(source));
    batch.put(Family::meta, std::string(address_row) + source.name, Plans::identity(source));
  }
}

std::string Identities::fresh_identity(const std::string& address, const conf::Config& config, const queue::Store& store) const {
  const auto is_taken = [&](const std::string& identity) {
    return has_lanes(store, identity) || lives(identity) ||
           std::any_of(config.sources.begin(), config.sources.end(),
                       [&](const conf::Source& each) { return of(each) == identity; });
  };
  std::string identity = address;
  while (is_taken(identity)) identity += " again";
  return identity;
}

// The lanes stay with the source that had them when the daemon last ran, else with one that took them over.
std::vector<Identities::Apart> Identities::coming_apart(const conf::Config& config, const queue::Store& store) const {
  std::map<std::string, std::vector<const conf::Source*>> holders;
  for (const auto& source : config.sources) {
    if (!source.is_smarthost()) holders[of(source)].push_back(&source);
  }
  std::vector<Apart> found;
  for (auto& [identity, sources] : holders) {
    const auto claim = [&, &kept = identity](const conf::Source* source) {
      const auto own = Plans::identity(*source);
      const bool had = store.get(Family::meta, std::string(source_row) + source->name) == kept &&
                       store.get(Family::meta, std::string(address_row) + source->name) == own;
      return had ? 0 : kept_as_.contains(own) ? 1 : 2;
    };
    std::stable_sort(sources.begin(), sources.end(), [&](const auto* a, const auto* b) { return claim(a) < claim(b); });
    for (std::size_t n = 1; n < sources.size(); ++n) {
      const auto own = Plans::identity(*sources[n]);
      found.push_back({own, fresh_identity(own, config, store)});
    }
  }
  return found;
}

void Identities::note(const Apart& apart, queue::Batch& batch) {
  kept_as_[apart.address] = apart.identity;
  batch.put(Family::meta, std::string(kept_as) + apart.address, apart.identity);
}

// What the source had when the daemon last ran; else what no source has any more.
Identities::Previous Identities::previous_of(const conf::Source& source, const conf::Config& config,
                                             const queue::Store& store) const {
  const auto row = store.get(Family::meta, std::string(source_row) + source.name);
  if (row && has_lanes(store, *row) && !is_used(*row, config, source)) {
    return {*row, store.get(Family::meta, std::string(address_row) + source.name).value_or(*row), true};
  }
  const auto moves = wanted(config, store);
  for (const auto& identity : identities_in(store)) {
    const bool other_family = (identity.find(':') != std::string::npos) != (source.family == "ipv6");
    if (!identity.starts_with("any ") && other_family) continue;
    if (identity.starts_with("any ") && identity != any_of(source)) continue;
    const bool goes_over =
        std::any_of(moves.begin(), moves.end(), [&](const TakeOver& move) { return move.identity == identity; });
    if (!goes_over && !is_used(identity, config, source) && identity != of(source)) return {identity, identity, false};
  }
  return {};
}

std::string Identities::cold_start(const conf::Source& source, const conf::Config& config, const queue::Store& store) const {
  const auto previous = previous_of(source, config, store);
  if (previous.identity.empty()) return "";
  const auto own = named(Plans::identity(source)), before = named(previous.address);
  const auto why = previous.its_own ? fmt::format("its address was {} and is {} now, so its lanes begin cold", before, own)
                                    : fmt::format("its lanes begin cold, and no source has those of {} any more", before);
  return fmt::format("source {}: {}: {}. If these lanes are its own, was = \"{}\" in [[source]] carries them over", source.name,
                     why, lanes_of(store, previous.identity),
                     previous.address.starts_with("any ") ? source.address : previous.address);
}

std::vector<std::string> Identities::changes(const conf::Config& config, const queue::Store& store) const {
  std::vector<std::string> said;
  Identities apart = *this;
  queue::Batch not_written;
  for (const auto& each : coming_apart(config, store)) {
    said.push_back(
        fmt::format("the lanes of {} went over to another source, which keeps them: the source that has this address now "
                    "begins with lanes of its own, cold",
                    each.address));
    apart.note(each, not_written);
  }
  const auto moves = apart.wanted(config, store);
  for (const auto& source : config.sources) {
    if (source.is_smarthost()) continue;
    const auto move = std::find_if(moves.begin(), moves.end(), [&](const TakeOver& each) { return each.source == source.name; });
    if (move != moves.end()) {
      const auto* later =
          move->has_lanes ? "; it has lanes of its own address already, so a warmupd that runs does it when it starts again" : "";
      const auto from = move->identity.starts_with("any ") ? named(move->identity) : source.was;
      said.push_back(
          fmt::format("source {} takes over the lanes of {}: {}{}", source.name, from, lanes_of(store, move->identity), later));
    } else if (!has_lanes(store, apart.of(source))) {
      auto text = apart.cold_start(source, config, store);
      if (!text.empty()) said.push_back(std::move(text));
    }
  }
  return said;
}

std::vector<std::string> Identities::idle_was(const conf::Config& config, const queue::Store& store) const {
  std::vector<std::string> said;
  const auto moves = wanted(config, store);
  for (const auto& source : config.sources) {
    if (source.was.empty() || kept_as_.contains(Plans::identity(source))) continue;  // done
    if (std::any_of(moves.begin(), moves.end(), [&](const TakeOver& move) { return move.source == source.name; })) continue;
    const auto holder = std::find_if(config.sources.begin(), config.sources.end(), [&](const conf::Source& each) {
      return each.name != source.name && of(each) == at(source.was);
    });
    std::string why = "this spool has no lanes of that address";
    if (holder != config.sources.end()) why = "source " + holder->name + " has taken over the lanes of that address";
    if (at(source.was) == of(source) && has_lanes(store, of(source))) why = "those are its own lanes";
    said.push_back(
        fmt::format("source {}: was = \"{}\" carries nothing over: {}. Write the address by which its mail left before, or "
                    "take `was` out",
                    source.name, source.was, why));
  }
  return said;
}

}  // namespace mta
