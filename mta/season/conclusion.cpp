#include "mta/season/report.h"
namespace mta::season {
std::string conclusion(const Report&) { return ""; }
}  // namespace mta::season
