#include "conf/load.h"

#include "conf/draft.h"

namespace conf {

Loaded load_text(const std::string& toml, const std::string& name, const std::string& hostname) {
  const Node document = parse_document(toml, name);
  Draft draft(name);
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
  refuse_not_yet(document, draft);
  if (const auto problems = draft.faults.problems(); !problems.empty()) throw ConfigError(problems);
  return Loaded{std::move(draft.config), draft.faults.warnings()};
}

Loaded load_file(const std::string& path, const std::string& hostname) {
  std::string content;
  const std::string reason = read_whole(path, content);
  if (!reason.empty()) throw ConfigError({Problem{Where{path, 0}, "cannot read the configuration: " + reason}});
  return load_text(content, path, hostname);
}

}  // namespace conf
