#include "mta/submit/incoming_message.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>

#include "dkim/signer.h"
#include "mta/smtp/address.h"
#include "mta/submit/bulk_lint.h"
#include "mta/submit/marked_domains.h"
#include "mta/submit/reencode.h"

namespace mta {
namespace {

constexpr std::size_t piece = 16U << 10U;  // of a claim, and of what is encoded at once

RefusedMail no_space() { return {452, "4.3.1", "no space in the queue, try again later"}; }
RefusedMail shutting_down() { return {421, "4.3.2", "shutting down, try again later"}; }

// In the first field, which is our own.
std::string with_id(std::string header, const std::string& old_id, const std::string& new_id) {
  const auto at = header.find(" id " + old_id);
  if (at != std::string::npos) header.replace(at + 4, old_id.size(), new_id);
  return header;
}

}  // namespace

IncomingMessage::IncomingMessage(SubmissionContext& context, const Client& client, AcceptedEnvelope envelope)
    : context_(context),
      client_(client),
      envelope_(std::move(envelope)),
      claim_(context.memory),
      writer_(std::make_unique<SpoolWriter>(context, client, claim_)),
      check_(static_cast<std::size_t>(client.config->limits.line_length)),
      stranger_(!client.may_relay()) {
  if (stranger_ && !context_.stranger_mail.take(StrangerMail::each, context_.now())) refuse(no_space());
}

IncomingMessage::~IncomingMessage() = default;

std::uint64_t IncomingMessage::held() const {
  return header_taken_ ? writer_->held() : 2 * header_.size();  // a header is held twice while it is completed
}

void IncomingMessage::refuse(RefusedMail refusal) {
  if (!refusal_) refusal_ = std::move(refusal);
  abandon();
}

void IncomingMessage::abandon() {
  writer_->abandon();
  header_ = {};
  claim_.shrink(0);
}

bool IncomingMessage::wants(std::string_view octets) {
  received_ += octets.size();
  if (refusal_) return false;
  auto limit = client_.config->limits.message_size;
  if (stranger_) limit = std::min(limit, StrangerMail::largest);
  check_.add(octets);
  if (received_ > limit)
    refuse({552, "5.3.4", fmt::format("message larger than {} octets", limit)});  // RFC 1870 §6.3
  else if (!check_.fault().empty())
    refuse({550, "5.6.0", fmt::format("{} in the message", check_.fault())});
  else if (stranger_ && !context_.stranger_mail.take(octets.size(), context_.now()))
    refuse(no_space());
  return !refusal_;
}

awaitable<void> IncomingMessage::add(std::string_view octets) {
  if (!wants(octets)) co_return;
  if (header_taken_) {
    co_await store(octets);
    co_return;
  }
  const auto more = held() + 2 * octets.size();
  co_await claim_.grow((more + piece - 1) / piece * piece);
  header_.add(octets);
  if (header_.complete()) {
    finish_header();
    if (refusal_) co_return;
    const std::string rest(header_.rest());
    header_ = {};
    co_await store(rest);
  } else if (header_.size() > smtp::max_header_section) {
    refuse({552, "5.3.4", fmt::format("header section larger than {} octets", smtp::max_header_section)});
  }
}

// REQUIRES: header_.complete().
void IncomingMessage::finish_header() {
  const auto size = header_.size() - header_.rest().size();
  if (size > smtp::max_header_section)
    return refuse({552, "5.3.4", fmt::format("header section larger than {} octets", smtp::max_header_section)});
  const bool single = envelope_.recipients.size() == 1;
  const IntakeRequest request{
      {writer_->id(), context_.parts.wall_now(), envelope_.smtputf8, single ? envelope_.recipients.front().address : ""},
      context_.parts.world.dice.roll()};
  auto result = take_in(header_, client_, request);
  if (auto* refusal = std::get_if<RefusedMail>(&result)) return refuse(std::move(*refusal));
  intake_ = std::move(std::get<Intake>(result));
  const auto& from = intake_.from_domain;
  if (from.empty())
    no_signature_ = "the From header names no address with a domain";
  else if (!has_key() && intake_.signed_before.empty())
    no_signature_ = "no DKIM key is configured for " + from;
  if (auto refusal = refuse_unsigned()) return refuse(std::move(*refusal));
  look_at_bulk();
  if (refusal_) return;
  header_taken_ = true;
  eight_bit_header_ = !smtp::is_ascii(intake_.header);
  writer_->begin(std::move(intake_.header), from);
}

bool IncomingMessage::has_key() const {
  const auto& from = intake_.from_domain;
  return client_.signer && !from.empty() && !client_.signer->keys_for(from).empty();
}

std::optional<RefusedMail> IncomingMessage::refuse_unsigned() const {
  if (no_signature_.empty() || client_.config->lacking.dkim_unsigned != conf::Unsigned::refuse) return std::nullopt;
  const auto cure = may_have_key(intake_.from_domain) ? "add a [[dkim.key]] for it" : "write one address with a domain in From";
  return RefusedMail{550, "5.7.1", fmt::format("{}, and unsigned mail is refused here; {}", no_signature_, cure)};
}

// Strangers can only write to postmaster; what they write is not ours to judge as bulk mail.
void IncomingMessage::look_at_bulk() {
  const auto& config = *client_.config;
  if (stranger_ || config.lacking.bulk_lint == conf::BulkLint::off || !is_bulk(config, intake_.mail_class)) return;
  const auto uses = context_.message_ids.uses(intake_.message_id, context_.parts.world.calendar.wall());
  lacks_ = find_bulk_faults({header_.fields(), client_.completes(), has_key(), uses});
  if (!lacks_.empty() && config.lacking.bulk_lint == conf::BulkLint::refuse)
    refuse({550, "5.7.1", fmt::format("bulk mail without what mailbox providers ask for is refused here: {}", lacks_)});
}

awaitable<void> IncomingMessage::store(std::string_view octets) {
  if (check_.has_long_lines()) writer_->stop_signing();  // it will be written anew
  co_await writer_->add(octets);
  if (writer_->refusal()) refuse(*writer_->refusal());
}

queue::Message IncomingMessage::describe() const {
  queue::Message message;
  writer_->describe(message);
  message.accepted = context_.parts.world.calendar.now();
  message.sender = envelope_.sender;
  message.eight_bit = eight_bit_;
  // RFC 6531 §3.6: only what needs SMTPUTF8 asks the next hop for it.
  const auto international = [](const queue::Recipient& recipient) { return !smtp::is_ascii(recipient.address); };
  message.smtputf8 = envelope_.smtputf8 && (eight_bit_header_ || !smtp::is_ascii(envelope_.sender) ||
                                            std::ranges::any_of(envelope_.recipients, international));
  message.ret = envelope_.ret;
  message.envid = envelope_.envid;
  message.mail_class = intake_.mail_class;
  message.client = client_.address;
  message.user = client_.user == nullptr ? "" : client_.user->name;
  message.from_domain = intake_.from_domain;
  message.message_id = intake_.message_id;
  message.recipients = static_cast<std::uint32_t>(envelope_.recipients.size());
  return message;
}

// Nothing more comes: what was held back for lack of an end is looked at now.
awaitable<void> IncomingMessage::end_content() {
  check_.finish();
  if (!refusal_ && !check_.fault().empty()) refuse({550, "5.6.0", fmt::format("{} in the message", check_.fault())});
  if (!refusal_ && !header_taken_) {
    header_.finish();
    finish_header();
    if (refusal_) co_return;
    const std::string rest(header_.rest());
    co_await store(rest);
  }
  eight_bit_ = check_.eight_bit() || eight_bit_header_;
  if (!refusal_ && check_.has_long_lines()) co_await shorten_lines();
}

// The body is written anew: with no key here, the signature that the message brought was the only one.
void IncomingMessage::break_signature() {
  if (has_key() || intake_.signed_before.empty()) return;
  no_signature_ = fmt::format("a line longer than {} octets must be encoded, which breaks its signature by {} (d=)",
                              longest_sent_line, intake_.signed_before);
  if (auto refusal = refuse_unsigned()) refuse(std::move(*refusal));
}

// Twice through what was stored: which parts hold long lines, then the same message with these parts encoded.
awaitable<void> IncomingMessage::shorten_lines() {
  const auto elsewhere = 6 * chunk_bytes + 4 * client_.config->limits.line_length;
  co_await claim_.grow(elsewhere + chunk_bytes);
  auto fresh = std::make_unique<SpoolWriter>(context_, client_, claim_, elsewhere);
  try {
    LongLines long_lines;
    co_await survey(long_lines);
    if (!long_lines.fault().empty()) co_return refuse({550, "5.6.0", long_lines.fault()});
    if (long_lines.in_body()) break_signature();
    if (refusal_) co_return;
    Reencoder reencoder(long_lines.parts());
    co_await rewrite(reencoder, *fresh);
    eight_bit_ = reencoder.eight_bit();
  } catch (const StreamLost&) {
    fresh->abandon();
    throw;
  } catch (const std::runtime_error& error) {  // of Spool::chunk
    spdlog::error("client {}: a message with long lines cannot be read again: {}", client_.address, error.what());
    fresh->abandon();
    refuse({451, "4.3.0", "the message cannot be read again from the spool, try again later"});
  }
  if (fresh->refusal()) refuse(*fresh->refusal());
  if (refusal_) co_return;
  writer_->abandon();
  writer_ = std::move(fresh);
}

awaitable<void> IncomingMessage::survey(LongLines& long_lines) {
  for (std::uint32_t number = 0; number < writer_->chunks(); ++number) {
    const auto chunk = co_await writer_->read(number);
    std::function<void()> job = [&long_lines, &chunk] { long_lines.add(chunk); };
    co_await context_.parts.world.work.run(std::move(job));
  }
  long_lines.finish();
}

awaitable<void> IncomingMessage::rewrite(Reencoder& reencoder, SpoolWriter& fresh) {
  const auto chunks = writer_->chunks();
  for (std::uint32_t number = 0; number <= chunks && !fresh.refusal(); ++number) {
    std::string chunk;
    if (number < chunks) chunk = co_await writer_->read(number);
    for (std::size_t begin = 0; begin == 0 || begin < chunk.size(); begin += piece) {
      const auto part = std::string_view(chunk).substr(begin, piece);
      const bool last = number == chunks;
      std::function<void()> job = [&reencoder, part, last] { last ? reencoder.finish() : reencoder.add(part); };
      co_await context_.parts.world.work.run(std::move(job));
      if (auto head = reencoder.take_head(); !head.empty())
        fresh.begin(with_id(std::move(head), writer_->id().text(), fresh.id().text()), intake_.from_domain);
      const auto written = reencoder.take();
      co_await fresh.add(written);
    }
  }
}

// What should not be taken in silence: mail that nothing signs, bulk mail without what providers ask for, and headers that RFC 5322 does
// not allow. Strangers can only write to
// postmaster, and shall not fill the log with it.
void IncomingMessage::note_marks(const queue::Message& message) {
  if (stranger_) return;
  const auto now = context_.parts.world.calendar.wall();
  Marked mark{message.from_domain, "",        message.client, message.user, message.sender, message.message_id,
              message.mail_class,  message.id};
  const bool warns = client_.config->lacking.dkim_unsigned == conf::Unsigned::warn;
  if (!no_signature_.empty() && warns && context_.unsigned_domains.note(message.from_domain, no_signature_, now)) {
    mark.reason = no_signature_;
    context_.parts.unsigned_mail(mark);
  }
  if (client_.config->lacking.bulk_lint != conf::BulkLint::off && is_bulk(*client_.config, message.mail_class))
    context_.message_ids.note(message.message_id, now);
  if (!lacks_.empty() && context_.bulk_domains.note(message.from_domain, lacks_, now)) {
    mark.reason = lacks_;
    context_.parts.lacking_bulk(mark);
  }
  if (!intake_.faults.empty() && context_.faulty_headers.pass(message.from_domain + " " + intake_.faults, context_.now())) {
    mark.reason = intake_.faults;
    context_.parts.faulty_header(mark);
  }
}

awaitable<std::optional<Queued>> IncomingMessage::finish() {
  co_await end_content();
  if (!refusal_) {
    co_await writer_->finish();
    if (writer_->refusal()) refuse(*writer_->refusal());
  }
  if (refusal_) co_return std::nullopt;
  Incoming incoming;
  incoming.message = describe();
  const auto message = incoming.message;
  incoming.recipients = std::move(envelope_.recipients);
  incoming.tail = writer_->take_tail();
  auto acceptance = co_await context_.parts.spool.accept(std::move(incoming));
  if (acceptance.kept == AcceptResult::no_space) refuse(no_space());
  if (acceptance.kept == AcceptResult::shutting_down) refuse(shutting_down());
  if (acceptance.kept == AcceptResult::queue_full) refuse(line_is_full(acceptance.opens));
  claim_.shrink(0);
  if (refusal_) co_return std::nullopt;
  writer_->release();
  note_marks(message);
  co_return Queued{message.id, std::move(acceptance.opens)};
}

}  // namespace mta
