// What operators ask. Questions that read many rows run on the work pool; they see the store as it was written last.
#include <algorithm>

#include "mta/books/attempt_row.h"
#include "mta/books/books.h"
#include "mta/tasks.h"
#include "queue/keys.h"

namespace mta {

using queue::Family;
using queue::LineKind;

namespace {

constexpr std::size_t lines_of_others = 5000;  // of unlisted sites read for one status
constexpr std::size_t lines_shown = 40;
constexpr std::size_t lanes_shown = 1000;

// Lines by (pool, provider, class), read in key order. Sites without a provider of their own ("other:…") may be a million:
// after some thousand of them the walk goes on behind them.
struct LineSurvey {
  std::map<std::tuple<std::string, std::string, std::string>, LineReport> lines;
  std::uint64_t unrouted = 0, returning = 0;
  bool more = false;

  void add(const queue::LineKey& key, const queue::LineRecord& record, Instant now) {
    if (key.kind == LineKind::returning) {
      returning += record.waiting;
      return;
    }
    if (key.kind == LineKind::unrouted) unrouted += record.waiting;
    const std::string provider = key.kind == LineKind::unrouted ? "unrouted" : key.provider;
    auto [at, created] = lines.try_emplace({key.pool, provider, key.mail_class});
    LineReport& line = at->second;
    if (created) line = {key.pool, provider, key.mail_class, 0, record.low_water, std::nullopt, std::nullopt, ""};
    line.waiting += record.waiting;
    line.oldest = std::min(line.oldest, record.low_water);
    const Instant next = std::max(record.wake, record.closed_until);
    if (created || (line.next && next < *line.next)) line.next = next;
    if (line.next && *line.next <= now) line.next.reset();
    if (!record.reason.empty() && line.reason.empty()) line.reason = record.reason;
  }
};

LineSurvey survey(const queue::Store& store, Instant now) {
  LineSurvey result;
  std::string from, pool;
  std::size_t others = 0;
  for (bool again = true; again;) {
    again = false;
    for (auto cursor = store.scan(Family::lines, from, std::string(4, '\xFF')); cursor.valid(); cursor.next()) {
      const auto key = queue::LineKey::decode(cursor.key());
      const auto record = queue::decode_line_record(cursor.value());
      ENSURE(key && record);
      const bool other = key->kind == LineKind::unrouted || key->provider.starts_with("other:");
      if (key->pool != pool) others = 0;
      pool = key->pool;
      result.add(*key, *record, now);
      if (!other || ++others < lines_of_others) continue;
      result.more = true;
      others = 0;
      auto behind = *key;  // ';' sorts behind ':': the next provider's first line
      behind.provider = key->kind == LineKind::unrouted ? std::string(1, '\x7F') : "other;";
      behind.mail_class = behind.site = behind.pin = "";
      from = behind.encode();
      again = true;
      break;
    }
  }
  return result;
}

bool matches(const QueueFilter& filter, const queue::Message& message) {
  return (filter.mail_class.empty() || filter.mail_class == message.mail_class) &&
         (filter.sender.empty() || filter.sender == message.sender) && (filter.id.empty() || filter.id == message.id.text());
}

bool matches(const QueueFilter& filter, const queue::Recipient& recipient, const queue::LineKey& line) {
  return (filter.provider.empty() || (line.knows_site() && filter.provider == line.provider)) &&
         (filter.domain.empty() || filter.domain == domain_of(recipient.address)) &&
         (filter.recipient.empty() || filter.recipient == recipient.address);
}

// A page over messages in order of arrival.
QueuePage read_page(const queue::Store& store, const QueueFilter& filter, const std::string& cursor_text, std::size_t limit) {
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
    ENSURE(message.has_value());
    if (!matches(filter, *message)) continue;
    MessageReport report{std::move(*message), {}};
    for (auto row = store.scan(Family::recipient, queue::recipient_key({id, 0}), queue::message_key({id.value + 1})); row.valid();
         row.next()) {
      ++rows;
      auto recipient = queue::decode_recipient(row.value());
      const auto recipient_id = queue::decode_recipient_key(row.key());
      ENSURE(recipient && recipient_id);
      auto line = queue::LineKey::decode(recipient->line);
      ENSURE(line.has_value());
      if (matches(filter, *recipient, *line))
        report.recipients.push_back({*recipient_id, std::move(*recipient), std::move(*line), false, "", std::nullopt});
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
    if (at->second.closed_until <= now) continue;
    row.closed_why = at->second.reason;
    row.closed_until = at->second.closed_until;
  }
}

}  // namespace

awaitable<StatusReport> Books::status() {
  auto ask = [this](Asker<StatusReport> asker) {
    StatusReport report;
    report.messages = messages_;
    report.recipients = recipients_;
    report.accepting = accepting();
    report.not_accepting = finished_ ? "shutting down" : full_ ? "no space left" : low_ ? "less free space than min_free" : "";
    std::vector<LaneKey> keys;
    for (const auto& [key, found] : lanes_) keys.push_back(key);
    std::stable_partition(keys.begin(), keys.end(), [&](const LaneKey& key) {  // those that do something first
      return key.overall() || !key.provider.starts_with("other:") || lanes_.at(key).record.committed() > 0;
    });
    if (keys.size() > lanes_shown) keys.resize(lanes_shown);
    for (const auto& key : keys) report.lanes.push_back(report_of(key));
    report.now = world_.calendar.now();  // not before what lanes say is now
    answer(std::move(asker), std::move(report));
  };
  StatusReport report = co_await asking<StatusReport>(inbox_, std::move(ask));
  LineSurvey found;
  co_await world_.work.run([this, &found, &report] {
    found = survey(*store_, report.now);
    const auto first = store_->scan(Family::message, "", "");
    if (const auto id = first.valid() ? queue::decode_message_key(first.key()) : std::nullopt) {
      report.oldest = Instant(Duration(static_cast<std::int64_t>(id->value >> 16U)));
    }
  });
  report.unrouted = found.unrouted;
  report.returning = found.returning;
  report.more_lines = found.more;
  for (auto& [key, line] : found.lines) report.lines.push_back(std::move(line));
  const auto most_first = [](const LineReport& a, const LineReport& b) { return a.waiting > b.waiting; };
  std::stable_sort(report.lines.begin(), report.lines.end(), most_first);
  if (report.lines.size() > lines_shown) report.more_lines = true;
  if (report.lines.size() > lines_shown) report.lines.resize(lines_shown);
  auto lines = std::make_shared<std::vector<LineReport>>(std::move(report.lines));
  auto look_ahead = [this, lines](Asker<bool> asker) {
    for (auto& line : *lines) {
      if (line.provider == "unrouted" || !has_plan({LineKind::routed, line.pool, line.provider, line.mail_class, {}, {}}))
        continue;
      line.eta = forecast_now({line.pool, line.provider, {}, line.mail_class, line.waiting, 0, 0, 365}).forecast.gone;
    }
    answer(std::move(asker), true);
  };
  co_await asking<bool>(inbox_, std::move(look_ahead));
  report.lines = std::move(*lines);
  co_return report;
}

// What befell a lane, as its events tell.
awaitable<std::vector<std::string>> Books::lane_events(std::string source, std::string provider) {
  constexpr std::size_t most_read = 500'000, most_kept = 200;
  std::vector<std::string> found;
  const std::string of = "\"source\":\"" + source + "\"", to = "\"provider\":\"" + provider + "\"";
  co_await world_.work.run([&] {
    std::size_t read = 0;
    for (auto cursor = store_->scan(Family::event, "", ""); cursor.valid() && read < most_read; cursor.next(), ++read) {
      const auto row = cursor.value();
      if (row.find("\"type\":\"lane\"") == std::string_view::npos || row.find(of) == std::string_view::npos ||
          row.find(to) == std::string_view::npos)
        continue;
      found.emplace_back(row);
      if (found.size() > most_kept) found.erase(found.begin());
    }
  });
  co_return found;
}

awaitable<QueuePage> Books::list(QueueFilter filter, std::string cursor, std::size_t limit) {
  QueuePage page;
  co_await world_.work.run([&] { page = read_page(*store_, filter, cursor, limit); });
  co_return page;
}

awaitable<std::optional<MessageReport>> Books::show(queue::MessageId id) {
  QueueFilter filter;
  filter.id = id.text();
  QueuePage page = co_await list(filter, "", 1);
  if (page.messages.empty()) co_return std::nullopt;
  const auto now = world_.calendar.now();
  co_await world_.work.run([&] { read_sites(*store_, page.messages.front(), now); });
  auto shared = std::make_shared<MessageReport>(std::move(page.messages.front()));
  auto ask = [this, shared](Asker<bool> asker) {
    for (auto& row : shared->recipients) row.in_conversation = in_flight_.contains(row.id);
    answer(std::move(asker), true);
  };
  co_await asking<bool>(inbox_, std::move(ask));
  co_return std::move(*shared);
}

awaitable<HandReport> Books::hand(QueueFilter filter, std::string cursor, Hand hand, std::string by, std::string reason) {
  constexpr std::size_t messages_at_once = 1000;
  QueuePage found = co_await list(std::move(filter), std::move(cursor), messages_at_once);
  auto page = std::make_shared<QueuePage>(std::move(found));
  auto ask = [this, page, hand, by, reason](Asker<HandReport> asker) {
    HandReport report;
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
        hand_one(hand, of.message, {row.id.number, *current}, current->due, by, reason);
        ++report.recipients;
      }
    }
    report.cursor = page->cursor;
    effects_.push_back(
        [asker = std::move(asker), report = std::move(report)]() mutable { answer(std::move(asker), std::move(report)); });
  };
  co_return co_await asking<HandReport>(inbox_, std::move(ask));
}

}  // namespace mta
