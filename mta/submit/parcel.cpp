#include "mta/submit/parcel.h"

#include <fmt/format.h>

#include <algorithm>

#include "dkim/signer.h"
#include "mta/smtp/address.h"

namespace mta {
namespace {

constexpr std::size_t claim_step = 16U << 10U;
constexpr std::size_t signed_at_once = 64U << 10U;  // design §3.2: as much is signed on the session's own thread

Refusal no_space() { return {452, "4.3.1", "no space in the queue, try again later"}; }
Refusal shutting_down() { return {421, "4.3.2", "shutting down, try again later"}; }

}  // namespace

Parcel::Parcel(Office& office, const Visitor& visitor, Envelope envelope)
    : office_(office),
      visitor_(visitor),
      envelope_(std::move(envelope)),
      id_(office.parts.spool.new_id()),
      claim_(office.memory) {}

Parcel::~Parcel() = default;

std::uint64_t Parcel::held() const {
  return header_taken_ ? chunk_.size() : 2 * header_.size();  // a header is held twice while it is completed
}

void Parcel::refuse(Refusal refusal) {
  if (!refusal_) refusal_ = std::move(refusal);
  abandon();
}

void Parcel::abandon() {
  if (kept_ > 0) office_.parts.spool.forget(id_, kept_);
  kept_ = 0;
  signature_.reset();
  header_ = {};
  std::string().swap(chunk_);
  claim_.shrink(0);
}

bool Parcel::wants(std::string_view octets) {
  received_ += octets.size();
  if (refusal_) return false;
  const auto limit = visitor_.config->limits.message_size;
  check_.add(octets);
  if (received_ > limit)
    refuse({552, "5.3.4", fmt::format("message larger than {} octets", limit)});  // RFC 1870 §6.3
  else if (!check_.fault().empty())
    refuse({550, "5.6.0", fmt::format("{} in the message", check_.fault())});
  return !refusal_;
}

awaitable<void> Parcel::add(std::string_view octets) {
  if (!wants(octets)) co_return;
  if (header_taken_) {
    co_await store(octets);
    co_return;
  }
  const auto more = held() + 2 * octets.size();
  co_await claim_.grow((more + claim_step - 1) / claim_step * claim_step);
  header_.add(octets);
  if (header_.complete()) {
    finish_header();
    if (refusal_) co_return;
    const std::string rest(header_.rest());
    header_ = {};
    co_await store(rest);
  } else if (header_.size() > max_header_section) {
    refuse({552, "5.3.4", fmt::format("header section larger than {} octets", max_header_section)});
  }
}

// REQUIRES: header_.complete().
void Parcel::finish_header() {
  const auto size = header_.size() - header_.rest().size();
  if (size > max_header_section)
    return refuse({552, "5.3.4", fmt::format("header section larger than {} octets", max_header_section)});
  const bool single = envelope_.recipients.size() == 1;
  const IntakeWish wish{{id_, office_.parts.wall_now(), envelope_.smtputf8, single ? envelope_.recipients.front().address : ""},
                        office_.parts.world.dice.roll()};
  auto result = take_in(header_, visitor_, wish);
  if (auto* refusal = std::get_if<Refusal>(&result)) return refuse(std::move(*refusal));
  intake_ = std::move(std::get<Intake>(result));
  header_taken_ = true;
  header_eight_bit_ = !smtp::is_ascii(intake_.header);
  begin_signature(intake_);
  chunk_ = std::move(intake_.header);
  unsigned_from_ = chunk_.size();
}

void Parcel::begin_signature(const Intake& intake) {
  if (!visitor_.signer || intake.from_domain.empty()) return;
  keys_ = visitor_.signer->keys_for(intake.from_domain);
  if (keys_.empty()) return;
  signature_ = visitor_.signer->begin(keys_, office_.parts.wall_now());
  HeaderSection sent;  // exactly what will be sent (RFC 6376 §5.3)
  sent.add(intake.header);
  if (!sent.complete()) sent.finish();
  for (const auto& field : sent.fields()) signature_->header(field.text.substr(0, field.text.size() - 2));
}

awaitable<void> Parcel::store(std::string_view octets) {
  while (true) {
    while (chunk_.size() >= chunk_bytes && !refusal_) co_await keep_chunk();
    if (octets.empty() || refusal_) co_return;
    const auto part = octets.substr(0, chunk_bytes - chunk_.size());
    const auto more = chunk_.size() + part.size();
    co_await claim_.grow((more + claim_step - 1) / claim_step * claim_step);
    if (more > 2 * claim_step) chunk_.reserve(chunk_bytes);
    chunk_.append(part);
    octets.remove_prefix(part.size());
  }
}

// Hands one whole chunk over; what is behind it (a long header) stays.
awaitable<void> Parcel::keep_chunk() {
  std::string behind = chunk_.substr(chunk_bytes);
  chunk_.resize(chunk_bytes);
  const auto from = std::min(unsigned_from_, chunk_bytes);
  unsigned_from_ -= from;
  co_await hash(std::string_view(chunk_).substr(from), false);
  stored_ += chunk_.size();
  const auto number = kept_++;
  const auto kept = co_await office_.parts.spool.keep(id_, number, std::move(chunk_));
  chunk_ = std::move(behind);
  claim_.shrink(std::max<std::uint64_t>(claim_step, chunk_.size()));
  if (kept == Kept::no_space) refuse(no_space());
  if (kept == Kept::shutting_down) refuse(shutting_down());
}

awaitable<void> Parcel::hash(std::string_view octets, bool small) {
  if (!signature_ || octets.empty()) co_return;
  if (small) {
    signature_->body(octets);
    co_return;
  }
  auto* signature = signature_.get();
  std::function<void()> job = [signature, octets] { signature->body(octets); };
  co_await office_.parts.world.work.run(std::move(job));
}

// The last octets and the signature itself.
awaitable<void> Parcel::sign_rest() {
  if (!signature_) co_return;
  const bool small = kept_ == 0 && chunk_.size() <= signed_at_once;
  const auto rest = std::string_view(chunk_).substr(std::min(unsigned_from_, chunk_.size()));
  std::string failure;
  std::function<void()> sign = [this, rest, &failure] {
    try {
      signature_->body(rest);
      prefix_ = signature_->finish();
    } catch (const std::exception& reason) {
      failure = reason.what();
    }
  };
  if (small)
    sign();
  else
    co_await office_.parts.world.work.run(std::move(sign));
  signature_.reset();
  signed_at_ = office_.parts.world.calendar.wall();
  if (!failure.empty()) refuse({550, "5.6.0", fmt::format("the message cannot be signed: {}", failure)});
}

queue::Message Parcel::describe() const {
  queue::Message message;
  message.id = id_;
  message.accepted = office_.parts.world.calendar.now();
  message.sender = envelope_.sender;
  message.size = stored_ + chunk_.size();
  message.chunks = kept_ + (chunk_.empty() ? 0U : 1U);
  message.prefix = prefix_;
  if (!prefix_.empty()) {
    message.signed_at = signed_at_;
    message.signed_with = keys_;
  }
  message.eight_bit = check_.eight_bit() || header_eight_bit_;
  // RFC 6531 §3.6: only what needs SMTPUTF8 asks the next hop for it.
  const auto international = [](const queue::Recipient& recipient) { return !smtp::is_ascii(recipient.address); };
  message.smtputf8 = envelope_.smtputf8 && (header_eight_bit_ || !smtp::is_ascii(envelope_.sender) ||
                                            std::ranges::any_of(envelope_.recipients, international));
  message.ret = envelope_.ret;
  message.envid = envelope_.envid;
  message.mail_class = intake_.mail_class;
  message.client = visitor_.client;
  message.user = visitor_.user == nullptr ? "" : visitor_.user->name;
  message.from_domain = intake_.from_domain;
  message.message_id = intake_.message_id;
  message.recipients = static_cast<std::uint32_t>(envelope_.recipients.size());
  return message;
}

// Nothing more comes: what was held back for lack of an end is looked at now.
awaitable<void> Parcel::end_content() {
  check_.finish();
  if (!refusal_ && !check_.fault().empty()) refuse({550, "5.6.0", fmt::format("{} in the message", check_.fault())});
  if (!refusal_ && !header_taken_) {
    header_.finish();
    finish_header();
    if (refusal_) co_return;
    const std::string rest(header_.rest());
    co_await store(rest);
  }
}

awaitable<std::optional<Queued>> Parcel::finish() {
  co_await end_content();
  if (!refusal_) co_await sign_rest();
  if (refusal_) co_return std::nullopt;
  Incoming incoming;
  incoming.message = describe();
  incoming.recipients = std::move(envelope_.recipients);
  incoming.tail = std::move(chunk_);
  auto acceptance = co_await office_.parts.spool.accept(std::move(incoming));
  if (acceptance.kept == Kept::no_space) refuse(no_space());
  if (acceptance.kept == Kept::shutting_down) refuse(shutting_down());
  if (acceptance.kept == Kept::line_full) refuse(line_is_full(acceptance.opens));
  claim_.shrink(0);
  if (refusal_) co_return std::nullopt;
  kept_ = 0;  // theirs now: nothing to forget
  co_return Queued{id_, std::move(acceptance.opens)};
}

}  // namespace mta
