#include "mta/submit/from_header.h"

#include <gmime/gmime.h>

#include <memory>

#include "mta/smtp/address.h"

namespace mta {
namespace {

struct Unref {
  void operator()(InternetAddressList* list) const { g_object_unref(list); }
};

void collect(InternetAddressList* list, std::vector<std::string>& domains) {
  const int count = internet_address_list_length(list);
  for (int i = 0; i < count; ++i) {
    InternetAddress* address = internet_address_list_get_address(list, i);
    if (INTERNET_ADDRESS_IS_GROUP(address)) {  // RFC 6854 allows groups in From
      collect(internet_address_group_get_members(INTERNET_ADDRESS_GROUP(address)), domains);
      continue;
    }
    const char* text = internet_address_mailbox_get_idn_addr(INTERNET_ADDRESS_MAILBOX(address));
    const std::string domain(text == nullptr ? "" : smtp::domain_of(text));
    if (smtp::is_domain(domain) || smtp::is_literal(domain)) domains.push_back(smtp::lower(domain));
  }
}

struct Marks {
  std::size_t at_signs = 0;  // outside quoted strings and comments
  bool closed = true;        // every quoted string and comment ends
};

// RFC 5322 §3.2.2, §3.2.4.
Marks read_marks(std::string_view value) {
  Marks marks;
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (c == '\\' && (quoted || depth > 0))
      ++i;
    else if (c == '"' && depth == 0)
      quoted = !quoted;
    else if (c == '(' && !quoted)
      ++depth;
    else if (c == ')' && depth > 0)
      --depth;
    else if (c == '@' && !quoted && depth == 0)
      ++marks.at_signs;
  }
  marks.closed = !quoted && depth == 0;
  return marks;
}

}  // namespace

FromHeader read_from(std::string_view value) {
  static const bool ready = (g_mime_init(), true);
  FromHeader result;
  if (!ready || value.size() > max_from_header) return result;
  const Marks marks = read_marks(value);
  if (!marks.closed) return result;  // GMime 3.2 leaks memory over "a@[1](open"
  const std::string terminated(value);
  const std::unique_ptr<InternetAddressList, Unref> list(internet_address_list_parse(nullptr, terminated.c_str()));
  if (list == nullptr) return result;
  collect(list.get(), result.domains);
  result.clear = !result.domains.empty() && result.domains.size() == marks.at_signs;
  return result;
}

}  // namespace mta
