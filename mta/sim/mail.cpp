#include "mta/sim/mail.h"

#include <fmt/format.h>

namespace mta::sim {

std::string compose(const Mail& mail, std::uint64_t number) {
  std::string text = fmt::format("From: <{}>\r\n", mail.sender.empty() ? "postmaster@sender.test" : mail.sender);
  text +=
      fmt::format("To: {}\r\n", mail.recipients.size() == 1 ? "<" + mail.recipients.front() + ">" : "undisclosed-recipients:;");
  text += fmt::format("Subject: {}\r\nDate: Mon, 05 Jan 2026 00:00:00 +0000\r\nMessage-ID: <{}@sender.test>\r\n", mail.subject,
                      number);
  text += fmt::format("{}: {}\r\n", number_header, number) + mail.headers + "\r\n";
  const std::size_t end = text.size() + mail.bytes;
  for (std::size_t line = 0; text.size() < end; ++line) {
    const std::size_t length = (number * 31 + line * 17) % 75;
    text += std::string(line % 5 == 0 ? "." : "") + std::string(line % 11 == 0 ? "." : "") +
            std::string(length, static_cast<char>('a' + line % 26)) + "\r\n";
  }
  return text;
}

}  // namespace mta::sim
