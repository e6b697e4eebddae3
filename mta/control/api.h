// mta/control/api.h — what warmupctl may ask of the daemon.
//
// What      Paths and methods → questions to the books, answers as JSON.
// Units     As contract "status --json": counts are recipients, instants RFC 3339.
// Promise   What does not apply is null, never absent. Lists page with `limit` and `cursor`.
// Errors    RFC 9457 problem JSON: 400 bad question, 404 no such thing, 405 wrong method, 409 refused.
// Source    contract "HTTP", "warmupctl".
// Not here  sockets (mta/real/control_socket.h), tables for people (mta/ctl).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "mta/control/http.h"
#include "mta/server.h"

namespace mta {

struct ApiParts {
  Server& server;
  std::function<std::vector<std::string>()> reload;  // throws for people
};

class Api {
 public:
  explicit Api(ApiParts parts) : parts_(std::move(parts)) {}
  awaitable<HttpReply> handle(HttpRequest);

 private:
  awaitable<HttpReply> status();
  awaitable<HttpReply> queue(const HttpRequest&);
  awaitable<HttpReply> message(std::string id);
  awaitable<HttpReply> why(std::string id);
  awaitable<HttpReply> hand(std::string verb, const HttpRequest&);
  awaitable<HttpReply> lane(std::string verb, const HttpRequest&);
  awaitable<HttpReply> lane_history(const HttpRequest&);
  awaitable<HttpReply> forecast(const HttpRequest&);
  HttpReply reload();

  ApiParts parts_;
};

HttpReply problem(unsigned status, const std::string& title, const std::string& detail);  // RFC 9457
std::optional<HttpReply> unknown_provider(const std::string& name,
                                          const conf::Config&);  // a problem; nothing: some mail can be its
std::optional<HttpReply> unknown_class(const std::string& name, const conf::Config&);

}  // namespace mta
