#include "queue/ensure.h"

#include <spdlog/spdlog.h>

#include <cstdlib>

namespace queue {

void broken_promise(const char* condition, const char* file, int line) {
  spdlog::critical("broken promise: {} ({}:{})", condition, file, line);
  spdlog::shutdown();
  std::abort();
}

}  // namespace queue
