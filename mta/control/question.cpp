#include "mta/control/question.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>

#include "conf/provider_words.h"
#include "mta/observe/events.h"
#include "warmup/total.h"

namespace mta {

namespace json = boost::json;

namespace {

HttpReply reply_of(unsigned status, const std::string& title, const std::string& detail, const json::object& name) {
  json::object body{{"title", title}, {"status", status}, {"detail", valid_utf8(detail)}};
  for (const char* field : {"unknown", "found", "nearest"}) {
    const auto* value = name.if_contains(field);
    body[field] = value == nullptr ? json::value(nullptr) : *value;
  }
  if (const auto* problems = name.if_contains("problems")) body["problems"] = *problems;
  return {status, "application/problem+json", json::serialize(body) + "\n"};
}

HttpReply unknown(unsigned status, const std::string& kind, const std::string& found, const std::string& detail,
                  const std::string& nearest) {
  const json::value near = nearest.empty() ? json::value(nullptr) : json::value(nearest);
  return reply_of(status, "no such " + kind, detail, {{"unknown", kind}, {"found", valid_utf8(found)}, {"nearest", near}});
}

}  // namespace

std::string parameter(const HttpRequest& request, const std::string& name) {
  const auto found = request.query.find(name);
  return found == request.query.end() ? "" : found->second;
}

OrProblem<std::optional<std::uint64_t>> number(const HttpRequest& request, const std::string& name) {
  const auto text = parameter(request, name);
  if (text.empty()) return std::optional<std::uint64_t>();
  std::uint64_t value = 0;
  const auto end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  constexpr std::uint64_t most = 1'000'000'000'000;
  if (parsed.ec != std::errc() || parsed.ptr != end || value > most)
    return problem(400, "bad " + name, fmt::format("{}: expected a whole number, found {}", name, text));
  return std::optional(value);
}

HttpReply wrong_configuration(const conf::ConfigError& error) {
  json::array problems;
  for (const auto& each : error.problems)
    problems.push_back(json::object{{"file", each.where.file}, {"line", each.where.line}, {"text", valid_utf8(each.text)}});
  return reply_of(409, "the old configuration stays", error.what(), {{"problems", std::move(problems)}});
}

HttpReply problem(unsigned status, const std::string& title, const std::string& detail) {
  return reply_of(status, title, detail, {});
}

HttpReply no_such(const std::string& kind, const std::string& found, const std::vector<std::string>& known,
                  const std::vector<conf::Alias>& aliases) {
  const std::string detail = fmt::format("there is no {} \"{}\"{}", kind, found, conf::hint(found, known, aliases));
  return unknown(404, kind, found, detail, conf::guess(found, known, aliases).name);
}

std::optional<HttpReply> unknown_parameter(const HttpRequest& request, const std::vector<std::string>& known) {
  for (const auto& [name, value] : request.query) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string expected = known.empty() ? "none" : fmt::format("one of {}", fmt::join(known, ", "));
    return unknown(400, "parameter", name, fmt::format("unknown parameter: expected {}, found \"{}\"", expected, name),
                   conf::nearest(name, known));
  }
  const std::array<std::string_view, 3> may_be_empty{"cursor", "by", "reason"};
  for (const auto& [name, value] : request.query) {
    if (value.empty() && std::find(may_be_empty.begin(), may_be_empty.end(), name) == may_be_empty.end())
      return problem(400, "bad " + name,
                     fmt::format("{0}: expected a value, found an empty one; leave {0} out if it is not meant", name));
  }
  return std::nullopt;
}

std::optional<HttpReply> missing_parameter(const HttpRequest& request, const std::vector<std::string>& needed) {
  for (const auto& name : needed) {
    if (parameter(request, name).empty())
      return problem(400, "missing parameter", fmt::format("{0}: expected a value ({0}=…), found none", name));
  }
  return std::nullopt;
}

std::optional<HttpReply> unknown_source(const std::string& name, const conf::Config& config) {
  if (config.source(name) != nullptr) return std::nullopt;
  return no_such("source", name, conf::names_of(config.sources));
}

std::optional<HttpReply> unknown_provider(const std::string& name, const conf::Config& config) {
  if (conf::is_provider(config, name)) return std::nullopt;
  return no_such("provider", name, conf::names_of(config.providers), conf::provider_words(config.providers));
}

std::optional<HttpReply> unknown_lane(const std::string& provider, const conf::Config& config) {
  if (conf::is_provider(config, provider) || warmup::total_named(provider)) return std::nullopt;
  auto words = conf::provider_words(config.providers);
  for (const char* word : {"others", "other", "(other)", "unlisted"}) words.push_back({word, "(others)"});
  words.push_back({"all", "(all)"});
  return no_such("provider", provider, conf::names_of(config.providers), words);
}

std::optional<HttpReply> unknown_class(const std::string& name, const conf::Config& config) {
  if (config.mail_class(name) != nullptr) return std::nullopt;
  return no_such("class", name, conf::names_of(config.classes));
}

std::optional<HttpReply> unknown_pool(const std::string& name, const conf::Config& config) {
  if (config.pool(name) != nullptr) return std::nullopt;
  return no_such("pool", name, conf::names_of(config.pools));
}

}  // namespace mta
