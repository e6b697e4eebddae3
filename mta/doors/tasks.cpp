#include "mta/doors/tasks.h"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>
#include <cstdlib>

namespace mta {

void broken_promise(const char* condition, const char* file, int line) {
  spdlog::critical("broken promise: {} ({}:{})", condition, file, line);
  spdlog::shutdown();
  std::abort();
}

void Tasks::spawn(const Executor& executor, std::string name, awaitable<void> task) {
  ++running_;
  asio::co_spawn(executor, std::move(task), [this, name = std::move(name)](const std::exception_ptr& error) {
    --running_;
    if (!error) return;
    try {
      std::rethrow_exception(error);
    } catch (const StreamLost& lost) {
      spdlog::debug("{}: {}", name, lost.what());
    } catch (const std::exception& bug) {
      spdlog::critical("{}: unexpected: {}", name, bug.what());
      broken_promise("no exception leaves a task", __FILE__, __LINE__);
    }
  });
}

}  // namespace mta
