#include "mta/report/lane_events.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "mta/observe/events.h"

namespace mta {

using queue::Family;

namespace {

// Of the rows in which each of these texts stands.
std::vector<std::string> newest_events(const queue::Store& store, const std::array<std::string, 3>& texts,
                                       const EventBounds& bounds) {
  std::vector<std::string> found;
  const auto last = store.last_key(Family::event);
  if (!last) return found;
  const auto is_wanted = [&](std::string_view row) {
    return std::ranges::all_of(texts, [&](const std::string& text) { return row.find(text) != std::string_view::npos; });
  };
  const std::uint64_t newest = event_seq(*last);
  const std::uint64_t oldest = newest - std::min(newest, bounds.most_read);  // before all that is read
  for (std::uint64_t end = newest; end > oldest && found.size() < bounds.most_kept;) {
    const std::uint64_t begin = end - std::min(end - oldest, bounds.at_once);
    std::vector<std::string> older;
    for (auto cursor = store.scan(Family::event, queue::event_key(begin + 1), queue::event_key(end + 1)); cursor.valid();
         cursor.next()) {
      if (is_wanted(cursor.value())) older.emplace_back(cursor.value());
    }
    found.insert(found.begin(), older.begin(), older.end());
    end = begin;
  }
  if (found.size() > bounds.most_kept) found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(bounds.most_kept));
  return found;
}

std::string field(std::string_view name, const std::string& value) { return fmt::format(R"("{}":"{}")", name, value); }

}  // namespace

std::vector<std::string> newest_lane_events(const queue::Store& store, const std::string& source, const std::string& provider,
                                            const EventBounds& bounds) {
  return newest_events(store, {field("type", "lane"), field("source", source), field("provider", provider)}, bounds);
}

std::vector<std::string> newest_sender_events(const queue::Store& store, const std::string& domain, const std::string& provider,
                                              const EventBounds& bounds) {
  return newest_events(store, {field("type", "sender"), field("domain", domain), field("provider", provider)}, bounds);
}

}  // namespace mta
