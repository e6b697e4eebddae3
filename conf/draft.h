// conf/draft.h — a configuration while it is being read.
//
// What      The Config so far, its faults, the names it refers to, and the steps that fill it: one load_*.cpp a noun.
// Units     –
// Promise   Every step reads what it can and records what it cannot, so that one run finds all faults.
// Errors    In `faults`; only the syntax of the TOML itself throws (document.h).
// Source    conf/example.toml.
// Not here  the order of the steps (load.cpp).
#pragma once

#include <string>
#include <vector>

#include "conf/config.h"
#include "conf/faults.h"
#include "conf/table.h"

namespace conf {

enum class Named { source, pool, mail_class, plan, provider, user };

struct Reference {  // a name that must be somebody's
  Named kind;
  std::string name;
  std::string path;  // as in messages: "route.pool"
  Where where;
};

struct ConfigDraft {
  explicit ConfigDraft(std::string file) : faults(file) { config.file = std::move(file); }

  Config config;
  Faults faults;
  std::vector<Reference> references;

  void refer(Named kind, const std::string& name, const Table&, const std::string& key);  // "" refers to nothing
  std::string resolve(const std::string& path) const;  // relative paths begin at the directory of the configuration file

  // A key that names a file; relative paths are resolved.
  bool path(Table&, const std::string& key, std::string& path) const;
  // Reads the file that `key` names, a fault when it cannot be read; a secret that others may read draws a warning.
  bool read_file(Table&, const std::string& key, const std::string& path, std::string& content);
  bool read_secret(Table&, const std::string& key, const std::string& path, std::string& content);
};

// The content of a regular file, or the reason in words why there is none; "" = it was read.
std::string read_whole(const std::string& path, std::string& content);

// The steps, each for the tables named.
void load_server(Table& top, ConfigDraft&);         // the keys without table, limits, dns, delivery, retry
void load_listeners(Table& top, ConfigDraft&);      // tls, auth, listener, submission
void load_dkim(Table& top, ConfigDraft&);           // dkim
void load_sources(Table& top, ConfigDraft&);        // source
void load_pools(Table& top, ConfigDraft&);          // pool, route
void load_classes(Table& top, ConfigDraft&);        // class
void load_plans(Table& top, ConfigDraft&);          // plan
void load_own_providers(Table& top, ConfigDraft&);  // providers, provider
void load_watching(Table& top, ConfigDraft&);  // suppression, bounces, history, log, warmup, control, events, doctor, rehearsal
void load_users(const std::string& path, const std::string& content, ConfigDraft&);  // the users file

void check(ConfigDraft&);                            // names refer to things that exist; things fit together
void refuse_not_yet(const Node& top, ConfigDraft&);  // what this version cannot do

// What is wrong, in words; "" when nothing is.
std::string certificate_fault(const std::string& certificate, const std::string& key);  // they fit
std::string time_zone_fault(const std::string& name);                                   // it exists

// A fault when one of `others` has the name already.
template <typename Thing>
bool unique_name(const std::vector<Thing>& others, Table& table, const std::string& name) {
  for (const Thing& other : others) {
    if (other.name != name) continue;
    table.fault("name", "\"" + name + "\" is taken already, at " + other.where.text());
    return false;
  }
  return true;
}

}  // namespace conf
