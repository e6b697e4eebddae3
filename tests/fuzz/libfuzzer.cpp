// The same targets under libFuzzer: FUZZ_TARGET=data build/fuzzer/tests/fuzzer -max_total_time=60 CORPUS_FOLDER
// (a build tree made with CXX=clang++ and -DWARMUPD_FUZZER=ON; see fuzz.cmake).
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "tests/fuzz/targets.h"

namespace {

const fuzz::Target& wanted() {
  const char* name = std::getenv("FUZZ_TARGET");
  for (const auto& target : fuzz::targets())
    if (name != nullptr && target.name == name) return target;
  std::fputs("FUZZ_TARGET must be one of:", stderr);
  for (const auto& target : fuzz::targets()) std::fprintf(stderr, " %s", target.name.c_str());
  std::fputs("\n", stderr);
  std::exit(64);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::Target& target = wanted();
  const std::string broken = target.broken_promise({reinterpret_cast<const char*>(data), size});
  if (broken.empty()) return 0;
  std::fprintf(stderr, "broken promise: %s\n", broken.c_str());
  std::abort();
}
