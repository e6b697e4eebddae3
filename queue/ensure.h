// queue/ensure.h — what must be true, or a mistake is ours.
//
// What      ENSURE(condition): on in release builds.
// Units     –
// Promise   A condition that does not hold is logged with its place, and the process aborts: the next start goes on from what is durable.
// Errors    –
// Source    mta/DESIGN.md §8, rule 6 (the third kind of wrong).
// Not here  what others did wrong: that is a value or an exception.
#pragma once

namespace queue {

[[noreturn]] void broken_promise(const char* condition, const char* file, int line);

}  // namespace queue

#define ENSURE(condition) ((condition) ? static_cast<void>(0) : ::queue::broken_promise(#condition, __FILE__, __LINE__))
