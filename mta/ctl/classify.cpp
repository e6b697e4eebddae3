#include "mta/ctl/classify.h"

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <charconv>
#include <istream>
#include <optional>
#include <ostream>

namespace mta::ctl {
namespace {

std::array<std::string_view, 4> fields_of(std::string_view line) {
  std::array<std::string_view, 4> fields;
  for (std::string_view& field : fields) {
    const std::size_t end = std::min(line.find('\t'), line.size());
    field = line.substr(0, end);
    line.remove_prefix(std::min(line.size(), end + 1));
  }
  return fields;
}

boost::json::object fields_of(const Classified& made) {
  return {{"verdict", name(made.verdict)}, {"rule", made.rule}, {"action", made.action}};
}

std::optional<int> reply_code(std::string_view text) {
  int code = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), code);
  if (fault != std::errc() || end != text.data() + text.size() || code < 200 || code > 599) return std::nullopt;
  return code;
}

}  // namespace

Classified classify(const Judge& judge, int code, std::string_view enhanced, std::string_view text, std::string_view provider) {
  smtp::Reply reply = smtp::make_reply(code, text);
  if (reply.enhanced.empty()) reply.enhanced = enhanced;
  const Judgement judged = judge.judge(reply, provider, smtp::Stage::rcpt);
  return {judged.verdict, judged.rule, describe_action(judged.verdict, reply.permanent())};
}

std::string to_json(const Classified& made) { return boost::json::serialize(fields_of(made)); }

BatchFaults classify_batch(std::istream& lines, std::ostream& objects, const Judge& judge, const FindProvider& find) {
  BatchFaults faults;
  std::string line;
  for (std::size_t number = 1; std::getline(lines, line); ++number) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    const auto [code_text, enhanced, text, provider] = fields_of(line);
    if (line.empty() || (number == 1 && code_text == "code")) continue;
    const auto code = reply_code(code_text);
    NamedProvider named{"", "expected code<TAB>enhanced<TAB>text<TAB>provider with a code from 200 to 599"};
    if (code) named = provider.empty() ? NamedProvider() : find(provider);
    boost::json::object made;
    if (code) made = fields_of(classify(judge, *code, enhanced, text, named.name));
    if (!named.fault.empty()) {
      ++(code ? faults.mistyped_providers : faults.no_replies);
      made["error"] = named.fault;
      made["line"] = number;
    }
    objects << boost::json::serialize(made) << '\n';
  }
  return faults;
}

}  // namespace mta::ctl
