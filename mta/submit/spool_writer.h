// mta/submit/spool_writer.h — the octets of one message on their way into the spool, hashed as they pass.
//
// What      Cuts a message into chunks, hands them over, and signs what was handed over.
// Units     Octets as they will be sent, dots undone. Chunks of chunk_bytes.
// Promise   Holds one chunk, or two while one is being written, and claims that from the memory gate before. An octet that is sent is an
//           octet that was signed. Nothing stays in the spool after abandon().
// Errors    refusal(), decided at any point; from then on nothing is written. StreamLost{shut} from the memory gate.
// Source    DESIGN.md §4.2; RFC 6376 §5.
// Not here  what a header must look like (intake.h), when the message is real (incoming_message.h).
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "mta/submit/client.h"
#include "mta/submit/context.h"

namespace dkim {
class Signature;
}

namespace mta {

class SpoolWriter {
 public:
  // References outlive it. `elsewhere`: octets of the claim that its owner holds beside this.
  SpoolWriter(SubmissionContext&, const Client&, MemoryGate::MemoryClaim&, std::uint64_t elsewhere = 0);
  ~SpoolWriter();

  queue::MessageId id() const { return id_; }
  void begin(std::string header, const std::string& from_domain);  // first, once
  awaitable<void> add(std::string_view octets);                    // valid until it returns
  awaitable<void> finish();                                        // signs
  void stop_signing();
  bool begun() const { return begun_; }

  std::uint32_t chunks() const { return kept_ + (chunk_.empty() ? 0U : 1U); }
  awaitable<std::string> read(std::uint32_t number) const;  // a chunk of what was added
  void describe(queue::Message&) const;
  std::string take_tail() { return std::move(chunk_); }  // what was not handed over; behind describe()
  void release() { kept_ = 0; }                          // the message is real: its chunks are not ours any more
  void abandon();                                        // what was handed over is forgotten. Twice is once.

  std::uint64_t held() const { return chunk_.size(); }
  const std::optional<RefusedMail>& refusal() const { return refusal_; }

 private:
  void refuse(RefusedMail);
  awaitable<void> keep_chunk();
  awaitable<void> hash(std::string_view octets);

  SubmissionContext& context_;
  const Client& client_;
  MemoryGate::MemoryClaim& claim_;
  std::uint64_t elsewhere_;
  queue::MessageId id_;
  std::unique_ptr<dkim::Signature> signature_;
  std::string keys_, prefix_;
  Instant signed_at_{};
  std::string chunk_;
  std::size_t unsigned_from_ = 0;  // of chunk_: header octets before it are signed as fields
  std::uint32_t kept_ = 0;
  std::uint64_t stored_ = 0;
  bool begun_ = false;
  std::optional<RefusedMail> refusal_;
};

}  // namespace mta
