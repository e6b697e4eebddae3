#include "mta/submit/bulk_lint.h"

#include <fmt/format.h>

#include <algorithm>

#include "mta/route/provider.h"
#include "mta/smtp/address.h"
#include "mta/submit/from_header.h"
#include "mta/submit/signature_tags.h"

namespace mta {
namespace {

using smtp::HeaderField;
using BulkFields = std::vector<HeaderField>;

constexpr std::string_view unsubscribe = "List-Unsubscribe", unsubscribe_post = "List-Unsubscribe-Post";

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

// RFC 5322 §3.2.2: comments and white space outside quotes and angle brackets say nothing. White space in a URI is folding.
std::string without_comments(std::string_view value) {
  std::string text;
  int depth = 0;
  bool quoted = false, bracketed = false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    const bool escaped = c == '\\' && (quoted || depth > 0) && i + 1 < value.size();
    if (escaped) ++i;
    if (!escaped && c == '(' && !quoted && !bracketed) ++depth;
    if (depth == 0 && (quoted || !is_blank(c))) text += value.substr(escaped ? i - 1 : i, escaped ? 2 : 1);
    if (escaped) continue;
    if (c == ')' && depth > 0) --depth;
    if (c == '"' && depth == 0) quoted = !quoted;
    if (!quoted && depth == 0 && (c == '<' || c == '>')) bracketed = c == '<';
  }
  return text;
}

std::vector<std::string> values_of(const BulkFields& fields, std::string_view name) {
  std::vector<std::string> values;
  for (const auto& field : fields) {
    if (!field.is(name)) continue;
    if (auto value = without_comments(field.value); !value.empty()) values.push_back(std::move(value));
  }
  return values;
}

// RFC 2369 §2: "<uri>, <uri>".
std::size_t count_https(std::string_view value) {
  constexpr std::string_view scheme = "https://";
  std::size_t count = 0;
  for (auto at = value.find('<'); at != std::string_view::npos; at = value.find('<', at + 1)) {
    const auto uri = value.substr(at + 1, value.find('>', at) - at - 1);
    if (uri.size() > scheme.size() && smtp::lower(uri.substr(0, scheme.size())) == scheme) ++count;
  }
  return count;
}

std::string unsubscribe_fault(const BulkFields& fields) {
  const auto values = values_of(fields, unsubscribe);
  if (values.empty()) return "List-Unsubscribe is missing: add one with <https://...>";
  if (values.size() > 1) return "List-Unsubscribe stands more than once: keep one";  // RFC 8058 §3.1
  const auto uris = count_https(values.front());
  if (uris == 0) return "List-Unsubscribe names no https URI: add <https://...>";
  if (uris > 1) return "List-Unsubscribe names more than one https URI: keep one";
  return "";
}

std::string post_fault(const BulkFields& fields) {
  const auto values = values_of(fields, unsubscribe_post);
  if (values.empty()) return "List-Unsubscribe-Post is missing: add List-Unsubscribe=One-Click";
  if (values.size() > 1) return "List-Unsubscribe-Post stands more than once: keep one";
  if (smtp::lower(values.front()) != "list-unsubscribe=one-click")
    return "List-Unsubscribe-Post says something else: write List-Unsubscribe=One-Click";
  return "";
}

// RFC 6376 §3.5: h=, names between colons.
bool covers(const HeaderField& signature, std::string_view name) {
  const auto covered = ":" + signature_tag(signature.value, 'h') + ":";
  return covered.find(":" + smtp::lower(name) + ":") != std::string::npos;
}

// Our own signatures cover both fields (dkim/fields.h) and their domain is that of From or one above it. Else one that the message brought
// has to.
std::string signature_fault(const BulkMail& mail, const std::string& from_domain) {
  if (mail.has_key) return "";
  const auto home = registrable_domain(from_domain);
  bool aligned = false, covered = false;
  for (const auto& field : mail.fields) {
    if (!field.is("DKIM-Signature") || registrable_domain(signature_tag(field.value, 'd')) != home) continue;
    aligned = true;
    covered = covered || (covers(field, unsubscribe) && covers(field, unsubscribe_post));
  }
  if (!aligned) return "no DKIM signature aligns with From: add a [[dkim.key]] for its domain";
  const bool both = !values_of(mail.fields, unsubscribe).empty() && !values_of(mail.fields, unsubscribe_post).empty();
  if (both && !covered) return "its DKIM signature does not cover both List-Unsubscribe fields: have it cover them (h=)";
  return "";
}

std::string author_fault(const BulkMail& mail) {
  const auto is_from = [](const HeaderField& field) { return field.is("From"); };
  if (std::ranges::count_if(mail.fields, is_from) > 1) return "From stands more than once: keep one";
  const auto field = std::ranges::find_if(mail.fields, is_from);
  const auto from = read_from(field == mail.fields.end() ? std::string_view() : field->value);
  if (from.domains.empty()) return "From names no address with a domain: write one";
  if (from.domains.size() > 1) return "From names more than one address: write one";
  return signature_fault(mail, from.domains.front());
}

std::string date_fault(const BulkMail& mail) {
  const auto dates = values_of(mail.fields, "Date").size();
  if (dates == 0 && !mail.completed) return "Date is missing: add one";
  return dates > 1 ? "Date stands more than once: keep one" : "";
}

// RFC 5322 §3.6.4: one "<left@right>", comments around it left out.
bool is_message_id(std::string_view text) {
  if (text.size() < 5 || text.front() != '<' || text.back() != '>') return false;
  const auto inner = text.substr(1, text.size() - 2);
  const auto at = inner.rfind('@');
  const bool two_parts = at != std::string_view::npos && at > 0 && at + 1 < inner.size();
  const bool one = inner.find_first_of("<>") == std::string_view::npos;
  return two_parts && one && std::ranges::none_of(inner, [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; });
}

std::string message_id_fault(const BulkMail& mail) {
  const auto ids = values_of(mail.fields, "Message-ID");
  if (ids.empty()) return mail.completed ? "" : "Message-ID is missing: add one";
  if (ids.size() > 1) return "Message-ID stands more than once: keep one";
  if (!is_message_id(ids.front())) return "Message-ID is not <something@domain>: write one that is";
  if (mail.message_id_uses >= most_uses_of_message_id)
    return fmt::format("Message-ID was used by more than {} messages today: give each its own", most_uses_of_message_id);
  return "";
}

}  // namespace

std::string find_bulk_faults(const BulkMail& mail) {
  const bool feedback = !values_of(mail.fields, "Feedback-ID").empty();
  std::string faults;
  for (const std::string& fault : {unsubscribe_fault(mail.fields), post_fault(mail.fields),
                                   std::string(feedback ? "" : "Feedback-ID is missing: add campaign:customer:kind:sender"),
                                   author_fault(mail), date_fault(mail), message_id_fault(mail)}) {
    if (!fault.empty()) faults += (faults.empty() ? "" : "; ") + fault;
  }
  return faults;
}

bool is_bulk(const conf::Config& config, const std::string& mail_class) {
  const auto* options = config.mail_class(mail_class);
  return mail_class != "transactional" && (options == nullptr || options->reserve <= 0);
}

}  // namespace mta
