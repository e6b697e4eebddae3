#include "mta/route/provider.h"

#include <fmt/format.h>
#include <libpsl.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <filesystem>
#include <optional>

namespace mta {
namespace {

bool is_address(std::string_view host) {
  boost::system::error_code fault;
  boost::asio::ip::make_address(std::string(host), fault);
  return !fault;
}

// "*.google.com" and every host below google.com, and the name itself: "other:google.com" must not exist beside "google".
bool covers(std::string_view pattern, std::string_view host) {
  if (!pattern.starts_with("*.")) return pattern == host;
  return host.ends_with(pattern.substr(1)) || host == pattern.substr(2);
}

std::string place(const conf::Provider& provider) {
  return fmt::format("{}:{}", std::filesystem::path(provider.where.file).filename().string(), provider.where.line);
}

}  // namespace

struct Providers::Parts {
  std::vector<conf::Provider> providers;
  conf::Provider others;  // what a provider without a row may do

  std::optional<ProviderMatch> covering(const std::vector<std::string>& hosts) const {
    for (const conf::Provider& provider : providers)
      for (const std::string& pattern : provider.mx)
        if (std::any_of(hosts.begin(), hosts.end(), [&](const std::string& host) { return covers(pattern, host); }))
          return ProviderMatch{provider.name, fmt::format("{} mx {}", place(provider), pattern)};
    return std::nullopt;
  }
};

Providers::Providers(std::vector<conf::Provider> providers) : table_(std::make_unique<Parts>()) {
  table_->providers = std::move(providers);
}
Providers::~Providers() = default;

ProviderMatch Providers::of_hosts(const std::vector<std::string>& best) const {
  if (auto match = table_->covering(best)) return *match;
  const std::string& host = *std::min_element(best.begin(), best.end());  // the same one whatever the dice made of the order
  const std::string domain = registrable_domain(host);
  return {"other:" + domain, fmt::format("registrable domain of {}", host)};
}

ProviderMatch Providers::of_domain(std::string_view domain) const {
  for (const conf::Provider& provider : table_->providers)
    if (std::find(provider.domains.begin(), provider.domains.end(), domain) != provider.domains.end())
      return {provider.name, fmt::format("{} domains {}", place(provider), domain)};
  return {"", ""};
}

const conf::Provider& Providers::limits(std::string_view provider) const {
  const auto found =
      std::find_if(table_->providers.begin(), table_->providers.end(), [&](const auto& each) { return each.name == provider; });
  return found == table_->providers.end() ? table_->others : *found;
}

std::string registrable_domain(std::string_view host) {
  const std::string name(host);
  if (is_address(name)) return name;
  const char* domain = psl_registrable_domain(psl_builtin(), name.c_str());  // points into `name`
  return domain == nullptr ? name : domain;
}

std::string site_key(std::vector<std::string> best) {
  std::sort(best.begin(), best.end());
  best.erase(std::unique(best.begin(), best.end()), best.end());
  return fmt::format("{}", fmt::join(best, ","));
}

}  // namespace mta
