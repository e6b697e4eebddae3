// MAIL and RCPT: who sends, to whom, and is that allowed (RFC 5321 §3.3, RFC 6409 §4).
#include <fmt/format.h>

#include "mta/smtp/address.h"
#include "mta/submit/server_session.h"

namespace mta {

namespace {
std::string known_as(const std::string& address) {  // the domain in lower case
  const auto at = address.size() - smtp::domain_of(address).size();
  return address.substr(0, at) + smtp::lower(address.substr(at));
}
}  // namespace

std::optional<Refusal> ServerSession::refuse_sender(const smtp::command::Mail& wish) const {
  const auto& limits = visitor_.config->limits;
  if (visitor_.listener->auth == conf::ListenerAuth::required && visitor_.user == nullptr) {  // RFC 4954 §6
    const bool first_tls = !visitor_.auth_offered() && visitor_.tls_offered();
    return Refusal{530, "5.7.0", first_tls ? "authentication required, say STARTTLS first" : "authentication required"};
  }
  if (wish.size && *wish.size > limits.message_size) {  // RFC 1870 §6.1
    return Refusal{552, "5.3.4", fmt::format("message larger than {} octets", limits.message_size)};
  }
  if (!office_.parts.spool.accepting()) return Refusal{452, "4.3.1", "not enough disk space, try again later"};
  return std::nullopt;
}

void ServerSession::mail(const smtp::command::Mail& wish) {
  if (visitor_.hello.empty()) return complain(503, "5.5.1", "say EHLO first");
  if (envelope_) return complain(503, "5.5.1", "a transaction is open already");  // RFC 5321 §4.1.4
  if (const auto refusal = refuse_sender(wish)) return refuse(*refusal, smtp::Stage::mail);
  envelope_.emplace();
  envelope_->sender = wish.sender;
  envelope_->smtputf8 = wish.smtputf8;
  envelope_->ret = wish.ret;
  envelope_->envid = wish.envid;
  say(250, "2.1.0", "sender ok");
}

std::optional<Refusal> ServerSession::refuse_recipient(const std::string& address, bool postmaster) const {
  if (!envelope_->smtputf8 && !smtp::is_ascii(address)) return Refusal{553, "5.6.7", "an address beyond ASCII needs SMTPUTF8"};
  if (!postmaster && !visitor_.may_relay()) {
    const bool may_login = visitor_.listener->auth != conf::ListenerAuth::off;
    return Refusal{550, "5.7.1", may_login ? "relaying denied, authenticate first" : "relaying denied"};
  }
  return std::nullopt;
}

std::optional<queue::Recipient> ServerSession::examine(const smtp::command::Rcpt& wish) {
  if (!envelope_) return complain(503, "5.5.1", "say MAIL first"), std::nullopt;
  if (parcel_) return complain(503, "5.5.1", "the message has begun already"), std::nullopt;
  const bool postmaster = smtp::domain_of(wish.recipient).empty();  // RFC 5321 §4.5.1
  const auto& address = postmaster ? visitor_.config->postmaster : wish.recipient;
  if (const auto refusal = refuse_recipient(address, postmaster)) {
    refused_recipients_ = true;
    refuse(*refusal, smtp::Stage::rcpt, address);
    return std::nullopt;
  }
  if (addresses_.contains(known_as(address))) return say(250, "2.1.5", "recipient ok"), std::nullopt;  // said twice, stored once
  const auto most = visitor_.config->limits.recipients;
  if (envelope_->recipients.size() >= most) {  // RFC 5321 §4.5.3.1.10: the client sends the rest in another transaction
    refuse({452, "4.5.3", fmt::format("more than {} recipients, send the rest in another transaction", most)}, smtp::Stage::rcpt,
           address);
    return std::nullopt;
  }
  queue::Recipient recipient;
  recipient.address = address;
  recipient.notify = visitor_.may_relay() ? wish.notify : queue::notify::never;  // else he has us write to whom he likes
  recipient.orcpt = wish.orcpt;
  return recipient;
}

void ServerSession::take_recipient(queue::Recipient recipient) {
  addresses_.insert(known_as(recipient.address));
  envelope_->recipients.push_back(std::move(recipient));
  say(250, "2.1.5", "recipient ok");
}

void ServerSession::rcpt(const smtp::command::Rcpt& wish) {
  if (auto recipient = examine(wish)) take_recipient(std::move(*recipient));
}

bool ServerSession::may_be_full() const {
  const auto* of = visitor_.config->mail_class(visitor_.fixed_class());
  return of != nullptr && of->when_full == warmup::WhenFull::tempfail;
}

awaitable<void> ServerSession::rcpt_where_room(smtp::command::Rcpt wish) {
  auto recipient = examine(wish);
  if (!recipient) co_return;
  Draft draft{visitor_.user == nullptr ? "" : visitor_.user->name, visitor_.fixed_class(), recipient->address};
  const auto opens = co_await office_.parts.spool.full_for(std::move(draft));
  if (opens.empty()) co_return take_recipient(std::move(*recipient));
  refused_recipients_ = true;
  refuse(line_is_full(opens), smtp::Stage::rcpt, recipient->address);
}

}  // namespace mta
