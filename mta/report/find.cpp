#include "mta/report/find.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "mta/report/found.h"
#include "mta/smtp/address.h"
#include "queue/keys.h"

namespace mta {

using queue::Ended;
using queue::Family;
using queue::HourNumber;

namespace {

constexpr std::string_view of_queue = "q", of_history = "h";  // what a cursor begins with

std::string_view bare(std::string_view id) {
  if (id.starts_with('<') && id.ends_with('>') && id.size() > 1) id = id.substr(1, id.size() - 2);
  return id;
}

bool matches_message(const FindFilter& filter, std::string_view sender, std::string_view message_id) {
  return (filter.sender.empty() || smtp::same_ignoring_case(filter.sender == "<>" ? "" : filter.sender, sender)) &&
         (filter.message_id.empty() || smtp::same_ignoring_case(bare(filter.message_id), bare(message_id)));
}

bool matches_recipient(const FindFilter& filter, std::string_view recipient) {
  if (filter.recipient.empty()) return true;
  const bool domain = filter.recipient.starts_with('@') && recipient.size() > filter.recipient.size();
  return smtp::same_ignoring_case(filter.recipient,
                                  domain ? recipient.substr(recipient.size() - filter.recipient.size()) : recipient);
}

struct FindRun {
  const queue::Store& store;
  const FindFilter& filter;
  std::size_t limit;
  std::size_t rows = 0;
  FoundPage page = {};
  bool full() const { return rows >= page_rows || page.found.size() >= limit; }
};

void find_recipients(FindRun& run, const queue::Message& message) {
  const auto end = queue::message_end(message.id);
  for (auto row = run.store.scan(Family::recipient, queue::recipient_key({message.id, 0}), end); row.valid(); row.next()) {
    ++run.rows;
    const auto recipient = queue::decode_recipient(row.value());
    const auto id = queue::decode_recipient_key(row.key());
    if (!id || !recipient || recipient->fate != queue::Fate::waiting) continue;  // decided: the history has it
    if (matches_recipient(run.filter, recipient->address)) run.page.found.push_back(found_of(message, *id, *recipient));
  }
}

// True: all that waits was looked at.
bool find_waiting(FindRun& run, const std::string& from) {
  const auto after = queue::MessageId::parse(from);
  for (auto row = run.store.scan(Family::message, after ? queue::message_key({after->value + 1}) : "", ""); row.valid();
       row.next()) {
    const auto id = queue::decode_message_key(row.key());
    if (!id) continue;  // the counter beside a message with several recipients
    ++run.rows;
    const auto message = queue::decode_message(*id, row.value());
    const bool wanted = message && (!run.filter.since || message->accepted >= *run.filter.since) &&
                        matches_message(run.filter, message->sender, message->message_id);
    if (wanted) find_recipients(run, *message);
    if (!run.full()) continue;
    run.page.cursor = std::string(of_queue) + id->text();
    return false;
  }
  return true;
}

std::string hex(std::string_view bytes) {
  std::string text;
  for (const char octet : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(octet));
  return text;
}

std::optional<std::string> bytes_of(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (std::size_t at = 0; at < hex.size(); at += 2) {
    unsigned octet = 0;
    const auto parsed = std::from_chars(hex.data() + at, hex.data() + at + 2, octet, 16);
    if (parsed.ec != std::errc() || parsed.ptr != hex.data() + at + 2) return std::nullopt;
    bytes += static_cast<char>(octet);
  }
  return bytes;
}

void find_ended(FindRun& run, std::string from, queue::Instant oldest) {
  const auto since = std::max(run.filter.since.value_or(oldest), oldest);
  from = std::max(from, queue::history_hour_key(queue::hour_of(since)));
  for (auto row = run.store.scan(Family::history, from, ""); row.valid(); row.next()) {
    if (run.full()) {
      run.page.cursor = std::string(of_history) + hex(row.key());
      return;
    }
    ++run.rows;
    auto ended = queue::is_history_hour(row.key()) ? std::nullopt : queue::decode_ended(row.key(), row.value());
    if (!ended || ended->ended < since) continue;
    if (matches_message(run.filter, ended->sender, ended->message_id) && matches_recipient(run.filter, ended->recipient))
      run.page.found.push_back({std::move(*ended), false, {}});
  }
}

void collect_ends(const queue::Store& store, queue::MessageId id, queue::Instant oldest, std::vector<Ended>& found) {
  std::string from = queue::history_hour_key(queue::hour_of(oldest));
  for (;;) {
    auto row = store.scan(Family::history, from, "");
    const auto hour = row.valid() ? queue::decode_history_hour(row.key()) : std::nullopt;
    if (!hour) break;
    const std::string end = queue::history_hour_key(*hour) + queue::message_end(id);
    for (auto one = store.scan(Family::history, queue::history_key(*hour, id), end); one.valid(); one.next()) {
      auto ended = queue::decode_ended(one.key(), one.value());
      if (ended && ended->ended >= oldest) found.push_back(std::move(*ended));
    }
    from = queue::history_hour_key(*hour + 1);
  }
}

}  // namespace

FoundRecipient found_of(const queue::Message& message, const queue::RecipientId& id, const queue::Recipient& recipient) {
  FoundRecipient found;
  found.waiting = true;
  found.next_try = recipient.due;
  Ended& what = found.what;
  what.id = id;
  what.accepted = message.accepted;
  what.recipient = recipient.address;
  what.sender = message.sender;
  what.message_id = message.message_id;
  what.mail_class = message.mail_class;
  if (const auto queue = queue::QueueKey::decode(recipient.queue); queue && queue->knows_site()) what.provider = queue->provider;
  what.attempts = recipient.attempts;
  what.last = recipient.last;
  return found;
}

bool is_find_cursor(const std::string& cursor) {
  if (cursor.empty()) return true;
  const std::string_view rest = std::string_view(cursor).substr(1);
  if (cursor.starts_with(of_queue)) return queue::MessageId::parse(rest).has_value();
  return cursor.starts_with(of_history) && bytes_of(rest).has_value();
}

FoundPage find_page(const queue::Store& store, const FindFilter& filter, const FindPlace& place) {
  FindRun run{store, filter, place.limit, 0, {}};
  const auto& cursor = place.cursor;
  const bool ended = cursor.starts_with(of_history);
  if (!ended && !find_waiting(run, cursor.empty() ? std::string() : cursor.substr(1))) return std::move(run.page);
  find_ended(run, ended ? bytes_of(cursor.substr(1)).value_or(std::string()) : std::string(), place.oldest);
  return std::move(run.page);
}

std::vector<Ended> ends_of(const queue::Store& store, queue::MessageId id, queue::Instant oldest) {
  std::vector<Ended> found;
  collect_ends(store, id, oldest, found);
  std::ranges::sort(found, {}, [](const Ended& each) { return each.id.number; });
  return found;
}

}  // namespace mta
