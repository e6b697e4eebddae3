#include "warmup/total.h"

namespace warmup {

namespace {
constexpr std::string_view unlisted = "other:";
}

Total total_of(std::string_view overall, bool has_plan, bool smarthost) {
  if (smarthost || overall == "off") return Total::none;
  if (!overall.empty()) return Total::all;
  return has_plan ? Total::others : Total::none;
}

bool is_unlisted(std::string_view provider) { return provider.size() > unlisted.size() && provider.starts_with(unlisted); }

bool counts_in(Total total, std::string_view provider) {
  return total == Total::all || (total == Total::others && is_unlisted(provider));
}

std::string_view total_key(Total total) { return total == Total::all ? std::string_view() : unlisted; }

std::string_view total_name(std::string_view total_key) { return total_key.empty() ? "(all)" : "(others)"; }

bool is_total_key(std::string_view provider) { return provider.empty() || provider == unlisted; }

std::string total_text(Total total, std::string_view source) {
  return std::string(total == Total::all ? "all mail by " : "all mail to unlisted sites by ").append(source);
}

std::optional<Total> total_named(std::string_view shown) {
  for (const Total each : {Total::all, Total::others}) {
    if (shown == total_name(total_key(each))) return each;
  }
  return std::nullopt;
}

}  // namespace warmup
