// tests/unit/dkim/post.h — what the scenarios of dkim/ say: keys, messages, signing them, and a verifier.
//
// What      Test keys from tests/data/dkim, a Message of fields and body, `sign`, and `verdicts`, which asks libopendkim's
//           verifier.
// Units     CRLF line ends.
// Promise   The verifier shares no code with the signer but the canonicalization; other people's verifiers are in tests/interop.
// Errors    gtest failures.
// Source    RFC 6376 §6.
// Not here  –
#pragma once

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "dkim/signer.h"

namespace dkim::test {

inline std::string key_text(const std::string& name) {
  std::ifstream file(std::string(TEST_DATA) + "/dkim/" + name + ".pem");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

inline KeyOptions key(const std::string& domain, const std::string& selector, const std::string& file, bool subdomains = true) {
  return {domain, selector, subdomains, key_text(file), file + ".pem"};
}

struct Message {
  std::vector<std::string> fields{"From: Ann <ann@example.com>", "To: bob@example.net", "Subject: Hello",
                                  "Date: Fri, 20 Nov 2026 10:00:00 +0000", "Message-ID: <1@example.com>"};
  std::string body = "Dear Bob,\r\n\r\nall is well.\r\n";
  Message with(const std::string& field) const {
    Message more = *this;
    more.fields.push_back(field);
    return more;
  }
  std::string text(const std::string& signature = "") const {
    std::string all = signature;
    for (const auto& field : fields) all += field + "\r\n";
    return all + "\r\n" + body;
  }
};

inline constexpr std::chrono::sys_seconds noon{std::chrono::seconds{1'790'000'000}};

inline std::string sign(const Signer& signer, const std::string& keys, const Message& message,
                        std::size_t piece = std::string::npos) {
  const auto signature = signer.begin(keys, noon);
  for (const auto& field : message.fields) signature->header(field);
  for (std::size_t at = 0; at < message.body.size();) {
    const std::string part = message.body.substr(at, piece);
    signature->body(part);
    at += part.size();
  }
  return signature->finish();
}

// "a=<algorithm> pass|fail" of each signature of a whole message. `keys` are the ones whose public halves DNS would have.
std::vector<std::string> verdicts(const std::string& message, const std::vector<KeyOptions>& keys);

}  // namespace dkim::test
