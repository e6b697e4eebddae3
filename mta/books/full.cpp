// What a line does when no lane takes its head: overflow, waiting too long, greylist pins, senders held back (warmup-rules §6, §8).
#include <fmt/format.h>

#include <algorithm>

#include "mta/books/books.h"
#include "mta/smtp/reply.h"
#include "mta/tasks.h"
#include "warmup/gate.h"

namespace mta {

using queue::Fate;
using warmup::Brake;

namespace {
using namespace std::chrono_literals;
constexpr Duration pin_longest = 24h, held_longest = 4h, first_withheld = 1h, longest_withheld = 24h;
constexpr Duration long_cool = 1h;
constexpr std::size_t distinct_messages = 3, most_warned = 1000;

std::string_view what_lacks(Verdict verdict) {
  switch (verdict) {
    case Verdict::auth_failure: return "SPF, DKIM and DMARC records";
    case Verdict::bad_rdns: return "PTR record and the EHLO name of the source";
    case Verdict::tls_required: return "TLS level towards this provider";
    default: return "right to relay there";
  }
}
}  // namespace

// A greylisted recipient is free again after a day, when its source is gone, or when its lane is held for long (§6).
bool Books::release_pin(Line& line, const queue::LineRow& row) {
  if (line.key.pin.empty()) return false;
  auto found = recipient(row.recipient);
  const auto of = message(row.recipient.message);
  ENSURE(found.has_value() && of != nullptr);
  const auto* source = policy_.config->source(line.key.pin);
  bool free = source == nullptr;
  if (!free && found->pin_source.empty()) {  // in the overflow, by relieve(): back when that is braked
    const auto& record = lane(lanes_of(line).front()).record;
    free = record.brake.state != Brake::none || record.pin.state == warmup::Pin::paused;
  } else if (!free) {
    const auto& record = lane({line.key.pin, line.key.provider}).record;
    const bool braked = record.brake.state != Brake::none || record.pin.state == warmup::Pin::paused;
    const Instant opens =
        record.pin.state == warmup::Pin::paused ? record.pin.until.value_or(Instant::max()) : record.brake.until;
    free =
        now() - found->pinned_at >= pin_longest || (braked && opens - now() > std::max(held_longest, 3 * found->greylist_delay));
  }
  if (!free) return false;
  found->pin_source.clear();
  found->pin_mx.clear();
  found->greylist_delay = Duration(0);
  give_slot_back(of->mail_class, *found);
  auto key = line.key;
  key.pin.clear();
  const auto due = row.due;
  const auto number = row.recipient.number;
  lines_.pop(line);
  move(*of, number, std::move(*found), due, key.encode(), due);
  return true;
}

// The overflow of the line's pool, when there is one and it is well.
const conf::Source* Books::overflow_of(const Line& line) {
  const auto* pool = pool_of(line.key.pool);
  if (pool == nullptr || pool->overflow.empty() || !line.key.pin.empty()) return nullptr;
  const auto* source = policy_.config->source(pool->overflow);
  if (source == nullptr) return nullptr;
  const auto& record = lane({source->name, source->is_smarthost() ? "*" : line.key.provider}).record;
  const bool braked = record.brake.state != Brake::none || record.pin.state == warmup::Pin::paused;
  return braked ? nullptr : source;
}

// Until an operator resumes: it would go round and round (§6).
void Books::pause_overflows(std::string client) {
  inbox_->put([this, client = std::move(client)] {
    std::set<std::string> names;
    for (const auto& pool : policy_.config->pools) names.insert(pool.overflow);
    for (const auto& name : names) {
      const auto* source = policy_.config->source(name);
      if (source == nullptr || !source->is_smarthost()) continue;
      const LaneKey key{name, "*"};
      Lane& found = lane(key);
      const bool used = found.record.today.sent + found.record.reserved() > 0 || !found.record.history.empty();
      if (!used || found.record.pin.state == warmup::Pin::paused) continue;
      const auto reason = fmt::format(
          "mail that was here before came back from {}; see that {} does not route it to us, then resume", client, name);
      auto done = warmup::apply(found.follows(), {warmup::Hand::pause, {}, {}, "warmupd", reason}, now());
      for (auto& change : done.changes) change.alert = true;
      tell(key, found, done.changes);
      dirty_lanes_.insert(key);
    }
  });
}

std::string Books::overflow_line(const Line& line, const conf::Source& overflow) const {
  auto key = line.key;
  key.pin = overflow.name;
  return key.encode();
}

// What the class may still get today on all lanes of the line; nothing: no limit.
std::optional<warmup::Recipients> Books::left_for(const Line& line) {
  warmup::Recipients sum = 0;
  for (const auto& key : lanes_of(line)) {
    const auto own = warmup::left_today(lane(key).follows(), line.key.mail_class, now());
    if (!own) return std::nullopt;
    auto least = *own;
    if (const auto total = overall_of(key)) {
      least = std::min(least, warmup::left_today(lane(*total).follows(), line.key.mail_class, now()).value_or(least));
    }
    sum += least;
  }
  return sum;
}

bool Books::all_braked_for_long(const Line& line) {
  const auto keys = lanes_of(line);
  return !keys.empty() && std::all_of(keys.begin(), keys.end(), [&](const LaneKey& key) {
    const auto& record = lane(key).record;
    const bool cooling_long = record.brake.state == Brake::cooling && record.brake.until - now() > long_cool;
    return record.brake.state == Brake::paused || record.pin.state == warmup::Pin::paused || cooling_long;
  });
}

// §6: only when what waits ahead is all that the class can get today, or the lanes are braked; pace alone never overflows.
bool Books::overflows(const Line& line, std::uint64_t ahead) {
  if (class_of(line.key.mail_class).when_full != warmup::WhenFull::overflow) return false;
  if (all_braked_for_long(line)) return true;
  const auto left = left_for(line);
  return left && ahead >= *left;
}

// The head of a held line: to the overflow, or too long in waiting. True: the line has another head now.
bool Books::relieve(Line& line, const queue::LineRow& head, const warmup::Hold& hold) {
  if (!line.key.pin.empty()) return false;
  const auto& options = class_of(line.key.mail_class);
  const bool too_long = now() - head.due > options.max_wait;
  const auto* overflow = overflow_of(line);
  const bool wants =
      overflow != nullptr && (overflows(line, 0) || (too_long && options.on_max_wait == warmup::OnMaxWait::overflow));
  if (!wants && !too_long) return false;
  if (!wants && options.on_max_wait != warmup::OnMaxWait::bounce) return warn_of_wait(line, head, hold);
  const auto row = head;
  auto found = recipient(row.recipient);
  const auto of = message(row.recipient.message);
  ENSURE(found.has_value() && of != nullptr);
  lines_.pop(line);
  if (wants) {
    move(*of, row.recipient.number, std::move(*found), row.due, overflow_line(line, *overflow), row.due);
    return true;
  }
  const auto reply = smtp::make_reply(
      550, fmt::format("4.4.7 waited longer than max_wait of class {} for the warm-up of our address", options.name));
  found->last = {"temporary", 550, "4.4.7", reply.text(), "", "", now()};
  auto fields = about(*of, row.recipient.number, *found);
  fields["verdict"] = found->last.verdict;
  fields["code"] = found->last.code;
  fields["enhanced"] = found->last.enhanced;
  fields["text"] = found->last.text;
  fields["attempt"] = found->attempts;
  event("bounced", fields);
  decide(*of, row.recipient.number, std::move(*found), Fate::failed, row.due);
  return true;
}

// `wait`: told once a day for a pool, provider and class, nothing else happens. (The line itself leaves memory while it sleeps.)
bool Books::warn_of_wait(Line& line, const queue::LineRow& head, const warmup::Hold& hold) {
  if (warned_of_wait_.size() > most_warned) warned_of_wait_.clear();
  Instant& warned = warned_of_wait_[{line.key.pool, line.key.provider, line.key.mail_class}];
  if (warned != Instant{} && now() - warned < 24h && now() >= warned) return false;
  warned = now();
  const auto waits = std::chrono::floor<std::chrono::hours>(now() - head.due);
  event("lane", boost::json::object{{"source", nullptr},  // of all that may carry it
                                    {"stage", nullptr},
                                    {"cap", nullptr},
                                    {"provider", line.key.provider},
                                    {"class", line.key.mail_class},
                                    {"change", "held"},
                                    {"reason", fmt::format("mail of class {} waits for {} h, longer than its max_wait ({})",
                                                           line.key.mail_class, waits.count(), warmup::name(hold.why))},
                                    {"evidence", boost::json::array{}},
                                    {"alert", true}});
  return false;
}

// --- From domains that a provider refuses for what they lack (§8): after three messages they wait, alone ----------------------------

Duration Books::withhold(Verdict verdict, const queue::Message& message, const std::string& provider) {
  const bool lacks = verdict == Verdict::auth_failure || verdict == Verdict::bad_rdns || verdict == Verdict::tls_required ||
                     verdict == Verdict::relay_denied;
  if (!lacks) return Duration(0);
  auto& sender = withheld_[{message.from_domain, provider}];
  sender.messages.insert(message.id);
  if (sender.messages.size() < distinct_messages) return Duration(0);
  if (now() >= sender.until) {
    sender.interval = sender.interval == Duration(0) ? first_withheld : std::min(longest_withheld, 2 * sender.interval);
    sender.until = now() + sender.interval;
    event("lane",
          boost::json::object{
              {"source", nullptr},
              {"stage", nullptr},
              {"cap", nullptr},
              {"provider", provider},
              {"change", "held"},
              {"reason", fmt::format("mail from {} is refused ({}): its mail waits {} min; see to its {}", message.from_domain,
                                     name(verdict), std::chrono::duration_cast<std::chrono::minutes>(sender.interval).count(),
                                     what_lacks(verdict))},
              {"evidence", boost::json::array{}},
              {"alert", true}});
  }
  sender.messages = {};
  return sender.until - now();
}

bool Books::is_withheld(Line& line, const queue::LineRow& row) {
  if (withheld_.empty()) return false;
  const auto of = message(row.recipient.message);
  ENSURE(of != nullptr);
  const auto found = withheld_.find({of->from_domain, line.key.provider});
  if (found == withheld_.end() || found->second.until <= now()) return false;
  auto waiting = recipient(row.recipient);
  ENSURE(waiting.has_value());
  const auto due = row.due;
  const auto number = row.recipient.number;
  const std::string name = line.bytes;
  lines_.pop(line);
  move(*of, number, std::move(*waiting), due, name, found->second.until);
  return true;
}

}  // namespace mta
