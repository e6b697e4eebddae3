// queue/rebuild.h — the order of the queue, made anew from the recipients.
//
// What      Every recipient knows the line it waits in and since when it is due. From that come the rows of the lines, their records, their
//           wake rows, and how much waits.
// Units     –
// Promise   After it each recipient that can be read stands in its line exactly once, and the counts say so. What a site's back-off was is
//           forgotten: its mail is tried once. Ended by a crash, it begins again at the next start.
// Errors    StoreError. Rows that cannot be read are passed over: their messages are set aside when somebody asks for them.
// Source    STORE.md, "What cannot be read".
// Not here  when it is needed (store.h, wants_rebuild), messages that cannot be read (mta/scheduler/mail_table_damage.cpp).
#pragma once

#include "queue/store.h"
#include "queue/totals.h"
#include "queue/types.h"

namespace queue {

// REQUIRES: no other thread uses the store.
Totals rebuild(Store&, Instant now);

}  // namespace queue
