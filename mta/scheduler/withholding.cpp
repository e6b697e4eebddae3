#include "mta/scheduler/withholding.h"

#include <fmt/format.h>

#include <algorithm>

namespace mta {

namespace {
using namespace std::chrono_literals;
constexpr Duration first_withheld = 1h, longest_withheld = 24h;
constexpr Duration remembered = 24h;  // what was refused before
constexpr std::size_t distinct_messages = 3, most_senders = 10'000;

bool is_past(const Withheld& sender, Instant now) { return now - std::max(sender.until, sender.refused) > remembered; }
}  // namespace

void Withholding::make_room(Instant now) {
  const auto drop = [this](const auto& wanted) {
    if (senders_.size() < most_senders) return;
    for (auto at = senders_.begin(); at != senders_.end();) {
      const bool goes = wanted(at->second);
      if (goes && at->second.interval > Duration(0)) erase_withheld(transaction_.batch(), at->first);
      at = goes ? senders_.erase(at) : std::next(at);
    }
  };
  drop([now](const Withheld& sender) { return is_past(sender, now); });
  drop([](const Withheld& sender) { return sender.interval == Duration(0); });
  drop([](const Withheld&) { return true; });
}

// Once it is held back it stays so until some of its mail is taken: whatever is refused meanwhile waits, and what is let go when the time
// has come and is refused again doubles it.
Duration Withholding::refused(Verdict verdict, const Conversation& conversation, const queue::QueueKey& of,
                              const std::string& evidence, Instant now) {
  if (warmup::meaning(verdict).about != warmup::About::from_domain) return Duration(0);
  const queue::Message& message = *conversation.message;
  make_room(now);
  const WithheldKey key{message.from_domain, conversation.lane.provider};
  auto& sender = senders_[key];
  if (is_past(sender, now)) sender = {};
  sender.refused = now;
  sender.verdict = name(verdict);
  if (sender.interval == Duration(0)) {
    sender.messages.insert(message.id);
    if (sender.messages.size() < distinct_messages) return Duration(0);
    sender.messages = {};
  }
  if (now >= sender.until && conversation.begun >= sender.until) {
    sender.interval = std::clamp(2 * sender.interval, first_withheld, longest_withheld);
    sender.until = now + sender.interval;
    sender.queues.clear();
    LaneEvent held;
    held.source = conversation.lane.source;
    held.provider = conversation.lane.provider;
    held.change = "held";
    held.reason =
        fmt::format("mail from {} is refused ({}): its mail waits {} min; see to its {}", message.from_domain, name(verdict),
                    std::chrono::duration_cast<std::chrono::minutes>(sender.interval).count(), what_lacks(name(verdict)));
    held.evidence = {evidence};
    held.alert = true;
    transaction_.event(held);
  }
  sender.queues.insert({of.pool, message.mail_class});
  put_withheld(transaction_.batch(), key, sender);
  return std::max(sender.until - now, Duration(1));
}

// A conversation from before it was held back tells nothing.
void Withholding::taken(const Conversation& conversation) {
  if (senders_.empty()) return;
  const auto found = senders_.find({conversation.message->from_domain, conversation.lane.provider});
  if (found == senders_.end() || found->second.interval == Duration(0)) return;
  if (conversation.begun < found->second.until) return;
  erase_withheld(transaction_.batch(), found->first);
  senders_.erase(found);
}

const WithheldSenders::value_type* Withholding::find(const std::string& from_domain, const std::string& provider,
                                                     Instant now) const {
  if (senders_.empty()) return nullptr;
  const auto found = senders_.find({from_domain, provider});
  return found == senders_.end() || found->second.until <= now ? nullptr : &*found;
}

void Withholding::note_queue(const WithheldKey& key, const queue::QueueKey& of) {
  if (const auto held = senders_.find(key); held != senders_.end()) held->second.queues.insert({of.pool, of.mail_class});
}

}  // namespace mta
