#include "mta/scheduler/snapshot_copies.h"

#include <algorithm>

#include "mta/scheduler/spool_damage.h"

namespace mta {

namespace {

constexpr std::size_t lanes_shown = 1000;
constexpr std::size_t lanes_at_once = 16;
constexpr std::size_t busiest_senders = 50, senders_shown = 1000;

// What the function makes on the scheduler's thread.
template <class T, class Copy>
awaitable<T> copied(const std::shared_ptr<Inbox>& inbox, Copy copy) {
  return call<T>(inbox, [copy = std::move(copy)](PendingReply<T> caller) { reply(std::move(caller), copy()); });
}

}  // namespace

awaitable<std::shared_ptr<const conf::Config>> SnapshotCopies::config() {
  return copied<std::shared_ptr<const conf::Config>>(state_.inbox, [this] { return state_.policy.config; });
}

awaitable<OverallState> SnapshotCopies::overall(LaneFilter filter) {
  return copied<OverallState>(state_.inbox, [this, filter = std::move(filter)] { return copy_overall(filter); });
}

OverallState SnapshotCopies::copy_overall(const LaneFilter& filter) const {
  OverallState state;
  state.now = state_.now();
  state.config = state_.policy.config;
  state.messages = state_.mail.totals().messages;
  state.recipients = state_.mail.totals().recipients;
  state.accepting = parts_.acceptor.accepting();
  state.not_accepting = parts_.space.why_not_accepting();
  state.damaged = report_damage(state_);
  state.withheld = copy_withheld("");
  state.lanes = shown_lanes(filter);
  if (filter.source.empty()) state.senders = shown_senders({"", filter.provider});  // they are over all sources
  return state;
}

// A lane of an address that no source has any more keeps its history on disk; it has no cap and no state to show. Nor has a total that is
// switched off.
std::vector<LaneKey> SnapshotCopies::shown_lanes(const LaneFilter& filter) const {
  const auto& lanes = state_.lanes.all();
  std::vector<const LiveLane*> found;
  for (auto at = lanes.lower_bound({filter.source, {}}); at != lanes.end(); ++at) {
    const auto& [key, lane] = *at;
    if (!filter.source.empty() && key.source != filter.source) break;
    if (warmup::is_sender(key)) continue;
    const bool shown = lane.open > 0 || state_.config().source(key.source) != nullptr;
    const bool is_on = !key.overall() || state_.plans->rules_of(key) != nullptr;
    if (shown && is_on && filter.fits(key)) found.push_back(&lane);
  }
  std::stable_partition(found.begin(), found.end(), [](const LiveLane* lane) {  // those that do something first
    return lane->key.overall() || !lane->key.provider.starts_with("other:") || lane->record.committed() > 0;
  });
  if (found.size() > lanes_shown) found.resize(lanes_shown);
  std::vector<LaneKey> keys;
  for (const LiveLane* lane : found) keys.push_back(lane->key);
  if (const auto stored = stored_lane(filter)) keys.push_back(*stored);
  return keys;
}

// The one lane that the filter names, when it is not in memory and the store knows it.
std::optional<LaneKey> SnapshotCopies::stored_lane(const LaneFilter& filter) const {
  const auto* source = state_.config().source(filter.source);
  if (source == nullptr || filter.provider.empty()) return std::nullopt;
  const auto total = warmup::total_named(filter.provider);
  const LaneKey key{filter.source, source->is_smarthost() ? "*"
                                   : total                ? std::string(warmup::total_key(*total))
                                                          : filter.provider};
  if (state_.lanes.all().contains(key) || (key.overall() && state_.plans->rules_of(key) == nullptr)) return std::nullopt;
  const bool known = state_.store->get(queue::Family::lane, state_.stored_lanes.row_of(key)).has_value();
  return known ? std::optional(key) : std::nullopt;
}

awaitable<std::vector<LaneKey>> SnapshotCopies::senders(SenderFilter filter) {
  return copied<std::vector<LaneKey>>(state_.inbox, [this, filter = std::move(filter)] { return shown_senders(filter); });
}

std::vector<LaneKey> SnapshotCopies::shown_senders(const SenderFilter& filter) const {
  const auto& lanes = state_.lanes.all();
  const auto from = warmup::sender_key(filter.domain, "");
  std::vector<const LiveLane*> found;
  for (auto at = lanes.lower_bound(from); at != lanes.end() && warmup::is_sender(at->first); ++at) {
    const auto& [key, ledger] = *at;
    if (!filter.domain.empty() && key.source != from.source) break;
    const auto& record = ledger.record;
    const bool moves = record.today.ends > state_.now() && record.committed() > 0;
    const bool shown = !filter.domain.empty() || moves || record.brake.state != warmup::Brake::none ||
                       record.operator_hold.state != warmup::OperatorHold::none;
    if (shown && (filter.provider.empty() || key.provider == filter.provider)) found.push_back(&ledger);
  }
  if (filter.domain.empty()) {
    std::ranges::stable_sort(found, std::ranges::greater(), [](const LiveLane* each) { return each->record.today.sent; });
    if (found.size() > busiest_senders) found.resize(busiest_senders);
  }
  std::vector<LaneKey> keys;
  for (const LiveLane* ledger : found) keys.push_back(ledger->key);
  if (filter.domain.empty()) return keys;
  std::set<LaneKey> all(keys.begin(), keys.end());
  add_stored_senders(filter, all);
  return {all.begin(), all.end()};
}

// Those of one domain that are not in memory.
void SnapshotCopies::add_stored_senders(const SenderFilter& filter, std::set<LaneKey>& found) const {
  const auto rows = warmup::sender_rows(filter.domain);
  std::string from = warmup::lane_row_key(rows, filter.provider);
  while (found.size() < senders_shown) {
    const auto cursor = state_.store->scan(queue::Family::lane, from, rows + '\x01');
    if (!cursor.valid()) return;
    const auto name = warmup::parse_lane_row_key(cursor.key());
    if (!filter.provider.empty() && name.provider != filter.provider) return;
    found.insert(warmup::sender_key(filter.domain, name.provider));
    from = warmup::lane_row_key(rows, name.provider) + '\x01';  // behind its days
  }
}

awaitable<std::vector<WithheldReport>> SnapshotCopies::withheld_at(std::string provider) {
  return copied<std::vector<WithheldReport>>(state_.inbox,
                                             [this, provider = std::move(provider)] { return copy_withheld(provider); });
}

std::vector<WithheldReport> SnapshotCopies::copy_withheld(const std::string& provider) const {
  std::vector<WithheldReport> found;
  for (const auto& [of, sender] : state_.withholding.all()) {
    if (sender.until <= state_.now() || sender.interval == Duration(0)) continue;
    if (provider.empty() || of.second == provider)
      found.push_back({of.first, of.second, sender.verdict, sender.until, sender.queues});
  }
  return found;
}

struct SnapshotCopies::Copying {
  std::vector<LaneKey> wanted;
  std::size_t next = 0;
  LaneStates found = {};
};

// Each round of the loop is a job of its own.
awaitable<LaneStates> SnapshotCopies::lanes(std::set<LaneKey> wanted) {
  const auto copying = std::make_shared<Copying>(Copying{{wanted.begin(), wanted.end()}});
  const auto some = [this, copying] { return copy_some(*copying); };
  for (bool more = true; more;) more = co_await copied<bool>(state_.inbox, some);
  co_return std::move(copying->found);
}

// True: more are to be copied. A reload between two jobs begins anew, so that all are by one configuration.
bool SnapshotCopies::copy_some(Copying& copying) {
  const warmup::LaneTable::Inquiry question(state_.lanes);
  LaneStates& found = copying.found;
  if (found.config != state_.policy.config) {
    found.config = state_.policy.config;
    found.lanes.clear();
    copying.next = 0;
  }
  const std::size_t end = std::min(copying.wanted.size(), copying.next + lanes_at_once);
  for (; copying.next < end; ++copying.next) {
    const auto& [source, provider] = copying.wanted[copying.next];
    copy({source, provider}, found);
  }
  found.now = state_.now();
  return copying.next < copying.wanted.size();
}

void SnapshotCopies::copy(const LaneKey& key, LaneStates& into) {
  const auto [at, is_new] = into.lanes.try_emplace({key.source, key.provider});
  if (!is_new) return;
  const LiveLane& lane = state_.lanes.at(key);
  LaneState& state = at->second;
  state.row = lane.row;
  state.record = lane.record;
  state.rules = lane.rules;
  state.connections = lane.open;
  state.idle = static_cast<unsigned>(state_.conversations.idle_of(key).size());
  state.most_connections = lane.free_connections(state_.limits(key.provider).connections, state_.now()) + lane.open;
  state.absent = state_.absent.has(key.source);
  if (const auto total = state_.lanes.total_of(key)) copy(*total, into);
}

awaitable<WayState> SnapshotCopies::way_of(GateRequest request) {
  return copied<WayState>(state_.inbox, [this, request = std::move(request)] { return copy_way(request); });
}

WayState SnapshotCopies::copy_way(const GateRequest& request) {
  WayState way;
  way.lanes.now = state_.now();
  way.lanes.config = state_.policy.config;
  if (!request.queue.knows_site()) return way;
  const warmup::LaneTable::Inquiry question(state_.lanes);
  const Queue& queue = state_.queues.look(request.queue.encode());
  if (const auto* withheld = parts_.held.withheld_by(queue, request.from_domain)) way.withheld_until = withheld->second.until;
  for (const auto& key : state_.lanes_of(queue)) {
    copy(key, way.lanes);
    way.order.push_back(key);
  }
  const auto* pool = queue.key.bound_to.empty() ? state_.pool_of(queue.key.pool) : nullptr;
  if (pool == nullptr || pool->overflow.empty()) return way;
  const auto* source = state_.config().source(pool->overflow);
  way.overflow_holds = source == nullptr ? "is gone" : std::string(parts_.overflow.ask(queue, *source).why);
  return way;
}

awaitable<std::set<queue::RecipientId>> SnapshotCopies::in_conversation(std::vector<queue::RecipientId> ids) {
  auto look = [this, ids = std::move(ids)] {
    std::set<queue::RecipientId> found;
    for (const auto& id : ids) {
      if (state_.conversations.has(id)) found.insert(id);
    }
    return found;
  };
  return copied<std::set<queue::RecipientId>>(state_.inbox, std::move(look));
}

}  // namespace mta
