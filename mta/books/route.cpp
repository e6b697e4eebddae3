// New mail is unrouted by domain until its provider and site are known; decided mail is handed to the bounce writer.
#include <spdlog/spdlog.h>

#include "mta/books/attempt_row.h"
#include "mta/books/books.h"
#include "mta/smtp/reply.h"
#include "mta/tasks.h"

namespace mta {

using queue::Fate;
using queue::LineKind;

namespace {
// Many more than are quick: the resolver sees to it that those which are slow do not keep the others waiting (mta/real/cares_resolver.h).
constexpr std::size_t look_ups_at_once = 4000;
constexpr std::size_t look_ups_of_old = 2000;  // the rest is for mail that just came
constexpr std::size_t moved_at_once = 1000;
constexpr std::size_t recipients_per_report = 100;
}  // namespace

void Books::serve_unrouted(Line& line) {
  const auto now = world_.calendar.now();
  const std::string domain = line.key.provider;
  if (const RouteAnswer* route = routes_.fresh(domain, now)) return route_line(line, domain, *route);
  if (line.record.backoff > Duration(0)) {
    while (const queue::LineRow* head = lines_.front(line)) {
      if (!expire_head(line, *head)) break;
    }
    if (line.record.closed_until > now) return lines_.sleep(line, line.record.closed_until);
  }
  if (line.routing) return;
  if (!looking_up_.contains(domain) && looking_up_.size() >= (line.fresh ? look_ups_at_once : look_ups_of_old)) {
    if (!wait_on_disk(line, route_waiting_.size())) route_waiting_.push_back(line.bytes);
    return;
  }
  line.routing = true;
  auto& waiting = looking_up_[domain];
  waiting.insert(line.bytes);
  if (waiting.size() == 1) hooks_.look_up(domain);
}

void Books::routed(std::string domain, RouteAnswer answer) {
  inbox_->put([this, domain = std::move(domain), answer = std::move(answer)] {
    const auto waiting = looking_up_.extract(domain);
    if (answer.outcome != RouteAnswer::Outcome::failed) routes_.put(domain, answer, world_.calendar.now());
    if (!waiting.empty()) {
      for (const auto& name : waiting.mapped()) {
        Line& line = lines_.open(name);
        line.routing = false;
        line.in_hand = true;
        route_line(line, domain, answer);
        line.in_hand = false;
      }
    }
    for (std::size_t n = 0; n < 4 && !route_waiting_.empty(); ++n) {
      enqueue(lines_.open(route_waiting_.front()));
      route_waiting_.pop_front();
    }
  });
}

void Books::route_line(Line& line, const std::string& domain, const RouteAnswer& route) {
  const auto now = world_.calendar.now();
  if (route.outcome == RouteAnswer::Outcome::failed) {
    close_site(line, route.text, {});
    return enqueue(line);
  }
  const RouteAnswer answer = route;  // the cache may change under us
  const queue::LineKey routed{LineKind::routed, line.key.pool, answer.provider, line.key.mail_class, answer.site, {}};
  for (std::size_t moved = 0; moved < moved_at_once; ++moved) {
    const queue::LineRow* head = lines_.front(line);
    if (head == nullptr || head->due > now) break;
    if (set_aside_head(line, *head)) continue;
    const auto row = *head;
    lines_.pop(line);
    auto found = recipient(row.recipient);
    const auto of = message(row.recipient.message);
    ENSURE(found.has_value() && of != nullptr);
    if (answer.outcome == RouteAnswer::Outcome::found) {
      const auto home = home_of(routed, *found);
      const auto target = where_it_waits(home).encode();
      lines_.open(target).fresh |= line.fresh;
      move(*of, row.recipient.number, std::move(*found), row.due, target, row.due);
      continue;
    }
    const auto reply = smtp::make_reply(answer.code, answer.text);
    found->last = {"dns_failure", static_cast<std::uint16_t>(reply.code), reply.enhanced, reply.text(), "", "", now};
    AttemptReport report;
    report.subject = subject_of(*of, row.recipient.number, *found);
    report.reply = {"dns_failure", reply.code, reply.enhanced, reply.text()};
    report.attempt = found->attempts;
    report.delay = now - of->accepted;
    event(BouncedEvent{std::move(report), {}});
    decide(*of, row.recipient.number, std::move(*found), Fate::failed, row.due);
  }
  if (lines_.front(line) != nullptr || full_) enqueue(line);  // the rest in its next turn
  (void)domain;
}

// --- reports ---------------------------------------------------------------------------------------------------------------------

awaitable<std::optional<Returning>> Books::next_returning() {
  auto ask = [this](Asker<std::optional<Returning>> asker) {
    if (stopping_) return answer<std::optional<Returning>>(std::move(asker), std::nullopt);
    returning_askers_.push_back(std::move(asker));
    enqueue(lines_.open(returning_line()));
  };
  return asking<std::optional<Returning>>(inbox_, std::move(ask));
}

void Books::keep_returning(Returning group) {
  inbox_->put([this, group = std::move(group)] {
    Line& line = lines_.open(returning_line());
    for (const auto& addressee : group.addressees) {
      const queue::RecipientId id{group.message->id, addressee.number};
      reporting_.erase(id);
      lines_.put_back(line, {Instant{}, id});
    }
    returning_from_ = world_.calendar.now() + std::chrono::seconds(5);
    lines_.sleep(line, returning_from_);
  });
}

void Books::serve_returning(Line& line) {
  if (world_.calendar.now() < returning_from_) return lines_.sleep(line, returning_from_);
  while (!returning_askers_.empty()) {
    const queue::LineRow* head = lines_.front(line);
    if (head == nullptr) return;
    const auto id = head->recipient.message;
    Returning group{message(id), {}};
    while (group.addressees.size() < recipients_per_report) {
      head = lines_.front(line);
      if (head == nullptr || head->recipient.message != id) break;
      const auto row = *head;
      lines_.pop(line);
      auto found = recipient(row.recipient);
      if (!found || !group.message) {  // a delay notice for mail that went meanwhile
        lines_.erase(batch_, line, row);
        continue;
      }
      reporting_.insert(row.recipient);
      group.addressees.push_back({row.recipient.number, std::move(*found)});
    }
    if (group.addressees.empty()) continue;
    effects_.push_back([asker = std::move(returning_askers_.front()), group = std::move(group)]() mutable {
      answer<std::optional<Returning>>(std::move(asker), std::move(group));
    });
    returning_askers_.pop_front();
  }
}

}  // namespace mta
