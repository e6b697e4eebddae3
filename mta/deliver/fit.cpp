#include "mta/deliver/fit.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "mta/route/mx.h"
#include "mta/smtp/address.h"

namespace mta {
namespace {

Outcome refusal(std::uint32_t number, Verdict verdict, int code, const std::string& text) {
  Outcome outcome;
  outcome.number = number;
  outcome.verdict = verdict;
  outcome.reply = smtp::make_reply(code, text);
  return outcome;
}

// The address as a server without SMTPUTF8 can hear it: only the domain has another form (RFC 5891).
std::optional<std::string> ascii_address(const std::string& address) {
  if (smtp::is_ascii(address)) return address;
  const auto local = smtp::local_part_of(address);
  const auto domain = ascii_domain(smtp::domain_of(address));
  if (!smtp::is_ascii(local) || !domain) return std::nullopt;
  return std::string(local) + "@" + *domain;
}

bool header_is_ascii(std::string_view message) { return smtp::is_ascii(message.substr(0, message.find("\r\n\r\n"))); }

void refuse_all(Fit& made, Verdict verdict, int code, const std::string& text) {
  for (const auto number : made.numbers) made.refused.push_back(refusal(number, verdict, code, text));
  made.numbers.clear();
  made.envelope.to.clear();
}

void add_recipient(Fit& made, const Addressee& addressee, const smtp::Offers& offers, std::string_view host) {
  const std::string& given = addressee.recipient.address;
  const auto address = offers.smtputf8 ? std::optional(given) : ascii_address(given);
  if (!smtp::speakable(given)) {
    made.refused.push_back(
        refusal(addressee.number, Verdict::permanent, 553, "5.1.3 the address cannot be written in an SMTP command"));
  } else if (!address) {
    made.refused.push_back(refusal(addressee.number, Verdict::permanent, 553,  // RFC 6531 §3.5
                                   fmt::format("5.6.7 the address needs SMTPUTF8, which {} does not offer", host)));
  } else {
    made.envelope.to.push_back({*address, addressee.recipient.orcpt, addressee.recipient.notify});
    made.envelope.smtputf8 = made.envelope.smtputf8 || !smtp::is_ascii(given);
    made.numbers.push_back(addressee.number);
  }
}

}  // namespace

bool header_decides(const queue::Message& message, const smtp::Offers& offers) {
  return !offers.smtputf8 && message.smtputf8 && message.eight_bit;
}

Fit fit(const ToFit& what, const smtp::Offers& offers) {
  Fit made;
  const queue::Message& message = what.message;
  smtp::Envelope& mail = made.envelope;
  mail.size = what.size;
  mail.eight_bit = message.eight_bit;
  mail.smtputf8 = message.smtputf8 || !smtp::is_ascii(message.sender);
  mail.ret = message.ret;
  mail.envid = message.envid;
  for (const Addressee& addressee : what.addressees) add_recipient(made, addressee, offers, what.host);
  const auto sender = offers.smtputf8 ? std::optional(message.sender) : ascii_address(message.sender);
  mail.sender = sender.value_or("");
  if (!smtp::speakable(message.sender)) {
    refuse_all(made, Verdict::bad_sender, 553, "5.1.7 the sender's address cannot be written in an SMTP command");
  } else if (!sender) {
    refuse_all(made, Verdict::permanent, 553,
               fmt::format("5.6.7 the sender's address needs SMTPUTF8, which {} does not offer", what.host));
  } else if (header_decides(message, offers) && !header_is_ascii(what.header)) {
    refuse_all(made, Verdict::permanent, 554, fmt::format("5.6.7 the header needs SMTPUTF8, which {} does not offer", what.host));
  } else if (offers.size_limit && what.size > *offers.size_limit) {  // RFC 1870 §6.1: no need to ask
    refuse_all(made, Verdict::too_large, 552,
               fmt::format("5.3.4 the message has {} octets, {} takes at most {}", what.size, what.host, *offers.size_limit));
  }
  made.convert = message.eight_bit && !offers.eight_bit_mime && !made.numbers.empty();  // RFC 6152 §3
  return made;
}

}  // namespace mta
