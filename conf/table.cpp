#include "conf/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "conf/nearest.h"

namespace conf {
namespace {

constexpr std::string_view a_duration = "a duration like \"90s\", \"5m\", \"4h\" or \"5d\"";
constexpr std::string_view a_size = "a size like \"50MiB\"";

// In TOML a key written below a table belongs to the table; these are meant for the top.
constexpr std::array<std::string_view, 6> top_keys{"hostname", "postmaster", "spool", "threads", "shutdown_grace", "min_free"};

std::string hint_for(const std::string& key, const std::vector<std::string>& known) {
  if (std::find(top_keys.begin(), top_keys.end(), key) != top_keys.end()) return "; it belongs before the first [table]";
  const std::string best = nearest(key, known);
  if (best.empty()) return "";
  return is_near(key, best) ? fmt::format(", did you mean \"{}\"?", best)
                            : fmt::format("; the nearest known name is \"{}\"", best);
}

}  // namespace

std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += '"' + names[i] + '"';
  }
  return text;
}

const Node* Table::ask(const std::string& key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.push_back(key);
  return node_->find(key);
}

Where Table::where(const std::string& key) const {
  const Node* found = node_->find(key);
  return faults_->at(found == nullptr ? node_->line : found->line);
}

Where Table::element(const std::string& key, std::size_t index) const {
  const Node* found = node_->find(key);
  if (found == nullptr || found->kind != NodeKind::list || index >= found->list.size()) return where(key);
  return faults_->at(found->list[index].line);
}

void Table::fault(const std::string& key, const std::string& text) {
  faults_->problem(where(key), fmt::format("{}: {}", path(key), text));
}

void Table::warn(const std::string& key, const std::string& text) {
  faults_->warning(where(key), fmt::format("{}: {}", path(key), text));
}

void Table::misfit(const std::string& key, std::string_view expected) {
  const Node* found = node_->find(key);
  fault(key, fmt::format("expected {}, found {}", expected, found == nullptr ? "nothing" : found->shown()));
}

bool Table::wrong(const std::string& key, const Node& found, std::string_view expected) {
  faults_->problem(faults_->at(found.line), fmt::format("{}: expected {}, found {}", path(key), expected, found.shown()));
  return false;
}

bool Table::need(const std::string& key, std::string_view example) {
  if (ask(key) != nullptr) return true;
  faults_->problem(where(), fmt::format("{} is missing, for example {} = {}", path(key), key, example));
  return false;
}

bool Table::text(const std::string& key, std::string& value) {
  const Node* found = ask(key);
  if (found == nullptr) return false;
  if (found->kind != NodeKind::text) return wrong(key, *found, "text in quotes");
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::any_of(found->text.begin(), found->text.end(), control))
    return wrong(key, *found, "one line without control characters");
  value = found->text;
  return true;
}

bool Table::text(const std::string& key, std::string& value, const Form& form) {
  const Node* found = ask(key);
  if (found == nullptr) return false;
  if (found->kind != NodeKind::text || !form.fits(found->text)) return wrong(key, *found, form.expected);
  value = found->text;
  return true;
}

bool Table::text_or_none(const std::string& key, std::string& value, const Form& form) {
  const Node* found = ask(key);
  if (found == nullptr) return false;
  if (found->kind == NodeKind::text && found->text.empty()) return value.clear(), true;
  return text(key, value, form);
}

bool Table::texts(const std::string& key, std::vector<std::string>& values) {
  return texts(key, values, Form{"text in quotes", [](std::string_view text) { return !text.empty(); }});
}

bool Table::texts(const std::string& key, std::vector<std::string>& values, const Form& form) {
  const Node* found = ask(key);
  if (found == nullptr) return false;
  if (found->kind != NodeKind::list) return wrong(key, *found, fmt::format("a list [\"…\"], each {}", form.expected));
  std::vector<std::string> read;
  bool right = true;
  for (const Node& element : found->list) {
    if (element.kind != NodeKind::text || !form.fits(element.text)) right = wrong(key, element, form.expected);
    read.push_back(element.text);
  }
  if (right) values = std::move(read);
  return right;
}

bool Table::yes_no(const std::string& key, bool& value) {
  const Node* found = ask(key);
  if (found == nullptr) return false;
  if (found->kind != NodeKind::boolean) return wrong(key, *found, "true or false");
  value = found->boolean;
  return true;
}

bool Table::whole_number(const std::string& key, std::uint64_t& value, std::uint64_t least, std::uint64_t most) {
  const Node* found = ask(key);
  if (found == nullptr) return false;
  const bool fits = found->kind == NodeKind::whole && found->whole >= 0 && static_cast<std::uint64_t>(found->whole) >= least &&
                    static_cast<std::uint64_t>(found->whole) <= most;
  if (!fits) return wrong(key, *found, fmt::format("a whole number from {} to {}", least, most));
  value = static_cast<std::uint64_t>(found->whole);
  return true;
}

bool Table::number(const std::string& key, double& value, double least, double most) {
  const Node* found = ask(key);
  if (found == nullptr) return false;
  const double given = found->kind == NodeKind::whole ? static_cast<double>(found->whole) : found->real;
  const bool fits = (found->kind == NodeKind::whole || found->kind == NodeKind::real) && given >= least &&
                    given <= most;  // not a number: neither
  if (!fits) return wrong(key, *found, fmt::format("a number from {} to {}", least, most));
  value = given;
  return true;
}

bool Table::duration(const std::string& key, std::chrono::milliseconds& value, std::chrono::milliseconds least) {
  const Node* found = ask(key);
  if (found == nullptr) return false;
  const auto read = found->kind == NodeKind::text ? parse_duration(found->text) : std::nullopt;
  if (!read) return wrong(key, *found, a_duration);
  if (*read < least) return wrong(key, *found, fmt::format("at least \"{}\"", duration_text(least)));
  value = *read;
  return true;
}

bool Table::size(const std::string& key, std::uint64_t& value, std::uint64_t least) {
  const Node* found = ask(key);
  if (found == nullptr) return false;
  const auto read = found->kind == NodeKind::text ? parse_size(found->text) : std::nullopt;
  if (!read) return wrong(key, *found, a_size);
  if (*read < least) return wrong(key, *found, fmt::format("at least \"{}\"", size_text(least)));
  value = *read;
  return true;
}

bool Table::rate(const std::string& key, double& value) {
  const Node* found = ask(key);
  if (found == nullptr) return false;
  if (found->kind == NodeKind::text && found->text.empty()) return value = 0, true;
  const auto read = found->kind == NodeKind::text ? parse_rate(found->text) : std::nullopt;
  if (!read) return wrong(key, *found, "a rate like \"20/s\", \"600/min\" or \"1000/h\", or \"\" for none");
  value = *read;
  return true;
}

bool Table::numbers(const std::string& key, std::vector<std::uint64_t>& values, std::uint64_t least, std::uint64_t most) {
  const Node* found = ask(key);
  if (found == nullptr) return false;
  if (found->kind != NodeKind::list) return wrong(key, *found, "a list of whole numbers");
  std::vector<std::uint64_t> read;
  bool right = true;
  for (const Node& element : found->list) {
    const auto number = static_cast<std::uint64_t>(std::max<std::int64_t>(element.whole, 0));
    const bool fits = element.kind == NodeKind::whole && number >= least && number <= most;
    if (!fits) right = wrong(key, element, fmt::format("a whole number from {} to {}", least, most));
    read.push_back(number);
  }
  if (right) values = std::move(read);
  return right;
}

std::optional<std::size_t> Table::one_of(const std::string& key, const std::vector<std::string>& names) {
  const Node* found = ask(key);
  if (found == nullptr) return std::nullopt;
  const auto place = found->kind == NodeKind::text ? std::find(names.begin(), names.end(), found->text) : names.end();
  if (place == names.end()) return wrong(key, *found, listed(names)), std::nullopt;
  return static_cast<std::size_t>(place - names.begin());
}

bool Table::choice(const std::string& key, std::string& value, const std::vector<std::string>& names) {
  const auto index = one_of(key, names);
  if (index) value = names[*index];
  return index.has_value();
}

std::optional<Table> Table::table(const std::string& key) {
  const Node* found = ask(key);
  if (found == nullptr) return std::nullopt;
  if (found->kind == NodeKind::table) return Table(*found, path(key), *faults_);
  const bool repeated = found->kind == NodeKind::list && !found->list.empty() && found->list.front().kind == NodeKind::table;
  if (repeated) {
    faults_->problem(faults_->at(found->list.front().line),
                     fmt::format("{0}: there is only one, write [{0}], not [[{0}]]", path(key)));
  } else {
    wrong(key, *found, fmt::format("a table [{}]", path(key)));
  }
  return std::nullopt;
}

std::vector<Table> Table::tables(const std::string& key) {
  const Node* found = ask(key);
  std::vector<Table> made;
  if (found == nullptr) return made;
  if (found->kind == NodeKind::table) {
    faults_->problem(faults_->at(found->line), fmt::format("{0}: there may be several, write [[{0}]], not [{0}]", path(key)));
    return made;
  }
  if (found->kind != NodeKind::list) return wrong(key, *found, fmt::format("tables [[{}]]", path(key))), made;
  for (const Node& element : found->list) {
    if (element.kind == NodeKind::table) {
      made.emplace_back(element, path(key), *faults_);
    } else {
      wrong(key, element, fmt::format("tables [[{}]]", path(key)));
    }
  }
  return made;
}

std::vector<std::pair<std::string, Table>> Table::named_tables(const std::string& key) {
  std::vector<std::pair<std::string, Table>> made;
  const auto all = table(key);
  if (!all) return made;
  for (const auto& [name, node] : all->node_->entries) {
    if (node.kind == NodeKind::table) {
      made.emplace_back(name, Table(node, all->path(name), *faults_));
    } else {
      wrong(key + "." + name, node, fmt::format("a table [{}]", all->path(name)));
    }
  }
  return made;
}

std::vector<std::string> Table::keys() const {
  std::vector<std::string> names;
  for (const auto& [key, node] : node_->entries) names.push_back(key);
  return names;
}

void Table::finish() {
  for (const auto& [key, node] : node_->entries) {
    if (std::find(known_.begin(), known_.end(), key) != known_.end()) continue;
    const std::string table = path_.empty() ? "" : fmt::format(" in [{}]", path_);
    faults_->problem(faults_->at(node.line), fmt::format("unknown key {}{}{}", in_quotes(key), table, hint_for(key, known_)));
  }
}

}  // namespace conf
