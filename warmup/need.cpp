#include "warmup/need.h"

#include <algorithm>
#include <numeric>

namespace warmup {

std::vector<Recipients> share_by_need(const std::vector<Wanting>& all, Recipients room) {
  std::vector<Recipients> shares;
  for (const auto& each : all) {
    shares.push_back(std::min({each.wants, each.reserved, room}));
    room -= shares.back();
  }
  const auto at_level = [&](double level, std::size_t i) {
    const auto& each = all[i];
    const double due = level * each.weight - each.had;
    const auto more = due <= 0 ? Recipients{0} : static_cast<Recipients>(std::min(due, static_cast<double>(each.wants)));
    return std::max(shares[i], std::min(more, each.wants));
  };
  double below = 0, above = 1;
  const auto sum = [&](double level) {
    Recipients sum = 0;
    for (std::size_t i = 0; i < all.size(); ++i) sum += at_level(level, i) - shares[i];
    return sum;
  };
  Recipients wanted = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    wanted += all[i].wants - shares[i];
    above = std::max(above, (all[i].had + static_cast<double>(all[i].wants)) / all[i].weight + 1);
  }
  const Recipients most = std::min(wanted, room);
  for (int halving = 0; halving < 60 && above - below > 1e-6; ++halving) {
    const double middle = (below + above) / 2;
    (sum(middle) > most ? above : below) = middle;
  }
  std::vector<Recipients> result;
  Recipients given = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    result.push_back(at_level(below, i));
    given += result.back() - shares[i];
  }
  std::vector<std::size_t> order(all.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {},
                           [&](std::size_t i) { return (all[i].had + static_cast<double>(result[i])) / all[i].weight; });
  for (std::size_t at = 0; at < order.size() && given < most; ++at) {  // what whole numbers left
    const std::size_t i = order[at];
    const Recipients more = std::min<Recipients>(1, all[i].wants - result[i]);
    result[i] += more;
    given += more;
  }
  return result;
}

}  // namespace warmup
