#include "conf/provider_limits.h"

#include <fmt/format.h>

namespace conf {

namespace {
constexpr double most_factor = 100;
}

void read_provider_limits(Table& table, Provider& provider) {
  table.whole("connections", provider.connections, 1U, 10'000U);
  table.whole("messages_per_connection", provider.messages_per_connection, 1U, 1'000'000U);
  table.whole("recipients_per_message", provider.recipients_per_message, 1U, 1'000'000U);
  table.rate("rate", provider.rate);
  auto& recovery = provider.recovery;
  table.duration("cool", recovery.cool, std::chrono::seconds(1));
  table.number("cool_factor", recovery.cool_factor, 1, most_factor);
  table.duration("cool_longest", recovery.cool_longest, std::chrono::seconds(1));
  table.choice("reopen", recovery.reopen, {{"double", warmup::Reopen::doubling}, {"one", warmup::Reopen::one_by_one}});
  if (recovery.cool_longest < recovery.cool) {
    table.fault(
        table.given("cool_longest") ? "cool_longest" : "cool",
        fmt::format("cool_longest, {}, is below cool, {}", duration_text(recovery.cool_longest), duration_text(recovery.cool)));
  }
}

}  // namespace conf
