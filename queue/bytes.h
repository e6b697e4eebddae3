// queue/bytes.h — numbers and strings as bytes.
//
// What      Writer appends, Reader takes away. Big-endian numbers for keys, LEB128 and counted strings for values.
// Units     Instants and durations in milliseconds.
// Promise   A Reader never looks outside its input. Only the shortest form of a number is read, so each value has one encoding.
// Errors    A Reader that met something wrong stays failed and gives zeros and empty strings; ask done() at the end.
// Source    STORE.md.
// Not here  what rows consist of (message.cpp, queue.cpp).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "queue/types.h"

namespace queue {

void append_big_endian(std::string&, std::uint64_t);
void append_big_endian(std::string&, std::uint32_t);
void append_instant(std::string&, Instant);  // sorts by time
// REQUIRES: 8 or 4 octets (checked by the callers, who know their keys' lengths).
std::uint64_t read_big_endian_64(std::string_view);
std::uint32_t read_big_endian_32(std::string_view);
Instant read_instant(std::string_view);

class Writer {
 public:
  explicit Writer(char format) { bytes_.push_back(format); }
  void number(std::uint64_t);
  void signed_number(std::int64_t);
  void instant(Instant at) { signed_number(at.time_since_epoch().count()); }
  void duration(Duration length) { signed_number(length.count()); }
  void flag(bool set) { number(set ? 1 : 0); }
  void text(std::string_view);
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Reader {
 public:
  Reader(char format, std::string_view bytes);
  std::uint64_t number(std::uint64_t most = UINT64_MAX);  // fails above `most`
  std::int64_t signed_number();
  Instant instant() { return Instant{Duration{signed_number()}}; }
  Duration duration() { return Duration{signed_number()}; }
  bool flag() { return number(1) == 1; }
  std::string text();
  std::uint8_t number_8(std::uint8_t most = UINT8_MAX) { return static_cast<std::uint8_t>(number(most)); }
  std::uint16_t number_16() { return static_cast<std::uint16_t>(number(UINT16_MAX)); }
  std::uint32_t number_32() { return static_cast<std::uint32_t>(number(UINT32_MAX)); }
  bool more() const { return good_ && !rest_.empty(); }  // a field that not every row has follows
  bool done() const { return good_ && rest_.empty(); }   // all was read and all was right

 private:
  std::string_view rest_;
  bool good_ = true;
};

}  // namespace queue
