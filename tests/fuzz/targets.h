// tests/fuzz/targets.h — what must hold of any octets whatsoever, parser by parser.
//
// What      Each target hands its input to a parser and says which promise of that parser's contract was broken.
// Units     Octets.
// Promise   A function of the input alone: the same for the seeded test (fuzz_test.cpp) and for libFuzzer (libfuzzer.cpp).
// Errors    A text; "" when all is well.
// Source    The promises in the headers of the parsers.
// Not here  where the inputs come from.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

struct Target {
  std::string name;
  std::string (*broken_promise)(std::string_view input);
  std::vector<std::string> seeds;  // good inputs, to be spoilt
};
const std::vector<Target>& targets();

// Shared by the promises.
bool has_control(std::string_view);  // below 32, or 127
bool is_utf8(std::string_view);
// A small generator from the input itself: where to cut it.
class Cuts {
 public:
  explicit Cuts(std::string_view input);
  std::size_t next(std::size_t most);  // 1 … most; REQUIRES: most > 0

 private:
  std::size_t state_;
};

Target command(), address(), xtext();                                // smtp_promises.cpp
Target reply(), reply_text();                                        // reply_promises.cpp
Target data(), header(), from();                                     // content_promises.cpp
Target dns(), http_target();                                         // real_promises.cpp
Target message_row(), recipient_row(), queue_keys(), attempt_row();  // row_promises.cpp

}  // namespace fuzz
