// conf/document.h — a TOML file as plain values that know their line.
//
// What      Parses TOML and keeps, for every key and every list element, the line it stands on.
// Units     Lines from 1.
// Promise   The order of keys is the order of the file. Nothing else in the program sees the TOML library's types.
// Errors    ConfigError with the one place where the syntax breaks.
// Source    TOML 1.0; conf/example.toml.
// Not here  what a key means (table.h and load_*.cpp).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace conf {

enum class NodeKind { text, whole, real, boolean, moment, list, table };

struct Node {
  Node(NodeKind k, std::size_t l) : kind(k), line(l) {}
  NodeKind kind;
  std::size_t line;  // of the key; of the header for [x] and [[x]]; of the element in a list
  std::string text;
  std::int64_t whole = 0;
  double real = 0;
  bool boolean = false;
  std::vector<Node> list;
  std::vector<std::pair<std::string, Node>> entries;  // of a table

  const Node* find(std::string_view key) const;
  std::string shown() const;  // as in a message: "\"abc\"", "12", "a list", "a table"
};

std::string in_quotes(std::string_view);  // for a message: shortened, control octets escaped

// `name` stands for the file in messages.
Node parse_document(const std::string& toml, const std::string& name);

}  // namespace conf
