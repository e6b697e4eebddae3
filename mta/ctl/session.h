// mta/ctl/session.h — what the verbs share: global options, the daemon, the configuration.
//
// What      --socket, --config, --json; questions to the daemon; the configuration file as values or as far as it can be read.
// Units     –
// Promise   A verb that needs only a key of the configuration works though the rest of the file is wrong.
// Errors    Exit: 64 the daemon finds the question wrong or does not know a name, 1 there is no such message, 66 the file of --config is
//           not there, 69 no daemon, 75 it cannot answer now, 78 the configuration is wrong (all problems in the text).
// Source    README "See what it does".
// Not here  verbs (verbs.h).
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <map>
#include <string>

#include "conf/load.h"
#include "mta/ctl/outside.h"

namespace mta::ctl {

struct Globals {
  std::string socket;  // "" = the configuration's
  std::string config = "/etc/warmupd/warmupd.toml";
  bool config_given = false;
  bool json = false;
  std::size_t columns = 0;  // 0: those of the terminal
};

boost::json::array problems_json(const std::vector<conf::Problem>&);
Exit wrong_configuration(const std::vector<conf::Problem>&);  // 78, one problem a line

using Query = std::map<std::string, std::string>;

class Session {
 public:
  explicit Session(Outside& outside) : outside_(outside) {}

  Globals globals;
  Outside& outside() { return outside_; }
  const Look& look() const { return outside_.look; }
  std::ostream& out() { return outside_.out; }
  void warn(const std::string& text);

  std::string socket() const;
  std::string ask_text(const std::string& method, const std::string& path, const Query& = {});  // the body of a good reply
  boost::json::object ask(const std::string& method, const std::string& path, const Query& = {});
  void print(const boost::json::value&);  // one line

  // The file of --config. When that is the default and does not exist: the defaults, with the shipped tables.
  conf::Config config();
  // Places that verbs need whatever else the file says.
  std::string users_file() const;
  std::vector<std::string> class_names() const;

 private:
  Outside& outside_;
};

}  // namespace mta::ctl
