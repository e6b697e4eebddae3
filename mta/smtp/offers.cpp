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
