// warmupctl classify CODE "TEXT" [--provider NAME] [--batch FILE]
#include <fmt/format.h>
#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <iostream>
#include <optional>

#include "conf/provider_words.h"
#include "mta/ctl/classify.h"
#include "mta/ctl/unknown.h"
#include "mta/ctl/verbs.h"

namespace mta::ctl {
namespace {

struct ClassifyRequest {
  int code = 0;
  std::string text, provider, batch;
};

void one(Session& session, const Judge& judge, const ClassifyRequest& request) {
  const Classified made = classify(judge, request.code, "", request.text, request.provider);
  if (session.globals.json) {
    session.out() << to_json(made) << "\n";
    return;
  }
  const auto row = [&](const char* head, const std::string& text) {
    return session.look().paint(fmt::format("{:<9}", head), Ink::dim) + text + "\n";
  };
  session.out() << row("verdict", session.look().paint(name(made.verdict), Ink::bold))
                << row("rule", shown(made.rule, session.look())) << row("action", shown(made.action, session.look()));
}

Exit unknown_provider(const conf::Config& config, const std::string& name) {
  return no_such("classify", "provider", name, conf::names_of(config.providers), conf::provider_words(config.providers));
}

std::string lines(int count) { return count == 1 ? "1 line" : fmt::format("{} lines", count); }

void batch(Session& session, const conf::Config& config, const Judge& judge, const std::string& path) {
  std::ifstream file;
  if (path != "-") file.open(path);
  std::optional<Exit> first;  // of the mistyped names
  const auto words = conf::provider_words(config.providers);
  const auto find = [&](std::string_view called) {
    const std::string name(called);
    if (conf::is_provider(config, name)) return NamedProvider{name, ""};
    const auto word = std::ranges::find(words, name, &conf::Alias::word);
    if (word != words.end()) return NamedProvider{word->name, ""};
    if (!conf::guess(name, conf::names_of(config.providers), words).near) return NamedProvider{name, ""};  // some other's
    Exit unknown = unknown_provider(config, name);
    std::string text = std::string(unknown.what()).substr(std::string_view("classify: ").size());
    if (!first) first = std::move(unknown);
    return NamedProvider{name, text};
  };
  const BatchFaults faults = classify_batch(path == "-" ? std::cin : file, session.out(), judge, find);
  std::string said;
  if (faults.no_replies > 0)
    said = fmt::format("{} could not be read as {}", lines(faults.no_replies), faults.no_replies == 1 ? "a reply" : "replies");
  if (first) {
    said += fmt::format("{}{} of a provider that is not known, and judged by the rules for all: {}", said.empty() ? "" : "; ",
                        faults.mistyped_providers == 1 ? "1 line is" : lines(faults.mistyped_providers) + " are",
                        std::string(first->what()).substr(std::string_view("classify: ").size()));
  }
  if (!said.empty())
    throw Exit(EX_USAGE, "classify: " + said + "; see \"error\" in the output", first ? first->fields : boost::json::object{});
}

void check_provider(const conf::Config& config, const std::string& name) {
  if (!name.empty() && !conf::is_provider(config, name)) throw unknown_provider(config, name);
}

}  // namespace

void add_classify(CLI::App& app, Session& session) {
  auto request = std::make_shared<ClassifyRequest>();
  auto* verb = app.add_subcommand("classify", "what a remote reply means here, and which rule says so");
  auto* code = verb->add_option("code", request->code, "the reply's code")->check(CLI::Range(200, 599));
  auto* text = verb->add_option("text", request->text, "the reply's text; may begin with the enhanced code");
  auto* provider = verb->add_option("--provider", request->provider, "when it comes from this mailbox provider");
  auto* file = verb->add_option(
      "--batch", request->batch,
      "file of code<TAB>enhanced<TAB>text<TAB>provider lines, \"-\" for standard input; writes one JSON object a line");
  file->excludes(code)->excludes(text)->excludes(provider);
  verb->callback([&session, request, code, file] {
    if (code->count() == 0 && file->count() == 0) throw Exit(EX_USAGE, "classify: expected CODE \"TEXT\" or --batch FILE");
    if (file->count() > 0) expect_file(request->batch);
    const auto config = session.config();
    check_provider(config, request->provider);
    const Judge judge(config.responses);
    if (file->count() > 0)
      batch(session, config, judge, request->batch);
    else
      one(session, judge, *request);
  });
}

}  // namespace mta::ctl
