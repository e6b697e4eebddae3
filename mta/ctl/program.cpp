#include "mta/ctl/program.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <optional>
#include <sstream>

#include "mta/ctl/fields.h"
#include "mta/ctl/unknown.h"
#include "mta/ctl/verbs.h"

namespace mta::ctl {
namespace {

void add_globals(CLI::App& app, Session& session) {
  app.fallthrough();  // global options may follow the verb; the verbs inherit this
  app.require_subcommand(1);
  app.set_version_flag("--version", "warmupctl " WARMUPD_VERSION);
  app.add_option("--socket", session.globals.socket, "control socket (default: the configuration's, /run/warmupd/control.sock)");
  app.add_option("--config", session.globals.config, "configuration file")
      ->each([&session](const std::string&) { session.globals.config_given = true; })
      ->capture_default_str();
  app.add_option("--columns", session.globals.columns, "draw as for a terminal of so many columns, in a pipe too")
      ->check(CLI::Range(std::size_t{60}, std::size_t{1000}));
  app.parse_complete_callback([&session] {  // before any verb runs
    if (session.globals.columns > 0) {
      session.outside().look.width = session.globals.columns;
      session.outside().look.cuts = true;
    }
    if (session.globals.config_given) expect_file(session.globals.config);
  });
  app.add_flag("--json", session.globals.json, "answer as JSON");
}

// The verb that was being read, with those above it: the innermost first.
std::vector<const CLI::App*> path_of(const CLI::App& app) {
  std::vector<const CLI::App*> path{&app};
  while (!path.front()->get_subcommands().empty()) path.insert(path.begin(), path.front()->get_subcommands().front());
  return path;
}

void add_new(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

std::vector<std::string> options_of(const std::vector<const CLI::App*>& path) {
  std::vector<std::string> names;
  for (const auto* at : path)
    for (const auto* option : at->get_options())
      for (const auto& name : option->get_lnames()) add_new(names, "--" + name);
  return names;
}

// CLI11's sentences about a value, in the shape of ours: what, expected, found.
std::string about_value(const std::string& said) {
  const auto between = [&said](std::string_view before, std::string_view after) -> std::optional<std::array<std::string, 3>> {
    const auto first = said.find(before), second = said.find(after, first == std::string::npos ? first : first + before.size());
    if (first == std::string::npos || second == std::string::npos) return std::nullopt;
    const auto middle = first + before.size();
    return std::array{said.substr(0, first), said.substr(middle, second - middle), said.substr(second + after.size())};
  };
  if (const auto range = between(": Value ", " not in range ")) {
    const auto& [name, found, limits] = *range;
    return fmt::format("{}: expected a number from {}, found {}", name, limits, found);
  }
  if (const auto number = between("Could not convert: ", " = ")) {
    const auto& [nothing, name, found] = *number;
    return fmt::format("{}: expected a number, found {}", name, found);
  }
  if (const auto missing = between(": 1 required ", " missing")) return fmt::format("{}: its value is missing", missing->at(0));
  return said;
}

// What was found where, and what was expected.
Exit complaint_of(const CLI::App& app, const CLI::ParseError& error) {
  const auto path = path_of(app);
  std::string within;
  for (auto at = path.rbegin() + 1; at != path.rend(); ++at) within += (within.empty() ? "" : " ") + (*at)->get_name();
  const std::string help = fmt::format("; `warmupctl {}{}--help` tells more", within, within.empty() ? "" : " ");
  const auto with_help = [&](Exit end) { return Exit(EX_USAGE, end.what() + help, std::move(end.fields)); };
  const auto words = app.remaining(true);
  const auto option = std::find_if(words.begin(), words.end(), [](const std::string& word) {
    return word.size() > 1 && word.front() == '-' && (word[1] < '0' || word[1] > '9');
  });
  if (option != words.end()) {
    const std::string name = option->substr(0, option->find('='));
    return with_help(no_such(within, "option", name, options_of(path)));
  }
  std::vector<std::string> verbs;
  for (const auto* verb : path.front()->get_subcommands([](const CLI::App*) { return true; })) verbs.push_back(verb->get_name());
  const std::string before = within.empty() ? "" : within + ": ";
  const bool lacks_verb = !verbs.empty() && dynamic_cast<const CLI::RequiredError*>(&error) != nullptr;
  if (words.empty() && !lacks_verb) return {EX_USAGE, before + about_value(error.what()) + help};
  if (verbs.empty()) return {EX_USAGE, fmt::format("{}expected nothing more, found \"{}\"{}", before, words.front(), help)};
  const std::string known = fmt::format("{}{}", fmt::join(verbs, " "), help);
  if (words.empty()) return {EX_USAGE, before + "a verb is missing; expected one of: " + known};
  const auto guess = conf::guess(words.front(), verbs);
  Exit end = no_such(within, "verb", words.front(), verbs);
  const std::string hint = guess.near ? fmt::format(", did you mean \"{}\"? Expected", guess.name) : "; expected";
  return {EX_USAGE, fmt::format("{}there is no verb \"{}\"{} one of: {}", before, words.front(), hint, known),
          std::move(end.fields)};
}

const char* title_of(int code) {
  switch (code) {
    case EX_USAGE: return "wrong usage";
    case EX_NOINPUT: return "no such input file";
    case EX_UNAVAILABLE: return "no daemon answers";
    case EX_CANTCREAT: return "cannot create";
    case EX_CONFIG: return "the configuration is wrong";
    case check_failed: return "not found";
    default: return "not now";
  }
}

// One sentence for people, or, with --json, one problem (RFC 9457) on standard output.
int end_with(const Exit& end, bool as_json, Session& session) {
  if (*end.what() == '\0') return end.code;
  if (!as_json) {
    session.warn(end.what());
    return end.code;
  }
  json::object problem{{"title", title_of(end.code)}, {"status", nullptr}, {"detail", end.what()},
                       {"unknown", nullptr},          {"found", nullptr},  {"nearest", nullptr},
                       {"problems", json::array{}}};
  for (const auto& [name, value] : end.fields) problem[name] = value;
  problem["exit_code"] = end.code;
  session.print(problem);
  return end.code;
}

}  // namespace

int run(const std::vector<std::string>& words, Outside& outside) {
  Session session(outside);
  CLI::App app{"warmupctl — look at and steer warmupd, an outbound mail transfer agent that warms up its own IP addresses",
               "warmupctl"};
  add_globals(app, session);
  for (const auto add : {add_status, add_lane, add_sender, add_forecast, add_queue, add_why, add_find, add_classify,
                         add_providers, add_simulate, add_reload, add_config, add_spool, add_passwd})
    add(app, session);
  std::vector<std::string> reversed(words.rbegin(), words.rend());                      // as the library wants them
  const bool as_json = std::find(words.begin(), words.end(), "--json") != words.end();  // also when the rest cannot be read
  try {
    app.parse(std::move(reversed));
    return EX_OK;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {  // --help, --version
      std::ostringstream help;
      app.exit(error, help, outside.err);
      outside.out << shown_lines(help.str(), outside.look);
      return EX_OK;
    }
    return end_with(complaint_of(app, error), as_json, session);
  } catch (const Exit& end) {
    return end_with(end, as_json, session);
  } catch (const std::exception& error) {
    return end_with({EX_TEMPFAIL, error.what()}, as_json, session);
  }
}

}  // namespace mta::ctl
