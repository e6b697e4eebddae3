// What operators ask. Questions that read many rows run on the work pool; they see the store as it was written last.
#include <fmt/format.h>

#include <algorithm>

#include "mta/books/attempt_row.h"
#include "mta/books/books.h"
#include "mta/books/lane_events.h"
#include "mta/books/readable.h"
#include "mta/books/survey.h"
#include "mta/smtp/address.h"
#include "mta/tasks.h"
#include "queue/keys.h"

namespace mta {

using queue::Family;
using queue::LineKind;

namespace {

constexpr std::size_t lines_shown = 40;
constexpr std::size_t lanes_shown = 1000;

// Mail of a class that is gone goes by another, whose it is said to be.
bool is_of_class(const conf::Config& config, const QueueFilter& filter, const queue::Message& message) {
  return filter.mail_class.empty() || filter.mail_class == message.mail_class ||
         filter.mail_class == class_in(config, message.mail_class).name;
}

bool matches(const conf::Config& config, const QueueFilter& filter, const queue::Message& message) {
  return is_of_class(config, filter, message) &&
         (filter.sender.empty() || smtp::same_ignoring_case(filter.sender == "<>" ? "" : filter.sender, message.sender)) &&
         (filter.id.empty() || filter.id == message.id.text());
}

bool matches(const QueueFilter& filter, const queue::Recipient& recipient, const queue::LineKey& line) {
  return (filter.provider.empty() || (line.knows_site() && filter.provider == line.provider)) &&
         (filter.domain.empty() || filter.domain == domain_of(recipient.address)) &&
         (filter.recipient.empty() || smtp::same_ignoring_case(filter.recipient, recipient.address));
}

// A page over messages in order of arrival.
QueuePage read_page(const conf::Config& config, const queue::Store& store, const QueueFilter& filter,
                    const std::string& cursor_text, std::size_t limit) {
  QueuePage page;
  std::string from;
  std::string to(9, '\xFF');
  if (const auto after = queue::MessageId::parse(cursor_text)) from = queue::message_key({after->value + 1});
  if (const auto one = queue::MessageId::parse(filter.id)) {
    from = std::max(from, queue::message_key(*one));
    to = queue::message_key({one->value + 1});
  }
  std::size_t rows = 0;
  for (auto cursor = store.scan(Family::message, from, to); cursor.valid(); cursor.next()) {
    const auto decoded = queue::decode_message_key(cursor.key());
    if (!decoded) continue;  // the counter beside a message with several recipients
    const auto id = *decoded;
    if (rows >= page_rows || page.messages.size() >= limit) {
      page.cursor = queue::MessageId{id.value - 1}.text();
      return page;
    }
    ++rows;
    auto message = queue::decode_message(id, cursor.value());
    if (!message || !matches(config, filter, *message)) continue;
    MessageReport report{std::move(*message), {}};
    for (auto row = store.scan(Family::recipient, queue::recipient_key({id, 0}), queue::message_key({id.value + 1})); row.valid();
         row.next()) {
      ++rows;
      auto recipient = queue::decode_recipient(row.value());
      const auto recipient_id = queue::decode_recipient_key(row.key());
      if (!recipient || !recipient_id) continue;
      auto line = queue::LineKey::decode(recipient->line);
      ENSURE(line.has_value());
      if (matches(filter, *recipient, *line))
        report.recipients.push_back(
            {*recipient_id, std::move(*recipient), std::move(*line), false, "", std::nullopt, "", std::nullopt});
    }
    if (!report.recipients.empty()) page.messages.push_back(std::move(report));
  }
  return page;
}

// What the line of each recipient says of its site; recipients of one message mostly share it.
void read_sites(const queue::Store& store, MessageReport& report, Instant now) {
  std::map<std::string, queue::LineRecord> known;
  for (auto& row : report.recipients) {
    const std::string key = row.line.encode();
    const auto [at, unread] = known.try_emplace(key);
    const auto stored = unread ? store.get(Family::lines, key) : std::nullopt;
    if (stored) at->second = queue::decode_line_record(*stored).value_or(queue::LineRecord{});
    if (at->second.closed_until <= now && at->second.wake > now && !at->second.reason.empty() && row.recipient.due <= now) {
      row.held_why = at->second.reason;
      row.held_until = at->second.wake;
    }
    if (at->second.closed_until <= now) continue;
    row.closed_why = at->second.reason;
    row.closed_until = at->second.closed_until;
  }
}

// What is held back of a queue for its From domain is not gone before that ends.
void tell_withheld(const std::vector<WithheldReport>& withheld, LineReport& line) {
  for (const auto& each : withheld) {
    if (each.provider != line.provider || !each.queues.contains({line.pool, line.mail_class})) continue;
    if (line.eta) line.eta = std::max(*line.eta, each.until);
    const auto said = fmt::format("mail from {} is refused ({}) and waits until {}", each.from_domain, each.verdict,
                                  queue::rfc3339(each.until).substr(0, 16) + "Z");
    line.reason = line.reason.empty() ? said : line.reason + "; " + said;
  }
}

}  // namespace

awaitable<std::shared_ptr<const conf::Config>> Books::config_now() {
  auto ask = [this](Asker<std::shared_ptr<const conf::Config>> asker) { answer(std::move(asker), policy_.config); };
  return asking<std::shared_ptr<const conf::Config>>(inbox_, std::move(ask));
}

StatusReport Books::report_lanes() {
  StatusReport report;
  report.messages = messages_;
  report.recipients = recipients_;
  report.accepting = accepting();
  report.not_accepting = why_not_accepting();
  report.damaged = report_damage();
  std::vector<LaneKey> keys;
  for (const auto& [key, found] : lanes_) {
    // A lane of an address that no source has any more keeps its history on disk; it has no cap and no state to show. Nor has a total that
    // is switched off.
    const bool shown = found.open > 0 || policy_.config->source(key.source) != nullptr;
    if (shown && (!key.overall() || plans_->of(key.source, key.provider))) keys.push_back(key);
  }
  std::stable_partition(keys.begin(), keys.end(), [&](const LaneKey& key) {  // those that do something first
    return key.overall() || !key.provider.starts_with("other:") || lanes_.at(key).record.committed() > 0;
  });
  if (keys.size() > lanes_shown) keys.resize(lanes_shown);
  for (const auto& key : keys) report.lanes.push_back(report_of(key));
  report.now = world_.calendar.now();  // not before what lanes say is now
  return report;
}

// When the last of each line goes, and of each lane the last of those that may use it.
void Books::look_ahead(StatusReport& report) {
  for (const auto& [of, sender] : withheld_) {
    if (sender.until > now() && sender.interval > Duration(0))
      report.withheld.push_back({of.first, of.second, sender.verdict, sender.until, sender.queues});
  }
  for (auto& line : report.lines) {
    const bool limited =
        line.by_pool > 0 && may_be_held_up({LineKind::routed, line.pool, line.provider, line.mail_class, {}, {}});
    if (line.provider == "unrouted" || !limited) continue;
    ForecastWish wish{line.pool, line.provider, {}, line.mail_class, line.by_pool, 0, 0, 365};
    wish.unlisted = report.unlisted;
    line.eta = forecast_now(wish).forecast.gone;
    if (line.eta && line.next) line.eta = std::max(*line.eta, *line.next);
    if (line.eta == queue::nobody_knows) line.eta.reset();
    tell_withheld(report.withheld, line);
    const auto* pool = pool_of(line.pool);
    for (auto& lane : report.lanes) {
      const bool carries = lane.waiting > 0 && lane.provider == line.provider && pool != nullptr && pool->has(lane.source);
      if (carries && line.eta && (!lane.eta || *line.eta > *lane.eta)) lane.eta = line.eta;
    }
  }
  for (auto& lane : report.lanes) {  // nothing is gone before the lane takes something
    if (lane.eta && lane.next_permit) lane.eta = std::max(*lane.eta, *lane.next_permit);
    if (!lane.next_permit && !lane.held_by.empty()) lane.eta.reset();
  }
}

awaitable<StatusReport> Books::status() {
  const auto config = co_await config_now();
  auto ask = [this](Asker<StatusReport> asker) { answer(std::move(asker), report_lanes()); };
  StatusReport report = co_await asking<StatusReport>(inbox_, std::move(ask));
  const auto look = [this, &config, &report] {
    const Survey found(config, *store_, report.now);
    report.unrouted = found.unrouted();
    report.returning = found.returning();
    report.lines = found.lines();
    report.unlisted = found.unlisted();
    report.more_lines = found.more() || report.lines.size() > lines_shown;
    if (report.lines.size() > lines_shown) report.lines.resize(lines_shown);
    for (auto& lane : report.lanes) {
      lane.waiting = found.may_use(lane.source, lane.provider);
      const auto next = found.looks_again(lane.source, lane.provider);  // a permit that nobody is there to take says nothing
      if (next && lane.next_permit && *lane.next_permit < *next) lane.next_permit = next;
    }
    const auto first = store_->scan(Family::message, "", "");
    if (const auto id = first.valid() ? queue::decode_message_key(first.key()) : std::nullopt) {
      report.oldest = Instant(Duration(static_cast<std::int64_t>(id->value >> 16U)));
    }
  };
  co_await world_.work.run([&] { as_far_as_readable(look); });
  auto shared = std::make_shared<StatusReport>(std::move(report));
  auto ahead = [this, shared](Asker<bool> asker) {
    look_ahead(*shared);
    answer(std::move(asker), true);
  };
  co_await asking<bool>(inbox_, std::move(ahead));
  co_return std::move(*shared);
}

awaitable<std::vector<std::string>> Books::lane_events(std::string source, std::string provider) {
  std::vector<std::string> found;
  const auto read = [&] { found = newest_lane_events(*store_, source, provider); };
  co_await world_.work.run([&] { as_far_as_readable(read); });
  co_return found;
}

awaitable<QueuePage> Books::list(QueueFilter filter, std::string cursor, std::size_t limit) {
  QueuePage page;
  const auto config = co_await config_now();
  const auto now = world_.calendar.now();
  const auto read = [&] {
    page = read_page(*config, *store_, filter, cursor, limit);
    for (auto& message : page.messages) read_sites(*store_, message, now);
  };
  co_await world_.work.run([&] { as_far_as_readable(read); });
  co_return page;
}

awaitable<std::optional<MessageReport>> Books::show(queue::MessageId id) {
  QueueFilter filter;
  filter.id = id.text();
  QueuePage page = co_await list(filter, "", 1);
  if (page.messages.empty()) co_return std::nullopt;
  auto shared = std::make_shared<MessageReport>(std::move(page.messages.front()));
  auto ask = [this, shared](Asker<bool> asker) {
    for (auto& row : shared->recipients) row.in_conversation = in_flight_.contains(row.id);
    answer(std::move(asker), true);
  };
  co_await asking<bool>(inbox_, std::move(ask));
  co_return std::move(*shared);
}

awaitable<queue::Verified> Books::verify() {
  queue::Verified found;
  co_await world_.work.run([this, &found] { found = queue::verify(*store_); });
  co_return found;
}

awaitable<HandReport> Books::hand(QueueFilter filter, std::string cursor, Hand hand, std::string by, std::string reason) {
  constexpr std::size_t messages_at_once = 1000;
  const auto one = queue::MessageId::parse(filter.id);
  QueuePage found = co_await list(std::move(filter), std::move(cursor), messages_at_once);
  auto page = std::make_shared<QueuePage>(std::move(found));
  auto ask = [this, page, hand, by, reason, one](Asker<HandReport> asker) {
    HandReport report;
    if (hand == Hand::drop && one && page->messages.empty()) report.recipients = drop_unreadable(*one, by, reason);
    for (const auto& of : page->messages) {
      for (const auto& row : of.recipients) {
        const auto flight = in_flight_.find(row.id);
        if (flight != in_flight_.end()) {
          flight->second = {flight->second.conversation, hand, by, reason};
          ++report.in_conversation;
          continue;
        }
        auto current = recipient(row.id);  // the page is older than this moment
        if (!current || current->fate != queue::Fate::waiting) continue;
        const Line& line = lines_.look(current->line);  // one that is blocked does not wait for its From domain
        const auto* held =
            hand == Hand::retry && line.key.kind != LineKind::blocked ? withheld_by(line, of.message.from_domain) : nullptr;
        if (held != nullptr) {
          auto& still = report.withheld[held->first];
          still = {still.recipients + 1, held->second.verdict, std::string(what_lacks(held->second.verdict)), held->second.until};
        } else {
          ++report.recipients;
        }
        hand_one(hand, of.message, {row.id.number, *current}, current->due, by, reason);
      }
    }
    report.cursor = page->cursor;
    effects_.push_back(
        [asker = std::move(asker), report = std::move(report)]() mutable { answer(std::move(asker), std::move(report)); });
  };
  co_return co_await asking<HandReport>(inbox_, std::move(ask));
}

}  // namespace mta
