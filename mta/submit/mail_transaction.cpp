#include "mta/submit/mail_transaction.h"

#include <fmt/format.h>

#include <utility>

#include "mta/smtp/address.h"
#include "queue/ensure.h"

namespace mta {
namespace {

using Disposition = CommandReply::Disposition;

CommandReply done(int code, std::string enhanced, std::string text) {
  return {Disposition::done, code, std::move(enhanced), std::move(text), {}, {}};
}

CommandReply out_of_turn(std::string text) { return {Disposition::out_of_turn, 503, "5.5.1", std::move(text), {}, {}}; }

CommandReply refused(smtp::Stage stage, int code, std::string enhanced, std::string text) {
  return {Disposition::refused, code, std::move(enhanced), std::move(text), stage, {}};
}

CommandReply refused_at_rcpt(const RefusedMail& refusal, const std::string& address) {
  return {Disposition::refused, refusal.code, refusal.enhanced, refusal.text, smtp::Stage::rcpt, address};
}

CommandReply recipient_ok() { return done(250, "2.1.5", "recipient ok"); }

std::string known_as(const std::string& address) {  // the domain in lower case
  const auto at = address.size() - smtp::domain_of(address).size();
  return address.substr(0, at) + smtp::lower(address.substr(at));
}

std::optional<CommandReply> refuse_sender(const smtp::command::Mail& request, const Client& client, bool accepting) {
  constexpr auto stage = smtp::Stage::mail;
  const auto& limits = client.config->limits;
  if (client.listener->auth == conf::ListenerAuth::required && client.user == nullptr) {  // RFC 4954 §6
    const bool first_tls = !client.auth_offered() && client.tls_offered();
    return refused(stage, 530, "5.7.0", first_tls ? "authentication required, say STARTTLS first" : "authentication required");
  }
  if (request.size && *request.size > limits.message_size)  // RFC 1870 §6.1
    return refused(stage, 552, "5.3.4", fmt::format("message larger than {} octets", limits.message_size));
  if (!accepting) return refused(stage, 452, "4.3.1", "not enough disk space, try again later");
  return std::nullopt;
}

RefusedMail refuse_relaying(const conf::ListenerOptions& listener) {
  const bool may_login = listener.auth != conf::ListenerAuth::off;
  return {550, "5.7.1", may_login ? "relaying denied, authenticate first" : "relaying denied"};
}

// The class is known before the header is, and it refuses what would wait too long.
bool room_matters(const Client& client) {
  const auto* of = client.config->mail_class(client.fixed_class());
  return of != nullptr && of->when_full == warmup::WhenFull::tempfail;
}

}  // namespace

CommandReply MailTransaction::mail(const smtp::command::Mail& request, const Client& client, bool accepting) {
  if (client.hello.empty()) return out_of_turn("say EHLO first");
  if (envelope_) return out_of_turn("a transaction is open already");  // RFC 5321 §4.1.4
  if (auto refusal = refuse_sender(request, client, accepting)) return std::move(*refusal);
  envelope_ = AcceptedEnvelope{request.sender, {}, request.smtputf8, request.ret, request.envid};
  return done(250, "2.1.0", "sender ok");
}

std::optional<CommandReply> MailTransaction::rcpt(const smtp::command::Rcpt& request, const Client& client) {
  if (!envelope_) return out_of_turn("say MAIL first");
  if (begun_) return out_of_turn("the message has begun already");
  const bool postmaster = smtp::domain_of(request.recipient).empty();  // RFC 5321 §4.5.1
  const auto& address = postmaster ? client.config->postmaster : request.recipient;
  std::optional<RefusedMail> refusal;
  if (!envelope_->smtputf8 && !smtp::is_ascii(address))
    refusal = {553, "5.6.7", "an address beyond ASCII needs SMTPUTF8"};
  else if (!postmaster && !client.may_relay())
    refusal = refuse_relaying(*client.listener);
  if (refusal) {
    recipient_refused_ = true;
    return refused_at_rcpt(*refusal, address);
  }
  if (addresses_.contains(known_as(address))) return recipient_ok();  // said twice, stored once
  const auto most = client.config->limits.recipients;
  if (envelope_->recipients.size() >= most) {  // RFC 5321 §4.5.3.1.10: the client sends the rest in another transaction
    return refused_at_rcpt({452, "4.5.3", fmt::format("more than {} recipients, send the rest in another transaction", most)},
                           address);
  }
  queue::Recipient recipient;
  recipient.address = address;
  recipient.notify = client.may_relay() ? request.notify : queue::notify::never;  // else a stranger has us write to whom it likes
  recipient.orcpt = request.orcpt;
  if (!room_matters(client)) return take(std::move(recipient));
  question_ = {client.user == nullptr ? "" : client.user->name, client.fixed_class(), recipient.address};
  asked_about_ = std::move(recipient);
  return std::nullopt;
}

CommandReply MailTransaction::room(const std::string& opens) {
  ENSURE(asked_about_ && envelope_ && !begun_);
  const auto recipient = *std::exchange(asked_about_, std::nullopt);
  if (opens.empty()) return take(recipient);
  recipient_refused_ = true;
  return refused_at_rcpt(line_is_full(opens), recipient.address);
}

CommandReply MailTransaction::take(queue::Recipient recipient) {
  addresses_.insert(known_as(recipient.address));
  envelope_->recipients.push_back(std::move(recipient));
  return recipient_ok();
}

// RFC 5321 §3.3, RFC 2920 §3.1: no 354 without anybody to send it to. The recipients of a message that BDAT has begun are gone with it,
// so DATA is refused here too (RFC 3030 §2).
std::optional<CommandReply> MailTransaction::refuse_content() const {
  if (!envelope_) return refused(smtp::Stage::data, 503, "5.5.1", "say MAIL first");
  if (envelope_->recipients.empty())
    return refused(smtp::Stage::data, recipient_refused_ ? 554 : 503, "5.5.1", "no valid recipients");
  return std::nullopt;
}

CommandReply MailTransaction::data() const {
  if (auto refusal = refuse_content()) return std::move(*refusal);
  return done(354, "", "end with CRLF.CRLF");
}

std::optional<CommandReply> MailTransaction::bdat() const { return begun_ ? std::nullopt : refuse_content(); }

AcceptedEnvelope MailTransaction::begin() {
  ENSURE(!begun_ && !refuse_content());
  begun_ = true;
  AcceptedEnvelope whole = std::move(*envelope_);
  envelope_ = AcceptedEnvelope{whole.sender, {}, false, queue::Return::unset, {}};
  return whole;
}

CommandReply MailTransaction::chunk_taken(std::uint64_t octets) const {
  ENSURE(begun_);
  return done(250, "2.0.0", fmt::format("{} octets received", octets));
}

CommandReply MailTransaction::queued(const std::string& id, const std::string& opens) const {
  ENSURE(begun_);
  return done(250, "2.0.0", fmt::format("queued as {}{}{}", id, opens.empty() ? "" : "; ", opens));
}

}  // namespace mta
