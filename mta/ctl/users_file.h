// mta/ctl/users_file.h — the file of those who may log in, edited.
//
// What      Sets or deletes one row of "name:crypt-hash[:from-domain,…[:class]]"; makes hashes; replaces the file.
// Units     –
// Promise   Comments, blank lines and other rows stay octet for octet. The file is whole at every instant: old or new. Mode 0600, owner
//           kept, a symbolic link followed. Two editors at once wait for each other.
// Errors    UsersFault with a text for people.
// Source    conf/example.toml ([auth] users); crypt(5), crypt_gensalt(3): yescrypt.
// Not here  asking for the password (passwd_verb.cpp), reading the rows for the daemon (conf/load_users.cpp).
#pragma once

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace mta::ctl {

struct UsersFault : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct UserRow {
  std::string name, hash;
  std::optional<std::vector<std::string>> from_domains;  // unset: as they were
  std::optional<std::string> mail_class;                 // unset: as it was
};

std::string set_user(const std::string& content, const UserRow&);
std::optional<std::string> delete_user(const std::string& content, const std::string& name);  // empty: there is none
std::vector<std::string> user_names(const std::string& content);

std::string hash_password(const std::string& password);

// Reads the file ("" when there is none), has it changed, and replaces it. `change` gives nothing: the file stays.
// True when it was replaced.
bool rewrite(const std::string& path, const std::function<std::optional<std::string>(const std::string&)>& change);

}  // namespace mta::ctl
