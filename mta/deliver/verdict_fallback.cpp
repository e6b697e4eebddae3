#include "mta/deliver/verdict_fallback.h"

#include <algorithm>
#include <array>
#include <utility>

namespace mta {
namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }

// RFC 3463 §3 without the class, as "subject.detail"; where 4xx and 5xx differ, the 5xx meaning: for_class() softens it.
constexpr std::array meanings = {
    std::pair{"1.0", Verdict::unknown_user},
    std::pair{"1.1", Verdict::unknown_user},
    std::pair{"1.2", Verdict::unknown_user},
    std::pair{"1.3", Verdict::unknown_user},
    std::pair{"1.4", Verdict::unknown_user},
    std::pair{"1.6", Verdict::unknown_user},
    std::pair{"1.7", Verdict::bad_sender},
    std::pair{"1.8", Verdict::bad_sender},
    std::pair{"1.10", Verdict::unknown_user},
    std::pair{"2.1", Verdict::mailbox_disabled},
    std::pair{"2.2", Verdict::mailbox_full},
    std::pair{"2.3", Verdict::too_large},
    std::pair{"3.4", Verdict::too_large},
    std::pair{"4.3", Verdict::dns_failure},
    std::pair{"4.4", Verdict::dns_failure},
    std::pair{"5.0", Verdict::protocol},
    std::pair{"5.1", Verdict::protocol},
    std::pair{"5.2", Verdict::protocol},
    std::pair{"5.3", Verdict::too_many_rcpts},
    std::pair{"5.4", Verdict::protocol},
    std::pair{"5.5", Verdict::protocol},
    std::pair{"5.6", Verdict::protocol},
    std::pair{"6.0", Verdict::policy},
    std::pair{"6.1", Verdict::policy},
    std::pair{"6.2", Verdict::policy},
    std::pair{"6.3", Verdict::protocol},
    std::pair{"6.7", Verdict::protocol},
    std::pair{"6.8", Verdict::protocol},
    std::pair{"6.9", Verdict::protocol},
    std::pair{"7.0", Verdict::policy},
    std::pair{"7.1", Verdict::policy},
    std::pair{"7.2", Verdict::policy},
    std::pair{"7.3", Verdict::policy},
    std::pair{"7.4", Verdict::relay_denied},
    std::pair{"7.5", Verdict::policy},
    std::pair{"7.6", Verdict::policy},
    std::pair{"7.7", Verdict::policy},
    std::pair{"7.8", Verdict::relay_denied},
    std::pair{"7.9", Verdict::policy},
    std::pair{"7.10", Verdict::tls_required},
    std::pair{"7.11", Verdict::tls_required},
    std::pair{"7.12", Verdict::relay_denied},
    std::pair{"7.13", Verdict::mailbox_disabled},
    std::pair{"7.14", Verdict::relay_denied},
    std::pair{"7.17", Verdict::unknown_user},
    std::pair{"7.18", Verdict::unknown_user},
    std::pair{"7.20", Verdict::auth_failure},
    std::pair{"7.21", Verdict::auth_failure},
    std::pair{"7.22", Verdict::auth_failure},
    std::pair{"7.23", Verdict::auth_failure},
    std::pair{"7.24", Verdict::auth_failure},
    std::pair{"7.25", Verdict::bad_rdns},
    std::pair{"7.26", Verdict::auth_failure},
    std::pair{"7.27", Verdict::auth_failure},
    std::pair{"7.28", Verdict::rate_limited},
    std::pair{"7.29", Verdict::auth_failure},
    std::pair{"7.30", Verdict::tls_required},
};

// A 4xx about an address, a mailbox or a name says "not now" (Postfix: 450 4.1.1 for an unverified address); so does one of the general
// codes 4.7.0 and 4.7.1 in words that no rule knows: it is no rejection of what we send.
Verdict for_class(Verdict meaning, std::string_view number, bool transient) {
  const bool about_now =
      meaning == Verdict::unknown_user || meaning == Verdict::mailbox_disabled || meaning == Verdict::dns_failure;
  const bool general = number == "7.0" || number == "7.1";
  return transient && (about_now || general) ? Verdict::temporary : meaning;
}

bool sender_speaks(smtp::Stage stage) { return stage == smtp::Stage::mail; }

// One to three digits at `at`; npos when there are none or more.
std::size_t end_of_number(std::string_view text, std::size_t at) {
  std::size_t end = at;
  while (end < text.size() && digit(text[end])) ++end;
  return end == at || end - at > 3 ? std::string_view::npos : end;
}

// Length of "5.1.1" at `at` with the given class digit and a subject of RFC 3463 (0…7), 0 when there is none.
std::size_t enhanced_length(std::string_view text, std::size_t at, char class_digit) {
  if (at + 5 > text.size() || text[at] != class_digit || text[at + 1] != '.') return 0;
  if (at > 0 && (digit(text[at - 1]) || text[at - 1] == '.' || text[at - 1] == ':')) return 0;  // part of a version or an address
  if (text[at + 2] < '0' || text[at + 2] > '7' || text[at + 3] != '.') return 0;
  const std::size_t end = end_of_number(text, at + 4);
  if (end == std::string_view::npos) return 0;
  const bool goes_on = end + 1 < text.size() && text[end] == '.' && digit(text[end + 1]);
  return goes_on ? 0 : end - at;
}

}  // namespace

std::string enhanced_of(const smtp::Reply& reply, std::string_view text) {
  if (!reply.enhanced.empty()) return reply.enhanced;
  const auto class_digit = static_cast<char>('0' + reply.code / 100 % 10);
  for (std::size_t at = text.find(class_digit); at != std::string_view::npos; at = text.find(class_digit, at + 1))
    if (const std::size_t length = enhanced_length(text, at, class_digit); length > 0)
      return std::string(text.substr(at, length));
  return "";
}

std::optional<Verdict> verdict_of_enhanced(int code, std::string_view enhanced, smtp::Stage stage) {
  if (enhanced.size() < 5) return std::nullopt;
  const std::string_view number = enhanced.substr(2);
  const auto found = std::find_if(meanings.begin(), meanings.end(), [&](const auto& meaning) { return meaning.first == number; });
  if (found == meanings.end()) return std::nullopt;
  if (found->second == Verdict::unknown_user && sender_speaks(stage)) return Verdict::bad_sender;
  return for_class(found->second, number, code < 500);
}

Verdict verdict_of_code(int code, smtp::Stage stage) {
  if (code >= 200 && code < 300) return Verdict::delivered;
  if (code == 0) return Verdict::connection_failed;
  if (code < 500) return Verdict::temporary;
  switch (code) {  // RFC 5321 §4.2.3, RFC 4954 §6, RFC 7504 §3
    case 500:
    case 501:
    case 502:
    case 503:
    case 504:
    case 555: return Verdict::protocol;
    case 530:
    case 534:
    case 535:
    case 538: return Verdict::relay_denied;
    case 551:
    case 556: return Verdict::unknown_user;
    case 552: return Verdict::mailbox_full;
    case 553: return sender_speaks(stage) ? Verdict::bad_sender : Verdict::unknown_user;
    case 571: return Verdict::policy;
    default: return Verdict::permanent;
  }
}

}  // namespace mta
