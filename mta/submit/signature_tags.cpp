#include "mta/submit/signature_tags.h"

#include <algorithm>

#include "mta/smtp/address.h"

namespace mta {

std::string signature_tag(std::string_view value, char name) {
  std::string tags;
  std::ranges::copy_if(value, std::back_inserter(tags), [](char c) { return c != ' ' && c != '\t' && c != '\r' && c != '\n'; });
  tags = ";" + smtp::lower(tags);
  const auto at = tags.find(std::string(";") + name + "=");
  return at == std::string::npos ? "" : tags.substr(at + 3, tags.find(';', at + 3) - at - 3);
}

}  // namespace mta
