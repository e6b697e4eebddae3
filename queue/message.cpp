#include "queue/message.h"

#include <algorithm>

#include "queue/bytes.h"

namespace queue {

namespace {

constexpr char message_format = 0x11;                                     // kind of row and its version, STORE.md
constexpr char recipient_format = 0x21, limited_recipient_format = 0x22;  // with a list behind: of those that met a rate limit
constexpr std::uint64_t most_limited = 64;                                // sources
constexpr Duration days_that_matter = std::chrono::hours(48);             // the day of a lane lasts 36 hours at most
constexpr std::uint32_t most_unanswered = 99;                             // far more than are ever sent
constexpr auto all_notify = static_cast<std::uint8_t>(notify::never | notify::success | notify::failure | notify::delay);

void write_reply(Writer& out, const LastReply& reply) {
  out.text(reply.verdict);
  out.number(reply.code);
  out.text(reply.enhanced);
  out.text(reply.text);
  out.text(reply.mx);
  out.text(reply.source);
  out.instant(reply.at);
}

LastReply read_reply(Reader& in) {
  LastReply reply;
  reply.verdict = in.text();
  reply.code = in.number_16();
  reply.enhanced = in.text();
  reply.text = in.text();
  reply.mx = in.text();
  reply.source = in.text();
  reply.at = in.instant();
  return reply;
}

}  // namespace

void note_rate_limit(Recipient& recipient, const std::string& source, Instant now) {
  auto& limited = recipient.limited;
  std::erase_if(limited, [&](const RateLimited& each) { return each.source == source || now - each.at > days_that_matter; });
  if (limited.size() == most_limited) limited.erase(limited.begin());  // the oldest
  limited.push_back({source, now});
}

bool was_rate_limited(const Recipient& recipient, const std::string& source, Instant since) {
  return std::any_of(recipient.limited.begin(), recipient.limited.end(),
                     [&](const RateLimited& each) { return each.source == source && each.at >= since; });
}

std::string encode(const Message& message) {
  Writer out(message_format);
  out.instant(message.accepted);
  out.text(message.sender);
  out.number(message.size);
  out.number(message.chunks);
  out.text(message.prefix);
  out.instant(message.signed_at);
  out.text(message.signed_with);
  out.flag(message.eight_bit);
  out.flag(message.smtputf8);
  out.number(static_cast<std::uint8_t>(message.ret));
  out.text(message.envid);
  out.text(message.mail_class);
  out.text(message.pool);
  out.text(message.client);
  out.text(message.user);
  out.text(message.from_domain);
  out.text(message.message_id);
  out.number(message.recipients);
  return out.take();
}

std::optional<Message> decode_message(MessageId id, std::string_view bytes) {
  Reader in(message_format, bytes);
  Message message;
  message.id = id;
  message.accepted = in.instant();
  message.sender = in.text();
  message.size = in.number();
  message.chunks = in.number_32();
  message.prefix = in.text();
  message.signed_at = in.instant();
  message.signed_with = in.text();
  message.eight_bit = in.flag();
  message.smtputf8 = in.flag();
  message.ret = static_cast<Return>(in.number_8(static_cast<std::uint8_t>(Return::headers)));
  message.envid = in.text();
  message.mail_class = in.text();
  message.pool = in.text();
  message.client = in.text();
  message.user = in.text();
  message.from_domain = in.text();
  message.message_id = in.text();
  message.recipients = in.number_32();
  if (!in.done()) return std::nullopt;
  return message;
}

std::string encode(const Recipient& recipient) {
  Writer out(recipient.limited.empty() ? recipient_format : limited_recipient_format);
  out.text(recipient.address);
  out.text(recipient.orcpt);
  out.number(recipient.notify);
  out.number(recipient.attempts);
  out.duration(recipient.backoff_used);
  out.duration(recipient.greylist_delay);
  out.text(recipient.bound_source);
  out.text(recipient.bound_mx);
  out.text(recipient.place);
  out.instant(recipient.bound_at);
  out.flag(recipient.warned);
  out.number(static_cast<std::uint8_t>(recipient.fate));
  out.text(recipient.queue);
  out.instant(recipient.due);
  write_reply(out, recipient.last);
  if (!recipient.limited.empty()) out.number(recipient.limited.size());
  for (const auto& each : recipient.limited) {
    out.text(each.source);
    out.instant(each.at);
  }
  if (recipient.unanswered != 0)
    out.number(std::min(recipient.unanswered, most_unanswered));  // absent in most rows, and in those of older versions
  return out.take();
}

std::optional<Recipient> decode_recipient(std::string_view bytes) {
  const bool was_limited = !bytes.empty() && bytes.front() == limited_recipient_format;
  Reader in(was_limited ? limited_recipient_format : recipient_format, bytes);
  Recipient recipient;
  recipient.address = in.text();
  recipient.orcpt = in.text();
  recipient.notify = in.number_8(all_notify);
  recipient.attempts = in.number_32();
  recipient.backoff_used = in.duration();
  recipient.greylist_delay = in.duration();
  recipient.bound_source = in.text();
  recipient.bound_mx = in.text();
  recipient.place = in.text();
  recipient.bound_at = in.instant();
  recipient.warned = in.flag();
  recipient.fate = static_cast<Fate>(in.number_8(static_cast<std::uint8_t>(Fate::expired)));
  recipient.queue = in.text();
  recipient.due = in.instant();
  recipient.last = read_reply(in);
  if (was_limited) recipient.limited.resize(in.number(most_limited));
  for (auto& each : recipient.limited) {
    each.source = in.text();
    each.at = in.instant();
  }
  const bool counted = in.more();
  if (counted) recipient.unanswered = static_cast<std::uint32_t>(in.number(most_unanswered));
  if (!in.done() || counted != (recipient.unanswered != 0) || was_limited == recipient.limited.empty()) return std::nullopt;
  return recipient;
}

}  // namespace queue
