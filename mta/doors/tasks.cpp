#include "mta/doors/tasks.h"

#include <spdlog/spdlog.h>

#include <boost/asio/co_spawn.hpp>

#include "queue/ensure.h"

namespace mta {

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
      queue::broken_promise("no exception leaves a task", __FILE__, __LINE__);
    }
  });
}

}  // namespace mta
