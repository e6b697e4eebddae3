#include "queue/bytes.h"

namespace queue {

namespace {

constexpr std::uint64_t sign_bit = 1ULL << 63U;

template <class Number>
void append_octets(std::string& out, Number value) {
  for (int shift = static_cast<int>(sizeof(Number)) * 8 - 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>((value >> shift) & 0xffU));
  }
}

template <class Number>
Number read_octets(std::string_view bytes) {
  Number value = 0;
  for (const char octet : bytes.substr(0, sizeof(Number)))
    value = static_cast<Number>((value << 8U) | static_cast<std::uint8_t>(octet));
  return value;
}

}  // namespace

void append_big_endian(std::string& out, std::uint64_t value) { append_octets(out, value); }
void append_big_endian(std::string& out, std::uint32_t value) { append_octets(out, value); }
void append_instant(std::string& out, Instant at) {
  append_octets(out, static_cast<std::uint64_t>(at.time_since_epoch().count()) ^ sign_bit);
}

std::uint64_t read_big_endian_64(std::string_view bytes) { return read_octets<std::uint64_t>(bytes); }
std::uint32_t read_big_endian_32(std::string_view bytes) { return read_octets<std::uint32_t>(bytes); }
Instant read_instant(std::string_view bytes) {
  return Instant{Duration{static_cast<std::int64_t>(read_big_endian_64(bytes) ^ sign_bit)}};
}

void Writer::number(std::uint64_t value) {
  while (value >= 0x80U) {
    bytes_.push_back(static_cast<char>(value | 0x80U));
    value >>= 7U;
  }
  bytes_.push_back(static_cast<char>(value));
}

void Writer::signed_number(std::int64_t value) {
  const auto bits = static_cast<std::uint64_t>(value);
  number((bits << 1U) ^ (value < 0 ? UINT64_MAX : 0));
}

void Writer::text(std::string_view words) {
  number(words.size());
  bytes_.append(words);
}

Reader::Reader(char format, std::string_view bytes) : rest_(bytes) {
  good_ = !rest_.empty() && rest_.front() == format;
  if (good_) rest_.remove_prefix(1);
}

std::uint64_t Reader::number(std::uint64_t most) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; good_; shift += 7) {
    if (rest_.empty() || shift > 63) break;
    const auto octet = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    if (shift == 63 && octet > 1) break;  // more than 64 bits
    if (shift > 0 && octet == 0) break;   // not the shortest form
    value |= static_cast<std::uint64_t>(octet & 0x7fU) << shift;
    if (octet < 0x80U) {
      if (value > most) break;
      return value;
    }
  }
  good_ = false;
  return 0;
}

std::int64_t Reader::signed_number() {
  const std::uint64_t bits = number();
  return static_cast<std::int64_t>((bits >> 1U) ^ ((bits & 1U) != 0 ? UINT64_MAX : 0));
}

std::string Reader::text() {
  const std::uint64_t size = number();
  if (!good_ || size > rest_.size()) {
    good_ = false;
    return {};
  }
  std::string words(rest_.substr(0, size));
  rest_.remove_prefix(size);
  return words;
}

}  // namespace queue
