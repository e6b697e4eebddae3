// mta/ctl/outside.h — everything warmupctl cannot decide for itself enters here.
//
// What      Where it writes and reads, what it can show, the daemon, DNS, names of host and operator.
// Units     –
// Promise   Nothing else in mta/ctl touches a socket, the terminal, the clock or the environment: tests put values here.
// Errors    `ask` throws Unavailable. A verb ends early by throwing Exit.
// Source    DESIGN.md §5; exit codes: sysexits.h, README "See what it does".
// Not here  the real ones (mta/warmupctl.cpp).
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <functional>
#include <iosfwd>
#include <stdexcept>
#include <string>
#include <utility>

#include "conf/config.h"
#include "mta/ctl/look.h"
#include "mta/doors/http.h"
#include "mta/route/mx.h"
#include "queue/verify.h"

namespace mta::ctl {

// Nobody answers behind the control socket; the text names it.
struct Unavailable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The end with this exit code and this text. With --json the text is `detail` of a problem (RFC 9457) on standard output.
struct Exit : std::runtime_error {
  Exit(int code_in, const std::string& text, boost::json::object fields_in = {})
      : std::runtime_error(text), code(code_in), fields(std::move(fields_in)) {}
  int code;
  boost::json::object fields;  // of the problem: what the daemon said, which name is not known
};

inline constexpr int check_failed = 1;

struct Outside {
  std::ostream& out;
  std::ostream& err;
  Look look;
  std::string hostname, login;
  std::function<HttpReply(const std::string& socket, const HttpRequest&)> ask;
  std::function<Exchanges(const conf::Dns&, const std::string& domain)> exchanges;
  std::function<std::string(const std::string& prompt)> secret;           // a line; asked for without echo on a terminal
  std::function<queue::Verified(const std::string& spool)> verify_spool;  // throws std::runtime_error when there is none to read
  bool terminal = false;                                                  // `secret` is typed by a person
  std::function<std::chrono::sys_time<std::chrono::milliseconds>()> now;
};

}  // namespace mta::ctl
