// Lanes and their permits: loaded when needed, brought to the present, asked, reserved, charged or refunded (warmup-rules §1–§4).
#include <spdlog/spdlog.h>

#include "mta/books/books.h"
#include "mta/books/survey.h"
#include "mta/tasks.h"
#include "queue/keys.h"
#include "warmup/advance.h"
#include "warmup/brake.h"
#include "warmup/gate.h"
#include "warmup/lane_row.h"
#include "warmup/ledger.h"

namespace mta {

using queue::Family;

namespace {
constexpr std::size_t lanes_in_memory = 4096;
const std::string every_day(10, '\xFF');  // behind every date
}  // namespace

Instant Books::now() const { return world_.calendar.now(); }

warmup::Moment Books::moment() const {
  const Boot boot = world_.calendar.boot();
  return {now(), {boot.id, boot.since}};
}

const std::string& Books::identity_of(const std::string& source) {
  auto& known = identities_[source];
  if (const auto* of = policy_.config->source(source)) known = addresses_.of(*of);
  if (known.empty()) known = source;
  return known;
}

Lane& Books::lane(const LaneKey& key) {
  auto [at, created] = lanes_.try_emplace(key);
  Lane& found = at->second;
  if (created) {
    found.key = key;
    load_lane(key, found);
  }
  if (!found.rules) {
    found.rules = plans_->of(key.source, key.provider);
    if (!found.rules) found.rules = plans_->lane("", "");  // a total that is switched off
    found.rolled = {};
  }
  if (const Instant at = now(); found.rolled != at) {
    found.rolled = at;
    roll(key, found);
  }
  return found;
}

void Books::load_lane(const LaneKey& key, Lane& into) {
  into.row = lane_row_key(identity_of(key.source), key.provider);
  into.window = std::min(5.0, static_cast<double>(std::max(1U, limits(key.provider).connections)));
  const auto row = store_->get(Family::lane, into.row);
  if (!row && invented_ != nullptr) invented_->push_back(key);
  if (!row) return;
  auto record = warmup::decode_lane(*row);
  ENSURE(record.has_value());
  into.record = std::move(*record);
  const auto from = day_row_key(into.row, ""), to = day_row_key(into.row, every_day);
  for (auto cursor = store_->scan(Family::lane, from, to); cursor.valid(); cursor.next()) {
    auto day = warmup::decode_day(cursor.value());
    ENSURE(day.has_value());
    into.record.history.push_back(std::move(*day));
  }
}

// The lane of a source that is gone stands still: should it come back, its days away are processed then (§3).
void Books::roll(const LaneKey& key, Lane& lane) {
  if (policy_.config->source(key.source) == nullptr) return;
  const std::string date = lane.record.today.date;
  const auto changes = warmup::roll(lane.follows(), moment());
  if (date != lane.record.today.date) turns_.new_day(key);
  if (date != lane.record.today.date || !changes.empty()) {
    lane.days_changed = lane.days_changed || !date.empty();
    dirty_lanes_.insert(key);
  }
  tell(key, lane, changes);
}

// After a reload: a lane belongs to the address, so it goes by the name that its address has now (§1). One whose source is gone keeps its
// name, unless another address has it. Conversations under way settle where they reserved; idle ones end: they began with the old names.
void Books::rename_lanes() {
  std::vector<std::uint64_t> idle;
  for (const auto& [id, conversation] : conversations_) {
    if (conversation.idle) idle.push_back(id);
  }
  for (const auto id : idle) end_idle(id);
  const auto name_now = [this](const LaneKey& key, const Lane& lane) {
    const auto identity = parse_lane_row_key(lane.row).identity;
    auto name = source_with(identity);
    return name == identity && policy_.config->source(key.source) == nullptr ? key.source : name;
  };
  std::map<LaneKey, LaneKey> renamed;
  std::map<LaneKey, Lane> lanes;
  for (auto& [key, lane] : lanes_) {
    const LaneKey& is = renamed[key] = {name_now(key, lane), key.provider};
    lane.key = is;
    const auto [at, alone] = lanes.try_emplace(is, std::move(lane));
    if (!alone && lane.open > at->second.open) at->second = std::move(lane);
  }
  lanes_ = std::move(lanes);
  for (auto& [id, conversation] : conversations_) conversation.lane = renamed.at(conversation.lane);
  for (auto* keys : {&dirty_lanes_, &offer_}) {
    for (const auto& key : std::exchange(*keys, {})) {
      if (const auto at = renamed.find(key); at != renamed.end()) keys->insert(at->second);
    }
  }
  outlooks_.clear();
}

// The source's total, when it has one in which this lane counts.
std::optional<LaneKey> Books::overall_of(const LaneKey& key) const {
  const auto total = key.overall() ? warmup::Total::none : plans_->total(key.source);
  if (!warmup::counts_in(total, key.provider)) return std::nullopt;
  return LaneKey{key.source, std::string(warmup::total_key(total))};
}

warmup::Answer Books::permit(const LaneKey& key, const warmup::Ask& wish) {
  std::array<warmup::Follows, 2> ledgers{lane(key).follows(), {}};
  std::size_t count = 1;
  if (const auto total = overall_of(key)) ledgers[count++] = lane(*total).follows();
  return warmup::ask({ledgers.data(), count}, wish, now());
}

// Observe mode: an enforced plan would have held this one, which is about to leave. What a total would hold, all its lanes would.
void Books::note_would_hold(const LaneKey& key, const warmup::Ask& wish) {
  Lane& used = lane(key);
  bool held = warmup::would_hold(used.follows(), wish, now());
  if (const auto total = overall_of(key)) {
    Lane& sum = lane(*total);
    const bool by_total = warmup::would_hold(sum.follows(), wish, now());
    if (by_total) ++sum.record.today.would_hold;
    held = held || (by_total && used.record.observed);
  }
  if (held) ++used.record.today.would_hold;
}

void Books::on_ledgers(const LaneKey& key, const std::function<void(warmup::Lane&)>& count) {
  count(lane(key).record);
  dirty_lanes_.insert(key);
  offer_.insert(key);
  if (key.overall()) return;
  const auto configured = overall_of(key);
  for (const auto each : {warmup::Total::all, warmup::Total::others}) {
    const LaneKey total{key.source, std::string(warmup::total_key(each))};
    const bool was =
        warmup::counts_in(each, key.provider) && lanes_.contains(total);  // switched off, or gone: it may have reserved
    if (configured != total && !was) continue;
    count(lane(total).record);
    dirty_lanes_.insert(total);
  }
}

void Books::reserve_permit(Conversation& conversation) {
  if (conversation.probe) warmup::probe_leaves(lane(conversation.lane).record);
  if (conversation.exempt) return;
  const auto& mail_class = conversation.message->mail_class;
  const std::string row = lane(conversation.lane).row;
  for (const auto& [addressee, due] : conversation.taken) {
    const bool has_slot = has_place(addressee.recipient, row);
    note_would_hold(conversation.lane, {mail_class, 1, has_slot});
    on_ledgers(conversation.lane, [&](warmup::Lane& ledger) {
      if (has_slot) {
        warmup::use_slot(ledger, mail_class);
      } else {
        warmup::reserve(ledger, mail_class, 1);
      }
    });
  }
  Lane& used = lane(conversation.lane);
  used.shares.took(lines_.open(conversation.line).key.pool, mail_class, conversation.taken.size(), used.record.today.started);
}

// Charge, keep the place or refund (warmup-rules §4). `slot` of the recipient says afterwards whether it has a place.
void Books::settle_permit(const Conversation& conversation, queue::Recipient& recipient, const Outcome& outcome) {
  const auto& mail_class = conversation.message->mail_class;
  if (conversation.exempt) return give_slot_back(mail_class, recipient);  // kept before its domain was our own
  const std::string row = lane(conversation.lane).row;
  const auto said = outcome.untried ? std::nullopt : std::optional(outcome.verdict);
  const auto settled = warmup::permitted({said, outcome.reply.permanent(), outcome.dot_sent, has_place(recipient, row)});
  const bool charged = settled == warmup::Permitted::charged, keeps = settled == warmup::Permitted::kept;
  const Instant at = outcome.dot_sent && outcome.dot_at != Instant{} ? outcome.dot_at : now();
  on_ledgers(conversation.lane, [&](warmup::Lane& ledger) {
    if (charged) {
      warmup::charge(ledger, mail_class, 1, at);
    } else if (keeps) {
      warmup::keep_slot(ledger, mail_class);
    } else {
      warmup::refund(ledger, mail_class, 1);
    }
  });
  Lane& used = lane(conversation.lane);
  if (!charged && !keeps)
    used.shares.gave_back(lines_.open(conversation.line).key.pool, mail_class, 1, used.record.today.started);
  if (charged && conversation.lane.provider == "*") {
    ++warmup::day_of(used.record, at).sent_by_provider[provider_for_statistics(conversation, recipient)];
  }
  if (charged && at < used.record.today.started) used.days_changed = true;
  recipient.slot = keeps ? row : "";
}

// Of mail by a smarthost: as its line was routed; where nobody asked DNS, by its domain. Unlisted ones together.
std::string Books::provider_for_statistics(const Conversation& conversation, const queue::Recipient& recipient) {
  std::string name = lines_.open(conversation.line).key.provider;
  if (name == "*") name = policy_.providers->of_domain(domain_of(recipient.address)).name;
  return name.empty() || name.starts_with("other:") ? "other" : name;
}

// It ended, or goes another way: the place that was kept for it is free.
void Books::give_slot_back(const std::string& mail_class, queue::Recipient& recipient) {
  if (recipient.slot.empty()) return;
  const auto name = parse_lane_row_key(std::exchange(recipient.slot, {}));
  on_ledgers({source_with(name.identity), name.provider}, [&](warmup::Lane& ledger) { warmup::drop_slot(ledger, mail_class); });
}

// The source that has this address now, else the one that had it; the identity itself when none did.
std::string Books::source_with(const std::string& identity) const {
  const std::string kept = addresses_.resolved(identity);
  for (const auto& source : policy_.config->sources) {
    if (addresses_.of(source) == kept) return source.name;
  }
  for (const auto& [name, known] : identities_) {
    if (known == kept && policy_.config->source(name) == nullptr) return name;
  }
  return identity;
}

std::string Books::slot_kept_for(const queue::RecipientId& id) {
  const auto found = recipient(id);
  ENSURE(found.has_value());
  return found->slot;
}

void Books::tell(const LaneKey& key, Lane& lane, const warmup::Changes& changes) {
  if (!changes.empty()) outlooks_.clear();  // what is told to those who submit is true from now on
  for (const auto& change : changes) {
    LaneEvent told;
    told.source = key.source;
    told.provider = key.shown_provider();
    told.change = change.change;
    told.reason = change.reason;
    if (lane.rules && lane.rules->plan != nullptr) told.stage = lane.record.stage;
    told.cap = lane.record.today.cap;
    for (const auto& each : change.evidence) told.evidence.push_back(each.text);
    told.alert = change.alert;
    told.observed = lane.record.observed;
    event(told);
    const auto level = change.alert ? spdlog::level::warn : spdlog::level::info;
    spdlog::log(level, "lane {} {}: {}: {}", key.source, key.shown_provider(), change.change, change.reason);
    if (change.change == "cooled" || change.change == "paused") end_idle_of(key);
  }
}

// Open conversations finish their message and close (warmup-rules §8).
void Books::end_idle_of(const LaneKey& key) {
  std::vector<std::uint64_t> idle;
  for (const auto& [id, conversation] : conversations_) {
    if (conversation.idle && conversation.lane == key) idle.push_back(id);
  }
  for (const auto id : idle) end_idle(id);
}

// Records go out with the batch that changed them; lanes without conversations leave memory when there are many;
// lines that they hold look again by themselves.
void Books::flush_lanes() {
  for (const auto& key : std::exchange(dirty_lanes_, {})) {
    const auto at = lanes_.find(key);
    if (at == lanes_.end()) continue;
    Lane& changed = at->second;
    batch_.put(Family::lane, changed.row, encode(changed.record));
    if (!std::exchange(changed.days_changed, false)) continue;
    std::set<std::string> kept;
    for (const auto& day : changed.record.history) {
      const auto row = day_row_key(changed.row, day.date);
      batch_.put(Family::lane, row, encode(day));
      kept.insert(row);
    }
    const auto from = day_row_key(changed.row, ""), to = day_row_key(changed.row, every_day);
    for (auto cursor = store_->scan(Family::lane, from, to); cursor.valid(); cursor.next()) {
      if (!kept.contains(std::string(cursor.key()))) batch_.erase(Family::lane, cursor.key());
    }
  }
  if (lanes_.size() <= lanes_in_memory) return;
  const auto at = now();
  std::erase_if(lanes_, [&](const auto& row) {
    return row.second.open == 0 && turns_.count(row.first, Wants::connection) == 0 && !row.second.limited(at) &&
           !row.first.overall();
  });
}

awaitable<bool> Books::renew(std::uint64_t id) {
  auto ask = [this, id](Asker<bool> asker) { answer(std::move(asker), may_go_on(id)); };
  co_return co_await asking<bool>(inbox_, std::move(ask));
}

// A permit of an earlier day: does the new day have room for it? Its reservation was carried over. Brakes do not matter: who is in
// conversation finishes its message (warmup-rules §8).
bool Books::may_go_on(std::uint64_t id) {
  const auto at = conversations_.find(id);
  if (at == conversations_.end() || stopping_) return false;
  const auto& conversation = at->second;
  const auto n = conversation.taken.size();
  if (conversation.probe || conversation.exempt) return true;
  const auto found = permit(conversation.lane, {conversation.message->mail_class, n, false, n});
  const auto* granted = std::get_if<warmup::Permit>(&found);
  return granted != nullptr && granted->recipients >= n;
}

const warmup::ClassOptions& Books::class_of(const std::string& name) const { return class_in(*policy_.config, name); }

}  // namespace mta
