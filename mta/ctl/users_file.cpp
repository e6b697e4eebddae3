#include "mta/ctl/users_file.h"

#include <crypt.h>
#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace mta::ctl {
namespace {

struct UsersLine {
  std::string_view text;  // without its end
  std::string_view whole;
};

std::vector<UsersLine> lines_of(std::string_view content) {
  std::vector<UsersLine> lines;
  while (!content.empty()) {
    const std::size_t end = std::min(content.find('\n'), content.size());
    std::string_view text = content.substr(0, end);
    const std::string_view whole = content.substr(0, std::min(content.size(), end + 1));
    if (text.ends_with('\r')) text.remove_suffix(1);
    lines.push_back({text, whole});
    content.remove_prefix(whole.size());
  }
  return lines;
}

std::string_view field(std::string_view line, std::size_t number) {
  for (; number > 0; --number) {
    const std::size_t end = line.find(':');
    if (end == std::string_view::npos) return {};
    line.remove_prefix(end + 1);
  }
  return line.substr(0, line.find(':'));
}

bool is_row_of(const UsersLine& line, std::string_view name) {
  return !line.text.empty() && line.text.front() != '#' && line.text.find(':') != std::string_view::npos &&
         field(line.text, 0) == name;
}

std::string row_text(const UserRow& row, std::string_view old) {
  const std::string domains =
      row.from_domains ? fmt::format("{}", fmt::join(*row.from_domains, ",")) : std::string(field(old, 2));
  const std::string mail_class = row.mail_class.value_or(std::string(field(old, 3)));
  std::string text = row.name + ":" + row.hash;
  if (!domains.empty() || !mail_class.empty()) text += ":" + domains;
  if (!mail_class.empty()) text += ":" + mail_class;
  return text;
}

}  // namespace

std::string set_user(const std::string& content, const UserRow& row) {
  std::string made;
  bool set = false;
  for (const UsersLine& line : lines_of(content)) {
    if (!is_row_of(line, row.name))
      made += line.whole;
    else if (!std::exchange(set, true))
      made += row_text(row, line.text) + "\n";  // a second row of the same name goes
  }
  if (set) return made;
  if (!made.empty() && made.back() != '\n') made += '\n';
  return made + row_text(row, "") + "\n";
}

std::optional<std::string> delete_user(const std::string& content, const std::string& name) {
  std::string made;
  bool found = false;
  for (const UsersLine& line : lines_of(content)) {
    if (is_row_of(line, name))
      found = true;
    else
      made += line.whole;
  }
  return found ? std::optional(made) : std::nullopt;
}

std::vector<std::string> user_names(const std::string& content) {
  std::vector<std::string> names;
  for (const UsersLine& line : lines_of(content)) {
    const std::string name(field(line.text, 0));
    if (is_row_of(line, name)) names.push_back(name);
  }
  return names;
}

std::string hash_password(const std::string& password) {
  if (password.empty()) throw UsersFault("the password is empty");
  if (password.size() >= CRYPT_MAX_PASSPHRASE_SIZE)
    throw UsersFault(fmt::format("the password is longer than {} octets", CRYPT_MAX_PASSPHRASE_SIZE - 1));
  if (password.find('\0') != std::string::npos) throw UsersFault("the password holds a NUL");
  char salt[CRYPT_GENSALT_OUTPUT_SIZE];
  if (crypt_gensalt_rn("$y$", 0, nullptr, 0, salt, sizeof salt) == nullptr)
    throw UsersFault("libcrypt makes no yescrypt salt here");
  const auto data = std::make_unique<crypt_data>();
  std::memset(data.get(), 0, sizeof(crypt_data));
  const char* computed = crypt_r(password.c_str(), salt, data.get());
  const std::string hash = computed == nullptr ? "" : computed;
  OPENSSL_cleanse(data.get(), sizeof(crypt_data));
  if (!hash.starts_with("$y$")) throw UsersFault("libcrypt makes no yescrypt hash here");
  return hash;
}

}  // namespace mta::ctl
