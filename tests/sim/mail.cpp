#include "tests/sim/mail.h"

#include <fmt/format.h>

namespace mta::sim {

namespace {
std::string dense_body(std::size_t bytes, std::uint64_t number) {
  constexpr std::string_view letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::uint64_t mixed = number;
  std::string body;
  body.reserve(bytes + 80);
  while (body.size() < bytes) {
    for (int column = 0; column < 76; ++column) {
      mixed =
          mixed * 6364136223846793005ULL + 1442695040888963407ULL;  // Knuth's generator: the octets are a function of the number
      body += letters[(mixed >> 40U) % letters.size()];
    }
    body += "\r\n";
  }
  return body;
}
}  // namespace

std::string compose(const Mail& mail, std::uint64_t number) {
  std::string text = fmt::format("From: <{}>\r\n", mail.sender.empty() ? "postmaster@sender.test" : mail.sender);
  text +=
      fmt::format("To: {}\r\n", mail.recipients.size() == 1 ? "<" + mail.recipients.front() + ">" : "undisclosed-recipients:;");
  text += fmt::format("Subject: {}\r\nDate: Mon, 05 Jan 2026 00:00:00 +0000\r\nMessage-ID: <{}@sender.test>\r\n", mail.subject,
                      number);
  text += fmt::format("{}: {}\r\n", number_header, number) + mail.headers + "\r\n";
  const std::size_t end = text.size() + mail.bytes;
  if (mail.dense) return text + dense_body(mail.bytes, number);
  for (std::size_t line = 0; text.size() < end; ++line) {
    const std::size_t length = (number * 31 + line * 17) % 75;
    text += std::string(line % 5 == 0 ? "." : "") + std::string(line % 11 == 0 ? "." : "") +
            std::string(length, static_cast<char>('a' + line % 26)) + "\r\n";
  }
  return text;
}

}  // namespace mta::sim
