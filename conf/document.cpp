#include "conf/document.h"

#include <fmt/format.h>

#include <algorithm>

// The library asserts that a key follows "[", and aborts or misbehaves on "[=": its own check right below the assertion answers
// properly. So its assertions are off in every build; this is the only file that sees the library.
#undef NDEBUG
#define TOML_ASSERT(expression) static_assert(true)
#include <toml++/toml.h>

#include "conf/load.h"

namespace conf {
namespace {

constexpr std::size_t shown_at_most = 60;

Node from(const toml::node& node, std::size_t line);

Node from_table(const toml::table& table, std::size_t line) {
  Node made(NodeKind::table, line);
  for (const auto& [key, value] : table) {
    const std::size_t own = key.source().begin.line;
    made.entries.emplace_back(std::string(key.str()), from(value, own == 0 ? line : own));
  }
  std::stable_sort(made.entries.begin(), made.entries.end(),
                   [](const auto& a, const auto& b) { return a.second.line < b.second.line; });
  return made;
}

Node from_list(const toml::array& list, std::size_t line) {
  Node made(NodeKind::list, line);
  for (const toml::node& element : list) {
    const std::size_t own = element.source().begin.line;
    made.list.push_back(from(element, own == 0 ? line : own));
  }
  return made;
}

Node from(const toml::node& node, std::size_t line) {
  if (const auto* table = node.as_table()) return from_table(*table, line);
  if (const auto* list = node.as_array()) return from_list(*list, line);
  Node made(NodeKind::moment, line);
  if (const auto* text = node.as_string()) {
    made.kind = NodeKind::text;
    made.text = text->get();
  } else if (const auto* whole = node.as_integer()) {
    made.kind = NodeKind::whole;
    made.whole = whole->get();
  } else if (const auto* real = node.as_floating_point()) {
    made.kind = NodeKind::real;
    made.real = real->get();
  } else if (const auto* boolean = node.as_boolean()) {
    made.kind = NodeKind::boolean;
    made.boolean = boolean->get();
  }
  return made;
}

}  // namespace

// Control octets of a value must not reach a terminal.
std::string in_quotes(std::string_view text) {
  std::string made = "\"";
  for (const char c : text.substr(0, shown_at_most)) {
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    made += control ? fmt::format("\\x{:02x}", static_cast<unsigned char>(c)) : std::string(1, c);
  }
  return made + (text.size() > shown_at_most ? "…\"" : "\"");
}

const Node* Node::find(std::string_view key) const {
  const auto found = std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.first == key; });
  return found == entries.end() ? nullptr : &found->second;
}

std::string Node::shown() const {
  switch (kind) {
    case NodeKind::text: return in_quotes(text);
    case NodeKind::whole: return fmt::format("{}", whole);
    case NodeKind::real: return fmt::format("{}", real);
    case NodeKind::boolean: return boolean ? "true" : "false";
    case NodeKind::moment: return "a date or time";
    case NodeKind::list: return list.empty() ? "an empty list" : "a list";
    case NodeKind::table: return "a table";
  }
  return "";
}

Node parse_document(const std::string& toml, const std::string& name) {
  try {
    return from_table(toml::parse(toml, name), 1);
  } catch (const toml::parse_error& error) {
    const std::size_t line = std::max<std::size_t>(1, error.source().begin.line);
    throw ConfigError({Problem{Where{name, line}, fmt::format("this is not TOML: {}", error.description())}});
  }
}

}  // namespace conf
