// queue/log_check.h — is a write-ahead log whole up to where it was synced?
//
// What      Walks the records of one log of RocksDB's and compares their checksums, without opening the database.
// Units     Octets from the begin of the log.
// Promise   Reads the octets that it is given and nothing else. A record that reaches beyond them is not judged.
// Errors    None: whatever the octets are, there is an answer.
// Source    RocksDB's log format: blocks of 32 KiB; a record is CRC32C 4 (masked) · length 2 · type 1 [· log number 4] · payload.
// Not here  which logs there must be, and how long (sync_mark.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace queue {

// The begin of the first record that is not as it was written; empty when all are.
std::optional<std::uint64_t> first_damage(std::string_view log);

}  // namespace queue
