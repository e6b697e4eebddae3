// queue/history.h — what became of a recipient, kept for a while after it left the queue.
//
// What      The row of an ended recipient, its key, its binary form.
// Units     Instants of scheduling time; keys begin with the hour of the end, so all rows of an hour leave as one range.
// Promise   decode(encode(x)) == x for texts within longest_text; longer ones are cut between characters. One row is some 200 octets.
// Errors    A row that does not decode gives nothing.
// Source    DESIGN.md §7, promise 3; conf/example.toml ([history]).
// Not here  how long and how much is kept (mta/scheduler/history_book.h), looking for it (mta/report/find.cpp).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "queue/message.h"

namespace queue {

enum class End : std::uint8_t { delivered, bounced, expired, dropped };
std::string_view name(End);
End end_of(Fate);  // of one that is decided

struct Ended {
  RecipientId id;
  Instant ended{}, accepted{};
  End end = End::delivered;
  std::string recipient, sender, message_id, mail_class;
  std::string provider;  // "" when none was known
  std::uint32_t attempts = 0;
  LastReply last;          // with the source it was said to; `at` is when
  std::string by, reason;  // an operator's doing, else empty
  friend bool operator==(const Ended&, const Ended&) = default;

  static constexpr std::size_t longest_text = 300;
};

std::string encode(const Ended&);
std::optional<Ended> decode_ended(std::string_view key, std::string_view value);

using HourNumber = std::uint32_t;  // since 1970
HourNumber hour_of(Instant);
std::string history_key(Instant ended, const RecipientId&);
std::string history_hour_key(HourNumber);        // of the row that counts the hour's octets; sorts before its others
std::string history_key(HourNumber, MessageId);  // first key of the message in that hour; the next message's is its end
std::optional<HourNumber> decode_history_hour(std::string_view key);  // of any key of the family
bool is_history_hour(std::string_view key);                           // a row that counts

}  // namespace queue
