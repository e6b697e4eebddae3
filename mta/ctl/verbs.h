// mta/ctl/verbs.h — the verbs of warmupctl, one file a group.
//
// What      Each function adds its verbs to the command line; what they do runs when they are parsed.
// Units     –
// Promise   The reading verbs obey --json: exactly one JSON value on standard output.
// Errors    Exit (outside.h).
// Source    README "See what it does".
// Not here  global options (program.cpp).
#pragma once

#include "mta/ctl/session.h"

namespace CLI {
class App;
}

namespace mta::ctl {

void add_status(CLI::App&, Session&);
void add_queue(CLI::App&, Session&);
void add_why(CLI::App&, Session&);
void add_find(CLI::App&, Session&);
void add_classify(CLI::App&, Session&);
void add_providers(CLI::App&, Session&);
void add_lane(CLI::App&, Session&);
void add_sender(CLI::App&, Session&);
void add_forecast(CLI::App&, Session&);
void add_simulate(CLI::App&, Session&);
void add_reload(CLI::App&, Session&);
void add_config(CLI::App&, Session&);
void add_spool(CLI::App&, Session&);
void add_passwd(CLI::App&, Session&);

}  // namespace mta::ctl
