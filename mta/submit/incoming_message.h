// mta/submit/incoming_message.h — one message on its way from the wire into the spool.
//
// What      Takes the octets of a message as they come, checks and completes them, has them stored and signed, and makes the message real.
//           One with lines that are too long to be sent is read again from the spool when it is whole, and written anew.
// Units     Octets, dots undone.
// Promise   Holds at most the header section (smtp::max_header_section) and what SpoolWriter holds, and seven chunks while lines are made short;
//           what it holds is claimed from the memory gate before. A message that is refused is read on and thrown away. Nothing stays in
//           the spool unless finish() answered with an id.
// Errors    refusal(), decided at any point. StreamLost{shut} from the memory gate.
// Source    DESIGN.md §3 (steps 1–3), §4.2; RFC 6376 §5; RFC 5321 §4.2.5 (250 means: it is ours now).
// Not here  DATA and BDAT (server_session_body.cpp), what a header must look like (intake.h).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "mta/smtp/header_section.h"
#include "mta/submit/body_scan.h"
#include "mta/submit/client.h"
#include "mta/submit/context.h"
#include "mta/submit/envelope.h"
#include "mta/submit/intake.h"
#include "mta/submit/spool_writer.h"

namespace mta {

class LongLines;
class Reencoder;

struct Queued {
  queue::MessageId id;
  std::string opens;  // Acceptance::opens
};

class IncomingMessage {
 public:
  // References outlive it; the envelope is copied.
  IncomingMessage(SubmissionContext&, const Client&, AcceptedEnvelope);
  ~IncomingMessage();

  awaitable<void> add(std::string_view octets);  // valid until it returns
  awaitable<std::optional<Queued>> finish();     // empty: see refusal()
  void abandon();  // the client is gone, or the message refused: what the spool was given is forgotten. Twice is once.
  const std::optional<RefusedMail>& refusal() const { return refusal_; }

 private:
  bool wants(std::string_view octets);  // false: refused, or refused by these octets
  void refuse(RefusedMail);
  void finish_header();
  bool has_key() const;
  std::optional<RefusedMail> refuse_unsigned() const;
  void look_at_bulk();
  void break_signature();
  awaitable<void> store(std::string_view octets);
  awaitable<void> end_content();
  awaitable<void> shorten_lines();
  awaitable<void> survey(LongLines&);
  awaitable<void> rewrite(Reencoder&, SpoolWriter& fresh);
  queue::Message describe() const;
  void note_marks(const queue::Message&);
  std::uint64_t held() const;

  SubmissionContext& context_;
  const Client& client_;
  AcceptedEnvelope envelope_;
  MemoryGate::MemoryClaim claim_;
  std::unique_ptr<SpoolWriter> writer_;  // never null
  TextCheck check_;
  smtp::HeaderSection header_;
  Intake intake_;
  std::string no_signature_;  // why no key signs the message; empty when one does
  std::string lacks_;         // what providers ask of bulk mail and this has not; empty when it is none
  std::uint64_t received_ = 0;
  bool stranger_, header_taken_ = false, eight_bit_header_ = false, eight_bit_ = false;
  std::optional<RefusedMail> refusal_;
};

}  // namespace mta
