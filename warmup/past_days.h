// warmup/past_days.h — the days of a lane before today.
//
// What      Days, oldest first, that all copies of a lane share.
// Units     –
// Promise   A value: what is changed in one copy is not seen in another. A copy costs the same however many days there are, and copies may be
//           read and let go on different threads. A change costs a pointer for each day.
// Errors    None.
// Source    DESIGN.md §4.1.
// Not here  what a day holds (lane.h), which days are kept (advance.h), their rows (lane_row.h).
#pragma once

#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <vector>

namespace warmup {

struct Day;

class PastDays {
  using Days = std::vector<std::shared_ptr<const Day>>;

 public:
  class Iterator {
   public:
    using iterator_category = std::bidirectional_iterator_tag;
    using value_type = Day;
    using difference_type = std::ptrdiff_t;
    using pointer = const Day*;
    using reference = const Day&;

    Iterator() = default;
    explicit Iterator(const std::shared_ptr<const Day>* at) : at_(at) {}
    const Day& operator*() const { return **at_; }
    const Day* operator->() const { return at_->get(); }
    Iterator& operator++() { return ++at_, *this; }
    Iterator& operator--() { return --at_, *this; }
    Iterator operator++(int) { return Iterator(at_++); }
    Iterator operator--(int) { return Iterator(at_--); }
    friend bool operator==(const Iterator&, const Iterator&) = default;

   private:
    friend class PastDays;
    const std::shared_ptr<const Day>* at_ = nullptr;
  };

  // A change makes all iterators invalid.
  Iterator begin() const { return Iterator(days_ ? days_->data() : nullptr); }
  Iterator end() const { return Iterator(days_ ? days_->data() + days_->size() : nullptr); }
  std::reverse_iterator<Iterator> rbegin() const { return std::reverse_iterator(end()); }
  std::reverse_iterator<Iterator> rend() const { return std::reverse_iterator(begin()); }
  std::size_t size() const { return days_ ? days_->size() : 0; }
  bool empty() const { return size() == 0; }
  const Day& operator[](std::size_t place) const { return *(*days_)[place]; }
  const Day& front() const { return *days_->front(); }
  const Day& back() const { return *days_->back(); }

  void push_back(Day);
  void insert(Day);       // before the first that began later, or at the same time
  Day take(Iterator);     // it is here no more
  Day& change(Iterator);  // of this copy only; to be used before the next copy is made
  // Forgets all that are not wanted, and of the others the oldest when there are more than `most`.
  void keep(std::size_t most, const std::function<bool(const Day&)>& wanted);

  friend bool operator==(const PastDays&, const PastDays&);

 private:
  Days pointers() const { return days_ ? *days_ : Days{}; }
  std::ptrdiff_t place_of(Iterator at) const { return at.at_ - days_->data(); }
  void set(Days days) { days_ = std::make_shared<const Days>(std::move(days)); }

  std::shared_ptr<const Days> days_;  // null: none. Shared by all copies; neither it nor a day in it ever changes
};

}  // namespace warmup
