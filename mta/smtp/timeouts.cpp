#include "mta/smtp/timeouts.h"

namespace mta::smtp {

Duration limit(const Timeouts& timeouts, Stage stage) {
  switch (stage) {
    case Stage::connect:
    case Stage::banner: return timeouts.banner;
    case Stage::ehlo:
    case Stage::auth:
    case Stage::rset: return timeouts.command;
    case Stage::starttls: return timeouts.starttls;
    case Stage::mail: return timeouts.mail;
    case Stage::rcpt: return timeouts.rcpt;
    case Stage::data: return timeouts.data;
    case Stage::body: return timeouts.block;
    case Stage::dot: return timeouts.dot;
    case Stage::quit: return timeouts.quit;
  }
  return timeouts.command;
}

}  // namespace mta::smtp
