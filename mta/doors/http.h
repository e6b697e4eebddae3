// mta/doors/http.h — one question and one answer of the control interface, as values.
//
// What      What a handler gets and gives back; the wire format is somebody else's.
// Units     Octets.
// Promise   `path` and `query` are percent-decoded; `path` starts with '/' and holds no query.
// Errors    None here: a wrong question is an HttpReply with status 4xx and a text for people.
// Source    mta/control/JSON.md; RFC 9110.
// Not here  sockets and parsing (mta/real/control_socket.h), what the paths mean (mta/control/api.h).
#pragma once

#include <map>
#include <string>

namespace mta {

struct HttpRequest {
  std::string method = "GET";                // "GET", "POST", "PUT", "DELETE"
  std::string path = "/";                    // "/v1/status"
  std::map<std::string, std::string> query;  // "?top=5" is {"top", "5"}; of a repeated key the last value
  std::string body;
};

struct HttpReply {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
};

}  // namespace mta
