#include "mta/deliver/blame.h"

#include <algorithm>

#include "mta/smtp/address.h"

namespace mta {
namespace {

using smtp::Envelope;
using smtp::LeftOut;
using smtp::Lost;
using smtp::Offers;
using smtp::Reply;
using smtp::Stage;
using smtp::Transcript;

Blame without_chunking() {
  Blame made;
  made.extensions.chunking = made.new_connection = true;
  return made;
}

Blame without_pipelining() {
  Blame made;
  made.extensions.pipelining = made.new_connection = true;
  return made;
}

bool refused(const Reply& reply) { return reply.heard() && !reply.ok() && reply.code != 354; }

// A line that is lost where an extension was in use. After a BDAT that was taken it may be the line's fault, so the next attempt is soon
// enough to go without.
std::optional<Blame> of_loss(const Transcript& heard, const Offers& used, bool fresh) {
  const Lost& lost = *heard.lost;
  const bool our_own_end = lost.cause == Lost::Cause::line && lost.loss == Loss::shut;
  if (lost.cause == Lost::Cause::ours || our_own_end) return std::nullopt;
  if (refused(heard.data)) return std::nullopt;  // that is its answer, and then it went
  if (used.chunking && heard.chunk_begun) {
    Blame made = without_chunking();
    made.next_time = heard.chunk_taken || (heard.dot_sent && lost.loss == Loss::timeout);
    return made;
  }
  const bool in_group = lost.stage == Stage::mail || lost.stage == Stage::rcpt || lost.stage == Stage::data;
  if (!used.pipelining || !in_group) return std::nullopt;
  if (!heard.spoken && (!fresh || lost.loss == Loss::timeout)) return std::nullopt;  // it is just dead, or an idle one ended
  return without_pipelining();
}

// 421 in answer to an extension, again and again, keeps mail for ever. What is said for reasons of policy (RFC 3463 §3.8) is not about it,
// unless it names it.
std::optional<Blame> of_closing(const Transcript& heard, const Offers& used) {
  const auto is_421 = [](const Reply& reply) { return reply.code == 421; };
  std::optional<Blame> made;
  if (heard.chunk_begun) {
    const Reply& last = heard.data.heard() ? heard.data : heard.dot;
    if (used.chunking && is_421(last) && !last.enhanced.starts_with("4.7.")) made = without_chunking();
  } else if (used.pipelining) {
    std::vector<Reply> replies = heard.rcpt;
    replies.insert(replies.end(), {heard.mail, heard.data});
    const bool named = std::ranges::any_of(replies, [&](const Reply& reply) {
      std::string text = reply.text();
      std::ranges::transform(text, text.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter;
      });
      return is_421(reply) && (text.find("pipelin") != std::string::npos || text.find("synchroni") != std::string::npos);
    });
    if (named) made = without_pipelining();
  }
  if (made) made->next_time = true;
  return made;
}

bool dsn_was_used(const Envelope& said) { return said.ret != queue::Return::unset || !said.envid.empty(); }
bool dsn_was_used(const Envelope::To& to) { return to.notify != queue::notify::unset || !to.orcpt.empty(); }

bool smtputf8_is_optional(const Envelope& said) {
  return smtp::is_ascii(said.sender) &&
         std::ranges::all_of(said.to, [](const Envelope::To& to) { return smtp::is_ascii(to.address); });
}

// MAIL with parameters it does not know: first those that cost nothing to leave out.
std::optional<Blame> of_mail(const Transcript& heard, const Envelope& said, const Offers& used) {
  Blame made;
  const bool utf8 = used.smtputf8 && said.smtputf8 && smtputf8_is_optional(said);
  if (utf8 && heard.mail.permanent() && heard.mail.enhanced.ends_with(".6.7")) {
    made.extensions.smtputf8 = true;
    return made;
  }
  if (!smtp::not_understood(heard.mail)) return std::nullopt;
  if (used.size || (used.dsn && dsn_was_used(said))) {
    made.extensions.size = made.extensions.dsn = true;
  } else if (used.eight_bit_mime && said.eight_bit) {
    made.extensions.eight_bit_mime = true;
  } else if (utf8) {
    made.extensions.smtputf8 = true;
  } else {
    return std::nullopt;
  }
  return made;
}

std::optional<Blame> of_recipients(const Transcript& heard, const Envelope& said, const Offers& used) {
  Blame made;
  for (std::size_t i = 0; i < said.to.size(); ++i)
    made.extensions.dsn = made.extensions.dsn || (dsn_was_used(said.to[i]) && smtp::not_understood(heard.rcpt[i]));
  if (!used.dsn || !made.extensions.dsn) return std::nullopt;
  return made;
}

// The content was not what it can take, though it said so.
std::optional<Blame> of_content(const Reply& reply, const Envelope& said, const Offers& used) {
  Blame made;
  if (!reply.permanent()) return std::nullopt;
  made.extensions.eight_bit_mime = used.eight_bit_mime && said.eight_bit && reply.enhanced == "5.6.3";  // RFC 3463 §3.7
  made.extensions.smtputf8 =
      used.smtputf8 && said.smtputf8 && smtputf8_is_optional(said) && reply.enhanced == "5.6.7";  // RFC 6531 §3.5
  if (made.extensions == LeftOut{}) return std::nullopt;
  return made;
}

}  // namespace

std::optional<Blame> blame(const Transcript& heard, const Envelope& said, const Offers& used, bool fresh) {
  if (heard.withdrawn) return std::nullopt;
  if (heard.closing) return of_closing(heard, used);
  if (heard.lost) return of_loss(heard, used, fresh);
  if (heard.out_of_step) return heard.chunk_begun ? without_chunking() : without_pipelining();
  if (refused(heard.mail)) return of_mail(heard, said, used);
  if (auto found = of_recipients(heard, said, used)) return found;
  return of_content(refused(heard.data) ? heard.data : heard.dot, said, used);
}

bool tried_again(const Blame& blamed, const Transcript& heard, std::size_t i) {
  const Reply& reply = heard.rcpt.at(i);
  if (blamed.extensions.pipelining || refused(heard.mail) || !reply.heard()) return true;
  if (blamed.extensions.dsn && refused(reply)) return smtp::not_understood(reply);
  return reply.ok() && !heard.dot.ok();
}

unsigned progress(const Transcript& heard) {
  if (heard.dot.ok()) return 4;
  if (heard.data.code == 354 || heard.chunk_taken) return 3;
  if (heard.accepted() > 0) return 2;
  return heard.mail.ok() ? 1 : 0;
}

}  // namespace mta
