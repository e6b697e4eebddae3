// conf/load.h — reads the configuration, or says everything that is wrong with it.
//
// What      TOML in, conf::Config out, with every file it names (users, keys, providers, responses, passwords) read.
// Units     As config.h.
// Promise   All problems of a file are reported in one go, in file order; unknown keys with the nearest known name.
// Errors    ConfigError: one Problem a fault, each with place, what was expected, what was found.
// Source    conf/example.toml.
// Not here  acting on it.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "conf/config.h"

namespace conf {

struct Node;

struct Problem {
  Where where;
  std::string text;          // "limits.message_size: expected a size like \"50MiB\", found \"50 megs\""
  std::string line() const;  // "FILE:LINE: text"
};

struct ConfigError : std::runtime_error {
  explicit ConfigError(std::vector<Problem>);  // what(): one problem a line
  std::vector<Problem> problems;
};

struct Loaded {
  Config config;
  std::vector<Problem> warnings;  // small RSA key, preset on a lane, readable secrets, …
};

// `hostname` is the host's FQDN, used where the file gives none.
Loaded load_file(const std::string& path, const std::string& hostname);
Loaded load_text(const std::string& toml, const std::string& name, const std::string& hostname);
// A configuration within another file, for a simulation: it takes no mail, so it needs no [[listener]].
Loaded load_part(const Node& part, const std::string& name, const std::string& hostname);

std::vector<Provider> load_providers(const std::string& path);      // ConfigError
std::vector<ResponseRule> load_responses(const std::string& path);  // ConfigError

// Keys that may not change while running: what changed, "" when nothing did ("spool", "threads", "control.socket", "rehearsal").
std::vector<std::string> not_reloadable(const Config& running, const Config& wanted);

}  // namespace conf
