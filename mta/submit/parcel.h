// mta/submit/parcel.h — one message on its way from the wire into the spool.
//
// What      Takes the octets of a message as they come, checks and completes them, hands them over in chunks, signs what will be sent,
//           and makes the message real.
// Units     Octets, dots undone. Chunks of chunk_bytes.
// Promise   Holds at most the header section (max_header_section) and one chunk, or two chunks while one is being written; what it holds
//           is claimed from the memory gate before. A message that is refused is read on and thrown away. Nothing stays in the spool
//           unless finish() answered with an id. An octet that is sent is an octet that was signed.
// Errors    refusal(), decided at any point. StreamLost{shut} from the memory gate.
// Source    design §3 steps 1–3, §3.3; RFC 6376 §5; RFC 5321 §4.2.5 (250 means: it is ours now).
// Not here  DATA and BDAT (server_session_body.cpp), what a header must look like (intake.h).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mta/submit/body_scan.h"
#include "mta/submit/header_section.h"
#include "mta/submit/intake.h"
#include "mta/submit/office.h"
#include "mta/submit/visitor.h"

namespace dkim {
class Signature;
}

namespace mta {

struct Envelope {
  std::string sender;
  std::vector<queue::Recipient> recipients;  // each once
  bool smtputf8 = false;                     // said at MAIL
  queue::Return ret = queue::Return::unset;
  std::string envid;
};

struct Queued {
  queue::MessageId id;
  std::string opens;  // Acceptance::opens
};

class Parcel {
 public:
  // References outlive it; the envelope is copied.
  Parcel(Office&, const Visitor&, Envelope);
  ~Parcel();

  awaitable<void> add(std::string_view octets);  // valid until it returns
  awaitable<std::optional<Queued>> finish();     // nothing: see refusal()
  void abandon();  // the client is gone, or the message refused: what the spool was given is forgotten. Twice is once.
  const std::optional<Refusal>& refusal() const { return refusal_; }

 private:
  bool wants(std::string_view octets);  // false: refused, or refused by these octets
  void refuse(Refusal);
  void finish_header();
  void begin_signature(const Intake&);
  awaitable<void> store(std::string_view octets);
  awaitable<void> keep_chunk();
  awaitable<void> hash(std::string_view octets, bool small);
  awaitable<void> end_content();
  awaitable<void> sign_rest();
  queue::Message describe() const;
  std::uint64_t held() const;

  Office& office_;
  const Visitor& visitor_;
  Envelope envelope_;
  queue::MessageId id_;
  MemoryGate::Claim claim_;
  TextCheck check_;
  HeaderSection header_;
  Intake intake_;
  std::unique_ptr<dkim::Signature> signature_;
  std::string keys_, prefix_;
  Instant signed_at_{};
  std::string chunk_;
  std::size_t unsigned_from_ = 0;  // of chunk_: header octets before it are signed as fields
  std::uint32_t kept_ = 0;
  std::uint64_t received_ = 0, stored_ = 0;
  bool header_taken_ = false, header_eight_bit_ = false;
  std::optional<Refusal> refusal_;
};

}  // namespace mta
