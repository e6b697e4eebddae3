// mta/scheduler/conversation_limits.h — how many conversations there are at once, and when they must hurry.
//
// What      Limits over all destinations, and the judgement that most of the places are taken.
// Units     Conversations.
// Promise   Mail that just came finds places that older mail cannot take. Servers that are slow to greet hold `unhurried` places for long,
//           never the others.
// Errors    None.
// Source    DESIGN.md §7, promise 4.
// Not here  limits of one provider (Lane::free_connections), how a conversation hurries (mta/deliver/connection.h).
#pragma once

#include <cstddef>

namespace mta {

inline constexpr std::size_t conversations_at_once = 1000;
inline constexpr std::size_t conversations_of_old = 600;
inline constexpr std::size_t unhurried = 300;

inline bool in_a_hurry(std::size_t conversations) { return conversations > unhurried; }

}  // namespace mta
