// mta/route/host_name.h — names of hosts and domains, and what is mistaken for one.
//
// What      Checks of text: a usable host name, an IP address where a name should stand.
// Units     Names lower case, without trailing dot.
// Promise   Pure.
// Errors    None: yes or no, or nothing.
// Source    RFC 1123 §2.1, RFC 5321 §2.3.5, §4.1.3; the incident's MX records that held addresses.
// Not here  DNS (mx.h).
#pragma once

#include <boost/asio/ip/address.hpp>
#include <optional>
#include <string_view>

namespace mta {

// Letters, digits, '-', '_' in labels of 1 to 63, at most 253 in all, the last label not a number.
bool is_host_name(std::string_view);

// "192.0.2.1", "192.0.2.1.", "2001:db8::1", "[192.0.2.1]".
std::optional<boost::asio::ip::address> address_in_place_of_name(std::string_view);

// "192.0.2.1.example.com" in the zone example.com: an address written without the trailing dot.
bool is_address_in_zone(std::string_view host, std::string_view zone);

// "[192.0.2.1]", "[IPv6:2001:db8::1]" (RFC 5321 §4.1.3).
std::optional<boost::asio::ip::address> address_literal(std::string_view);

}  // namespace mta
