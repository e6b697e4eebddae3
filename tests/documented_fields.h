// tests/documented_fields.h — holds JSON against the tables of mta/control/JSON.md.
//
// What      A section of the document as fields with types; values are compared with it, and what no value showed is named.
// Units     –
// Promise   In both directions: a field that is printed and not documented, or of another type, is a fault; so is a documented field that
//           no value of the test had.
// Errors    std::runtime_error when the document cannot be read or has no such section.
// Source    mta/control/JSON.md.
// Not here  making the values (json_documented_test.cpp of control and ctl).
#pragma once

#include <boost/json/value.hpp>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

namespace documented {

namespace json = boost::json;

struct Field {
  std::string type;  // "number", "as lane"
  bool or_null = false;
  std::set<std::string> words;
};
using Section = std::map<std::string, Field>;

inline std::map<std::string, Section> read(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  static const std::regex heading("^## (.+)$"), row(R"(^\| `([^`]+)` \| ([a-z/ ]+?)( or null)?(: [^|]*)? \|.*$)"),
      word("`([^`]+)`");
  std::map<std::string, Section> sections;
  std::string name;
  for (std::string line; std::getline(file, line);) {
    std::smatch found;
    if (std::regex_match(line, found, heading)) name = found[1];
    if (line.starts_with("| `") && !std::regex_match(line, found, row)) throw std::runtime_error("not a row of fields: " + line);
    if (!line.starts_with("| `")) continue;
    Field field{found[2], found[3].matched, {}};
    const std::string words = found[4];
    for (std::sregex_iterator at(words.begin(), words.end(), word), end; at != end; ++at) field.words.insert((*at)[1]);
    sections[name][found[1]] = field;
  }
  return sections;
}

class Document {
 public:
  explicit Document(const std::string& path) : sections_(read(path)) {}

  void see(const std::string& section, const json::value& value) { look(section, "", value, section + ": "); }
  // Fields of these sections that no value had.
  std::vector<std::string> unseen(const std::vector<std::string>& sections) const {
    std::vector<std::string> missing;
    for (const auto& name : sections)
      for (const auto& [path, field] : sections_.at(name))
        if (!seen_.contains(name + ": " + path)) missing.push_back(name + ": " + path);
    return missing;
  }
  const std::vector<std::string>& faults() const { return faults_; }

 private:
  static std::string star(const std::string& path) { return path.substr(0, path.rfind('.') + 1) + "*"; }

  static bool fits(const Field& field, const json::value& value) {
    static const std::regex instant(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z)");
    const std::string text = value.is_string() ? std::string(value.as_string()) : "";
    if (field.type == "number") return value.is_number();
    if (field.type == "yes/no") return value.is_bool();
    if (field.type == "object") return value.is_object();
    if (field.type == "list") return value.is_array();
    if (field.type == "instant") return std::regex_match(text, instant);
    if (field.type == "word") return field.words.contains(text);
    return field.type == "text" && !text.empty();
  }

  // `path` is that within the section; a field "as lane" goes on in that section, whose fields it may add to.
  void look(const std::string& section, const std::string& path, const json::value& value, const std::string& shown) {
    if (value.is_object()) {
      for (const auto& [key, each] : value.as_object()) {
        const std::string name(key);
        member(section, path.empty() ? name : path + "." + name, each, shown + name);
      }
    } else if (value.is_array()) {
      for (const auto& each : value.as_array()) member(section, path + "[]", each, shown + "[]");
    }
  }

  void member(const std::string& section, const std::string& path, const json::value& value, const std::string& shown) {
    const Section& fields = sections_.at(section);
    const std::string known = fields.contains(path) ? path : star(path);
    const auto found = fields.find(known);
    if (found == fields.end()) return borrowed(section, path, value, shown);
    seen_.insert(section + ": " + known);
    const Field& field = found->second;
    if (value.is_null() && field.or_null) return;
    if (field.type.starts_with("as ")) {
      const auto was = borrows_;
      borrows_[section + ": " + known] = field.type.substr(3);
      look(section, known, value, shown + ".");
      borrows_ = was;
      return;
    }
    if (!fits(field, value)) faults_.push_back(shown + ": expected " + field.type + ", found " + json::serialize(value));
    look(section, known, value, shown + ".");
  }

  // Not a field of its own: one of the section that its object is "as".
  void borrowed(const std::string& section, const std::string& path, const json::value& value, const std::string& shown) {
    for (auto at = borrows_.rbegin(); at != borrows_.rend(); ++at) {  // the innermost object first
      const auto& [object, lender] = *at;
      const std::string prefix = object.substr(object.find(": ") + 2) + ".";
      if (object.starts_with(section + ": ") && path.starts_with(prefix))
        return member(lender, path.substr(prefix.size()), value, shown);
    }
    faults_.push_back(shown + ": is not documented");
  }

  std::map<std::string, Section> sections_;
  std::map<std::string, std::string> borrows_;
  std::set<std::string> seen_;
  std::vector<std::string> faults_;
};

}  // namespace documented
