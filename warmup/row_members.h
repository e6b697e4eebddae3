// warmup/row_members.h — a row is written as JSON, without what has its default.
//
// What      The members of one JSON object, put one after the other.
// Units     Instants and durations in milliseconds.
// Promise   0, false, an empty text and an empty part take no room: who reads gives them their default. An empty optional is left out too, one
//           with 0 in it is not. A lane's row is written with every batch that changes the lane, so this builds no tree of values.
// Errors    None; octets of texts go as they are.
// Source    RFC 8259 §4, §7.
// Not here  reading (lane_row.cpp).
#pragma once

#include <concepts>
#include <optional>
#include <string>
#include <string_view>

#include "warmup/lane.h"

namespace warmup {

class RowMembers {
 public:
  void put(std::string_view name, std::string_view text);
  template <std::integral Whole>
  void put(std::string_view name, Whole value) {
    if (value != Whole()) add(name) += value_text(value);
  }
  void put(std::string_view name, Instant at) { put(name, at.time_since_epoch().count()); }
  void put(std::string_view name, Duration span) { put(name, span.count()); }
  void put(std::string_view name, std::optional<Recipients>);
  void put(std::string_view name, std::optional<Instant>);
  void put(std::string_view name, const ByName& counts);
  void put(std::string_view name, const RowMembers& part);
  void put_always(std::string_view name, const RowMembers& part);
  void put_list(std::string_view name, const std::string& elements);  // with commas between them
  std::string text() const { return '{' + text_ + '}'; }

 private:
  template <std::integral Whole>
  static std::string value_text(Whole value) {
    if constexpr (std::same_as<Whole, bool>) return "true";
    return std::to_string(value);
  }
  void quote(std::string_view text);
  std::string& add(std::string_view name);

  std::string text_;
};

void add_element(std::string& list, std::string_view element);  // with a comma before it, where one belongs

}  // namespace warmup
