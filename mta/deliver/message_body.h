// mta/deliver/message_body.h — the body of a queued message, as SMTP wants it.
//
// What      The signature fields, then the chunks out of the spool, one at a time; or a text that replaces them.
// Units     Octets.
// Promise   Holds one chunk at a time.
// Errors    smtp::BodyLost when a chunk is not there.
// Source    DESIGN.md §4.2.
// Not here  signing (resign.h), converting (downgrade.h).
#pragma once

#include <memory>
#include <string>

#include "mta/deliver/desk.h"
#include "mta/smtp/body.h"

namespace mta {

class MessageBody final : public smtp::Body {
 public:
  MessageBody(Desk&, std::shared_ptr<const queue::Message>, std::string prefix);
  std::uint64_t size() const override;
  awaitable<smtp::Piece> next() override;

 private:
  Desk& desk_;
  std::shared_ptr<const queue::Message> message_;
  std::string prefix_;
  std::uint32_t next_ = 0;
};

class TextBody final : public smtp::Body {
 public:
  explicit TextBody(std::string text) : text_(std::move(text)) {}
  std::uint64_t size() const override { return text_.size(); }
  awaitable<smtp::Piece> next() override { co_return smtp::Piece{text_, true}; }

 private:
  std::string text_;
};

}  // namespace mta
