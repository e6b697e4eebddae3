// mta/control/question.h — what a request asks, and what is wrong with it.
//
// What      Parameters of a request by name; problems as RFC 9457 bodies; whether a source, provider, class or pool is known.
// Units     –
// Promise   Every problem has `title`, `status`, `detail`, and `unknown`, `found`, `nearest`: what kind of name is not known, the name,
//           and the nearest one that is; null when that is not what is wrong.
// Errors    A value: the HttpReply that says what is wrong. Nothing is thrown.
// Source    mta/control/JSON.md "problem"; RFC 9457.
// Not here  what is answered (api.h).
#pragma once

#include <boost/system/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "conf/config.h"
#include "conf/load.h"
#include "conf/nearest.h"
#include "mta/doors/http.h"

namespace mta {

// What a request asks, or the reply that says why it cannot be read.
template <class T>
using OrProblem = boost::system::result<T, HttpReply>;

std::string parameter(const HttpRequest&, const std::string& name);                           // "" when it is not given
OrProblem<std::optional<std::uint64_t>> number(const HttpRequest&, const std::string& name);  // empty when it is not given

HttpReply wrong_configuration(const conf::ConfigError&);  // at a reload, with each problem
HttpReply problem(unsigned status, const std::string& title, const std::string& detail);
// "there is no KIND FOUND", with the nearest of the known ones.
HttpReply no_such(const std::string& kind, const std::string& found, const std::vector<std::string>& known,
                  const std::vector<conf::Alias>& aliases = {});

// Empty when each is given.
std::optional<HttpReply> missing_parameter(const HttpRequest&, const std::vector<std::string>& needed);

// Each is empty when the name is known. A typo must not look like an empty answer, nor mean "everything"; nor must a parameter without
// a value, which unknown_parameter refuses too.
std::optional<HttpReply> unknown_parameter(const HttpRequest&, const std::vector<std::string>& known);
std::optional<HttpReply> unknown_source(const std::string& name, const conf::Config&);
std::optional<HttpReply> unknown_provider(const std::string& name, const conf::Config&);
std::optional<HttpReply> unknown_lane(const std::string& provider, const conf::Config&);  // totals of a source have names too
std::optional<HttpReply> unknown_class(const std::string& name, const conf::Config&);
std::optional<HttpReply> unknown_pool(const std::string& name, const conf::Config&);

}  // namespace mta
