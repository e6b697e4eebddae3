// The two files of rules that are shipped: providers.toml and responses.toml.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

#include "conf/load.h"
#include "conf/provider_limits.h"
#include "conf/table.h"

namespace conf {
namespace {

constexpr std::array stages = {"banner", "ehlo", "starttls", "auth", "mail", "rcpt", "data", "dot"};

std::string content_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string content{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file || file.bad()) throw ConfigError({Problem{Where{path, 0}, "this file cannot be read"}});
  return content;
}

void lower_all(std::vector<std::string>& texts) { std::transform(texts.begin(), texts.end(), texts.begin(), lower); }

Provider provider_of(Table& table) {
  Provider provider;
  provider.where = table.where();
  if (table.need("name", "\"google\"")) table.text("name", provider.name, own_name);
  if (table.texts("mx", provider.mx, domain_pattern)) lower_all(provider.mx);
  if (table.texts("domains", provider.domains, host_name)) lower_all(provider.domains);
  read_provider_limits(table, provider);
  if (provider.mx.empty() && provider.domains.empty() && !table.given("mx") && !table.given("domains"))
    table.fault("name", "a provider needs mx = [\"*.example.com\"] or domains = [\"example.com\"]");
  table.finish();
  return provider;
}

bool digits_or_x(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || c == 'x'; });
}

bool fits_code(std::string_view text) {
  return text.size() == 3 && (text[0] == '2' || text[0] == '4' || text[0] == '5') && digits_or_x(text.substr(1));
}

bool fits_enhanced(std::string_view text) {
  for (int part = 0; part < 3; ++part) {
    const std::string_view number = text.substr(0, text.find('.'));
    const bool wild = number == "x" || number == "*";
    const bool small = !number.empty() && number.size() <= 3 && digits_or_x(number) && number.find('x') == std::string_view::npos;
    if (!wild && !small) return false;
    if (part < 2 && number.size() == text.size()) return false;
    text.remove_prefix(std::min(text.size(), number.size() + (part < 2 ? 1 : 0)));
  }
  return text.empty();
}

bool fits_stage(std::string_view text) { return std::find(stages.begin(), stages.end(), text) != stages.end(); }

bool not_empty(std::string_view text) { return !text.empty(); }

constexpr Form reply_code{"a reply code like \"421\", \"4xx\" or \"5xx\"", fits_code};
constexpr Form enhanced_code{"an enhanced code like \"4.7.28\", \"x.1.1\" or \"5.7.*\"", fits_enhanced};
constexpr Form stage{"one of \"banner\", \"ehlo\", \"starttls\", \"auth\", \"mail\", \"rcpt\", \"data\", \"dot\"", fits_stage};
constexpr Form pattern{"a regular expression in quotes", not_empty};

ResponseRule::Example example_of(Table& table) {
  ResponseRule::Example example{0, "", "", ""};
  if (table.need("code", "550")) table.whole("code", example.code, 200, 599);
  table.text_or_none("enhanced", example.enhanced, enhanced_code);
  table.text("text", example.text);
  table.text("provider", example.provider);
  table.finish();
  return example;
}

ResponseRule rule_of(Table& table) {
  ResponseRule rule;
  rule.where = table.where();
  if (table.need("verdict", "\"greylisted\"")) table.text("verdict", rule.verdict);
  table.texts("providers", rule.providers, own_name);
  table.texts("codes", rule.codes, reply_code);
  table.texts("enhanced", rule.enhanced, enhanced_code);
  table.texts("text", rule.text, pattern);
  table.texts("stages", rule.stages, stage);
  if (table.need("examples", "[{ code = 550, enhanced = \"5.1.1\", text = \"No such user\", provider = \"\" }]"))
    for (Table& each : table.tables("examples")) rule.examples.push_back(example_of(each));
  constexpr std::array conditions = {"providers", "codes", "enhanced", "text", "stages"};
  if (std::none_of(conditions.begin(), conditions.end(), [&](const char* key) { return table.given(key); }))
    table.fault("verdict", "a rule without a condition catches every reply; give codes, enhanced, text, providers or stages");
  table.finish();
  return rule;
}

// Every [[key]] of the file through `row_of`; all faults in one go.
template <typename Row>
std::vector<Row> rows_of(const std::string& path, const std::string& key, Row (*row_of)(Table&), Faults& faults) {
  const Node node = parse_document(content_of(path), path);
  Table top(node, "", faults);
  std::vector<Row> rows;
  for (Table& table : top.tables(key)) rows.push_back(row_of(table));
  top.finish();
  return rows;
}

void refuse_faulty(const Faults& faults) {
  if (auto problems = faults.problems(); !problems.empty()) throw ConfigError(std::move(problems));
}

}  // namespace

std::vector<Provider> load_providers(const std::string& path) {
  Faults faults(path);
  auto providers = rows_of<Provider>(path, "provider", provider_of, faults);
  for (auto each = providers.begin(); each != providers.end(); ++each) {
    const auto same = [&](const Provider& other) { return other.name == each->name; };
    if (!each->name.empty() && std::find_if(providers.begin(), each, same) != each)
      faults.problem(each->where, fmt::format("provider.name: \"{}\" is given twice", each->name));
  }
  refuse_faulty(faults);
  return providers;
}

std::vector<ResponseRule> load_responses(const std::string& path) {
  Faults faults(path);
  auto rules = rows_of<ResponseRule>(path, "rule", rule_of, faults);
  for (const ResponseRule& rule : rules)
    if (rule.examples.empty()) faults.problem(rule.where, "rule.examples: a rule needs at least one example that a test can run");
  refuse_faulty(faults);
  return rules;
}

}  // namespace conf
