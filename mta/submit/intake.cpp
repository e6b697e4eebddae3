#include "mta/submit/intake.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "mta/smtp/address.h"
#include "mta/submit/from_header.h"
#include "mta/submit/signature_tags.h"

namespace mta {
namespace {

using Fields = std::vector<smtp::HeaderField>;

constexpr std::size_t longest_message_id = 998;

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view space = " \t\r\n";
  const auto begin = text.find_first_not_of(space);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(space) - begin + 1);
}

const smtp::HeaderField* first(const Fields& fields, std::string_view name) {
  const auto found = std::ranges::find_if(fields, [&](const smtp::HeaderField& field) { return field.is(name); });
  return found == fields.end() ? nullptr : &*found;
}

std::size_t count(const Fields& fields, std::string_view name) {
  return static_cast<std::size_t>(std::ranges::count_if(fields, [&](const smtp::HeaderField& field) { return field.is(name); }));
}

bool any_with_content(const Fields& fields, std::string_view name) {
  return std::ranges::any_of(fields,
                             [&](const smtp::HeaderField& field) { return field.is(name) && !trimmed(field.value).empty(); });
}

bool has_content(const smtp::HeaderField* field) { return field != nullptr && !trimmed(field->value).empty(); }

std::optional<RefusedMail> refuse_loops(const Fields& fields, const conf::Config& config) {
  if (count(fields, "Received") > config.limits.hops) {
    return RefusedMail{554, "5.4.6", fmt::format("more than {} Received fields: this message is looping", config.limits.hops)};
  }
  const auto ours = [&](const smtp::HeaderField& field) {
    return field.is("Received") && is_our_received(field.value, config.hostname);
  };
  if (std::ranges::any_of(fields, ours))
    return RefusedMail{554, "5.4.6", fmt::format("this message was at {} before: mail loop", config.hostname), true};
  return std::nullopt;
}

bool stays(const smtp::HeaderField& field, const Client& client) {
  if (field.is("X-Warmup-Class")) return false;
  if (!client.completes()) return true;
  if (field.is("Bcc") || field.is("Resent-Bcc")) return false;  // RFC 5322 §3.6.3
  const bool ours_to_fill = field.is("Date") || field.is("Message-ID");
  return !ours_to_fill || has_content(&field);
}

// RFC 5322 §3.6: fields that a header has once at most; From it has. Empty when that is kept.
std::string find_faults(const Fields& fields, const Client& client) {
  std::string faults;
  const auto add = [&](const std::string& fault) { faults += (faults.empty() ? "" : "; ") + fault; };
  if (!has_content(first(fields, "From"))) add("the From header is missing");
  for (const char* name :
       {"From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Date", "Subject", "Message-ID", "In-Reply-To", "References"}) {
    const auto counts = [&](const smtp::HeaderField& field) { return field.is(name) && stays(field, client); };
    if (std::ranges::count_if(fields, counts) > 1) add(fmt::format("there is more than one {} header", name));
  }
  return faults;
}

// The d= of the first signature of the From domain or of one above it, as DMARC wants it.
std::string aligned_signer(const Fields& fields, const std::string& domain) {
  for (const auto& field : fields) {
    if (!field.is("DKIM-Signature") || domain.empty()) continue;
    const auto signer = signature_tag(field.value, 'd');
    if (signer.find('.') != std::string::npos && is_within(domain, {signer})) return signer;
  }
  return "";
}

// RFC 6409 §8.1: what a submission must bring along itself.
std::optional<RefusedMail> refuse_author(const std::string& faults, const FromHeader& from, const Client& client) {
  if (!faults.empty()) return RefusedMail{550, "5.6.0", faults};
  if (client.user == nullptr || client.user->from_domains.empty()) return std::nullopt;
  const auto& permitted = client.user->from_domains;
  const auto foreign =
      std::ranges::find_if(from.domains, [&](const std::string& domain) { return !is_within(domain, permitted); });
  if (foreign != from.domains.end()) {
    return RefusedMail{550, "5.7.1", fmt::format("{} may not send with a From address at {}", client.user->name, *foreign)};
  }
  if (!from.clear) return RefusedMail{550, "5.7.1", "the From header does not name one clear address of a permitted domain"};
  return std::nullopt;
}

// README "From an application": listener → user → header → auto.
std::string choose_class(const Fields& fields, const Client& client) {
  if (auto fixed = client.fixed_class(); !fixed.empty()) return fixed;
  if (const auto* request = first(fields, "X-Warmup-Class"); request != nullptr && client.may_relay()) {
    const std::string name(trimmed(request->value));
    if (client.config->mail_class(name) != nullptr) return name;
  }
  const auto* precedence = first(fields, "Precedence");
  const auto said = precedence == nullptr ? "" : smtp::lower(trimmed(precedence->value));
  const bool bulk = said == "bulk" || said == "list" || first(fields, "List-Id") != nullptr ||
                    first(fields, "List-Unsubscribe") != nullptr || first(fields, "Feedback-ID") != nullptr;
  return bulk ? "bulk" : "transactional";
}

std::string read_message_id(const smtp::HeaderField* field) {
  if (field == nullptr) return {};
  auto value = trimmed(field->value);
  if (value.starts_with('<')) value = value.substr(0, value.find('>') + 1);
  const bool fits = !value.empty() && value.size() <= longest_message_id;
  const bool printable = std::ranges::all_of(value, [](char c) { return static_cast<unsigned char>(c) > 32 && c != 127; });
  return fits && printable ? std::string(value) : std::string();
}

std::string new_message_id(const Client& client, const IntakeRequest& request) {
  return fmt::format("<{}.{:012x}@{}>", request.stamp.id.text(), request.chance & 0xFFFFFFFFFFFFULL, client.config->hostname);
}

}  // namespace

bool is_within(std::string_view domain, const std::vector<std::string>& permitted) {
  const auto name = smtp::lower(domain);
  return std::ranges::any_of(permitted, [&](const std::string& entry) {
    const auto parent = smtp::lower(entry);
    return name == parent || name.ends_with("." + parent);
  });
}

std::variant<RefusedMail, Intake> take_in(const smtp::HeaderSection& section, const Client& client,
                                          const IntakeRequest& request) {
  const auto fields = section.fields();
  if (auto loop = refuse_loops(fields, *client.config)) return std::move(*loop);
  const auto* author = first(fields, "From");
  const auto from = read_from(author == nullptr ? std::string_view() : author->value);
  Intake intake;
  intake.faults = find_faults(fields, client);
  if (client.completes()) {
    if (auto refusal = refuse_author(intake.faults, from, client)) return std::move(*refusal);
  }
  intake.mail_class = choose_class(fields, client);
  intake.from_domain = from.domains.empty() ? std::string() : from.domains.front();
  intake.signed_before = aligned_signer(fields, intake.from_domain);
  intake.header = received_field(client, request.stamp);
  for (const auto& field : fields) {
    if (!stays(field, client)) continue;
    intake.header.append(field.text);
    if (!field.text.ends_with("\r\n")) intake.header.append("\r\n");
  }
  intake.message_id = read_message_id(first(fields, "Message-ID"));
  if (client.completes() && !any_with_content(fields, "Date")) {
    intake.header += fmt::format("Date: {}\r\n", rfc5322_date(request.stamp.at));
  }
  if (client.completes() && !any_with_content(fields, "Message-ID")) {
    intake.message_id = new_message_id(client, request);
    intake.header += fmt::format("Message-ID: {}\r\n", intake.message_id);
  }
  if (section.has_separator()) intake.header += "\r\n";
  return intake;
}

}  // namespace mta
