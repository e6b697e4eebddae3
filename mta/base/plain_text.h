// mta/base/plain_text.h — text that strangers chose, made fit to be read by people.
//
// What      escaped() makes visible what could steer a terminal, break a line or turn text around: "\u202e", "\u009b", "\xff".
// Units     UTF-8 in, UTF-8 out.
// Promise   Pure. Letters of every script stay as they are. Nothing that comes out begins a line or a control sequence.
// Errors    None: an octet that is no UTF-8 is shown as "\xff".
// Source    RFC 3629 §4; Unicode UAX #9 (bidirectional controls), ECMA-48 (C1).
// Not here  JSON and events, which stay exact; the text of DSNs (mta/smtp/reply.h, printable).
#pragma once

#include <string>
#include <string_view>

namespace mta {

std::string escaped(std::string_view text);

struct Letter {
  char32_t code = 0;
  std::size_t octets = 1;
  bool valid = false;  // else one octet that is no UTF-8
};
Letter first_letter(std::string_view text);  // REQUIRES: not empty
// Whether a character could do more than be read: C0, DEL, C1, separators of lines and paragraphs, marks that are not seen, overrides.
bool is_unsafe(char32_t code);

}  // namespace mta
