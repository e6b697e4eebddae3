// mta/control/api.h — what warmupctl may ask of the daemon.
//
// What      Paths and methods → questions to the scheduler, answers as JSON.
// Units     As mta/control/JSON.md "status": counts are recipients, instants RFC 3339.
// Promise   What does not apply is null, never absent. Lists page with `limit` and `cursor`.
// Errors    RFC 9457 problem JSON: 400 bad question, 404 no such thing, 405 wrong method, 409 refused.
// Source    README "See what it does"; mta/control/JSON.md.
// Not here  sockets (mta/real/control_socket.h), tables for people (mta/ctl).
#pragma once

#include <boost/json/array.hpp>

#include <functional>
#include <string>
#include <vector>

#include "mta/control/question.h"
#include "mta/daemon/server.h"
#include "queue/types.h"

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
  awaitable<HttpReply> status(const HttpRequest&);
  awaitable<HttpReply> queue(const HttpRequest&);
  awaitable<HttpReply> message(std::string id);
  awaitable<HttpReply> why(std::string id);
  awaitable<HttpReply> find(const HttpRequest&);
  awaitable<boost::json::array> ended(queue::MessageId, std::optional<queue::RecipientId> one);
  awaitable<HttpReply> not_in_queue(queue::MessageId);
  HttpReply unknown_message(const std::string& id) const;
  awaitable<HttpReply> act_on_queue(std::string verb, const HttpRequest&);
  awaitable<HttpReply> lane(std::string verb, const HttpRequest&);
  awaitable<HttpReply> lane_history(const HttpRequest&);
  awaitable<HttpReply> senders(const HttpRequest&);
  awaitable<HttpReply> sender_history(const HttpRequest&);
  awaitable<HttpReply> verify_spool();
  awaitable<HttpReply> forecast(const HttpRequest&);
  HttpReply reload();

  ApiParts parts_;
};

std::optional<std::size_t> limit_of(const HttpRequest&);  // the parameter; empty when it is no number of 1 to page_rows

}  // namespace mta
