#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "conf/draft.h"

namespace conf {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream rest(text);
  for (std::string part; std::getline(rest, part, separator);) parts.push_back(part);
  return parts;
}

// crypt(5): "$id$…", or the 13 characters of the oldest method. Never shown: it may be a password in clear text.
bool is_hash(const std::string& text) {
  const auto fits = [](char c) { return c > 0x20 && c < 0x7f && c != ':' && c != '*' && c != '!' && c != '\\' && c != ';'; };
  const bool shape = (text.size() > 4 && text.front() == '$' && text.find('$', 1) != std::string::npos) || text.size() == 13;
  return shape && std::all_of(text.begin(), text.end(), fits);
}

bool is_user_name(const std::string& name) {
  return !name.empty() && name.size() <= 255 &&
         std::all_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; });
}

void load_user(const std::string& line, const Where& where, ConfigDraft& draft) {
  const auto fields = split(line, ':');
  if (fields.size() < 2 || fields.size() > 4) {
    draft.faults.problem(where, fmt::format("expected name:hash[:from-domain,…[:class]], found {} fields", fields.size()));
    return;
  }
  User user;
  user.name = fields[0];
  user.hash = fields[1];
  if (!is_user_name(user.name)) draft.faults.problem(where, "expected the name of a user before the first ':'");
  if (!is_hash(user.hash)) {
    draft.faults.problem(
        where, fmt::format("the password of \"{}\" is no crypt(5) hash like \"$y$…\"; `warmupctl passwd {}` makes one", user.name,
                           user.name));
  }
  for (const auto& domain : split(fields.size() > 2 ? fields[2] : "", ',')) {
    if (!host_name.fits(domain)) {
      draft.faults.problem(
          where, fmt::format("from-domain of \"{}\": expected a domain like \"example.com\", found \"{}\"", user.name, domain));
    }
    user.from_domains.push_back(lower(domain));
  }
  if (fields.size() > 3) user.mail_class = fields[3];
  if (!user.mail_class.empty()) {
    draft.references.push_back({Named::mail_class, user.mail_class, fmt::format("class of \"{}\"", user.name), where});
  }
  const auto [place, added] = draft.config.users.try_emplace(user.name, user);
  if (!added) draft.faults.problem(where, fmt::format("there is a user \"{}\" already", user.name));
}

}  // namespace

void load_users(const std::string& path, const std::string& content, ConfigDraft& draft) {
  std::istringstream lines(content);
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty() || line.front() == '#') continue;
    load_user(line, Where{path, number}, draft);
  }
}

}  // namespace conf
