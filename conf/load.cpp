#include "conf/load.h"

#include "conf/draft.h"

namespace conf {

namespace {

void load_all(const Node& document, const std::string& hostname, ConfigDraft& draft) {
  draft.config.hostname = hostname;
  Table top(document, "", draft.faults);
  load_server(top, draft);
  load_listeners(top, draft);
  load_dkim(top, draft);
  load_sources(top, draft);
  load_pools(top, draft);
  load_classes(top, draft);
  load_own_providers(top, draft);
  load_plans(top, draft);
  load_watching(top, draft);
  top.tables("sender");  // reserved; not_yet.cpp refuses it
  top.finish();
  check(draft);
}

Loaded loaded(ConfigDraft& draft) {
  if (const auto problems = draft.faults.problems(); !problems.empty()) throw ConfigError(problems);
  return Loaded{std::move(draft.config), draft.faults.warnings()};
}

Node text_node(const std::string& text, std::size_t line) {
  Node made(NodeKind::text, line);
  made.text = text;
  return made;
}

// [table] with one key, unless the part has that table.
void supply(Node& part, const std::string& table, const std::string& key, const std::string& value, bool repeated) {
  if (part.find(table) != nullptr) return;
  Node made(NodeKind::table, part.line);
  made.entries.emplace_back(key, text_node(value, part.line));
  if (repeated) {
    Node list(NodeKind::list, part.line);
    list.list.push_back(std::move(made));
    made = std::move(list);
  }
  part.entries.emplace_back(table, std::move(made));
}

}  // namespace

Loaded load_text(const std::string& toml, const std::string& name, const std::string& hostname) {
  const Node document = parse_document(toml, name);
  ConfigDraft draft(name);
  load_all(document, hostname, draft);
  refuse_not_yet(document, draft);
  return loaded(draft);
}

Loaded load_part(const Node& part, const std::string& name, const std::string& hostname) {
  Node whole = part;
  supply(whole, "listener", "address", "127.0.0.1:0", true);
  supply(whole, "auth", "users", "", false);
  ConfigDraft draft(name);
  load_all(whole, hostname, draft);
  return loaded(draft);
}

Loaded load_file(const std::string& path, const std::string& hostname) {
  std::string content;
  const std::string reason = read_whole(path, content);
  if (!reason.empty()) throw ConfigError({Problem{Where{path, 0}, "cannot read the configuration: " + reason}});
  return load_text(content, path, hostname);
}

}  // namespace conf
