// conf/names.h — the shapes of names and addresses in the configuration.
//
// What      Tests of text: host names, mail addresses, IP literals, address:port, the operator's own names; each with what to
//           expect.
// Units     –
// Promise   Pure. What passes is safe in an SMTP command, a store key and a log line: no blanks, controls, separators.
// Errors    None: a test says yes or no.
// Source    RFC 1035 §2.3.1, RFC 1123 §2.1 (host names), RFC 5321 §4.1.2 (mailboxes), §4.1.3 (address literals).
// Not here  resolving any of them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace conf {

struct Form {  // what a text must look like, with the words for a message
  std::string_view expected;
  bool (*fits)(std::string_view);
};

extern const Form own_name;          // of sources, pools, classes, plans, providers
extern const Form host_name;         // "mta1.example.com"
extern const Form helo_name;         // a host name or "[192.0.2.1]"
extern const Form mailbox;           // "postmaster@example.com"
extern const Form ip_literal;        // "203.0.113.10", "2001:db8::1"
extern const Form endpoint;          // "127.0.0.1:587", "[::1]:587"
extern const Form name_server;       // an endpoint, or an IP literal for port 53
extern const Form relay;             // "relay.example.net:587" or an endpoint
extern const Form domain_pattern;    // "example.com", "*.example.org"
extern const Form never_suppressed;  // "a@example.com", "@example.com"
extern const Form web_address;       // "https://example.com/hook"

// The octets of an IP literal (4 or 16); nothing for other text. IPv4 inside IPv6 (::ffff:a.b.c.d) becomes IPv4.
std::optional<std::vector<std::uint8_t>> ip_octets(std::string_view);
bool is_loopback(std::string_view ip);
bool is_unicast(std::string_view ip);  // of one host: not 0.0.0.0, ::, multicast or broadcast. REQUIRES: an IP literal

struct HostPort {
  std::string host;  // without brackets
  std::uint16_t port = 0;
};
std::optional<HostPort> split_host_port(std::string_view);  // "host:25", "192.0.2.1:25", "[::1]:25"

std::string lower(std::string_view);  // ASCII

}  // namespace conf
