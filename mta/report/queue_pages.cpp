#include "mta/report/queue_pages.h"

#include <algorithm>

#include "mta/doors/world.h"
#include "mta/report/queue_totals.h"
#include "mta/smtp/address.h"
#include "queue/ensure.h"
#include "queue/keys.h"

namespace mta {

using queue::Family;

namespace {

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

bool matches(const QueueFilter& filter, const queue::Recipient& recipient, const queue::QueueKey& queue) {
  return (filter.provider.empty() || (queue.knows_site() && filter.provider == queue.provider)) &&
         (filter.domain.empty() || filter.domain == smtp::domain_of(recipient.address)) &&
         (filter.recipient.empty() || smtp::same_ignoring_case(filter.recipient, recipient.address));
}

// A page over messages in order of arrival.
QueuePage read_rows(const conf::Config& config, const queue::Store& store, const QueueFilter& filter,
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
      auto queue = queue::QueueKey::decode(recipient->queue);
      ENSURE(queue.has_value());
      if (matches(filter, *recipient, *queue))
        report.recipients.push_back(
            {*recipient_id, std::move(*recipient), std::move(*queue), false, "", std::nullopt, "", std::nullopt});
    }
    if (!report.recipients.empty()) page.messages.push_back(std::move(report));
  }
  return page;
}

// What the queue of each recipient says of its site; recipients of one message mostly share it.
void read_sites(const queue::Store& store, MessageReport& report, Instant now) {
  std::map<std::string, queue::QueueRecord> known;
  for (auto& row : report.recipients) {
    const std::string key = row.queue.encode();
    const auto [at, unread] = known.try_emplace(key);
    const auto stored = unread ? store.get(Family::queue, key) : std::nullopt;
    if (stored) at->second = queue::decode_queue_record(*stored).value_or(queue::QueueRecord{});
    if (at->second.closed_until <= now && at->second.wake > now && !at->second.reason.empty() && row.recipient.due <= now) {
      row.held_why = at->second.reason;
      row.held_until = at->second.wake;
    }
    if (at->second.closed_until <= now) continue;
    row.closed_why = at->second.reason;
    row.closed_until = at->second.closed_until;
  }
}

}  // namespace

QueuePage read_page(const conf::Config& config, const queue::Store& store, const QueueFilter& filter, const QueuePlace& place) {
  QueuePage page = read_rows(config, store, filter, place.cursor, place.limit);
  for (auto& message : page.messages) read_sites(store, message, place.now);
  return page;
}

}  // namespace mta
