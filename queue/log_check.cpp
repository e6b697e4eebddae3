#include "queue/log_check.h"

#include <algorithm>
#include <boost/crc.hpp>

namespace queue {

namespace {

constexpr std::size_t block = 32U << 10U;
constexpr std::size_t short_header = 7, long_header = 11;
constexpr std::uint32_t mask_delta = 0xa282ead8U;

using Crc32c = boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true>;

std::uint32_t little_endian(std::string_view bytes) {
  std::uint32_t number = 0;
  for (std::size_t at = bytes.size(); at-- > 0;) number = number << 8U | static_cast<unsigned char>(bytes[at]);
  return number;
}

// Types 5 to 8 are those of logs that are written over an older one: they name their log.
std::size_t header_size(unsigned char type) { return type >= 5 && type <= 8 ? long_header : short_header; }

bool is_as_written(std::string_view record) {
  Crc32c sum;
  sum.process_bytes(record.data() + 6, record.size() - 6);  // from the type on
  const std::uint32_t crc = sum.checksum();
  return little_endian(record.substr(0, 4)) == ((crc >> 15U | crc << 17U) + mask_delta);
}

}  // namespace

std::optional<std::uint64_t> first_damage(std::string_view log) {
  std::size_t at = 0;
  while (log.size() - at >= short_header) {
    const std::size_t left_in_block = block - at % block;
    if (left_in_block < short_header) {  // the end of a block that has no room for a header is filled with zeros
      at += std::min(left_in_block, log.size() - at);
      continue;
    }
    const std::size_t length = little_endian(log.substr(at + 4, 2));
    const auto type = static_cast<unsigned char>(log[at + 6]);
    const std::size_t size = header_size(type) + length;
    if (type == 0 || size > left_in_block) return at;
    if (at + size > log.size()) return std::nullopt;
    if (!is_as_written(log.substr(at, size))) return at;
    at += size;
  }
  return std::nullopt;
}

}  // namespace queue
