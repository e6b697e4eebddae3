#include "mta/scheduler/withholding.h"

#include <fmt/format.h>

#include <algorithm>

namespace mta {

namespace {
constexpr std::size_t most_senders = 10'000;
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
  drop([now](const Withheld& sender) { return warmup::is_forgotten(sender, now); });
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
  const auto withholding = warmup::withhold(sender, message.id.text(), conversation.begun, now);
  sender.verdict = name(verdict);
  if (withholding.waits == Duration(0)) return Duration(0);
  if (withholding.begins) {
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
  return withholding.waits;
}

// A conversation from before it was held back tells nothing.
void Withholding::taken(const Conversation& conversation) {
  if (senders_.empty()) return;
  const auto found = senders_.find({conversation.message->from_domain, conversation.lane.provider});
  if (found == senders_.end() || !warmup::ends_withholding(found->second, conversation.begun)) return;
  erase_withheld(transaction_.batch(), found->first);
  senders_.erase(found);
}

const WithheldSenders::value_type* Withholding::find(const std::string& from_domain, const std::string& provider,
                                                     Instant now) const {
  if (senders_.empty()) return nullptr;
  const auto found = senders_.find({from_domain, provider});
  return found == senders_.end() || !warmup::is_held_back(found->second, now) ? nullptr : &*found;
}

void Withholding::note_queue(const WithheldKey& key, const queue::QueueKey& of) {
  if (const auto held = senders_.find(key); held != senders_.end()) held->second.queues.insert({of.pool, of.mail_class});
}

}  // namespace mta
