#include "warmup/withheld_sender.h"

#include <algorithm>

namespace warmup {

namespace {
using namespace std::chrono_literals;
constexpr Duration first_withheld = 1h, longest_withheld = 24h, remembered = 24h;
constexpr std::size_t distinct_messages = 3;
}  // namespace

WithholdingStep withhold(WithheldSender& sender, const std::string& message, Instant begun, Instant now) {
  if (is_forgotten(sender, now)) sender = {};
  sender.refused = now;
  if (sender.interval == Duration(0)) {
    sender.messages.insert(message);
    if (sender.messages.size() < distinct_messages) return {};
    sender.messages = {};
  }
  WithholdingStep answer;
  if (now >= sender.until && begun >= sender.until) {
    sender.interval = std::clamp(2 * sender.interval, first_withheld, longest_withheld);
    sender.until = now + sender.interval;
    answer.begins = true;
  }
  answer.waits = std::max(sender.until - now, Duration(1));
  return answer;
}

bool is_forgotten(const WithheldSender& sender, Instant now) { return now - std::max(sender.until, sender.refused) > remembered; }

bool is_held_back(const WithheldSender& sender, Instant now) { return sender.until > now; }

bool ends_withholding(const WithheldSender& sender, Instant begun) {
  return sender.interval > Duration(0) && begun >= sender.until;
}

}  // namespace warmup
