// mta/ctl/classify.h — `warmupctl classify`: what the daemon would make of a reply.
//
// What      One reply, or one a line → verdict, the rule that decided, the action.
// Units     A batch line is code<TAB>enhanced<TAB>text<TAB>provider; enhanced and provider may be empty or missing, further
//           fields are ignored.
// Promise   Pure. The reply is judged as an answer to RCPT. One JSON object for every line of a batch, in order; a header line
//           ("code<TAB>…") and empty lines give none.
// Errors    A line that is no reply gives {"error", "line"}; one whose provider is mistyped is judged by the rules for all of them, and has
//           both fields beside its verdict. classify_batch counts them.
// Source    conf/responses.toml.
// Not here  options, files (classify_verb.cpp), the rules (mta/deliver/verdict.h).
#pragma once

#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

#include "mta/deliver/verdict.h"

namespace mta::ctl {

struct Classified {
  Verdict verdict = Verdict::temporary;
  std::string rule;    // "responses.toml:123", "enhanced code 5.1.1", "code 550"
  std::string action;  // one sentence
};

// `text` may begin with the enhanced code when `enhanced` is "".
Classified classify(const Judge&, int code, std::string_view enhanced, std::string_view text, std::string_view provider);
std::string to_json(const Classified&);  // {"verdict","rule","action"}

struct BatchFaults {
  int no_replies = 0, mistyped_providers = 0;  // lines
};
// What a line calls a provider, made the provider's name; what is wrong with it, "" when nothing is.
struct NamedProvider {
  std::string name, fault;
};
using FindProvider = std::function<NamedProvider(std::string_view called)>;
BatchFaults classify_batch(std::istream& lines, std::ostream& objects, const Judge&, const FindProvider&);

}  // namespace mta::ctl
