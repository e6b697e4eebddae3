#include "mta/ctl/fields.h"

#include <boost/json/parse.hpp>

namespace mta::ctl {

json::object object_of(const std::string& text) {
  boost::system::error_code fault;
  json::value value = json::parse(text, fault);
  if (fault || !value.is_object())
    throw NotJson("warmupd answered with something that is not a JSON object: " + text.substr(0, 200));
  return std::move(value.as_object());
}

std::string text_of(const json::object& of, std::string_view name) {
  const auto* value = of.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->as_string()) : std::string();
}

std::optional<std::uint64_t> count_of(const json::object& of, std::string_view name) {
  const auto* value = of.if_contains(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_uint64()) return value->as_uint64();
  if (value->is_int64()) return value->as_int64() < 0 ? 0 : static_cast<std::uint64_t>(value->as_int64());
  constexpr double most = 1e18;
  if (value->is_double() && value->as_double() >= 0 && value->as_double() < most)
    return static_cast<std::uint64_t>(value->as_double());
  return std::nullopt;
}

std::optional<double> number_of(const json::object& of, std::string_view name) {
  const auto* value = of.if_contains(name);
  return value != nullptr && value->is_number() ? std::optional(value->to_number<double>()) : std::nullopt;
}

bool truth_of(const json::object& of, std::string_view name, bool otherwise) {
  const auto* value = of.if_contains(name);
  return value != nullptr && value->is_bool() ? value->as_bool() : otherwise;
}

std::optional<WallTime> moment_of(const json::object& of, std::string_view name) { return instant_of(text_of(of, name)); }

const json::object& part_of(const json::object& of, std::string_view name) {
  const auto* value = of.if_contains(name);
  static const json::value nothing;
  return as_part(value == nullptr ? nothing : *value);
}

const json::array& list_of(const json::object& of, std::string_view name) {
  static const json::array empty;
  const auto* value = of.if_contains(name);
  return value != nullptr && value->is_array() ? value->as_array() : empty;
}

const json::object& as_part(const json::value& value) {
  static const json::object empty;
  return value.is_object() ? value.as_object() : empty;
}

}  // namespace mta::ctl
