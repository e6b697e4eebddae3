#include "mta/submit/spool_writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "dkim/signer.h"
#include "mta/smtp/header_section.h"

namespace mta {
namespace {

constexpr std::size_t claim_step = 16U << 10U;
constexpr std::size_t signed_at_once = 64U << 10U;  // DESIGN.md §4.1: as much is signed on the session's own thread

}  // namespace

SpoolWriter::SpoolWriter(SubmissionContext& context, const Client& client, MemoryGate::MemoryClaim& claim,
                         std::uint64_t elsewhere)
    : context_(context), client_(client), claim_(claim), elsewhere_(elsewhere), id_(context.parts.spool.new_id()) {}

SpoolWriter::~SpoolWriter() = default;
void SpoolWriter::stop_signing() { signature_.reset(); }

void SpoolWriter::refuse(RefusedMail refusal) {
  if (!refusal_) refusal_ = std::move(refusal);
  abandon();
}

void SpoolWriter::abandon() {
  if (kept_ > 0) context_.parts.spool.forget(id_, kept_);
  kept_ = 0;
  signature_.reset();
  std::string().swap(chunk_);
}

void SpoolWriter::begin(std::string header, const std::string& from_domain) {
  begun_ = true;
  if (client_.signer && !from_domain.empty()) keys_ = client_.signer->keys_for(from_domain);
  if (!keys_.empty()) {
    signature_ = client_.signer->begin(keys_, context_.parts.wall_now());
    smtp::HeaderSection sent;  // exactly what will be sent (RFC 6376 §5.3)
    sent.add(header);
    sent.finish();
    for (const auto& field : sent.fields()) signature_->header(field.to_sign());
  }
  chunk_ = std::move(header);
  unsigned_from_ = chunk_.size();
}

awaitable<void> SpoolWriter::add(std::string_view octets) {
  while (true) {
    while (chunk_.size() >= chunk_bytes && !refusal_) co_await keep_chunk();
    if (octets.empty() || refusal_) co_return;
    const auto part = octets.substr(0, chunk_bytes - chunk_.size());
    const auto more = chunk_.size() + part.size();
    co_await claim_.grow(elsewhere_ + (more + claim_step - 1) / claim_step * claim_step);
    if (more > 2 * claim_step) chunk_.reserve(chunk_bytes);
    chunk_.append(part);
    octets.remove_prefix(part.size());
  }
}

// Hands one whole chunk over; what is behind it (a long header) stays.
awaitable<void> SpoolWriter::keep_chunk() {
  std::string behind = chunk_.substr(chunk_bytes);
  chunk_.resize(chunk_bytes);
  const auto from = std::min(unsigned_from_, chunk_bytes);
  unsigned_from_ -= from;
  co_await hash(std::string_view(chunk_).substr(from));
  stored_ += chunk_.size();
  const auto number = kept_++;
  const auto kept = co_await context_.parts.spool.keep(id_, number, std::move(chunk_));
  chunk_ = std::move(behind);
  claim_.shrink(elsewhere_ + std::max<std::uint64_t>(claim_step, chunk_.size()));
  if (kept == AcceptResult::no_space) refuse({452, "4.3.1", "no space in the queue, try again later"});
  if (kept == AcceptResult::shutting_down) refuse({421, "4.3.2", "shutting down, try again later"});
}

awaitable<void> SpoolWriter::hash(std::string_view octets) {
  if (!signature_ || octets.empty()) co_return;
  auto* signature = signature_.get();
  std::function<void()> job = [signature, octets] { signature->body(octets); };
  co_await context_.parts.world.work.run(std::move(job));
}

// The last octets and the signature itself.
awaitable<void> SpoolWriter::finish() {
  if (!signature_ || refusal_) co_return;
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
    co_await context_.parts.world.work.run(std::move(sign));
  signature_.reset();
  signed_at_ = context_.parts.world.calendar.wall();
  if (!failure.empty()) refuse({550, "5.6.0", fmt::format("the message cannot be signed: {}", failure)});
}

awaitable<std::string> SpoolWriter::read(std::uint32_t number) const {
  if (number == kept_) co_return chunk_;
  auto chunk = co_await context_.parts.spool.chunk(id_, number);
  co_return chunk;
}

void SpoolWriter::describe(queue::Message& message) const {
  message.id = id_;
  message.size = stored_ + chunk_.size();
  message.chunks = chunks();
  message.prefix = prefix_;
  if (prefix_.empty()) return;
  message.signed_at = signed_at_;
  message.signed_with = keys_;
}

}  // namespace mta
