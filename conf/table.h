// conf/table.h — one table of the configuration, read key by key.
//
// What      Takes keys of a Node into variables; what is wrong becomes a fault that says what was expected and what was found.
// Units     As units.h; ranges are inclusive.
// Promise   A variable keeps its value (the default) when its key is absent or wrong. After finish() every key of the table was
//           either asked for or reported as unknown, with the nearest known name.
// Errors    Recorded in Faults, never thrown.
// Source    DESIGN.md §7, promise 6.
// Not here  which keys there are (load_*.cpp), what must fit together (check.cpp).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conf/document.h"
#include "conf/faults.h"
#include "conf/names.h"
#include "conf/units.h"

namespace conf {

class Table {
 public:
  // `path` as in messages: "limits", "source", "plan.providers.outlook"; "" for the top of the file.
  Table(const Node& node, std::string path, Faults& faults) : node_(&node), path_(std::move(path)), faults_(&faults) {}

  // Each returns true when the key is there and right.
  bool text(const std::string& key, std::string& value);
  bool text(const std::string& key, std::string& value, const Form&);          // must fit
  bool text_or_none(const std::string& key, std::string& value, const Form&);  // "" or must fit
  bool texts(const std::string& key, std::vector<std::string>& values);
  bool texts(const std::string& key, std::vector<std::string>& values, const Form&);
  bool yes_no(const std::string& key, bool& value);
  bool number(const std::string& key, double& value, double least, double most);
  bool duration(const std::string& key, std::chrono::milliseconds& value, std::chrono::milliseconds least);
  bool size(const std::string& key, std::uint64_t& value, std::uint64_t least);
  bool rate(const std::string& key, double& value);  // "" = 0 = no limit
  bool numbers(const std::string& key, std::vector<std::uint64_t>& values, std::uint64_t least, std::uint64_t most);
  template <typename Whole>
  bool whole(const std::string& key, Whole& value, Whole least, Whole most) {
    std::uint64_t wide = 0;
    if (!whole_number(key, wide, static_cast<std::uint64_t>(least), static_cast<std::uint64_t>(most))) return false;
    value = static_cast<Whole>(wide);
    return true;
  }
  template <typename Choice>
  bool choice(const std::string& key, Choice& value, const std::vector<std::pair<std::string, Choice>>& choices) {
    std::vector<std::string> names;
    for (const auto& each : choices) names.push_back(each.first);
    const auto index = one_of(key, names);
    if (index) value = choices[*index].second;
    return index.has_value();
  }
  bool choice(const std::string& key, std::string& value, const std::vector<std::string>& names);

  std::optional<Table> table(const std::string& key);                               // [key]
  std::vector<Table> tables(const std::string& key);                                // [[key]], each
  std::vector<std::pair<std::string, Table>> named_tables(const std::string& key);  // [key.NAME], each

  bool given(const std::string& key) const { return node_->find(key) != nullptr; }
  std::vector<std::string> keys() const;                        // as the file has them: of a table whose keys are names
  bool need(const std::string& key, std::string_view example);  // a fault when the key is absent
  Where where() const { return faults_->at(node_->line); }
  Where where(const std::string& key) const;  // the table's own when the key is absent
  Where element(const std::string& key, std::size_t index) const;
  std::string path(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }
  void fault(const std::string& key, const std::string& text);  // "PATH: text" at the key
  void warn(const std::string& key, const std::string& text);
  void misfit(const std::string& key, std::string_view expected);  // "PATH: expected …, found …" at the key
  Faults& faults() const { return *faults_; }

  void finish();  // unknown keys

 private:
  const Node* ask(const std::string& key);
  bool wrong(const std::string& key, const Node& found, std::string_view expected);
  bool whole_number(const std::string& key, std::uint64_t& value, std::uint64_t least, std::uint64_t most);
  std::optional<std::size_t> one_of(const std::string& key, const std::vector<std::string>& names);

  const Node* node_;
  std::string path_;
  Faults* faults_;
  std::vector<std::string> known_;
};

std::string listed(const std::vector<std::string>& names);  // "\"a\", \"b\" or \"c\""

}  // namespace conf
