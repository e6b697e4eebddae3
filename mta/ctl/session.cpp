#include "mta/ctl/session.h"

#include <fmt/format.h>
#include <sysexits.h>

#include <boost/json/serialize.hpp>
#include <filesystem>
#include <fstream>
#include <optional>
#include <ostream>
#include <sstream>

#include "conf/document.h"
#include "mta/ctl/fields.h"

namespace mta::ctl {
namespace {

std::optional<conf::Node> document_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream read;
  read << file.rdbuf();
  return conf::parse_document(read.str(), path);
}

const std::string* text_at(const conf::Node& document, const char* table, const char* key) {
  const conf::Node* of = document.find(table);
  const conf::Node* value = of == nullptr ? nullptr : of->find(key);
  return value != nullptr && value->kind == conf::NodeKind::text ? &value->text : nullptr;
}

bool exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

// What a daemon said against a question; empty when it is no problem of ours.
json::object problem_of(const HttpReply& reply) {
  try {
    return object_of(reply.body);
  } catch (const NotJson&) {  // its text will do
    return {};
  }
}

std::string complaint(const HttpReply& reply, const json::object& problem) {
  const std::string title = text_of(problem, "title"), detail = text_of(problem, "detail");
  if (!text_of(problem, "unknown").empty()) return detail;  // "no such provider: there is no provider" says it twice
  if (!detail.empty()) return title.empty() ? detail : title + ": " + detail;
  return reply.body.substr(0, reply.body.find_last_not_of("\r\n") + 1);
}

int exit_code(unsigned status, const json::object& problem) {
  if (!text_of(problem, "unknown").empty()) return EX_USAGE;
  switch (status) {
    case 404: return check_failed;
    case 409: return EX_CONFIG;
    default: return status < 500 ? EX_USAGE : EX_TEMPFAIL;
  }
}

// No file: the documented defaults are enough for verbs that only read the shipped tables.
constexpr const char* without_file =
    "[auth]\nusers = \"\"\n[[listener]]\naddress = \"127.0.0.1:0\"\n[[source]]\nname = \"none\"\naddress = \"\"\n";

}  // namespace

json::array problems_json(const std::vector<conf::Problem>& problems) {
  json::array rows;
  for (const auto& problem : problems)
    rows.push_back(json::object{{"file", problem.where.file}, {"line", problem.where.line}, {"text", problem.text}});
  return rows;
}

Exit wrong_configuration(const std::vector<conf::Problem>& problems) {
  std::string text;
  for (const auto& problem : problems) text += (text.empty() ? "" : "\nwarmupctl: ") + problem.line();
  return {EX_CONFIG, text, {{"problems", problems_json(problems)}}};
}

void Session::warn(const std::string& text) { outside_.err << "warmupctl: " << shown_lines(text, look()) << "\n"; }

std::string Session::socket() const {
  if (!globals.socket.empty()) return globals.socket;
  try {
    if (const auto document = document_of(globals.config)) {
      if (const std::string* socket = text_at(*document, "control", "socket")) return *socket;
    }
  } catch (const conf::ConfigError&) {
    // A daemon that runs on an older version of this file can still be asked; --socket says where else.
  }
  return conf::Control{}.socket;
}

std::string Session::ask_text(const std::string& method, const std::string& path, const Query& query) {
  HttpReply reply;
  try {
    reply = outside_.ask(socket(), HttpRequest{method, path, query, ""});
  } catch (const Unavailable& error) {
    throw Exit(EX_UNAVAILABLE, error.what());
  }
  if (reply.status >= 200 && reply.status < 300) return reply.body;
  json::object problem = problem_of(reply);
  const int code = exit_code(reply.status, problem);
  std::string text = complaint(reply, problem);
  throw Exit(code, text, std::move(problem));
}

json::object Session::ask(const std::string& method, const std::string& path, const Query& query) {
  try {
    return object_of(ask_text(method, path, query));
  } catch (const NotJson& error) {
    throw Exit(EX_TEMPFAIL, error.what());
  }
}

void Session::print(const json::value& value) { out() << json::serialize(value) << "\n"; }

conf::Config Session::config() {
  try {
    if (!globals.config_given && !exists(globals.config))
      return conf::load_text(without_file, "(defaults)", outside_.hostname).config;
    return conf::load_file(globals.config, outside_.hostname).config;
  } catch (const conf::ConfigError& error) {
    throw wrong_configuration(error.problems);
  }
}

std::string Session::users_file() const {
  const std::string usual = "/etc/warmupd/users";
  std::optional<conf::Node> document;
  try {
    document = document_of(globals.config);
  } catch (const conf::ConfigError& error) {
    throw wrong_configuration(error.problems);
  }
  if (!document && exists(globals.config)) throw Exit(EX_CONFIG, globals.config + ": cannot read the configuration");
  const std::string* named = document ? text_at(*document, "auth", "users") : nullptr;
  if (named == nullptr) return usual;
  if (named->empty()) throw Exit(EX_CONFIG, globals.config + ": auth.users is empty, so there is no users file");
  return (std::filesystem::path(globals.config).parent_path() / *named).string();  // an absolute one stays as it is
}

std::vector<std::string> Session::class_names() const {
  std::vector<std::string> names{"transactional", "bulk"};
  std::optional<conf::Node> document;
  try {
    document = document_of(globals.config);
  } catch (const conf::ConfigError&) {
    return names;
  }
  const conf::Node* classes = document ? document->find("class") : nullptr;
  if (classes == nullptr) return names;
  for (const conf::Node& each : classes->list) {
    const conf::Node* name = each.find("name");
    if (name != nullptr && name->kind == conf::NodeKind::text) names.push_back(name->text);
  }
  return names;
}

}  // namespace mta::ctl
