#include <fmt/format.h>

#include <algorithm>

#include "conf/draft.h"
#include "conf/provider_limits.h"
#include "conf/shipped_file.h"

namespace conf {
namespace {

// No rows when the file cannot be read; the draft has the faults then.
template <typename Rows>
Rows load_shipped(Table& table, const std::string& key, const std::string& path, Rows (*load)(const std::string&),
                  ConfigDraft& draft) {
  std::string content;
  if (!draft.read_file(table, key, path, content)) return {};
  try {
    return load(path);
  } catch (const ConfigError& error) {
    draft.faults.problems(error.problems);
  }
  return {};
}

void load_files(Table& top, ConfigDraft& draft) {
  Config& config = draft.config;
  auto table = top.table("providers");
  if (table) {
    draft.path(*table, "file", config.providers_file);
    draft.path(*table, "responses", config.responses_file);
    table->finish();
  }
  if (config.providers_file.empty()) config.providers_file = shipped_file("providers.toml");
  if (config.responses_file.empty()) config.responses_file = shipped_file("responses.toml");
  Table& reader = table ? *table : top;
  config.providers = load_shipped(reader, table ? "file" : "providers.file", config.providers_file, load_providers, draft);
  config.responses =
      load_shipped(reader, table ? "responses" : "providers.responses", config.responses_file, load_responses, draft);
}

void load_provider(Table& table, Provider& provider) {
  provider.where = table.where();
  if (table.texts("mx", provider.mx, domain_pattern))
    std::transform(provider.mx.begin(), provider.mx.end(), provider.mx.begin(), lower);
  if (table.texts("domains", provider.domains, host_name)) {
    std::transform(provider.domains.begin(), provider.domains.end(), provider.domains.begin(), lower);
  }
  read_provider_limits(table, provider);
  table.finish();
}

}  // namespace

void load_own_providers(Table& top, ConfigDraft& draft) {
  load_files(top, draft);
  auto& all = draft.config.providers;
  std::vector<Provider> added;  // before the shipped ones: what an operator writes wins over a shipped pattern
  for (Table& table : top.tables("provider")) {
    std::string name;
    if (table.need("name", "\"google\"")) table.text("name", name, own_name);
    Provider own;
    own.name = name;
    const auto known = std::find_if(all.begin(), all.end(), [&](const Provider& each) { return each.name == name; });
    const auto twice = [&](const Provider& each) { return each.name == name && each.where.file == draft.config.file; };
    if (!name.empty() && (std::any_of(added.begin(), added.end(), twice) || (known != all.end() && twice(*known)))) {
      table.fault("name", fmt::format("\"{}\" is given twice", name));
    }
    if (known != all.end()) {
      load_provider(table, *known);
      continue;
    }
    if (!name.empty()) table.need("mx", "[\"*.example.com\"]");
    load_provider(table, own);
    added.push_back(std::move(own));
  }
  all.insert(all.begin(), added.begin(), added.end());
}

}  // namespace conf
