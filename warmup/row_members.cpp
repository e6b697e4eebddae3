#include "warmup/row_members.h"

#include <algorithm>
#include <boost/json/serialize.hpp>

namespace warmup {

void RowMembers::put(std::string_view name, std::string_view text) {
  if (text.empty()) return;
  add(name);
  quote(text);
}

void RowMembers::put(std::string_view name, std::optional<Recipients> n) {
  if (n) add(name) += std::to_string(*n);
}

void RowMembers::put(std::string_view name, std::optional<Instant> at) {
  if (at) add(name) += std::to_string(at->time_since_epoch().count());
}

void RowMembers::put(std::string_view name, const ByName& counts) {
  RowMembers part;
  for (const auto& [key, n] : counts) part.add(key) += std::to_string(n);
  put(name, part);
}

void RowMembers::put(std::string_view name, const RowMembers& part) {
  if (!part.text_.empty()) put_always(name, part);
}

void RowMembers::put_always(std::string_view name, const RowMembers& part) { ((add(name) += '{') += part.text_) += '}'; }

void RowMembers::put_list(std::string_view name, const std::string& elements) {
  if (!elements.empty()) ((add(name) += '[') += elements) += ']';
}

std::string& RowMembers::add(std::string_view name) {
  if (!text_.empty()) text_ += ',';
  quote(name);
  return text_ += ':';
}

void RowMembers::quote(std::string_view text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char octet) {
    return static_cast<unsigned char>(octet) >= 0x20 && octet != '"' && octet != '\\';
  });
  if (plain) {
    ((text_ += '"') += text) += '"';
  } else {
    text_ += boost::json::serialize(boost::json::string_view(text.data(), text.size()));
  }
}

void add_element(std::string& list, std::string_view element) {
  if (!list.empty()) list += ',';
  list += element;
}

}  // namespace warmup
