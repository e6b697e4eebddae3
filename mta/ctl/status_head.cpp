#include "mta/ctl/status_head.h"

#include <fmt/format.h>

#include "mta/ctl/fields.h"
#include "mta/ctl/lane_table.h"

namespace mta::ctl {
namespace {

std::string of(std::uint64_t count, const char* one, const char* many) {
  return fmt::format("{} {}", grouped(count), count == 1 ? one : many);
}

std::string queue_text(const json::object& queue) {
  const auto messages = count_of(queue, "messages").value_or(0), recipients = count_of(queue, "recipients").value_or(0);
  if (recipients == 0 && messages == 0) return "queue is empty";
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

std::string rehearsal_text(const json::object& status, const Look& look) {
  const auto scale = count_of(status, "time_scale").value_or(1);
  const std::string sink = shown(text_of(status, "deliver_to"), look);
  std::string text = "REHEARSAL";
  if (scale > 1) text += fmt::format(" {}x", grouped(scale));
  return text + (sink.empty() ? "" : ", all mail to " + sink);
}

}  // namespace

std::string draw_head(const json::object& status, const Look& look) {
  const auto now = moment_of(status, "now");
  const std::string host = shown(text_of(status, "hostname"), look);
  const bool accepting = truth_of(status, "accepting", true);
  const std::string why = shown(text_of(status, "not_accepting"), look);
  std::string page = look.paint(host.empty() ? "warmupd" : host, Ink::bold) + "  " + (now ? full_time(*now) : look.dash()) + "  ";
  page += accepting ? look.paint("accepting mail", Ink::good)
                    : look.paint("NOT ACCEPTING MAIL" + (why.empty() ? "" : ": " + why), Ink::alarm);
  if (truth_of(status, "rehearsal", false)) page += "  " + look.paint(rehearsal_text(status, look), Ink::warning);
  page += "\n" + look.paint("queue  ", Ink::dim) + queue_text(part_of(status, "queue"));
  page += "\n" + look.paint("today  ", Ink::dim) + today_text(list_of(status, "lanes"));
  return page + "\n";
}

}  // namespace mta::ctl
