#include "mta/smtp/envelope.h"

#include <algorithm>

namespace mta::smtp {
namespace {

bool one_word(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

std::string notify_words(std::uint8_t bits) {
  if ((bits & queue::notify::never) != 0) return "NEVER";
  std::string words;
  const auto add = [&](std::uint8_t bit, const char* word) {
    if ((bits & bit) == 0) return;
    if (!words.empty()) words += ',';
    words += word;
  };
  add(queue::notify::success, "SUCCESS");
  add(queue::notify::failure, "FAILURE");
  add(queue::notify::delay, "DELAY");
  return words;
}

}  // namespace

bool speakable(std::string_view address) {
  return address.size() <= 320 &&
         std::none_of(address.begin(), address.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

std::string mail_from(const Envelope& mail, const Offers& offers) {
  std::string line = "MAIL FROM:<" + mail.sender + ">";
  if (offers.size) line += " SIZE=" + std::to_string(mail.size);           // RFC 1870 §6
  if (offers.eight_bit_mime && mail.eight_bit) line += " BODY=8BITMIME";   // RFC 6152 §2
  if (offers.smtputf8 && mail.smtputf8) line += " SMTPUTF8";               // RFC 6531 §3.4
  if (offers.dsn && mail.ret == queue::Return::full) line += " RET=FULL";  // RFC 3461 §4.3
  if (offers.dsn && mail.ret == queue::Return::headers) line += " RET=HDRS";
  if (offers.dsn && !mail.envid.empty() && one_word(mail.envid)) line += " ENVID=" + mail.envid;  // RFC 3461 §4.4
  return line + "\r\n";
}

std::string rcpt_to(const Envelope::To& to, const Offers& offers) {
  std::string line = "RCPT TO:<" + to.address + ">";
  const std::string notify = notify_words(to.notify);
  if (offers.dsn && !notify.empty()) line += " NOTIFY=" + notify;                           // RFC 3461 §4.1
  if (offers.dsn && !to.orcpt.empty() && one_word(to.orcpt)) line += " ORCPT=" + to.orcpt;  // RFC 3461 §4.2
  return line + "\r\n";
}

}  // namespace mta::smtp
