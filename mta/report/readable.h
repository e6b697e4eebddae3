// mta/report/readable.h — answers from a spool that cannot be read whole.
//
// What      Runs what collects an answer; what cannot be read ends it.
// Units     –
// Promise   What was collected before stays. The log says what could not be read.
// Errors    None.
// Source    queue/STORE.md, "What cannot be read".
// Not here  mail that cannot be read (mail_table_damage.cpp).
#pragma once

#include <spdlog/spdlog.h>

#include "queue/store.h"

namespace mta {

template <typename Read>
void as_far_as_readable(const Read& read) {
  try {
    read();
  } catch (const queue::StoreError& error) {  // spool verify names it
    spdlog::error("{}", error.what());
  }
}

}  // namespace mta
