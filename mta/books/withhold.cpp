// From domains that a provider refuses for what they lack (warmup-rules §8): after three messages their mail waits, and no other.
#include <fmt/format.h>

#include <algorithm>

#include "mta/books/books.h"
#include "mta/tasks.h"

namespace mta {

namespace {
using namespace std::chrono_literals;
constexpr Duration first_withheld = 1h, longest_withheld = 24h;
constexpr Duration remembered = 24h;  // what was refused before
constexpr std::size_t distinct_messages = 3, most_senders = 10'000;

}  // namespace

// How long the recipient waits for it; 0: it is not held back. Once it is, it stays so until some of its mail is taken: whatever is
// refused meanwhile waits, and who is let go when the time has come and is refused again doubles it.
Duration Books::withhold(Verdict verdict, const Conversation& conversation, const std::string& evidence) {
  if (warmup::meaning(verdict).about != warmup::About::from_domain) return Duration(0);
  const queue::Message& message = *conversation.message;
  const auto is_past = [&](const Withheld& sender) { return now() - std::max(sender.until, sender.refused) > remembered; };
  if (withheld_.size() >= most_senders) {
    const auto drop = [this](const auto& wanted) {
      for (auto at = withheld_.begin(); at != withheld_.end();) {
        const bool goes = wanted(at->second);
        if (goes && at->second.interval > Duration(0)) erase_withheld(batch_, at->first);
        at = goes ? withheld_.erase(at) : std::next(at);
      }
    };
    drop(is_past);
    if (withheld_.size() >= most_senders) drop([](const Withheld& sender) { return sender.interval == Duration(0); });
    if (withheld_.size() >= most_senders) drop([](const Withheld&) { return true; });
  }
  const WithheldKey key{message.from_domain, conversation.lane.provider};
  auto& sender = withheld_[key];
  if (is_past(sender)) sender = {};
  sender.refused = now();
  sender.verdict = name(verdict);
  if (sender.interval == Duration(0)) {
    sender.messages.insert(message.id);
    if (sender.messages.size() < distinct_messages) return Duration(0);
    sender.messages = {};
  }
  if (now() >= sender.until && conversation.begun >= sender.until) {
    sender.interval = std::clamp(2 * sender.interval, first_withheld, longest_withheld);
    sender.until = now() + sender.interval;
    sender.queues.clear();
    const auto reason =
        fmt::format("mail from {} is refused ({}): its mail waits {} min; see to its {}", message.from_domain, name(verdict),
                    std::chrono::duration_cast<std::chrono::minutes>(sender.interval).count(), what_lacks(name(verdict)));
    LaneEvent held;
    held.source = conversation.lane.source;
    held.provider = conversation.lane.provider;
    held.change = "held";
    held.reason = reason;
    held.evidence = {evidence};
    held.alert = true;
    event(held);
  }
  sender.queues.insert({lines_.open(conversation.line).key.pool, message.mail_class});
  put_withheld(batch_, key, sender);
  return std::max(sender.until - now(), Duration(1));
}

// Some of its mail was taken: what it lacked is there. A conversation from before it was held back tells nothing.
void Books::no_longer_withhold(const Conversation& conversation) {
  if (withheld_.empty()) return;
  const auto found = withheld_.find({conversation.message->from_domain, conversation.lane.provider});
  if (found == withheld_.end() || found->second.interval == Duration(0)) return;
  if (conversation.begun < found->second.until) return;
  erase_withheld(batch_, found->first);
  withheld_.erase(found);
}

// What holds back mail of this line from that domain; null when nothing does. Of a smarthost's line it is the smarthost that refuses.
const WithheldSenders::value_type* Books::withheld_by(const Line& line, const std::string& from_domain) const {
  if (withheld_.empty()) return nullptr;
  const auto lanes = line.key.pin.empty() ? std::vector<LaneKey>() : lanes_of(line);
  const auto found = withheld_.find({from_domain, lanes.empty() ? line.key.provider : lanes.front().provider});
  return found == withheld_.end() || found->second.until <= now() ? nullptr : &*found;
}

std::optional<Instant> Books::withheld_until(const Line& line, const std::string& from_domain) const {
  const auto* by = withheld_by(line, from_domain);
  return by == nullptr ? std::nullopt : std::optional(by->second.until);
}

bool Books::is_withheld(Line& line, const queue::LineRow& row) {
  if (withheld_.empty() || line.key.kind == queue::LineKind::blocked) return false;  // its due time is its clock
  const auto of = message(row.recipient.message);
  ENSURE(of != nullptr);
  const auto until = withheld_until(line, of->from_domain);
  if (!until) return false;
  auto waiting = recipient(row.recipient);
  ENSURE(waiting.has_value());
  const auto due = row.due;
  const auto number = row.recipient.number;
  const std::string name = line.bytes;
  const auto held = withheld_.find({of->from_domain, line.key.provider});
  if (held != withheld_.end()) held->second.queues.insert({line.key.pool, line.key.mail_class});
  lines_.pop(line);
  move(*of, number, std::move(*waiting), due, name, *until);
  return true;
}

}  // namespace mta
