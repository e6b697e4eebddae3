#include "conf/load.h"

namespace conf {

std::vector<std::string> not_reloadable(const Config& running, const Config& wanted) {
  std::vector<std::string> changed;
  if (running.spool != wanted.spool) changed.emplace_back("spool");
  if (running.threads != wanted.threads) changed.emplace_back("threads");
  if (running.control.socket != wanted.control.socket) changed.emplace_back("control.socket");
  const bool other_scale =
      running.rehearsal.time_scale < wanted.rehearsal.time_scale || running.rehearsal.time_scale > wanted.rehearsal.time_scale;
  if (other_scale || running.rehearsal.deliver_to != wanted.rehearsal.deliver_to) changed.emplace_back("rehearsal");
  return changed;
}

}  // namespace conf
