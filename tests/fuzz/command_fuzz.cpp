// libFuzzer entry: clang++ -fsanitize=fuzzer,address -std=c++20 -I. tests/fuzz/command_fuzz.cpp mta/smtp/{command,address,xtext}.cpp
#include <cstdint>
#include <cstdlib>

#include "tests/fuzz/command_promises.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  if (!mta::smtp::broken_promise_of(line).empty()) std::abort();
  return 0;
}
