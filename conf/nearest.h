// conf/nearest.h — "did you mean …?"
//
// What      The known name nearest to what somebody typed, by edit distance (insert, delete, replace, swap of neighbours).
// Units     Edits of octets.
// Promise   Pure; the first of equally near names.
// Errors    None.
// Source    design §5.6.
// Not here  which names are known.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace conf {

std::size_t edit_distance(std::string_view a, std::string_view b);
bool is_near(std::string_view typed, std::string_view known);  // near enough to be a slip of the finger

// "" when there are no names.
std::string nearest(std::string_view typed, const std::vector<std::string>& known);

}  // namespace conf
