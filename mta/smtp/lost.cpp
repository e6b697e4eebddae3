#include "mta/smtp/lost.h"

namespace mta::smtp {

awaitable<std::optional<Lost>> until_lost(awaitable<void> dialogue, const Stage& stage) {
  std::optional<Lost> lost;
  try {
    co_await std::move(dialogue);
  } catch (const Nonsense& nonsense) {
    lost = Lost{stage, nonsense.loss, nonsense.what(), Lost::Cause::nonsense};
  } catch (const StreamLost& gone) {
    lost = Lost{stage, gone.loss, gone.what(), Lost::Cause::line};
  } catch (const BodyLost& unreadable) {
    lost = Lost{stage, Loss::shut, unreadable.what(), Lost::Cause::ours};
  }
  co_return lost;
}

}  // namespace mta::smtp
