// mta/ctl/fields.h — reads the daemon's JSON without trusting its shape.
//
// What      Members of an object by name; null, absent and of another type are all "does not apply".
// Units     –
// Promise   Pure. A daemon of another version is drawn with dashes, never an exception.
// Errors    object_of throws NotJson for what is no JSON object.
// Source    mta/control/JSON.md (null, never absent).
// Not here  what the members mean.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "mta/ctl/figures.h"

namespace mta::ctl {

namespace json = boost::json;

struct NotJson : std::runtime_error {
  using std::runtime_error::runtime_error;
};

json::object object_of(const std::string& text);
std::string text_of(const json::object&, std::string_view name);  // "" when it does not apply
std::optional<std::uint64_t> count_of(const json::object&, std::string_view name);
std::optional<double> number_of(const json::object&, std::string_view name);  // whole or not
bool truth_of(const json::object&, std::string_view name, bool otherwise);
std::optional<WallTime> moment_of(const json::object&, std::string_view name);
const json::object& part_of(const json::object&, std::string_view name);  // an empty one when it does not apply
const json::array& list_of(const json::object&, std::string_view name);   // an empty one when it does not apply
const json::object& as_part(const json::value&);                          // an empty one when it is no object

}  // namespace mta::ctl
