#include "mta/ctl/status_head.h"

#include <fmt/format.h>

#include <vector>

#include "mta/ctl/fields.h"
#include "mta/ctl/lane_table.h"
#include "mta/ctl/table.h"

namespace mta::ctl {
namespace {

std::string of(std::uint64_t count, const char* one, const char* many) {
  return fmt::format("{} {}", grouped(count), count == 1 ? one : many);
}

std::string queue_text(const json::object& queue) {
  const auto messages = count_of(queue, "messages").value_or(0), recipients = count_of(queue, "recipients").value_or(0);
  if (recipients == 0 && messages == 0) return "empty";
  std::string text = of(messages, "message", "messages") + " for " + of(recipients, "recipient", "recipients");
  if (const auto oldest = count_of(queue, "oldest_seconds")) text += ", oldest " + lasting(std::chrono::seconds(*oldest));
  if (const auto unrouted = count_of(queue, "unrouted").value_or(0); unrouted > 0)
    text += ", " + grouped(unrouted) + " not routed yet";
  if (const auto returning = count_of(queue, "returning").value_or(0); returning > 0)
    text += ", " + of(returning, "bounce", "bounces") + " to write";
  return text;
}

// One recipient may be counted by several verdicts in a day: each answer counts.
std::string today_text(const json::array& lanes) {
  std::uint64_t sent = 0, delivered = 0;
  DayShares sum;
  for (const auto& each : lanes) {
    const json::object& lane = as_part(each);
    if (is_total(lane)) continue;  // counts what its lanes count
    sent += count_of(lane, "sent").value_or(0);
    delivered += count_of(lane, "delivered").value_or(0);
    const DayShares shares = shares_of(part_of(lane, "today"));
    sum.answered += shares.answered;
    sum.deferred += shares.deferred;
    sum.bounced += shares.bounced;
  }
  if (sent == 0 && sum.answered == 0) return "nothing sent yet";
  std::string text = fmt::format("{} sent, {} delivered", grouped(sent), grouped(delivered));
  if (sum.answered > 0)
    text += fmt::format(", {} deferred, {} bounced", share(sum.deferred, sum.answered), share(sum.bounced, sum.answered));
  return text;
}

// On one line if they fit.
std::string side_by_side(const std::vector<Cell>& parts, const Look& look) {
  std::string page;
  std::size_t used = 0;
  for (const Cell& part : parts) {
    const std::string text = cut(part.text, look.room(0), look);
    const std::size_t wide = columns_of(text);
    if (used > 0) page += used + 2 + wide <= look.room(0) ? "  " : "\n";
    used = used > 0 && used + 2 + wide <= look.room(0) ? used + 2 + wide : wide;
    page += look.paint(text, part.ink);
  }
  return page + "\n";
}

std::string titled(const std::string& head, const std::string& text, const Look& look, Ink ink = Ink::plain) {
  constexpr std::size_t margin = 7;
  std::string page;
  for (const auto& line : wrap(text, look.room(margin)))
    page += (page.empty() ? look.paint(fmt::format("{:<{}}", head, margin), Ink::dim) : std::string(margin, ' ')) +
            look.paint(line, ink) + "\n";
  return page;
}

// "3 messages FAULT, from a.test, b.test" of rows of the last day; empty when there are none.
std::string marks_text(const json::array& rows, const char* fault, const Look& look) {
  constexpr std::size_t named = 3;
  std::uint64_t messages = 0;
  std::string domains;
  std::size_t n = 0;
  for (const auto& each : rows) {
    const json::object& row = as_part(each);
    messages += count_of(row, "messages").value_or(0);
    const std::string domain = text_of(row, "domain");
    if (n++ < named)
      domains += (domains.empty() ? "" : ", ") + (domain.empty() ? "a From without a domain" : shown(domain, look));
  }
  if (n == 0) return "";
  if (n > named) domains += fmt::format(" and {} more", grouped(n - named));
  return fmt::format("{} {}, from {}", of(messages, "message", "messages"), fault, domains);
}

std::string rehearsal_text(const json::object& status, const Look& look) {
  const auto scale = count_of(status, "time_scale").value_or(1);
  const std::string sink = shown(text_of(status, "deliver_to"), look);
  std::string text = "REHEARSAL";
  if (scale > 1) text += fmt::format(" {}x", grouped(scale));
  return text + (sink.empty() ? "" : ", all mail to " + sink);
}

}  // namespace

std::string draw_head(const json::object& status, bool all_lanes, const Look& look) {
  const auto now = moment_of(status, "now");
  const std::string host = shown(text_of(status, "hostname"), look);
  const bool accepting = truth_of(status, "accepting", true);
  const std::string why = shown(text_of(status, "not_accepting"), look);
  std::vector<Cell> parts{{host.empty() ? "warmupd" : host, Ink::bold}, {now ? full_time(*now) : look.dash()}};
  parts.push_back(accepting ? Cell{"accepting mail", Ink::good}
                            : Cell{"NOT ACCEPTING MAIL" + (why.empty() ? "" : ": " + why), Ink::alarm});
  if (truth_of(status, "rehearsal", false)) parts.push_back({rehearsal_text(status, look), Ink::warning});
  std::string page = side_by_side(parts, look);
  for (const auto& each : list_of(status, "damaged")) page += titled("DAMAGED", text_of(as_part(each), "text"), look);
  page += titled("queue", queue_text(part_of(status, "queue")), look);
  if (all_lanes) page += titled("today", today_text(list_of(status, "lanes")), look);
  if (const auto text = marks_text(list_of(status, "unsigned"), "without a DKIM signature", look); !text.empty())
    page += titled("dkim", text, look, Ink::warning);
  const json::array& lint = list_of(status, "lint");
  if (auto text = marks_text(lint, "lacked what mailbox providers ask of bulk mail", look); !text.empty()) {
    if (lint.size() == 1) text += ": " + shown(text_of(as_part(lint.front()), "reason"), look);
    page += titled("bulk", text, look, Ink::warning);
  }
  return page;
}

}  // namespace mta::ctl
