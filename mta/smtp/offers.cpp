#include "mta/smtp/offers.h"

#include <algorithm>
#include <charconv>

namespace mta::smtp {
namespace {

std::string upper(std::string_view text) {
  std::string result(text);
  for (char& c : result)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return result;
}

std::string_view next_word(std::string_view& rest) {
  const auto begin = std::min(rest.find_first_not_of(' '), rest.size());
  rest.remove_prefix(begin);
  const auto word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(word.size());
  return word;
}

void read_size(std::string_view word, Offers& offers) {
  offers.size = true;
  std::uint64_t limit = 0;
  const auto parsed = std::from_chars(word.data(), word.data() + word.size(), limit);
  if (parsed.ec == std::errc() && parsed.ptr == word.data() + word.size() && limit > 0) offers.size_limit = limit;
}

void read_mechanisms(std::string_view rest, Offers& offers) {
  for (auto word = next_word(rest); !word.empty(); word = next_word(rest)) {
    if (word == "PLAIN") offers.auth_plain = true;
    if (word == "LOGIN") offers.auth_login = true;
  }
}

}  // namespace

LeftOut& LeftOut::operator|=(const LeftOut& more) {
  pipelining = pipelining || more.pipelining;
  chunking = chunking || more.chunking;
  size = size || more.size;
  eight_bit_mime = eight_bit_mime || more.eight_bit_mime;
  smtputf8 = smtputf8 || more.smtputf8;
  dsn = dsn || more.dsn;
  starttls = starttls || more.starttls;
  return *this;
}

Offers without(Offers offers, const LeftOut& left_out) {
  offers.pipelining = offers.pipelining && !left_out.pipelining;
  offers.chunking = offers.chunking && !left_out.chunking;
  offers.size = offers.size && !left_out.size;  // what is known of the limit stays
  offers.eight_bit_mime = offers.eight_bit_mime && !left_out.eight_bit_mime;
  offers.smtputf8 = offers.smtputf8 && !left_out.smtputf8;
  offers.dsn = offers.dsn && !left_out.dsn;
  offers.starttls = offers.starttls && !left_out.starttls;
  return offers;
}

Offers parse_offers(const Reply& ehlo) {
  Offers offers;
  for (std::size_t i = 1; i < ehlo.lines.size(); ++i) {
    const std::string line = upper(ehlo.lines[i]);
    std::string_view rest = line;
    const auto keyword = next_word(rest);
    if (keyword == "PIPELINING") offers.pipelining = true;
    if (keyword == "8BITMIME") offers.eight_bit_mime = true;
    if (keyword == "SMTPUTF8") offers.smtputf8 = true;
    if (keyword == "DSN") offers.dsn = true;
    if (keyword == "CHUNKING") offers.chunking = true;
    if (keyword == "STARTTLS") offers.starttls = true;
    if (keyword == "SIZE") read_size(next_word(rest), offers);
    if (keyword == "AUTH") read_mechanisms(rest, offers);
  }
  return offers;
}

}  // namespace mta::smtp
