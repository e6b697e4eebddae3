// mta/scheduler/stored_lanes.h — the rows in which lanes are kept, and which source has the lanes of which address.
//
// What      Lanes and the ledgers of senders are read from the store and written with the current batch, under the identity of their source's address; over restarts
//           and reloads a lane goes by the name that its address has (identities.h).
// Units     –
// Promise   Rows never move: a source that takes over the lanes of another address reads them where they are.
// Errors    A row that does not decode is corruption: broken_promise.
// Source    WARMUP.md §1.
// Not here  what lanes permit (warmup/lane_table.h), the bytes of a row (warmup/lane_row.h).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mta/scheduler/identities.h"
#include "mta/scheduler/parts.h"
#include "mta/scheduler/transaction.h"
#include "warmup/lane_table.h"

namespace mta {

class StoredLanes : public warmup::LaneStore {
 public:
  StoredLanes(World world, const Policy& policy, std::shared_ptr<queue::Store> store, Transaction& transaction)
      : world_(world), policy_(policy), store_(std::move(store)), transaction_(transaction) {}

  std::string row_of(const LaneKey&) override;
  std::optional<warmup::Lane> load(const std::string& row) override;
  void save(const std::string& row, const warmup::Lane&, bool days) override;

  // Lanes go over to the addresses that the configuration gives their sources: at start, with no lane in memory, and at a reload.
  // Returns the lanes that a source had under its own address: what they sent today counts for those that it has now.
  std::vector<std::pair<LaneKey, warmup::Lane>> take_over(bool at_start);
  std::vector<LaneKey> known() const;    // those that status is to show from the start
  void remember_source(const LaneKey&);  // of a lane in memory; it may be gone after a reload

  // The source that has this address now, else the one that had it; the identity itself when none did.
  std::string source_with(const std::string& identity) const;
  std::string source_of(const warmup::LiveLane&) const;  // by the configuration in force
  bool has_place(const queue::Recipient&, const std::string& lane_row) const;

 private:
  const std::string& identity_of(const std::string& source);
  std::vector<std::pair<LaneKey, warmup::Lane>> take_over(const Identities::TakeOver&);

  World world_;
  const Policy& policy_;
  std::shared_ptr<queue::Store> store_;
  Transaction& transaction_;
  Identities addresses_;
  std::map<std::string, std::string> identities_;  // of sources, also of those that are gone
};

}  // namespace mta
