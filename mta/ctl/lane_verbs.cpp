// warmupctl lane pause|resume|hold|set|undo|ack|history SOURCE PROVIDER
#include <fmt/format.h>
#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <optional>

#include "conf/units.h"
#include "mta/ctl/lane_page.h"
#include "mta/ctl/verbs.h"

namespace mta::ctl {
namespace {

struct LaneRequest {
  std::string verb, source, provider, lasts, reason;
  std::optional<unsigned> stage;
};

// The daemon counts in seconds.
std::string seconds_of(const std::string& lasts) {
  const auto parsed = conf::parse_duration(lasts);
  const auto seconds = parsed ? std::chrono::duration_cast<std::chrono::seconds>(*parsed).count() : 0;
  if (seconds < 1) throw Exit(EX_USAGE, "--for: expected a duration like \"4h\" or \"2d\", found " + lasts);
  return std::to_string(seconds);
}

void send_command(Session& session, const LaneRequest& request) {
  Query query{{"source", request.source}, {"provider", request.provider}, {"by", session.outside().login}};
  if (request.stage) query["stage"] = std::to_string(*request.stage);
  if (!request.lasts.empty()) query["for"] = seconds_of(request.lasts);
  if (!request.reason.empty()) query["reason"] = request.reason;
  const boost::json::object answer = session.ask("POST", "/api/v1/lane/" + request.verb, query);
  if (session.globals.json)
    session.print(answer);
  else
    session.out() << draw_lane_hand(answer, session.look());
}

void history(Session& session, const LaneRequest& request) {
  const Query query{{"source", request.source}, {"provider", request.provider}};
  const boost::json::object answer = session.ask("GET", "/api/v1/lane/history", query);
  if (session.globals.json)
    session.print(answer);
  else
    session.out() << draw_lane_history(answer, session.look());
}

CLI::App* add(CLI::App& lane, const std::shared_ptr<LaneRequest>& request, const std::string& name, const std::string& help) {
  request->verb = name;
  auto* verb = lane.add_subcommand(name, help);
  verb->add_option("source", request->source, "the source's name in the configuration")->required();
  verb->add_option("provider", request->provider,
                   "mailbox provider (`*` of a smarthost, `(others)` or `(all)` for the source's total)")
      ->required();
  return verb;
}

// What an operator may say beside the lane.
struct Extras {
  bool lasts = false, stage = false;
};

void add_command(CLI::App& lane, Session& session, const std::string& name, const std::string& help, Extras extras = {}) {
  auto request = std::make_shared<LaneRequest>();
  auto* verb = add(lane, request, name, help);
  if (extras.lasts) verb->add_option("--for", request->lasts, "how long, such as 4h; without it until `lane resume`");
  if (extras.stage) verb->add_option("--stage", request->stage, "stage of the plan's curve; the first is 0")->required();
  verb->add_option("--reason", request->reason, "the reason, shown in events and status");
  verb->callback([&session, request] { send_command(session, *request); });
}

}  // namespace

void add_lane(CLI::App& app, Session& session) {
  auto* lane = app.add_subcommand("lane", "steer a lane by hand, and see its history");
  lane->require_subcommand(1);
  add_command(*lane, session, "pause", "send nothing in this lane", {.lasts = true});
  add_command(*lane, session, "resume", "end a pause or a hold by hand, and cooling; its next cooling is short again");
  add_command(*lane, session, "hold", "send, but stay at this stage", {.lasts = true});
  add_command(*lane, session, "set", "put it at a stage of its plan; what was sent today still counts", {.stage = true});
  add_command(*lane, session, "undo", "undo the last automatic change");
  add_command(*lane, session, "ack", "mark the last automatic change as seen");
  auto request = std::make_shared<LaneRequest>();
  add(*lane, request, "history", "its days as a plot, and every change with its reason and evidence")
      ->callback([&session, request] { history(session, *request); });
}

}  // namespace mta::ctl
