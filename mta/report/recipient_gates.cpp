// The gates of one recipient before it comes to its queue (gates.h).
#include <fmt/format.h>

#include "conf/units.h"
#include "mta/observe/events.h"
#include "mta/report/gates.h"
#include "warmup/held.h"

namespace mta {
namespace {

std::uint64_t seconds_of(queue::Duration length) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(length).count());
}

std::string rounded(queue::Duration length) { return conf::duration_text(std::chrono::floor<std::chrono::seconds>(length)); }

Gate lifetime_gate(const MessageReport& report, const queue::Recipient& recipient, const conf::Config& config) {
  const auto lifetime = report.message.sender.empty() ? config.retry.lifetime_bounce : config.retry.lifetime;
  return {.gate = "lifetime",
          .value = seconds_of(recipient.backoff_used),
          .limit = seconds_of(lifetime),
          .unit = "seconds",
          .text = rounded(recipient.backoff_used) + " used",
          .limit_text = conf::duration_text(lifetime),
          .open = recipient.backoff_used < lifetime};
}

Gate route_gate(const RecipientReport& row) {
  const bool routed = row.queue.kind != queue::QueueKind::unrouted;
  if (routed) return {.gate = "route", .state = "known", .text = row.queue.provider + " by " + row.queue.site};
  const std::string why = row.closed_why.empty() ? "the MX of " + row.queue.provider + " is not known yet" : row.closed_why;
  return {.gate = "route", .state = "unknown", .text = why, .open = false, .next = row.closed_until};
}

Gate retry_gate(const queue::Recipient& recipient, queue::Instant now) {
  const bool due = recipient.due <= now;
  const bool tried = recipient.last.at != queue::Instant{};
  const std::string times = recipient.attempts == 1 ? "once" : fmt::format("{} times", recipient.attempts);
  const std::string code = recipient.last.code == 0 ? "" : fmt::format("{} ", recipient.last.code);
  return {
      .gate = "retry",
      .state = due ? "due" : "waiting",
      .value = recipient.attempts,
      .unit = "attempts",
      .text = tried ? fmt::format("tried {}, last answer: {}{}", times, code, valid_utf8(recipient.last.text)) : "not tried yet",
      .open = due,
      .next = due ? std::nullopt : std::optional(recipient.due)};
}

// It stays with one source: greylisted there, or gone over to the overflow.
std::optional<Gate> pin_gate(const RecipientReport& row) {
  if (row.queue.bound_to.empty()) return std::nullopt;
  if (row.recipient.bound_source.empty())
    return Gate{.gate = "overflow", .source = row.queue.bound_to, .state = "used", .text = "goes by " + row.queue.bound_to};
  return Gate{.gate = "pin",
              .source = row.queue.bound_to,
              .state = "greylisted",
              .limit = seconds_of(warmup::bound_longest),
              .unit = "seconds",
              .text = "greylisted: stays with source " + row.queue.bound_to + " and host " + row.recipient.bound_mx,
              .limit_text = fmt::format("{}h", std::chrono::floor<std::chrono::hours>(warmup::bound_longest).count())};
}

}  // namespace

std::vector<Gate> gates_of(const MessageReport& report, const RecipientReport& row, queue::Instant now,
                           const conf::Config& config, const std::vector<Gate>& way) {
  std::vector<Gate> gates{lifetime_gate(report, row.recipient, config), route_gate(row), retry_gate(row.recipient, now)};
  if (auto bound_to = pin_gate(row)) gates.push_back(std::move(*bound_to));
  if (row.queue.kind != queue::QueueKind::unrouted) {
    const bool open = !row.closed_until.has_value();
    gates.push_back({.gate = "site",
                     .state = open ? "open" : "closed",
                     .text = row.closed_why.empty() ? "answers" : row.closed_why,
                     .open = open,
                     .next = row.closed_until});
  }
  gates.insert(gates.end(), way.begin(), way.end());
  return gates;
}

}  // namespace mta
