#include "warmup/past_days.h"

#include <algorithm>

#include "warmup/lane.h"

namespace warmup {

void PastDays::push_back(Day day) {
  Days days = pointers();
  days.push_back(std::make_shared<const Day>(std::move(day)));
  set(std::move(days));
}

void PastDays::insert(Day day) {
  Days days = pointers();
  const auto place =
      std::ranges::lower_bound(days, day.started, {}, [](const std::shared_ptr<const Day>& each) { return each->started; });
  days.insert(place, std::make_shared<const Day>(std::move(day)));
  set(std::move(days));
}

Day PastDays::take(Iterator at) {
  Day day = *at;
  Days days = pointers();
  days.erase(days.begin() + place_of(at));
  set(std::move(days));
  return day;
}

Day& PastDays::change(Iterator at) {
  const auto changed = std::make_shared<Day>(*at);
  Days days = pointers();
  days[static_cast<std::size_t>(place_of(at))] = changed;
  set(std::move(days));
  return *changed;
}

void PastDays::keep(std::size_t most, const std::function<bool(const Day&)>& wanted) {
  if (size() <= most && std::all_of(begin(), end(), wanted)) return;
  Days days = pointers();
  std::erase_if(days, [&](const std::shared_ptr<const Day>& day) { return !wanted(*day); });
  if (days.size() > most) days.erase(days.begin(), days.end() - static_cast<std::ptrdiff_t>(most));
  set(std::move(days));
}

bool operator==(const PastDays& a, const PastDays& b) {
  return a.days_ == b.days_ || std::equal(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace warmup
