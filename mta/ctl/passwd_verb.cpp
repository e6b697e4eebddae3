// warmupctl passwd USER [--delete] [--from-domain D…] [--class C]
#include <fmt/format.h>
#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "conf/names.h"
#include "mta/ctl/unknown.h"
#include "mta/ctl/users_file.h"
#include "mta/ctl/verbs.h"
#include "mta/route/mx.h"

namespace mta::ctl {
namespace {

struct PasswdRequest {
  std::string user, mail_class;
  std::vector<std::string> from_domains;
  bool erase = false, domains_given = false, class_given = false;
};

void check_name(const std::string& name) {
  const bool fits =
      !name.empty() && name.size() <= 255 && name.front() != '#' &&
      std::all_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && c != ':'; });
  if (!fits)
    throw Exit(EX_USAGE,
               "passwd: a user's name has no blanks and no ':', does not begin with '#' and is at most 255 octets long");
}

std::vector<std::string> domains(const std::vector<std::string>& given) {
  std::vector<std::string> made;
  for (const std::string& each : given) {
    if (each.empty()) continue;  // --from-domain "": any
    const auto domain = ascii_domain(each);
    if (!domain || !conf::host_name.fits(*domain))
      throw Exit(EX_USAGE, "passwd: --from-domain: expected a domain like example.com, found " + each);
    made.push_back(*domain);
  }
  return made;
}

void check_class(const Session& session, const std::string& name) {
  const auto known = session.class_names();
  if (name.empty() || std::find(known.begin(), known.end(), name) != known.end()) return;
  throw no_such("passwd: --class", "class", name, known);
}

std::string new_password(Outside& outside, const std::string& user) {
  std::string password = outside.secret("New password for " + user + ": ");
  if (password.empty()) throw Exit(EX_USAGE, "passwd: the password is empty; nothing changed");
  if (outside.terminal && outside.secret("Once more: ") != password)
    throw Exit(EX_USAGE, "passwd: the two passwords are not the same; nothing changed");
  return password;
}

void set(Session& session, const PasswdRequest& request) {
  UserRow row{request.user, "", std::nullopt, std::nullopt};
  if (request.domains_given) row.from_domains = domains(request.from_domains);
  if (request.class_given) row.mail_class = request.mail_class;
  check_class(session, request.mail_class);
  const std::string file = session.users_file();
  row.hash = hash_password(new_password(session.outside(), request.user));
  rewrite(file, [&row](const std::string& content) { return std::optional(set_user(content, row)); });
  session.out() << request.user << " is set in " << file << "; `warmupctl reload` makes it known to a running warmupd\n";
}

void erase(Session& session, const PasswdRequest& request) {
  if (request.domains_given || request.class_given) throw Exit(EX_USAGE, "passwd: --delete goes with no other option");
  const std::string file = session.users_file();
  std::vector<std::string> known;
  const bool gone = rewrite(file, [&](const std::string& content) {
    known = user_names(content);
    return delete_user(content, request.user);
  });
  if (!gone) throw no_such("passwd: " + file, "user", request.user, known);
  session.out() << request.user << " is deleted from " << file << "; `warmupctl reload` makes it known to a running warmupd\n";
}

}  // namespace

void add_passwd(CLI::App& app, Session& session) {
  auto request = std::make_shared<PasswdRequest>();
  auto* verb = app.add_subcommand("passwd", "who may log in: sets a password in the users file");
  verb->add_option("user", request->user, "name")->required();
  verb->add_flag("--delete", request->erase, "delete the user");
  auto* from = verb->add_option("--from-domain", request->from_domains, "may send only from these domains; \"\" for any")
                   ->delimiter(',')
                   ->expected(1)
                   ->take_all();
  auto* mail_class =
      verb->add_option("--class", request->mail_class, "mail of this user is of this class; \"\": by the headers of the message");
  verb->callback([&session, request, from, mail_class] {
    request->domains_given = from->count() > 0;
    request->class_given = mail_class->count() > 0;
    check_name(request->user);
    try {
      request->erase ? erase(session, *request) : set(session, *request);
    } catch (const UsersFault& fault) {
      throw Exit(EX_CANTCREAT, std::string("passwd: ") + fault.what());
    }
  });
}

}  // namespace mta::ctl
