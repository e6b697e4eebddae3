// mta/report/reports.h — what operators ask of the queue and its lanes.
//
// What      status, pages of the queue, one message, find, why, forecast, senders, the events of a lane or a sender, verify.
// Units     –
// Promise   From any executor. Rows are read, and all is computed, on the work pool; of the scheduler only copies are had (snapshot.h), of the
//           lanes that a question is about. Nothing is changed.
// Errors    What cannot be read is left out; `spool verify` names it.
// Source    mta/control/JSON.md; DESIGN.md §4.1.
// Not here  JSON and HTTP (mta/control).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mta/report/snapshot.h"
#include "queue/store.h"

namespace mta {

class Reports {
 public:
  Reports(Work& work, std::shared_ptr<const queue::Store> store, Snapshots& snapshots)
      : work_(work), store_(std::move(store)), snapshots_(snapshots) {}

  awaitable<StatusReport> status(LaneFilter = {});   // with a filter, of queues that it does not let through no forecast is made
  awaitable<std::vector<std::string>> lane_names();  // "ip-1 google", of those that status shows
  awaitable<QueuePage> list(QueueFilter, std::string cursor, std::size_t limit);
  awaitable<std::optional<MessageReport>> show(queue::MessageId);
  awaitable<std::vector<queue::Ended>> ends_of(queue::MessageId);  // of its recipients that left the queue, by number
  awaitable<FoundPage> find(FindFilter, std::string cursor, std::size_t limit);
  awaitable<std::vector<Gate>> lane_gates(GateRequest);
  awaitable<ForecastReport> forecast(ForecastRequest);
  awaitable<std::vector<std::string>> lane_events(std::string source, std::string provider);    // JSON, oldest first
  awaitable<std::vector<std::string>> sender_events(std::string domain, std::string provider);  // likewise
  awaitable<SendersReport> senders(SenderFilter);
  awaitable<queue::Verified> verify();  // the whole spool

 private:
  Work& work_;
  std::shared_ptr<const queue::Store> store_;
  Snapshots& snapshots_;
};

}  // namespace mta
