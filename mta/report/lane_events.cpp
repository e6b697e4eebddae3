#include "mta/report/lane_events.h"

#include <algorithm>

#include "mta/observe/events.h"

namespace mta {

using queue::Family;

std::vector<std::string> newest_lane_events(const queue::Store& store, const std::string& source, const std::string& provider,
                                            const EventBounds& bounds) {
  std::vector<std::string> found;
  const auto last = store.last_key(Family::event);
  if (!last) return found;
  const std::string of = "\"source\":\"" + source + "\"", to = "\"provider\":\"" + provider + "\"";
  const auto is_of_lane = [&](std::string_view row) {
    return row.find("\"type\":\"lane\"") != std::string_view::npos && row.find(of) != std::string_view::npos &&
           row.find(to) != std::string_view::npos;
  };
  const std::uint64_t newest = event_seq(*last);
  const std::uint64_t oldest = newest - std::min(newest, bounds.most_read);  // before all that is read
  for (std::uint64_t end = newest; end > oldest && found.size() < bounds.most_kept;) {
    const std::uint64_t begin = end - std::min(end - oldest, bounds.at_once);
    std::vector<std::string> older;
    for (auto cursor = store.scan(Family::event, queue::event_key(begin + 1), queue::event_key(end + 1)); cursor.valid();
         cursor.next()) {
      if (is_of_lane(cursor.value())) older.emplace_back(cursor.value());
    }
    found.insert(found.begin(), older.begin(), older.end());
    end = begin;
  }
  if (found.size() > bounds.most_kept) found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(bounds.most_kept));
  return found;
}

}  // namespace mta
