#include "mta/deliver/load.h"

#include <fmt/format.h>

#include "mta/deliver/message_body.h"

namespace mta {
namespace {

awaitable<std::string> read_whole(Desk& desk, std::shared_ptr<const queue::Message> message) {
  MessageBody body(desk, message, "");
  std::string whole;
  whole.reserve(message->size);
  for (bool last = false; !last;) {
    const smtp::Piece piece = co_await body.next();
    last = piece.last;
    whole += piece.octets;
  }
  co_return whole;
}

// The signature fields to send before the content: those it came with, or new ones.
awaitable<std::string> prefix_for(const ConversationParts& parts, std::shared_ptr<const queue::Message> message) {
  std::unique_ptr<dkim::Signature> signature;
  if (parts.begin_signature) signature = parts.begin_signature(*message, false);
  if (!signature) co_return message->prefix;
  auto content = std::make_unique<MessageBody>(parts.desk, message, "");
  const std::optional<std::string> fields = co_await sign_again(std::move(signature), std::move(content), parts.world.work);
  co_return fields.value_or(message->prefix);
}

awaitable<void> convert(const ConversationParts& parts, const ToLoad& what, Load& made) {
  std::optional<std::string> converted;
  if (parts.downgrade) {
    const std::string whole = co_await read_whole(parts.desk, what.message);
    co_await parts.world.work.run([&parts, &whole, &converted] { converted = parts.downgrade(whole); });
  }
  if (!converted) co_return;  // as it is, as other servers do: many take it, and the others say what they think of it
  std::unique_ptr<dkim::Signature> signature;
  if (parts.begin_signature) signature = parts.begin_signature(*what.message, true);
  if (signature) {
    auto content = std::make_unique<TextBody>(*converted);
    const std::optional<std::string> fields = co_await sign_again(std::move(signature), std::move(content), parts.world.work);
    converted->insert(0, fields.value_or(""));
  }
  made.fit.envelope.eight_bit = false;
  made.fit.envelope.size = converted->size();
  made.body = std::make_unique<TextBody>(std::move(*converted));
}

}  // namespace

awaitable<void> load_for(const ConversationParts& parts, const ToLoad& what, Load& made) {
  const std::string prefix = co_await prefix_for(parts, what.message);
  std::string header;
  if (header_decides(*what.message, what.offers)) {
    MessageBody beginning(parts.desk, what.message, "");
    smtp::Piece piece = co_await beginning.next();
    header = std::move(piece.octets);
  }
  made.body = std::make_unique<MessageBody>(parts.desk, what.message, prefix);
  made.fit = fit({*what.message, what.addressees, made.body->size(), header, what.host}, what.offers);
  if (made.fit.convert) co_await convert(parts, what, made);
}

}  // namespace mta
