// The rules of responses.toml, compiled; then one reply at a time.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>

#include "conf/load.h"
#include "mta/deliver/verdict.h"
#include "mta/deliver/verdict_fallback.h"
#include "mta/deliver/verdict_patterns.h"

namespace mta {
namespace {

constexpr std::size_t text_read = 4096;

bool local_part_char(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return octet >= 0x80 || std::isalnum(octet) != 0 || std::string_view(".!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}
bool domain_char(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return octet >= 0x80 || std::isalnum(octet) != 0 || c == '.' || c == '-';
}

// What the rules see: lower case, single blanks, every mail address as "a@d" — else <mailboxfull@example.com> would decide.
std::string for_rules(std::string_view text) {
  std::string made;
  made.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '@' && !made.empty() && local_part_char(made.back()) && i + 1 < text.size() && domain_char(text[i + 1])) {
      while (!made.empty() && local_part_char(made.back())) made.pop_back();
      made += "a@d";
      while (i + 1 < text.size() && domain_char(text[i + 1])) ++i;
      if (text[i] == '.') made += '.';  // the end of a sentence
      continue;
    }
    const bool blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (blank && (made.empty() || made.back() == ' ')) continue;
    made += blank ? ' ' : static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
  }
  while (!made.empty() && made.back() == ' ') made.pop_back();
  return made;
}

// "4xx" of 421, "421" of 421.
bool code_matches(std::string_view wanted, int code) {
  const std::string number = fmt::format("{:03}", code);
  return wanted.size() == 3 &&
         std::equal(wanted.begin(), wanted.end(), number.begin(), [](char w, char n) { return w == 'x' || w == n; });
}

// "x.1.1", "5.7.*", "4.7.28": part by part.
bool enhanced_matches(std::string_view wanted, std::string_view enhanced) {
  for (int part = 0; part < 3; ++part) {
    const std::string_view want = wanted.substr(0, wanted.find('.'));
    const std::string_view have = enhanced.substr(0, enhanced.find('.'));
    if (have.empty() || (want != "x" && want != "*" && want != have)) return false;
    wanted.remove_prefix(std::min(wanted.size(), want.size() + 1));
    enhanced.remove_prefix(std::min(enhanced.size(), have.size() + 1));
  }
  return true;
}

struct Rule {
  Verdict verdict = Verdict::temporary;
  std::string place;  // "responses.toml:12"
  const conf::ResponseRule* given = nullptr;
  std::size_t first_pattern = 0, patterns = 0;
};

struct HeardReply {
  int code;
  std::string enhanced;
  std::string_view provider, stage;
  std::vector<int> patterns;  // that matched, ascending
};

bool any_pattern(const Rule& rule, const HeardReply& heard) {
  const auto first = std::lower_bound(heard.patterns.begin(), heard.patterns.end(), static_cast<int>(rule.first_pattern));
  return first != heard.patterns.end() && static_cast<std::size_t>(*first) < rule.first_pattern + rule.patterns;
}

bool matches(const Rule& rule, const HeardReply& heard) {
  const conf::ResponseRule& given = *rule.given;
  const auto any = [](const std::vector<std::string>& wishes, auto&& holds) {
    return wishes.empty() || std::any_of(wishes.begin(), wishes.end(), holds);
  };
  return any(given.codes, [&](const std::string& wanted) { return code_matches(wanted, heard.code); }) &&
         any(given.providers, [&](const std::string& wanted) { return wanted == heard.provider; }) &&
         any(given.stages, [&](const std::string& wanted) { return wanted == heard.stage; }) &&
         any(given.enhanced, [&](const std::string& wanted) { return enhanced_matches(wanted, heard.enhanced); }) &&
         (rule.patterns == 0 || any_pattern(rule, heard));
}

}  // namespace

struct Judge::Parts {
  std::vector<conf::ResponseRule> given;
  std::vector<Rule> rules;
  Patterns patterns;
};

Judge::Judge(const std::vector<conf::ResponseRule>& given) : rules_(std::make_unique<Parts>()) {
  rules_->given = given;
  std::vector<conf::Problem> problems;
  std::size_t patterns = 0;
  for (const conf::ResponseRule& rule : rules_->given) {
    const auto verdict = verdict_named(rule.verdict);
    if (!verdict) problems.push_back({rule.where, fmt::format("rule.verdict: there is no verdict \"{}\"", rule.verdict)});
    const std::size_t first = patterns;
    for (const std::string& pattern : rule.text) {
      const auto fault = rules_->patterns.add(pattern);
      if (fault)
        problems.push_back({rule.where, fmt::format("rule.text: \"{}\" is no regular expression: {}", pattern, *fault)});
      else
        ++patterns;
    }
    const std::string file = std::filesystem::path(rule.where.file).filename().string();
    rules_->rules.push_back(
        {verdict.value_or(Verdict::temporary), fmt::format("{}:{}", file, rule.where.line), &rule, first, patterns - first});
  }
  if (!problems.empty()) throw conf::ConfigError(std::move(problems));
  rules_->patterns.compile();
}

Judge::~Judge() = default;

Judgement Judge::judge(const smtp::Reply& reply, std::string_view provider, smtp::Stage stage) const {
  if (reply.ok()) return {Verdict::delivered, fmt::format("code {}", reply.code), std::nullopt};
  const std::string spoken = reply.text().substr(0, text_read);
  const std::string text = for_rules(spoken);
  const HeardReply heard{reply.code, enhanced_of(reply, text), provider, smtp::name(stage), rules_->patterns.found_in(text)};
  const auto rule =
      std::find_if(rules_->rules.begin(), rules_->rules.end(), [&](const Rule& candidate) { return matches(candidate, heard); });
  Judgement made;
  if (rule != rules_->rules.end()) {
    made = {rule->verdict, rule->place, std::nullopt};
  } else if (const auto verdict = verdict_of_enhanced(reply.code, heard.enhanced, stage)) {
    made = {*verdict, fmt::format("enhanced code {}", heard.enhanced), std::nullopt};
  } else {
    made = {verdict_of_code(reply.code, stage), fmt::format("code {}", reply.code), std::nullopt};
  }
  if (made.verdict == Verdict::greylisted || made.verdict == Verdict::rate_limited) made.named_delay = named_delay(spoken);
  return made;
}

}  // namespace mta
