// warmupctl why ID
#include <CLI/CLI.hpp>

#include "mta/ctl/verbs.h"
#include "mta/ctl/why_page.h"

namespace mta::ctl {

void add_why(CLI::App& app, Session& session) {
  auto id = std::make_shared<std::string>();
  auto* verb = app.add_subcommand("why", "every gate a message passes, and when it may go next");
  verb->add_option("id", *id, "ID, or ID/N for one recipient")->required();
  verb->callback([&session, id] {
    const boost::json::object answer = session.ask("GET", "/api/v1/why/" + *id);
    if (session.globals.json)
      session.print(answer);
    else
      session.out() << draw_why(answer, session.look());
  });
}

}  // namespace mta::ctl
