#include "dkim/fields.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <array>

namespace dkim {

namespace {

// RFC 6376 §5.4.1, and what receivers act upon today. Signed as often as present.
constexpr std::array<std::string_view, 32> names = {"From",
                                                    "To",
                                                    "Subject",
                                                    "Date",
                                                    "Message-ID",
                                                    "Reply-To",
                                                    "Cc",
                                                    "Sender",
                                                    "MIME-Version",
                                                    "Content-Type",
                                                    "Content-Transfer-Encoding",
                                                    "Content-Disposition",
                                                    "Content-ID",
                                                    "Content-Description",
                                                    "In-Reply-To",
                                                    "References",
                                                    "Auto-Submitted",
                                                    "Feedback-ID",
                                                    "Resent-Date",
                                                    "Resent-From",
                                                    "Resent-Sender",
                                                    "Resent-To",
                                                    "Resent-Cc",
                                                    "Resent-Message-ID",
                                                    "List-Id",
                                                    "List-Help",
                                                    "List-Unsubscribe",
                                                    "List-Unsubscribe-Post",
                                                    "List-Subscribe",
                                                    "List-Post",
                                                    "List-Owner",
                                                    "List-Archive"};

bool same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string shown(std::string_view name) {
  std::string text;
  for (const char c : name.substr(0, 40)) {
    if (c >= 32 && c < 127)
      text += c;
    else
      text += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
  }
  return name.size() > 40 ? text + "…" : text;
}

std::string name_fault(std::string_view field) {
  const auto colon = field.find(':');
  if (colon == std::string_view::npos) return fmt::format("header line \"{}\" has no colon", shown(field));
  const std::string_view name = field.substr(0, colon);
  if (name.find(';') != std::string_view::npos)  // RFC 6376 §3.5: h= cannot hold it, and libopendkim calls it a syntax error
    return fmt::format("header field name \"{}\" holds a semicolon", shown(name));
  if (std::any_of(name.begin(), name.end(), [](char c) { return c < 32 || c > 126; }))
    return fmt::format("header field name \"{}\" holds a character that is not printable ASCII", shown(name));
  return {};
}

// libopendkim ends at NUL and takes every white space of C for the white space of RFC 6376 §3.4.2: such a signature never
// verifies.
std::string value_fault(std::string_view field) {
  for (std::size_t at = 0; at < field.size(); ++at) {
    const char c = field[at];
    const auto name = [&] { return shown(field_name(field)); };
    if (c == '\0' || c == '\v' || c == '\f')
      return fmt::format("header field {} holds the control character 0x{:02x}", name(), static_cast<unsigned>(c));
    if (c == '\r' && at + 1 == field.size()) return fmt::format("header field {} ends with a bare CR", name());
    if (c == '\r' && field[at + 1] != '\n') return fmt::format("header field {} holds a bare CR", name());
    if (c == '\n' && (at == 0 || field[at - 1] != '\r')) return fmt::format("header field {} holds a bare LF", name());
    if (c == '\n' && (at + 1 == field.size() || (field[at + 1] != ' ' && field[at + 1] != '\t')))
      return fmt::format("header field {} holds a line break that does not fold", name());
  }
  return {};
}

}  // namespace

std::string_view field_name(std::string_view field) {
  const auto colon = field.find(':');
  if (colon == std::string_view::npos) return {};
  std::string_view name = field.substr(0, colon);
  while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.remove_suffix(1);
  return name;
}

bool is_signed(std::string_view name) {
  return std::any_of(names.begin(), names.end(), [&](std::string_view known) { return same(known, name); });
}

bool is_from(std::string_view name) { return same(name, "From"); }

bool is_list_field(std::string_view name) { return same(name, "List-Unsubscribe") || same(name, "List-Unsubscribe-Post"); }

const char** oversigned(bool list) {
  static const char* always[] = {"From",     "To", "Subject",      "Date",         "Message-ID",
                                 "Reply-To", "Cc", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
                                 nullptr};
  static const char* with_list[] = {"From",
                                    "To",
                                    "Subject",
                                    "Date",
                                    "Message-ID",
                                    "Reply-To",
                                    "Cc",
                                    "MIME-Version",
                                    "Content-Type",
                                    "Content-Transfer-Encoding",
                                    "List-Unsubscribe",
                                    "List-Unsubscribe-Post",
                                    nullptr};
  return list ? with_list : always;
}

std::string fault(std::string_view field) {
  std::string text = name_fault(field);
  if (text.empty() && is_signed(field_name(field))) text = value_fault(field);
  return text;
}

}  // namespace dkim
